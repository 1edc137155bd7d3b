"""A citation resolved at the doors: the caller's documents by name, their trees, the answer as JSON objects."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from api.caller import Caller
from api.present import document_out
from api.schemas import ProvisionOut
from api.schemas_resolve import ResolvedOut, ResolveResponse
from legal.document import LegalDocument
from retrieval.passage import DocumentCard
from retrieval.resolve import Resolution, Resolved, resolve
from retrieval.understand import today

if TYPE_CHECKING:
    from ingest.catalogue import Catalogue
    from ingest.names import KnownNames


def resolve_citation(
    citation: str, as_of: date | None, caller: Caller, catalogue: Catalogue, names: KnownNames
) -> ResolveResponse:
    """The provisions that a citation names, of the documents that the caller may read. Blocking. Raises BadRequest.

    With `as_of` only documents in force that day are found; without it all are, with their status today.
    """

    def opened(key: str) -> tuple[DocumentCard, LegalDocument]:
        card = catalogue.document(key, caller.labels).card
        return card, catalogue.tree(card.key, card.version)

    day = as_of or today()
    found = resolve(citation, names.names(caller.labels), day, opened, only_in_force=as_of is not None)
    return resolution_out(found)


def resolution_out(found: Resolution) -> ResolveResponse:
    """A resolution."""
    return ResolveResponse(
        citation=found.text,
        as_of=found.as_of,
        found=found.found,
        reason=found.reason,
        results=[_resolved_out(one, found.as_of) for one in found.results],
        others=[document_out(card, found.as_of) for card in found.others],
        missing=list(found.missing),
        notes=list(found.notes),
    )


def _resolved_out(one: Resolved, day: date) -> ResolvedOut:
    node = one.provision
    if node is None:
        return ResolvedOut(document=document_out(one.document, day), provision=None, kind=None, text=None)
    place = ProvisionOut(eid=node.eid, label=one.label, article=one.article, heading=node.heading, path=list(one.path))
    return ResolvedOut(document=document_out(one.document, day), provision=place, kind=node.kind, text=node.full_text)
