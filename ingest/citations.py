"""Citations and amending instructions of the documents of a home: kept place by place, resolved in any order of arrival.

What a version says is stored once; which documents its names mean is worked out anew when one comes or goes. All of it
runs inside `ingest.relations.settle`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import cache

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from ingest.catalogue_tables import DocumentRow
from ingest.citation_tables import ChangeRow, CitationRow, NamedRow
from legal.document import LegalDocument
from legal.names import LawName, LawNames, name_words
from legal.quoted_provisions import text_of
from legal.references import find_references, locate
from legal.references_documents import THIS
from legal.references_placed import PlacedReference
from legal.references_resolved import document_cited
from legal.relations_changes import Change
from legal.said import Said

UNTYPED = "untyped"
_LAWS = frozenset({"Luật", "Bộ luật", "Pháp lệnh"})


def store(session: Session, key: str, said: Said, document: LegalDocument) -> None:
    """What a version says, in place of what the one before said."""
    forget(session, [key])
    named: dict[tuple[str, int | None], NamedRow] = {}
    for target, year in _targets(said):
        named[target, year] = NamedRow(key=key, target=target, year=year, target_key=None if target else key)
    session.add_all(named.values())
    session.flush()
    ids = {name: row.id for name, row in named.items()}
    citations = [
        {
            "key": key,
            "named": ids[_named(placed)],
            "eid": placed.eid,
            "heading": placed.heading,
            "start": placed.reference.start,
            "end": placed.reference.end,
            "provision": provision,
        }
        for placed in said.references
        for provision in placed.reference.eids or ("",)
    ]
    if citations:
        session.execute(insert(CitationRow), citations)
    eids = frozenset(node.eid for node in document.walk())
    changes = [
        row for change in said.changes for row in _changes(key, change, ids[change.document, None], document, eids)
    ]
    untyped = [
        _row(
            key, None, UNTYPED, "", day=document.validity_of(one.eid).effective_from, sentence=one.sentence, eid=one.eid
        )
        for one in said.untyped
    ]
    if changes or untyped:
        session.execute(insert(ChangeRow), [*changes, *untyped])


def resolve(
    session: Session,
    rows: Mapping[str, DocumentRow],
    names: LawNames,
    arrived: LawNames,
    fresh: Collection[str],
    gone: Collection[str],
) -> None:
    """Which document each name means, where an arrival or a removal may have changed that."""
    touched = touched_by(arrived, gone)
    for row in session.scalars(select(NamedRow).where(NamedRow.target != "")):
        if row.key in fresh or touched(row.target, row.year):
            source = rows[row.key]
            row.target_key = document_cited(row.target, row.year, names, source.issued, row.key, source.number)


def touched_by(arrived: LawNames, gone: Collection[str]) -> Callable[[str, int | None], bool]:
    """Whether a name, with the year said with it, may mean another document now that these arrived and those went."""

    @cache
    def touched(target: str, year: int | None) -> bool:
        return bool(gone) or bool(arrived.resolve(target, year))

    return touched


def forget(session: Session, keys: Collection[str]) -> None:
    """Nothing is known any more of what these documents say."""
    for table in (CitationRow, ChangeRow, NamedRow):
        session.execute(delete(table).where(table.key.in_(keys)))


def unnamed(session: Session, keys: Collection[str]) -> None:
    """These documents are not here any more: what names them is unresolved."""
    session.execute(update(NamedRow).where(NamedRow.target_key.in_(keys)).values(target_key=None))


def hard_titles(rows: Collection[DocumentRow]) -> list[LawName]:
    """The laws among these whose title a text cannot be read to its end without knowing it: neither a public title nor a
    plain one. What cites them is read with their names."""
    found: list[LawName] = []
    for row in rows:
        title = row.title or ""
        if row.type not in _LAWS or " sửa đổi" in title:
            continue
        read = find_references(f"theo {title}, trừ trường hợp khác")
        if not any(name_words(one.document) == name_words(title) for one in read):
            found.append(LawName(row.key, row.number, row.title, row.issued))
    return found


def _targets(said: Said) -> list[tuple[str, int | None]]:
    names = [_named(placed) for placed in said.references]
    return list(dict.fromkeys([*names, *((change.document, None) for change in said.changes)]))


def _named(placed: PlacedReference) -> tuple[str, int | None]:
    document = placed.reference.document
    return ("", None) if document == THIS else (document, placed.reference.year)


def _changes(
    key: str, change: Change, named: int, document: LegalDocument, eids: Collection[str]
) -> list[dict[str, object]]:
    day = document.validity_of(change.eid).effective_from
    source = locate(change.source, eids) or "" if change.source else ""
    text = change.text
    if source:
        node = document.find(source)
        text = node.full_text if node is not None else ""
    return [
        _row(
            key,
            named,
            change.kind,
            provision,
            after=change.after,
            before=change.before,
            text=text_of(provision, text, change.eids),
            source=source,
            old=change.old,
            new=change.new,
            day=day,
            sentence=change.sentence,
            eid=change.eid,
        )
        for provision in change.eids or ("",)
    ]


def _row(key: str, named: int | None, kind: str, provision: str, **values: str | date | None) -> dict[str, object]:
    empty = dict.fromkeys(("after", "before", "text", "source", "old", "new"), "")
    return {"key": key, "named": named, "kind": kind, "provision": provision, **empty, **values}


def said_forms(eid: str) -> Sequence[str]:
    """How texts may tell a provision's eid: whole, or without the divisions above the one meant."""
    pieces = eid.split("__")
    return tuple("__".join(pieces[place:]) for place in range(len(pieces)))
