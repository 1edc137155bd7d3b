"""What a home knows of citations and changes, as the doors ask for it: from a document, to a document, by provision."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import BigInteger, ColumnElement, bindparam, exists, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, undefer

from ingest.catalogue import Catalogue
from ingest.catalogue_tables import DocumentRow, LabelRow
from ingest.citation_tables import ChangeRow, CitationRow, NamedRow
from ingest.citations import said_forms
from ingest.relation_tables import StandingRow
from legal.references import locate
from retrieval.passage import Passage


@dataclass(frozen=True, slots=True)
class Other:
    """The document at the other end. `key`: None where it is not here; `number` is then as printed, a number or a name."""

    key: str | None
    number: str
    title: str | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class CitationEntry:
    """A citation seen from one of its two documents. `eid`, `heading`, `start`, `end`: its place in the document that
    cites. `eids`: the provisions meant, as the document meant has them; `missing`: those that it does not have, or all
    where it is not here; both empty for the whole document."""

    other: Other
    eid: str
    heading: bool
    start: int
    end: int
    eids: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """What an instruction does to one provision, seen from the document that says it or the one that is changed.
    `provision`: the one changed, "" for the whole; `eid`: where it is said. Others as `ingest.citation_tables.ChangeRow`."""

    other: Other | None
    kind: str
    provision: str
    after: str
    before: str
    text: str
    old: str
    new: str
    day: date | None
    sentence: str
    eid: str


@dataclass(frozen=True, slots=True)
class CitationPage:
    """`next`: what to ask on from, None at the end."""

    entries: tuple[CitationEntry, ...]
    next: int | None = None


def citations_of(
    catalogue: Catalogue,
    key: str,
    *,
    outgoing: bool = True,
    eid: str | None = None,
    access: Collection[str] | None = None,
    after: int = 0,
    limit: int = 100,
) -> CitationPage:
    """Citations that a document makes, or that are made of it (by itself too), in the order they were read.

    `eid`: only in, or only of, this provision and what is in it. `after`: `next` of the page before. A caller sees
    nothing of documents that none of the labels `access` opens.
    """
    query = (
        select(CitationRow, NamedRow, DocumentRow)
        .join(NamedRow, NamedRow.id == CitationRow.named)
        .join(
            DocumentRow,
            (DocumentRow.key == (NamedRow.target_key if outgoing else NamedRow.key)) & _readable(access),
            isouter=outgoing,
        )
        .where(
            (CitationRow.key if outgoing else NamedRow.target_key) == key, CitationRow.id > literal(after, BigInteger)
        )
        .order_by(CitationRow.id)
    )
    if eid is not None and outgoing:
        query = query.where(_within(CitationRow.eid, (eid,)))
    elif eid is not None:
        query = query.where(_within(CitationRow.provision, said_forms(eid)))
    with catalogue.sessions() as session:
        rows = session.execute(query.limit(limit * 8 + 400)).all()
        eids = _Eids(session)
        entries: list[CitationEntry] = []
        last = after
        for _, group in groupby(rows, lambda row: _place(row[0])):
            members = list(group)
            if len(entries) == limit:
                return CitationPage(tuple(entries), last)
            last = members[-1][0].id
            entry = _citation(members, key, outgoing, eids)
            if outgoing or eid is None or any(one == eid or one.startswith(f"{eid}__") for one in entry.eids):
                entries.append(entry)
    return CitationPage(tuple(entries), last if len(rows) == limit * 8 + 400 else None)


def changes_of(
    catalogue: Catalogue, key: str, *, outgoing: bool = True, access: Collection[str] | None = None
) -> list[ChangeEntry]:
    """What a document changes in others, or what others change in it, in the order they say it; with `outgoing` also the
    instructions that were not understood (kind "untyped")."""
    query = (
        select(ChangeRow, NamedRow, DocumentRow)
        .join(NamedRow, NamedRow.id == ChangeRow.named, isouter=outgoing)
        .join(
            DocumentRow,
            (DocumentRow.key == (NamedRow.target_key if outgoing else NamedRow.key)) & _readable(access),
            isouter=outgoing,
        )
        .where((ChangeRow.key if outgoing else NamedRow.target_key) == key)
        .order_by(ChangeRow.id)
    )
    with catalogue.sessions() as session:
        eids = _Eids(session)
        return [
            ChangeEntry(
                other=None if named is None else _other(named, document, outgoing),
                kind=row.kind,
                provision=_own(
                    row.provision, eids.of(document.key if outgoing and document else None if outgoing else key)
                ),
                **{name: getattr(row, name) for name in _CHANGED},
            )
            for row, named, document in session.execute(query)
        ]


class CatalogueCitations:
    """Asks the catalogue which provisions a search's hits name: `retrieval.expand.Named`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def __call__(self, passages: Sequence[Passage], access: Collection[str] | None) -> list[tuple[str, str]]:
        """See `named_in`."""
        return await asyncio.to_thread(named_in, self._catalogue, passages, access)


def named_in(
    catalogue: Catalogue, passages: Sequence[Passage], access: Collection[str] | None = None
) -> list[tuple[str, str]]:
    """(document key, eid as the text tells it) of the provisions that the words of passages name, in the order printed;
    of documents that one of the labels `access` opens. Blocking."""
    places = [{one.eid: 0, **{span.eid: span.start for span in one.spans}} for one in passages]
    asked = {
        "keys": list({one.document.key for one in passages}),
        "eids": list({eid for place in places for eid in place}),
        **({} if access is None else {"access": list(access)}),
    }
    with catalogue.sessions() as session:
        rows = session.execute(_NAMED_IN if access is None else _NAMED_IN.where(_OPENED), asked).all()
    found: dict[tuple[str, str], None] = {}
    for passage, place in zip(passages, places, strict=True):
        end = passage.start + len(passage.text)
        for key, eid, start, provision, target in rows:
            if key == passage.document.key and eid in place and passage.start <= place[eid] + start < end:
                found[target, provision] = None
    return list(found)


_NAMED_IN = (
    select(CitationRow.key, CitationRow.eid, CitationRow.start, CitationRow.provision, DocumentRow.key)
    .join(NamedRow, NamedRow.id == CitationRow.named)
    .join(DocumentRow, (DocumentRow.key == NamedRow.target_key) & DocumentRow.current_version.is_not(None))
    .where(
        CitationRow.key.in_(bindparam("keys", expanding=True)),
        CitationRow.eid.in_(bindparam("eids", expanding=True)),
        CitationRow.provision != "",
        CitationRow.heading.is_(False),
    )
    .order_by(CitationRow.id)
)
_OPENED = exists().where(LabelRow.key == DocumentRow.key, LabelRow.label.in_(bindparam("access", expanding=True)))

_CHANGED = ("after", "before", "text", "old", "new", "day", "sentence", "eid")


def _place(row: CitationRow) -> tuple[str, str, bool, int, int, int]:
    return row.key, row.eid, row.heading, row.start, row.end, row.named


class _Eids:
    """The provisions of documents, read when first asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, frozenset[str]] = {}

    def of(self, key: str | None) -> frozenset[str]:
        """None for an unknown document: no provisions."""
        if key is None:
            return frozenset()
        if key not in self._known:
            row = self._session.get(StandingRow, key, options=[undefer(StandingRow.eids)])
            self._known[key] = frozenset(row.eids if row is not None else ())
        return self._known[key]


def _citation(
    members: Sequence[tuple[CitationRow, NamedRow, DocumentRow | None]], key: str, outgoing: bool, eids: _Eids
) -> CitationEntry:
    first, named, document = members[0]
    known = eids.of((document.key if document is not None else None) if outgoing else key)
    said = [row.provision for row, _, _ in members if row.provision]
    located = {provision: locate(provision, known) for provision in said}
    return CitationEntry(
        other=_other(named, document, outgoing),
        eid=first.eid,
        heading=first.heading,
        start=first.start,
        end=first.end,
        eids=tuple(dict.fromkeys(found for found in located.values() if found is not None)),
        missing=tuple(provision for provision, found in located.items() if found is None),
    )


def _other(named: NamedRow, document: DocumentRow | None, outgoing: bool) -> Other:
    if document is None:
        return Other(None, named.target, None, named.year)
    printed = named.target if outgoing and named.target else document.key
    return Other(document.key, document.number or printed, document.title)


def _own(provision: str, known: frozenset[str]) -> str:
    return (locate(provision, known) or provision) if provision else ""


def _readable(access: Collection[str] | None) -> ColumnElement[bool]:
    readable: ColumnElement[bool] = DocumentRow.current_version.is_not(None)
    if access is not None:
        readable &= exists().where(LabelRow.key == DocumentRow.key, LabelRow.label.in_(list(access)))
    return readable


def _within(column: InstrumentedAttribute[str], eids: Sequence[str]) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [column.in_(list(eids))]
    parts += [column.startswith(f"{eid}__", autoescape=True) for eid in eids]
    return or_(*parts)
