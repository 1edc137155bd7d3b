"""From the rooms' dataclasses to the JSON objects of the doors; HTTP and command line print the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from api.schemas import (
    AnswerResponse,
    CitationOut,
    DocumentDetail,
    DocumentOut,
    DocumentRow,
    HitOut,
    OutlineNode,
    PartOut,
    ProvisionDetail,
    ProvisionOut,
    QueryOut,
    RelationOut,
    SearchResponse,
    SourceOut,
    StatementOut,
    TableCellOut,
    TableRowOut,
    UsageOut,
    VersionOut,
)
from api.schemas_intake import HeldFile
from legal.document import VALIDITY_DAYS, LegalDocument, Provision
from legal.errors import NotFound
from legal.labels import label_of
from legal.tables import table_html
from retrieval.answer import Answer, AnswerCitation, Hit, Reading, SearchResult, Statement, TableRow
from retrieval.passage import DocumentCard, Passage, validity_in
from retrieval.understand import today
from serving.protocols import Usage

if TYPE_CHECKING:
    from ingest.catalogue import Catalogue, Entry, VersionEntry
    from ingest.held import HeldEntry
    from ingest.relations import RelationEntry


_REASONS = {
    "match": "Khớp với câu hỏi",
    "cited": "Được nêu trong câu hỏi",
    "definition": "Giải thích từ ngữ được hỏi",
    "reference": "Được điều khoản tìm thấy dẫn chiếu",
}


def status_on(card: DocumentCard, day: date) -> str:
    """The document's status on a day: what its dates tell, and what the catalogue knows where they are silent."""
    by_dates = card.validity.status(day)
    if by_dates not in ("unknown", "in_force"):
        return by_dates
    if card.status == "partly_in_force" or (card.status == "suspended" and card.suspended_from is None):
        return card.status
    # Known to have ended, unknown when: whether it applied that day cannot be told. Other stored states are those of the
    # day it came in, which the dates tell better.
    return "unknown" if card.status == "expired" and card.effective_to is None else by_dates


def document_out(card: DocumentCard, day: date) -> DocumentOut:
    """A document's card as it stands on a day."""
    return DocumentOut(
        number=card.number,
        title=card.title,
        type=card.type,
        issuer=card.issuer,
        issued=card.issued,
        status=status_on(card, day),
        effective_from=card.effective_from,
        effective_to=card.effective_to,
    )


def hit_out(hit: Hit, day: date) -> HitOut:
    """A hit. Its status is that of its provision, where that has days of its own."""
    passage = hit.passage
    own = passage.applies
    there = replace(passage.document, **{field: getattr(own, field) for field in VALIDITY_DAYS})
    return HitOut(
        rank=hit.rank,
        score=round(hit.score, 6),
        document=document_out(passage.document, day).model_copy(update={"status": status_on(there, day)}),
        provision=_provision_out(passage),
        text=passage.text,
    )


def sources_out(hits: Iterable[Hit], day: date) -> list[SourceOut]:
    """An answer's sources in their order."""
    return [
        SourceOut(**hit_out(hit, day).model_dump(), why=hit.why, reason=_REASONS.get(hit.why, hit.why)) for hit in hits
    ]


def query_out(reading: Reading) -> QueryOut:
    """How the question was read."""
    return QueryOut(
        text=reading.text,
        read_as=reading.read_as,
        restored=reading.restored,
        citations=list(reading.citations),
        expansions=list(reading.expansions),
        date=reading.date,
        notes=list(reading.notes),
        rewritten=reading.rewritten,
    )


def search_out(result: SearchResult) -> SearchResponse:
    """The result of a search."""
    return SearchResponse(
        query=query_out(result.reading),
        as_of=result.as_of,
        results=[hit_out(hit, result.as_of) for hit in result.hits],
        warnings=list(result.warnings),
    )


def _provision_out(place: Passage | AnswerCitation) -> ProvisionOut:
    """Where a hit or a citation stands."""
    return ProvisionOut(
        eid=place.eid, label=place.label, article=place.article, heading=place.heading, path=list(place.path)
    )


def citation_out(citation: AnswerCitation, day: date) -> CitationOut:
    """A verified citation."""
    return CitationOut(
        n=citation.n,
        document=document_out(citation.document, day),
        provision=_provision_out(citation),
        quote=citation.quote,
        start=citation.start,
        end=citation.end,
    )


def statement_out(statement: Statement) -> StatementOut:
    """A statement with its verdict."""
    return StatementOut(text=statement.text, verdict=statement.verdict, citations=list(statement.citations))


def table_row_out(row: TableRow) -> TableRowOut:
    """A row of a table."""
    cells = [TableCellOut(text=c.text, verdict=c.verdict, citations=list(c.citations)) for c in row.cells]
    return TableRowOut.model_validate({"key": row.key, "label": row.label, "cells": cells})


def usage_out(usage: Usage) -> UsageOut:
    """Tokens of a generation."""
    return UsageOut(prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens)


def answer_out(answer: Answer) -> AnswerResponse:
    """An answer."""
    return AnswerResponse(
        id=answer.id,
        text=answer.text,
        mode=answer.mode,
        citations=[citation_out(c, answer.as_of) for c in answer.citations],
        sources=sources_out(answer.sources, answer.as_of),
        as_of=answer.as_of,
        model=answer.model,
        warnings=list(answer.warnings),
        query=query_out(answer.reading),
        statements=[statement_out(s) for s in answer.statements],
        format=answer.format,
        table=[table_row_out(row) for row in answer.table] or None,
        usage=usage_out(answer.usage) if answer.usage else None,
    )


def document_row(entry: Entry) -> DocumentRow:
    """A document in the list, as it stands today."""
    card = entry.card
    return DocumentRow(**document_out(card, today()).model_dump(), key=card.key, passages=entry.passages)


def held_row(entry: HeldEntry) -> DocumentRow:
    """A document in the list of those that wait for review."""
    card = entry.card
    shown = document_out(card, today()).model_dump()
    return DocumentRow(**shown, key=card.key, state="needs_review", doubts=list(entry.doubts))


def held_file(entry: HeldEntry) -> HeldFile:
    """A document that waits for review, by its file."""
    return HeldFile(file=entry.file_name, key=entry.card.key, reasons=list(entry.doubts))


def relation_out(relation: RelationEntry) -> RelationOut:
    """A relation."""
    return RelationOut(
        kind=relation.kind,
        label=relation.label,
        direction="out" if relation.outgoing else "in",
        number=relation.number,
        title=relation.title,
        indexed=relation.other is not None,
        day=relation.day,
        partly=relation.partly,
        excepted=relation.excepted,
        eids=list(relation.eids),
        sentence=relation.sentence,
        eid=relation.eid,
    )


def version_out(version: VersionEntry) -> VersionOut:
    """A version."""
    return VersionOut(
        id=version.id,
        state=version.state,
        file=version.file_name.rpartition("/")[2],
        kind=version.kind,
        size=version.size,
        sha256=version.sha256,
        passages=version.passages,
        coverage=version.coverage,
        created=version.created,
    )


def document_detail(
    entry: Entry,
    tree: LegalDocument,
    relations: Iterable[RelationEntry],
    versions: Iterable[VersionEntry],
    labels: Iterable[str] | None,
) -> DocumentDetail:
    """A document with its tree, without text. `labels`: who may see it, None where that is not shown."""
    meta = tree.metadata
    return DocumentDetail(
        **document_row(entry).model_dump(),
        signer=entry.signer,
        file=entry.file_name,
        provisions=[outline((provision,)) for provision in tree.provisions],
        coverage=entry.coverage,
        notes=list(entry.notes),
        relations=[relation_out(relation) for relation in relations],
        issuers=list(meta.issuers),
        subject=meta.subject,
        secrecy=meta.secrecy,
        urgency=meta.urgency,
        suspended_from=entry.card.suspended_from,
        suspended_to=entry.card.suspended_to,
        parts=[
            PartOut(
                eid=part.eid,
                effective_from=part.effective_from,
                effective_to=part.effective_to,
                sentence=part.evidence.sentence,
                said_in=part.evidence.eid,
            )
            for part in meta.parts
        ],
        versions=[version_out(version) for version in versions],
        access=None if labels is None else list(labels),
    )


def outline(path: tuple[Provision, ...]) -> OutlineNode:
    """The last provision of a path from the root, with all below it."""
    node = path[-1]
    return OutlineNode(
        eid=node.eid,
        kind=node.kind,
        number=node.number,
        label=label_of(path),
        heading=node.heading,
        children=[outline((*path, child)) for child in node.children],
    )


def provision_detail(catalogue: Catalogue, number: str, access: Collection[str] | None, eid: str) -> ProvisionDetail:
    """A provision with its text, for a caller with these labels; raises NotFound."""
    entry = catalogue.document(number, access)
    tree = catalogue.tree(entry.card.key, entry.card.version)
    path = tree.path(eid)
    if not path:
        raise NotFound("Văn bản này không có điều khoản đó.")
    node = path[-1]
    own = validity_in(tree, entry.card, eid)
    article = next((above.number for above in reversed(path) if above.kind == "article"), None)
    return ProvisionDetail(
        document=document_out(entry.card, today()),
        eid=node.eid,
        label=label_of(path),
        article=article or None,
        heading=node.heading,
        path=[above.title_line for above in path[:-1] if above.title_line],
        kind=node.kind,
        number=node.number,
        text=node.full_text,
        rows=[list(row) for row in node.rows] if node.kind == "table" else None,
        html=table_html(node) if node.kind == "table" else None,
        effective_from=own.effective_from,
        effective_to=own.effective_to,
        suspended_from=own.suspended_from,
        suspended_to=own.suspended_to,
        children=[outline((*path, child)) for child in node.children],
    )
