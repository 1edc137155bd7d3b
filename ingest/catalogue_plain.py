"""Values of cards and metadata as the journal's JSON can hold them, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from legal.document import VALIDITY_DAYS, Metadata, Suspension
from retrieval.passage import DocumentCard

_DAYS = ("issued", *VALIDITY_DAYS)
_PARTS = "suspended_parts"


def people_of(metadata: Metadata) -> dict[str, Any]:
    """Those who signed, where."""
    return {name: getattr(metadata, name) for name in ("signer", "signer_title", "place")}


def card_json(card: DocumentCard) -> dict[str, Any]:
    """A card with every field."""
    return plain({name: getattr(card, name) for name in DocumentCard.__slots__})


def card_fields(card: Mapping[str, Any]) -> dict[str, Any]:
    """What a card says of the document, without its identity."""
    return {name: value for name, value in card.items() if name not in ("key", "version")}


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON can hold them."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name == _PARTS:
            found[name] = parts_plain(value)
        elif isinstance(value, date):
            found[name] = value.isoformat()
        elif isinstance(value, (tuple, set, frozenset)):
            found[name] = sorted(value)
        else:
            found[name] = value
    return found


def typed(given: Mapping[str, Any]) -> dict[str, object]:
    """What `plain` made, with days and labels as they were."""
    found: dict[str, object] = dict(given)
    for name in _DAYS:
        if isinstance(found.get(name), str):
            found[name] = date.fromisoformat(str(found[name]))
    if isinstance(found.get(_PARTS), list):
        found[_PARTS] = parts_typed(given[_PARTS])
    if isinstance(found.get("access"), list):
        found["access"] = tuple(given["access"])
    return found


def parts_plain(parts: Iterable[Suspension]) -> list[list[str | None]]:
    """Suspended provisions as JSON can hold them: eid, since, until."""
    return [[one.eid, one.since.isoformat(), one.until.isoformat() if one.until else None] for one in parts]


def parts_typed(given: Iterable[Sequence[str | None]]) -> tuple[Suspension, ...]:
    """Suspended provisions out of what `parts_plain` made of them."""
    return tuple(
        Suspension(eid or "", date.fromisoformat(since or ""), date.fromisoformat(until) if until else None)
        for eid, since, until in given
    )
