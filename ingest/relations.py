"""Relations between the documents of a home, and the status that follows from them whatever the order of arrival.

`settle` is run after every change of the catalogue: it reads what new versions state, finds which documents are meant,
and works each document's end of effect out anew. Running it twice changes nothing; a crash before it is made good by
the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session

from ingest import citations, said_json
from ingest.catalogue import Catalogue
from ingest.catalogue_tables import DocumentRow, LabelRow, MetaRow
from ingest.citations import hard_titles
from ingest.relation_tables import RelationRow, StandingRow
from legal.document import Suspension, Validity
from legal.names import LawName, LawNames
from legal.references import locate
from legal.relations import RELATION_LABELS, Relation, RelationKind, resolve_target
from legal.said import said_by

#: Kinds by which a document touches the effect of another.
_TOUCHING: tuple[RelationKind, ...] = ("replaces", "repeals", "amends", "suspends")
_STATED = ("kind", "target", "year", "target_issued", "day", "until", "partly", "excepted", "sentence", "eid")

_TITLES = "titles"
_UNFINISHED = "?"
_FORMAT = "said_format"

#: Changes of a document's card: key, {"effective_to": ..., "status": ...}.
Change = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class RelationEntry:
    """A relation as seen from one document. `label`: in an official's words. `outgoing`: this document states it, else
    the other one does. `other`: the other's key, None where it is not here. `number`: the other's number or the name
    as printed. `eid`: where it is said, in the document that says it. `eids`: the provisions meant."""

    kind: RelationKind
    label: str
    outgoing: bool
    other: str | None
    number: str
    title: str | None
    day: date | None
    partly: bool
    excepted: bool
    eids: tuple[str, ...]
    sentence: str
    eid: str


def settle(catalogue: Catalogue, change: Change, on: date | None = None, *, again: bool = False) -> int:
    """Bring relations and what follows from them up to date; how many documents changed their status or end of effect.

    `on`: the day whose status the catalogue shows, today by default. `again`: read anew what another grammar read
    (`ingest.said_json.FORMAT`), which takes long. The caller must be the home's one writer.
    """
    on = on or date.today()
    with catalogue.sessions() as session:
        rows = {
            row.key: row for row in session.scalars(select(DocumentRow).where(DocumentRow.current_version.is_not(None)))
        }
        known = {row.key: row.version for row in session.scalars(select(StandingRow))}
    fresh = [key for key, row in rows.items() if known.get(key) != row.current_version]
    gone = known.keys() - rows.keys()
    hard = hard_titles(rows.values())
    titles = "\n".join(sorted({entry.title or "" for entry in hard}))
    outdated = again and catalogue.meta(_FORMAT) != str(said_json.FORMAT)
    if outdated or titles != _remembered(catalogue):
        fresh = list(rows)  # what is read must not depend on the order of arrival
    if fresh or gone:
        _remember(catalogue, _UNFINISHED)
        names = LawNames(_named(row) for row in rows.values())
        for key in fresh:
            _store(catalogue, rows[key], LawNames(hard) if hard else None)
        with catalogue.sessions.begin() as session:
            _forget(session, gone)
            arrived = LawNames(_named(rows[key]) for key in fresh)
            _resolve(session, rows, names, arrived, {*fresh}, gone)
            citations.resolve(session, rows, names, arrived, {*fresh}, gone)
        _remember(catalogue, titles, whole=len(fresh) == len(rows))
    return _derive(catalogue, rows, change, on)


def relations_of(catalogue: Catalogue, key: str, access: Collection[str] | None = None) -> list[RelationEntry]:
    """The relations of a document, those that it states first, each other document once a kind. A caller sees nothing of
    documents that none of the labels `access` opens."""
    found: dict[tuple[object, ...], RelationEntry] = {}
    with catalogue.sessions() as session:
        for outgoing in (True, False):
            ends: tuple[Any, Any] = (RelationRow.key, RelationRow.target_key)
            mine, theirs = ends if outgoing else reversed(ends)
            readable: ColumnElement[bool] = DocumentRow.current_version.is_not(None)
            if access is not None:
                readable &= exists().where(LabelRow.key == DocumentRow.key, LabelRow.label.in_(list(access)))
            query = select(RelationRow, DocumentRow).join(
                DocumentRow, (DocumentRow.key == theirs) & readable, isouter=outgoing
            )
            for relation, other in session.execute(query.where(mine == key).order_by(RelationRow.id)):
                entry = _entry(relation, other, outgoing)
                found.setdefault((entry.kind, outgoing, entry.other or entry.number, entry.eids), entry)
    return list(found.values())


def _entry(row: RelationRow, other: DocumentRow | None, outgoing: bool) -> RelationEntry:
    kind: RelationKind = row.kind  # type: ignore[assignment]
    return RelationEntry(
        kind=kind,
        label=RELATION_LABELS[kind][0 if outgoing else 1],
        outgoing=outgoing,
        other=other.key if other is not None else None,
        number=(other.number if other is not None else None) or row.target,
        title=other.title if other is not None else None,
        day=row.day,
        partly=row.partly,
        excepted=row.excepted,
        eids=tuple(row.eids),
        sentence=row.sentence,
        eid=row.eid,
    )


def _named(row: DocumentRow) -> LawName:
    return LawName(row.key, row.number, row.title, row.issued, row.effective_from, row.effective_to)


def _remembered(catalogue: Catalogue) -> str:
    """The titles that all texts here were read with; `_UNFINISHED` where a crash came between reading and resolving."""
    return catalogue.meta(_TITLES) or ""


def _remember(catalogue: Catalogue, titles: str, *, whole: bool = False) -> None:
    """`whole`: all texts here are read by this program's grammar now."""
    with catalogue.sessions.begin() as session:
        session.merge(MetaRow(name=_TITLES, value=titles))
        if whole:
            session.merge(MetaRow(name=_FORMAT, value=str(said_json.FORMAT)))


def _store(catalogue: Catalogue, row: DocumentRow, names: LawNames | None) -> None:
    """What a version that has come states, in place of what the one before stated. `names`: titles to read it anew with."""
    version = row.current_version or ""
    document = catalogue.tree(row.key, version)
    said = said_by(document, names) if names is not None else catalogue.said(row.key, version)
    stated = {(one.kind, one.target, one.eids, one.partly): one for one in reversed(said.relations)}
    validity = document.metadata.validity
    with catalogue.sessions.begin() as session:
        session.execute(delete(RelationRow).where(RelationRow.key == row.key))
        session.add_all(
            RelationRow(key=row.key, eids=list(one.eids), **{name: getattr(one, name) for name in _STATED})
            for one in reversed(stated.values())
        )
        session.merge(
            StandingRow(
                key=row.key,
                version=row.current_version,
                own_from=validity.effective_from,
                own_to=validity.effective_to,
                suspended_from=validity.suspended_from,
                suspended_to=validity.suspended_to,
                derived_to=row.effective_to,
                derived_status=row.status,
                eids=[node.eid for node in document.walk()],
            )
        )
        citations.store(session, row.key, said, document)


def _forget(session: Session, keys: Collection[str]) -> None:
    for key in keys:
        session.execute(delete(RelationRow).where(RelationRow.key == key))
        session.execute(delete(StandingRow).where(StandingRow.key == key))
        session.execute(update(RelationRow).where(RelationRow.target_key == key).values(target_key=None))
    citations.forget(session, keys)
    citations.unnamed(session, keys)


def _resolve(
    session: Session,
    rows: Mapping[str, DocumentRow],
    names: LawNames,
    arrived: LawNames,
    fresh: Collection[str],
    gone: Collection[str],
) -> None:
    """Which document each relation means, where an arrival or a removal may have changed that."""
    touched = citations.touched_by(arrived, gone)
    for row in session.scalars(select(RelationRow)):
        if row.key in fresh or touched(row.target, row.year):
            source = rows[row.key]
            row.target_key = resolve_target(_relation(row), names, source.issued, row.key)


def _relation(row: RelationRow) -> Relation:
    return Relation(eids=tuple(row.eids), **{name: getattr(row, name) for name in _STATED})


def _derive(catalogue: Catalogue, rows: Mapping[str, DocumentRow], change: Change, on: date) -> int:
    query = select(
        RelationRow.target_key,
        RelationRow.kind,
        RelationRow.day,
        RelationRow.until,
        RelationRow.partly,
        RelationRow.eids,
    ).where(RelationRow.target_key.is_not(None), RelationRow.kind.in_(_TOUCHING))
    touching: dict[str, list[Any]] = {}
    with catalogue.sessions() as session:
        for found in session.execute(query):
            touching.setdefault(found.target_key, []).append(found)
        standings = list(session.scalars(select(StandingRow)))
        eids = {
            one.key: frozenset(one.eids)
            for one in standings
            if any(other.kind == "suspends" and other.eids for other in touching.get(one.key, ()))
        }
    changed = 0
    for standing in standings:
        if standing.key not in rows:
            continue
        others = touching.get(standing.key, ())
        until, status = _standing(standing, others, on)
        changes = _suspended(rows[standing.key], standing, others, eids.get(standing.key, frozenset()), on)
        if (until, status) != (standing.derived_to, standing.derived_status):
            changes |= {"effective_to": until, "status": status}
        if not changes:
            continue
        change(standing.key, changes)
        with catalogue.sessions.begin() as session:
            now = session.get_one(StandingRow, standing.key)
            now.derived_to, now.derived_status = until, status
        changed += 1
    return changed


def _suspended(
    row: DocumentRow, standing: StandingRow, touching: Sequence[Any], eids: Collection[str], on: date
) -> dict[str, Any]:
    """What changes of the days on which a document, and provisions of it, are suspended, by itself and by others.

    One span of days is kept of each: that of the day `on`, else the next one, else the last. `eids`: the document's.
    """
    spans: dict[str, list[tuple[date, date | None]]] = {}
    if standing.suspended_from is not None:
        spans[""] = [(standing.suspended_from, standing.suspended_to)]
    for one in touching:
        if one.kind == "suspends" and one.day is not None:
            meant = [locate(eid, eids) for eid in one.eids] if one.eids else ["" if not one.partly else None]
            for eid in meant:
                if eid is not None:
                    spans.setdefault(eid, []).append((one.day, one.until))
    kept = {eid: _span(days, on) for eid, days in spans.items()}
    since, until = kept.pop("", (None, None))
    parts = tuple(Suspension(eid, *days) for eid, days in sorted(kept.items()))
    changes: dict[str, Any] = {}
    if (since, until) != (row.suspended_from, row.suspended_to):
        changes |= {"suspended_from": since, "suspended_to": until}
    if parts != row.suspended_parts:
        changes["suspended_parts"] = parts
    return changes


def _span(days: Sequence[tuple[date, date | None]], on: date) -> tuple[date, date | None]:
    """The span of days that holds on a day, else the next one, else the last; spans that touch are one."""
    joined: list[tuple[date, date | None]] = []
    for since, until in sorted(days, key=lambda one: one[0]):
        last = joined[-1] if joined else None
        if last is None or (last[1] is not None and since > last[1]):
            joined.append((since, until))
        else:
            ends = None if last[1] is None or until is None else max(last[1], until)
            joined[-1] = (last[0], ends)
    return next((one for one in joined if one[1] is None or one[1] > on), joined[-1])


def _standing(standing: StandingRow, touching: Sequence[Any], on: date) -> tuple[date | None, str]:
    """(first day no longer in force, status on a day) by a document's own words and those of the others about it."""
    ends = [standing.own_to] if standing.own_to is not None else []
    partly = suspended = False
    for one in touching:
        if one.kind == "suspends":
            if (one.day is None or one.day <= on) and (one.until is None or on < one.until):
                whole = not one.partly and not one.eids
                suspended, partly = suspended or whole, partly or not whole
        elif one.kind != "amends" and not one.partly and not one.eids:
            ends += [one.day] if one.day is not None else []
        elif one.day is None or one.day <= on:
            partly = True
    until = min(ends, default=None)
    status = Validity(standing.own_from, until, standing.suspended_from, standing.suspended_to).status(on)
    if status == "in_force" and suspended:
        status = "suspended"
    return until, "partly_in_force" if status == "in_force" and partly else status
