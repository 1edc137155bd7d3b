"""Which document and which of its provisions a citation means, among the documents that are known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from legal.names import LawNames
from legal.number import DocumentNumber
from legal.references import locate
from legal.references_documents import THIS
from legal.relations import document_named


def document_cited(
    document: str, year: int | None, names: LawNames, spoken: date | None, source: str, own_number: str | None = None
) -> str | None:
    """The key of the document that a citation names; None where no known one fits for certain.

    `document`, `year`: of the `Reference`. `source`, `own_number`, `spoken`: key, number and day of issue of the document
    that cites: a law named without number means the newest of that title that is older.
    """
    if document == THIS or (own_number is not None and _same_number(document, own_number)):
        return source
    return document_named(document, year, names, spoken, source, later=True)


def provisions_cited(eids: Sequence[str], known: Collection[str]) -> tuple[str | None, ...]:
    """The document's own eid for each of those cited; None for one that it does not have."""
    return tuple(locate(eid, known) for eid in eids)


def _same_number(one: str, other: str) -> bool:
    number = DocumentNumber.try_parse(one)
    own = DocumentNumber.try_parse(other)
    return number is not None and own is not None and number.key == own.key
