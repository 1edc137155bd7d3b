"""How a passage lies in the engine: `Passage` <-> payload, the fields that filters read, what a filter asks of them.

A payload has the fields that filters read, each with its index, the title, and all else as one JSON text, `body`:
reading a hit costs by its fields. `effective_from`, `effective_to`, `suspended_from` and `suspended_to` are those of the
passage; where its document has others, `document_days` holds those. Days are integers YYYYMMDD. A validity that is unknown
is stored as the widest one (0, 99999999), so that "unknown counts as in force" is a plain range; it is read back as None.
What is not suspended lacks the two days of it; a suspension without an end lasts to 99999999.
`reading` joins key and version: one field names the exact set of points that is written, shown and dropped together.
`eids` holds every provision inside the passage (its spans), its own and those around it: a lookup of `art_8__para_1`
finds the passage in which clause 1 stands, one of `art_8` every passage of the article.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from legal.document import VALIDITY_DAYS, Validity
from legal.errors import BadRequest
from retrieval.index import SearchFilter
from retrieval.passage import DocumentCard, Passage, Span

#: Layout of points; goes into the manifest, raised whenever payload or lexical vectors change their meaning.
SCHEMA = 2

DENSE = "dense"
LEXICAL = "lexical"

#: Values of the field `live`. A keyword: Edge 0.9 reads every payload to decide a boolean (145 ms against 1 ms).
SHOWN = "shown"
HIDDEN = "hidden"

FieldKind = Literal["keyword", "integer"]

#: Every field that a filter reads has a payload index of this kind.
INDEXED: Mapping[str, FieldKind] = {
    "key": "keyword",
    "reading": "keyword",
    "live": "keyword",
    "number": "keyword",
    "type": "keyword",
    "issuer": "keyword",
    "issued": "integer",
    "status": "keyword",
    "effective_from": "integer",
    "effective_to": "integer",
    "suspended_from": "integer",
    "suspended_to": "integer",
    "access": "keyword",
    "eids": "keyword",
    "article": "keyword",
}

_ALWAYS = 0
_NEVER = 99_999_999
_SEPARATOR = "\n"
_CARD_FIELDS = frozenset({"number", "title", "type", "issuer", "issued", "status", *VALIDITY_DAYS, "access"})

#: The fields that a hit is made of.
SHOWN_FIELDS = ("reading", "written", *sorted(_CARD_FIELDS), "document_days", "body")

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field holds at least one of the values. No values: nothing matches."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The field is a number with low <= number <= high; None leaves an end open. A missing field does not match."""

    field: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Outside:
    """Not since <= day < until, by two fields that are numbers; points without them match."""

    since: str
    until: str
    day: int


Condition = AnyOf | Between | Outside


def day_number(day: date) -> int:
    """2014-06-19 -> 20140619."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """20140619 -> 2014-06-19."""
    return date(number // 10_000, number // 100 % 100, number % 100)


def now() -> int:
    """When a version is written, in milliseconds: the later of two that are both shown is the one that holds."""
    return time.time_ns() // 1_000_000


def reading(key: str, version: str) -> str:
    """The value of the field `reading`: names all points of one version of one document."""
    return f"{key}{_SEPARATOR}{version}"


def split_reading(value: str) -> tuple[str, str]:
    """`reading` undone: (key, version)."""
    key, _, version = value.partition(_SEPARATOR)
    return key, version


def conditions(where: SearchFilter) -> tuple[Condition, ...]:
    """What the engine is asked: all of these must hold. Only visible points match."""
    return tuple(_conditions(where))


def _conditions(where: SearchFilter) -> Iterator[Condition]:
    yield AnyOf("live", (SHOWN,))
    if where.as_of is not None:
        day = day_number(where.as_of)
        yield Between("effective_from", high=day)
        yield Between("effective_to", low=day + 1)  # `effective_to` is the first day not in force
        yield Outside("suspended_from", "suspended_to", day)
    if where.access is not None:
        yield AnyOf("access", tuple(sorted(where.access)))
    for field, values in (
        ("key", where.documents),
        ("number", where.numbers),
        ("type", where.types),
        ("issuer", where.issuers),
        ("eids", where.eids),
        ("article", where.articles),
    ):
        if values:
            yield AnyOf(field, tuple(values))
    if where.issued_from is not None or where.issued_to is not None:
        yield Between(
            "issued",
            None if where.issued_from is None else day_number(where.issued_from),
            None if where.issued_to is None else day_number(where.issued_to),
        )


def to_payload(passage: Passage, *, position: int, live: bool, written: int = 0) -> Payload:
    """A passage as payload.

    `position`: its place among the document's passages, from 0. `written`: `now()` at the begin of the write.
    """
    card = passage.document
    payload: Payload = {
        "key": card.key,
        "reading": reading(card.key, card.version),
        "live": SHOWN if live else HIDDEN,
        "position": position,
        "written": written,
        "eids": _eids(passage),
    }
    if passage.article is not None:
        payload["article"] = passage.article
    payload |= _card_payload(card)
    if passage.validity is not None:
        payload["document_days"] = [payload.pop(field, None) for field in VALIDITY_DAYS]
        payload |= _days_payload(passage.validity)
    spans = [(span.eid, span.label, span.start, span.end) for span in passage.spans]
    payload["body"] = json.dumps(
        (
            passage.eid,
            passage.label,
            passage.article,
            passage.heading,
            passage.path,
            passage.text,
            passage.start,
            passage.part,
            passage.parts,
            spans,
        ),
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return payload


def from_payload(point_id: object, payload: Mapping[str, Any]) -> Passage:
    """The passage that `to_payload` laid down. `point_id`: the engine's id, a UUID or its text.

    Needs the fields `SHOWN_FIELDS`. Passages of one document share their card.
    """
    eid, label, article, heading, path, text, start, part, parts, spans = json.loads(payload["body"])
    return Passage(
        str(point_id),
        card_of(payload),
        eid,
        label,
        article,
        heading,
        tuple(path),
        text,
        start,
        part,
        parts,
        tuple([Span(*span) for span in spans]),
        validity=_validity(*map(payload.get, VALIDITY_DAYS)) if "document_days" in payload else None,
    )


def card_of(payload: Mapping[str, Any]) -> DocumentCard:
    """The document's card out of a payload."""
    get = payload.get
    days = get("document_days") or [get(field) for field in VALIDITY_DAYS]
    return _card(
        payload["reading"],
        get("number"),
        get("title"),
        get("type"),
        get("issuer"),
        get("issued"),
        payload["status"],
        tuple(get("access", ())),
        *days,
    )


@lru_cache(maxsize=4096)
def _card(
    reading_of: str,
    number: str | None,
    title: str | None,
    type_: str | None,
    issuer: str | None,
    issued: int | None,
    status: str,
    access: tuple[str, ...],
    *days: int | None,
) -> DocumentCard:
    key, version = split_reading(reading_of)
    applies = _validity(*days)
    return DocumentCard(
        key=key,
        version=version,
        number=number,
        title=title,
        type=type_,
        issuer=issuer,
        issued=None if issued is None else day_of(issued),
        status=status,
        effective_from=applies.effective_from,
        effective_to=applies.effective_to,
        access=access,
        suspended_from=applies.suspended_from,
        suspended_to=applies.suspended_to,
    )


def _validity(*days: int | None) -> Validity:
    """Out of the days in the order of `VALIDITY_DAYS`; older points have the first two alone."""
    return Validity(*(None if day in (None, _ALWAYS, _NEVER) else day_of(day) for day in days))  # type: ignore[arg-type]


def card_changes(changes: Mapping[str, object]) -> tuple[Payload, list[str]]:
    """Changes of a card as (payload fields to set, payload fields to delete).

    Raises BadRequest for a field that a card does not have or that names its identity.
    """
    unknown = changes.keys() - _CARD_FIELDS
    if unknown:
        raise BadRequest(f"Không đổi được trường {', '.join(sorted(unknown))} của văn bản trong chỉ mục.")
    payload = {field: _card_value(field, value) for field, value in changes.items()}
    if "suspended_from" in changes and changes["suspended_from"] is None:
        payload["suspended_to"] = None
    return (
        {field: value for field, value in payload.items() if value is not None},
        [field for field, value in payload.items() if value is None],
    )


def _card_payload(card: DocumentCard) -> Payload:
    plain = {field: _card_value(field, getattr(card, field)) for field in sorted(_CARD_FIELDS - {*VALIDITY_DAYS})}
    return {field: value for field, value in plain.items() if value is not None} | _days_payload(card.validity)


def _days_payload(applies: Validity) -> Payload:
    days = {field: _card_value(field, getattr(applies, field)) for field in VALIDITY_DAYS}
    if applies.suspended_from is None:
        return {"effective_from": days["effective_from"], "effective_to": days["effective_to"]}
    return days


def _card_value(field: str, value: Any) -> Any:
    if field == "effective_from":
        return _ALWAYS if value is None else day_number(value)
    if field in ("effective_to", "suspended_to"):
        return _NEVER if value is None else day_number(value)
    if isinstance(value, date):
        return day_number(value)
    if field == "access":
        return list(value)
    return value


def _eids(passage: Passage) -> list[str]:
    eids = [span.eid for span in passage.spans]
    steps = passage.eid.split("__")
    around = ("__".join(steps[:length]) for length in range(len(steps), 0, -1))
    return eids + [eid for eid in around if eid not in eids]
