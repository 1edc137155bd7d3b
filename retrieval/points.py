"""How a passage lies in the engine: `Passage` <-> payload, the fields that filters read, what a filter asks of them.

One flat payload a point. Days are integers YYYYMMDD. A validity that is unknown is stored as the widest one (0, 99999999),
so that "unknown counts as in force" is a plain range; it is read back as None. `reading` joins key and version: one field
names the exact set of points that is written, shown and dropped together. `eids` holds every provision inside the passage
(its spans, in order), then the passage's own provision and those around it, so that a lookup of `art_8__para_1` finds the
passage in which clause 1 stands, and one of `art_8` every passage of the article.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from legal.errors import BadRequest
from retrieval.index import SearchFilter
from retrieval.passage import DocumentCard, Passage, Span

#: Layout of points; goes into the manifest, raised whenever payload or lexical vectors change their meaning.
SCHEMA = 1

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
    "access": "keyword",
    "eids": "keyword",
    "article": "keyword",
}

_ALWAYS = 0
_NEVER = 99_999_999
_SEPARATOR = "\n"
_CARD_FIELDS = frozenset(
    {"number", "title", "type", "issuer", "issued", "status", "effective_from", "effective_to", "access"}
)

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


Condition = AnyOf | Between


def day_number(day: date) -> int:
    """2014-06-19 -> 20140619."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """20140619 -> 2014-06-19."""
    return date(number // 10_000, number // 100 % 100, number % 100)


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


def to_payload(passage: Passage, *, position: int, live: bool) -> Payload:
    """A passage as payload. `position`: its place among the document's passages, from 0."""
    card = passage.document
    payload: Payload = {
        "key": card.key,
        "reading": reading(card.key, card.version),
        "live": SHOWN if live else HIDDEN,
        "position": position,
        **{field: value for field, value in _card_payload(card).items() if value is not None},
        "eid": passage.eid,
        "eids": _eids(passage),
        "label": passage.label,
        "text": passage.text,
    }
    optional: Payload = {
        "article": passage.article,
        "heading": passage.heading,
        "path": list(passage.path),
        "start": passage.start,
        "part": passage.part,
        "spans": [[span.label, span.start, span.end] for span in passage.spans],
    }
    payload.update((field, value) for field, value in optional.items() if value)
    if passage.parts != 1:
        payload["parts"] = passage.parts
    return payload


def from_payload(point_id: object, payload: Mapping[str, Any]) -> Passage:
    """The passage that `to_payload` laid down. `point_id`: the engine's id, a UUID or its text."""
    get = payload.get
    eids = payload["eids"]
    return Passage(
        id=str(point_id),
        document=card_of(payload),
        eid=payload["eid"],
        label=payload["label"],
        article=get("article"),
        heading=get("heading", ""),
        path=tuple(get("path", ())),
        text=payload["text"],
        start=get("start", 0),
        part=get("part", 0),
        parts=get("parts", 1),
        spans=tuple(
            Span(eid, label, start, end) for eid, (label, start, end) in zip(eids, get("spans", ()), strict=False)
        ),
    )


def card_of(payload: Mapping[str, Any]) -> DocumentCard:
    """The document's card out of a payload."""
    get = payload.get
    key, version = split_reading(payload["reading"])
    issued = get("issued")
    since, until = payload["effective_from"], payload["effective_to"]
    return DocumentCard(
        key=key,
        version=version,
        number=get("number"),
        title=get("title"),
        type=get("type"),
        issuer=get("issuer"),
        issued=None if issued is None else day_of(issued),
        status=payload["status"],
        effective_from=None if since == _ALWAYS else day_of(since),
        effective_to=None if until == _NEVER else day_of(until),
        access=tuple(get("access", ())),
    )


def card_changes(changes: Mapping[str, object]) -> tuple[Payload, list[str]]:
    """Changes of a card as (payload fields to set, payload fields to delete).

    Raises BadRequest for a field that a card does not have or that names its identity.
    """
    unknown = changes.keys() - _CARD_FIELDS
    if unknown:
        raise BadRequest(f"Không đổi được trường {', '.join(sorted(unknown))} của văn bản trong chỉ mục.")
    payload = {field: _card_value(field, value) for field, value in changes.items()}
    return (
        {field: value for field, value in payload.items() if value is not None},
        [field for field, value in payload.items() if value is None],
    )


def _card_payload(card: DocumentCard) -> Payload:
    return {field: _card_value(field, getattr(card, field)) for field in sorted(_CARD_FIELDS)}


def _card_value(field: str, value: Any) -> Any:
    if field == "effective_from":
        return _ALWAYS if value is None else day_number(value)
    if field == "effective_to":
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
