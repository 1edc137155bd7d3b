"""Documents that are kept but do not answer until a person accepts them: listed with the reasons, found by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select

from ingest.catalogue import Catalogue, card_of
from ingest.catalogue_tables import NEEDS_REVIEW, DocumentRow, VersionRow
from legal.errors import NotFound
from legal.number import DocumentNumber
from retrieval.passage import DocumentCard


@dataclass(frozen=True, slots=True)
class HeldEntry:
    """A document of which a version waits for review.

    `card`: as it is described in the catalogue, with the waiting version. `answers`: an older version answers
    meanwhile. `doubts`: why it waits, sentences for a person.
    """

    card: DocumentCard
    answers: bool
    file_name: str
    kind: str
    sha256: str
    coverage: float | None
    doubts: tuple[str, ...]
    provisions: int
    created: datetime


def held_documents(catalogue: Catalogue, limit: int = 500) -> list[HeldEntry]:
    """What waits for review, longest waiting first."""
    with catalogue.sessions() as session:
        rows = session.execute(_waiting().order_by(VersionRow.created, VersionRow.id).limit(limit)).all()
        return [_entry(document, version) for document, version in rows]


def held_document(catalogue: Catalogue, number_or_key: str) -> HeldEntry:
    """The document that waits for review under that key, or that number in any spelling. Raises NotFound."""
    known = DocumentNumber.try_parse(number_or_key.replace("~", "/"))
    match = DocumentRow.key == number_or_key
    if known is not None:
        match = or_(match, DocumentRow.number_key == known.key)
    query = _waiting().where(match).order_by((DocumentRow.key == number_or_key).desc(), VersionRow.created.desc())
    with catalogue.sessions() as session:
        row = session.execute(query.limit(1)).first()
        if row is None:
            raise NotFound("Không có văn bản này trong số văn bản chờ duyệt.")
        return _entry(row[0], row[1])


def _waiting() -> Select[DocumentRow, VersionRow]:
    return (
        select(DocumentRow, VersionRow)
        .join(VersionRow, VersionRow.key == DocumentRow.key)
        .where(VersionRow.state == NEEDS_REVIEW)
    )


def _entry(row: DocumentRow, version: VersionRow) -> HeldEntry:
    access: Sequence[str] = ()
    return HeldEntry(
        card=card_of(row, version.id, access),
        answers=row.current_version is not None,
        file_name=version.file_name,
        kind=version.kind,
        sha256=version.sha256,
        coverage=version.coverage,
        doubts=tuple(version.doubts),
        provisions=version.provisions,
        created=version.created,
    )
