"""Addresses in a statement (điểm, khoản, Điều, số hiệu, names of laws): each must be its source's own or stand in its
text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from legal.number import DocumentNumber, find_all
from legal.text import fold
from retrieval.passage import Passage

#: What numbers a provision: "8", "12a", "IV", "đ".
ONE = r"(?:[0-9]+[a-zđ]{0,2}|(?-i:[IVXLC]+)|[a-zđ])\b"
_COUNTS = r"(?!\s*[./%]?\w*\d*\s*(?:ngày|tháng|năm|tuổi|đồng|giờ))"
_LEVEL = re.compile(
    r"\b(?P<level>điểm|khoản|điều|chương|mục|phụ lục|mẫu số|mẫu)\s+"
    rf"(?P<list>(?:này\b|{ONE})(?:\s*(?:,|;|và|hoặc|đến|tới)\s*{ONE}{_COUNTS})*)",
    re.IGNORECASE,
)
#: "khoản 2 Điều này", "điểm a khoản này": words of the source, not of one who cites it.
_INNER = re.compile(r"\b(?:các\s+)?(?:điểm|khoản)\s[^.;:]{1,80}?\b(?:điều|khoản)\s+này\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:,|;|và|hoặc|của|tại|thuộc|các|những)?\s*(?:các|những|của)?\s*", re.IGNORECASE)
_RANKS = {"điểm": 0, "khoản": 1, "điều": 2}
_LAW = re.compile(
    r"\b(?P<type>Bộ luật|Luật|Pháp lệnh|Hiến pháp)\s+"
    r"(?P<name>[A-ZĐÀ-Ỹ][^\s,.;:()\"“”\[\]]*(?:\s+(?!số\b|năm\b)[^\s,.;:()\"“”\[\]]+)?)"
)
_KINDS = ("nghị định", "thông tư", "nghị quyết", "quyết định", "chỉ thị", "pháp lệnh", "bộ luật", "hiến pháp", "luật")


@dataclass(frozen=True, slots=True)
class Address:
    """A place named in a text; None where it does not say. `other`: a chapter, section, appendix or form ("chương
    ii")."""

    article: str | None = None
    clause: str | None = None
    point: str | None = None
    other: str | None = None

    def within(self, place: Address) -> bool:
        """Whether `place` is this one or lies inside it, so far as this one says."""
        mine = (self.article, self.clause, self.point, self.other)
        theirs = (place.article, place.clause, place.point, place.other)
        return all(a is None or a == b for a, b in zip(mine, theirs, strict=True))


def addresses(text: str, here: Address = Address()) -> list[Address]:
    """Every address that a text names. "này" is read as `here`: "khoản 1 Điều này"."""
    found: list[Address] = []
    chain: list[tuple[str, list[str]]] = []
    end = -1
    for match in _LEVEL.finditer(text):
        level = match["level"].lower()
        numbers = _numbers(match["list"])
        if level not in _RANKS:
            found += [Address(other=f"{level} {number}") for number in numbers if number != "này"]
            continue
        if chain and not _BETWEEN.fullmatch(text, end, match.start()):
            found += _resolved(chain, here)
            chain = []
        chain.append((level, numbers))
        end = match.end()
    return [*found, *_resolved(chain, here)] if chain else found


def _numbers(listed: str) -> list[str]:
    parts = re.split(r"\s*(,|;|\bvà\b|\bhoặc\b|\bđến\b|\btới\b)\s*", listed.lower())
    numbers: list[str] = []
    for index in range(0, len(parts), 2):
        number = parts[index]
        before = parts[index - 1] if index else ""
        if before in ("đến", "tới") and numbers and number.isdigit() and numbers[-1].isdigit():
            numbers += [str(n) for n in range(int(numbers[-1]) + 1, min(int(number), int(numbers[-1]) + 60) + 1)]
        else:
            numbers.append(number)
    return [n for n in numbers if n]


def _resolved(chain: list[tuple[str, list[str]]], here: Address) -> Iterator[Address]:
    """A chain such as [điểm a, b][khoản 1][Điều 8], small to large, or the other way round."""
    ranks = [_RANKS[level] for level, _ in chain]
    if len(chain) > 1 and ranks[0] > ranks[-1]:
        chain = chain[::-1]
    article: list[str | None] = [None]
    clause: list[str | None] = [None]
    for position in range(len(chain) - 1, -1, -1):
        level, numbers = chain[position]
        last = position == 0 or _RANKS[chain[position - 1][0]] >= _RANKS[level]
        if level == "điều":
            article = [here.article if n == "này" else n for n in numbers]
            clause = [None]
            if last:
                yield from (Address(a) for a in article)
        elif level == "khoản":
            clause = [here.clause if n == "này" else n for n in numbers]
            if last:
                yield from (Address(a, c) for a in article for c in clause)
        else:
            points = [here.point if n == "này" else n for n in numbers]
            if last:
                yield from (Address(a, c, p) for a in article for c in clause for p in points)


def own_addresses(passage: Passage) -> list[Address]:
    """The addresses of a passage and of the provisions inside it."""
    found = [Address(passage.article)] if passage.article else []
    for eid in (passage.eid, *(span.eid for span in passage.spans)):
        parts = dict(piece.split("_", 1) for piece in eid.split("__") if "_" in piece)
        bare = {key: value.split("-")[0] for key, value in parts.items()}
        found.append(Address(bare.get("art", passage.article), bare.get("para"), bare.get("point")))
    for line in (*passage.path, passage.label):
        found += [a for a in addresses(line) if a.other]
    return found


@dataclass(frozen=True, slots=True)
class Places:
    """The addresses of a quote: `own`, the provisions that it lies in or touches; `named`, those that its words
    name."""

    article: str | None
    own: tuple[Address, ...]
    named: tuple[Address, ...]


def places_of(passage: Passage, start: int, end: int) -> Places:
    """The addresses of `passage.text[start:end]`."""
    first, last = passage.start + start, passage.start + end
    touched = tuple(span for span in passage.spans if span.start < last and first < span.end)
    own = own_addresses(replace(passage, spans=touched))
    inner = max(own, key=lambda one: (one.clause is not None, one.point is not None), default=Address())
    named = addresses(passage.text[start:end], Address(passage.article, inner.clause))
    return Places(passage.article, tuple(own), tuple(named))


def misplaced(statement: str, quotes: Sequence[Places]) -> list[str]:
    """Addresses that the statement gives and its quotes neither have nor name."""
    there = [place for quote in quotes for place in (*quote.own, *quote.named)]
    named = [place for quote in quotes for place in quote.named]
    for quote in quotes:
        here = Address(quote.article)
        inner = [one for match in _INNER.finditer(statement) for one in addresses(match.group(), here)]
        if all(any(one.within(place) for place in there) for one in addresses(statement, here)) and all(
            any(one.within(place) for place in named) for one in inner
        ):
            return []
    return ["địa chỉ không phải của câu được trích"]


def unknown_addresses(statement: str, sources: list[Passage]) -> list[str]:
    """What a statement names and its sources do not know, in words. Empty when everything is theirs."""
    wrong: list[str] = []
    named = addresses(statement)
    if named:
        known: list[Address] = []
        for passage in sources:
            own = own_addresses(passage)
            known += own
            clause = passage.eid.split("__para_")[1].split("__")[0] if "__para_" in passage.eid else None
            known += addresses(f"{passage.heading}\n{passage.text}", Address(passage.article, clause))
        wrong += [f"địa chỉ {_shown(one)}" for one in named if not any(one.within(place) for place in known)]
    numbers = [number for _, _, number in find_all(statement)]
    if numbers:
        theirs: set[DocumentNumber] = set()
        for passage in sources:
            theirs.update(number for _, _, number in find_all(_everything(passage)))
            if passage.document.number and (own_number := DocumentNumber.try_parse(passage.document.number)):
                theirs.add(own_number)
        wrong += [f"số hiệu {number}" for number in numbers if number not in theirs]
    laws = [fold(f"{match['type']} {match['name']}") for match in _LAW.finditer(statement)]
    if laws:
        texts = [fold(_everything(passage)) for passage in sources]
        wrong += ["tên văn bản" for law in laws if not any(_named(law, text) for text in texts)]
    return wrong


def _named(law: str, text: str) -> bool:
    """The name stands in the text, with its kind before it or as the title alone. "Luật này" is no name."""
    if law in text:
        return True
    kind = next(kind for kind in map(fold, _KINDS) if law.startswith(kind))
    first_line = text.split("\n", 1)[0]
    return law.removeprefix(kind).strip() in first_line


def _everything(passage: Passage) -> str:
    card = passage.document
    return f"{card.type or ''} {card.title or ''} {card.number or ''}\n{passage.context}\n{passage.text}"


def _shown(address: Address) -> str:
    parts = [
        f"điểm {address.point}" if address.point else "",
        f"khoản {address.clause}" if address.clause else "",
        f"Điều {address.article}" if address.article else "",
        address.other or "",
    ]
    return " ".join(part for part in parts if part)
