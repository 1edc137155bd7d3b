"""Provisions that a question names ("khoản 2 Điều 8 Luật Hộ tịch", "đ5 123/2020/NĐ-CP"): found in it, looked up
exactly. What is not there is not there: no neighbour stands in for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from legal.errors import BadRequest
from legal.labels import eid_label
from legal.names import LawNames, NameMatch, is_public_title, title_words
from legal.number import DocumentNumber
from legal.references import Reference
from legal.references_questions import parse_question_references
from retrieval.index import Searched, SearchFilter
from retrieval.passage import Passage

#: Below this a name fits a document too loosely to look a provision up in it; above the other it is worth a mention.
_LEAST_FIT = 0.7
_LEAST_HINT = 0.5
#: From here on a name is a whole title or its abbreviation, not the beginning of one.
_WHOLE = 0.9
_MOST_OTHERS = 8
#: What may stand between a law's name and its number: "Luật Hộ tịch (số 60/2014/QH13)".
_NAME_AND_NUMBER = re.compile(r"[\s,(]*(?:s[ốo]\s*:?\s*)?", re.IGNORECASE)
_CLOSED_POINT = re.compile(r"(?i)(?<=điểm [a-zđ])\)|(?<=diem [a-z])\)")  # "điểm c) Điều 5"
_ATTACHED = re.compile(r"(?i)\b(?:kèm theo|kem theo)\b")
_LEADING_ZEROS = re.compile(r"(?<=_)0+(?=\d)")
#: Passages are found by these alone where a document has no articles; chapters of a law have no passage of their own.
_GROUPS = ("part_", "chp_", "sec_", "subsec_")

#: Why no document was chosen: no such name; none of that year; several that the name means; number and name disagree.
Trouble = Literal["", "unknown", "other_year", "ambiguous", "contradiction"]


@dataclass(frozen=True, slots=True)
class CitedProvision:
    """A provision, or a whole document, that a question names.

    `eid`: "" for the document. `document`: as typed or its number, "" where none is named. `keys`: the document it
    means; several only where documents share one number. `start`, `end`: where the words stand in the question as read.
    `others`: keys of documents that the name may also mean, best first. `trouble`: why `keys` is empty. `attached`: said to
    stand in what is attached to the document.
    """

    eid: str
    document: str = ""
    keys: tuple[str, ...] = ()
    start: int = 0
    end: int = 0
    others: tuple[str, ...] = ()
    year: int | None = None
    trouble: Trouble = ""
    attached: bool = False

    @property
    def eids(self) -> tuple[str, ...]:
        """Where to look, first choice first: "Điều 5" of a decision may be one of the regulation attached to it, and is
        where the citation says so (`attached`)."""
        inside = self.eid if self.eid.startswith("att_") else f"att_1__{self.eid}"
        return (inside,) if self.attached else tuple(dict.fromkeys((self.eid, inside)))

    @property
    def exact(self) -> bool:
        """Whether it names one provision of one document; else there is nothing to look up."""
        return bool(self.eid and self.document)

    @property
    def label(self) -> str:
        """As an official writes it."""
        name = self.document
        if self.year is not None and str(self.year) not in name:
            name = f"{name} năm {self.year}"
        return f"{place_label(self.eid)} {name}".strip()


def place_label(eid: str) -> str:
    """A provision's address in words; the address itself where it has none; "" for ""."""
    try:
        return eid_label(eid) if eid else ""
    except BadRequest:
        return eid


def named_provisions(text: str, names: LawNames | None, on: date) -> tuple[CitedProvision, ...]:
    """What a question names, in order. `names`: the documents known by name; without it only numbers are resolved.

    A law's name beside its number is one citation, and they must agree. Of several documents of one name the one in
    force on the day `on` is meant, the newest of those; the others are mentioned.
    """
    found: list[CitedProvision] = []
    text = _CLOSED_POINT.sub(" ", text)
    references = parse_question_references(text, names)
    place = 0
    while place < len(references):
        one = references[place]
        after = references[place + 1] if place + 1 < len(references) else None
        if names is not None and after is not None and _same_document(text, one, after):
            named = _joined(one, after, names, on)
            place += 2
        else:
            named = _chosen(one, names, on)
            place += 1
        eids = one.eids or (after.eids if after is not None and named.end == after.end else ()) or ("",)
        attached = any(eids) and _ATTACHED.search(text, one.start) is not None
        found.extend(replace(named, eid=_LEADING_ZEROS.sub("", eid), attached=attached) for eid in eids)
    return tuple(found)


def _same_document(text: str, one: Reference, after: Reference) -> bool:
    """Whether two neighbours are a name and a number of one document, with at most one list of provisions."""
    if not one.document or not after.document or (one.eids and after.eids):
        return False
    if (_number(one.document) is None) == (_number(after.document) is None):
        return False
    return one.end <= after.start and _NAME_AND_NUMBER.fullmatch(text, one.end, after.start) is not None


def _joined(one: Reference, after: Reference, names: LawNames, on: date) -> CitedProvision:
    name, number = (one, after) if _number(one.document) is None else (after, one)
    chosen = _chosen(number, names, on)
    called = names.resolve(name.document, name.year, on)
    agreed = {match.entry.key for match in called if match.quality >= _LEAST_HINT and match.same_year is not False}
    keys = tuple(key for key in chosen.keys if key in agreed)
    if keys:
        return replace(chosen, keys=keys, start=one.start, end=after.end)
    others = dict.fromkeys([*chosen.keys, *(match.entry.key for match in called if match.quality >= _LEAST_FIT)])
    document = f"{name.document} số {number.document}"
    return CitedProvision("", document, (), one.start, after.end, tuple(others)[:_MOST_OTHERS], trouble="contradiction")


def _chosen(reference: Reference, names: LawNames | None, on: date) -> CitedProvision:
    plain = CitedProvision("", reference.document, (), reference.start, reference.end, year=reference.year)
    if not reference.document or names is None:
        return plain
    matches = names.resolve(reference.document, reference.year, on)
    least = _WHOLE if is_public_title(reference.document) else _LEAST_FIT  # "Luật Đầu tư" is not "Luật Đầu tư công"
    fitting = [match for match in matches if match.quality >= least]
    meant = [match for match in fitting if match.same_year is not False]
    near = matches or names.resolve(names.beginning(reference.document), reference.year, on)
    hints = [match.entry.key for match in near if match.quality >= _LEAST_HINT]
    if not meant:
        return replace(plain, others=tuple(hints)[:_MOST_OTHERS], trouble="other_year" if fitting else "unknown")
    keys = _best(meant, by_number=_number(reference.document) is not None)
    others = tuple(key for key in hints if key not in keys)[:_MOST_OTHERS]
    return replace(plain, keys=keys, others=others, trouble="" if keys else "ambiguous")


def document_meant(reference: Reference, names: LawNames, on: date | None) -> str | None:
    """The key of the one document that a text refers to; None where there is none or it may be several."""
    keys = _chosen(reference, names, on or date.today()).keys
    return keys[0] if len(keys) == 1 else None


def _best(meant: Sequence[NameMatch], by_number: bool) -> tuple[str, ...]:
    """The document meant among those that a name fits, best first; none where it fits different ones equally."""
    best = [match for match in meant if match.quality == meant[0].quality]
    alive = [match for match in best if match.in_force is not False] or best
    if by_number:
        dead = [match for match in best if match not in alive]
        return tuple(match.entry.key for match in (*alive, *dead))
    if len({title_words(match.entry.title or match.entry.key) for match in alive}) > 1:
        return ()
    return (alive[0].entry.key,)


def _number(document: str) -> DocumentNumber | None:
    return DocumentNumber.try_parse(document)


async def look_up(index: Searched, one: CitedProvision, where: SearchFilter) -> list[Passage]:
    """The passages in which a named provision stands, in reading order, under the caller's filter; empty if it is not
    there.

    Of documents that share the number the first that has it counts. Nothing is guessed: a provision that is not there
    brings no neighbour. "Điều 5" of a decision is also looked for in the regulation attached to it.
    """
    if not one.exact or one.trouble:
        return []
    eids = one.eids
    asked = [replace(where, documents=(key,), eids=eids) for key in one.keys]
    if not asked and (number := _number(one.document)) is not None:
        asked = [replace(where, numbers=(str(number),), eids=eids)]
    for condition in asked:
        found = await index.fetch(condition, limit=16)
        if found:
            own = [passage for passage in found if not passage.eid.startswith("att_")]
            return found if one.attached else own or found
    return []


def may_be_missed(one: CitedProvision) -> bool:
    """Whether nothing found by `look_up` may not mean that it does not exist: chapters have no passage of their own."""
    return bool(one.keys) and one.eid.startswith(_GROUPS)


def beside(text: str, cited: Sequence[CitedProvision]) -> str:
    """What a question says beside the provisions and documents that it names."""
    for one in sorted(cited, key=lambda one: -one.start):
        text = text[: one.start] + " " + text[one.end :]
    return text
