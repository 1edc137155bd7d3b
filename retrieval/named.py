"""Provisions that a question names ("khoản 2 Điều 8 Luật Hộ tịch", "đ5 123/2020/NĐ-CP"): found in it, looked up
exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from legal.errors import BadRequest
from legal.labels import eid_label
from legal.names import LawNames
from legal.number import DocumentNumber
from legal.references import Reference
from legal.references_questions import parse_question_references
from retrieval.index import Index, SearchFilter
from retrieval.passage import Passage

#: Below this a name fits a document too loosely to look a provision up in it.
_LEAST_FIT = 0.7


@dataclass(frozen=True, slots=True)
class CitedProvision:
    """A provision, or a whole document, that a question names.

    `eid`: "" for the document. `document`: as typed or its number, "" where none is named. `keys`: the documents it
    may mean equally well, best first. `start`, `end`: where the words stand in the question as read.
    """

    eid: str
    document: str = ""
    keys: tuple[str, ...] = ()
    start: int = 0
    end: int = 0

    @property
    def exact(self) -> bool:
        """Whether it names one provision of one document; else there is nothing to look up."""
        return bool(self.eid and self.document)

    @property
    def label(self) -> str:
        """As an official writes it."""
        try:
            place = eid_label(self.eid) if self.eid else ""
        except BadRequest:
            place = self.eid
        return f"{place} {self.document}".strip()


def named_provisions(text: str, names: LawNames | None, on: date) -> tuple[CitedProvision, ...]:
    """What a question names, in order. `names`: the documents known by name; without it only numbers are resolved."""
    found: list[CitedProvision] = []
    for reference in parse_question_references(text, names):
        keys = _keys(reference, names, on)
        for eid in reference.eids or ("",):
            found.append(CitedProvision(eid, reference.document, keys, reference.start, reference.end))
    return tuple(found)


def _keys(reference: Reference, names: LawNames | None, on: date) -> tuple[str, ...]:
    if not reference.document or names is None:
        return ()
    matches = [
        match
        for match in names.resolve(reference.document, reference.year, on)
        if match.quality >= _LEAST_FIT and match.same_year is not False
    ]
    return tuple(match.entry.key for match in matches if match.quality == matches[0].quality)


async def look_up(index: Index, one: CitedProvision, where: SearchFilter) -> list[Passage]:
    """The passages in which a named provision stands, in reading order, under the caller's filter; empty if it is not
    there.

    Of documents that the name means equally the first that has it counts. Nothing is guessed: a provision that is not
    there brings no neighbour. "Điều 5" of a decision is also looked for in the regulation attached to it.
    """
    if not one.exact:
        return []
    eids = (one.eid, f"att_1__{one.eid}")
    asked = [replace(where, documents=(key,), eids=eids) for key in one.keys]
    if not asked and (number := DocumentNumber.try_parse(one.document)) is not None:
        asked = [replace(where, numbers=(str(number),), eids=eids)]
    for condition in asked:
        found = await index.fetch(condition, limit=16)
        if found:
            own = [passage for passage in found if not passage.eid.startswith("att_")]
            return own or found
    return []


def beside(text: str, cited: Sequence[CitedProvision]) -> str:
    """What a question says beside the provisions and documents that it names."""
    for one in sorted(cited, key=lambda one: -one.start):
        text = text[: one.start] + " " + text[one.end :]
    return text
