"""Documents by the names people call them: "luật hộ tịch", "BLDS 2015", "NĐ 123/2020", "luat hon nhan"; best first.

A name may mean several documents (two laws of one title, a law and the laws that amend it): all are given, ranked.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache

from legal.composed import compose
from legal.number import DocumentNumber, find_all
from legal.text import fold
from legal.titles import Titles, bare_title, public_title_list

_WORD = re.compile(r"[a-z0-9]+")
_YEAR = re.compile(r"\b(?:nam\s+)?((?:19|20)\d\d)\b")
_PARTIAL = re.compile(
    r"^(?:(?P<type>[a-z ]+?)\s+)?(?:so\s+)?(?P<serial>\d{1,4}[a-z]?)\s*(?:/\s*(?P<year>(?:19|20)\d\d))?"
    r"\s*/?\s*(?P<code>[a-z-]{2,12})?$"
)
#: How a type opens a name, folded, longest first; abbreviations beside it.
_HEADS = {
    "bo luat": "bl", "luat": "l", "phap lenh": "pl", "hien phap": "hp", "nghi quyet lien tich": "nqlt",
    "nghi quyet": "nq", "nghi dinh": "nd", "quyet dinh": "qd", "chi thi": "ct", "thong tu lien tich": "ttlt",
    "thong tu": "tt", "quy trinh": "qt", "thong bao": "tb", "huong dan": "hd", "ke hoach": "kh", "quy che": "qc",
    "quy dinh": "qyd",
}  # fmt: skip
_ABBREVIATED = {short: head for head, short in _HEADS.items()}
_AMENDING = re.compile(r"^(?:ve viec )?(?:sua doi|bo sung|dinh chinh|bai bo|thay the)\b")
_FILLER = {"sua", "doi", "bo", "sung", "mot", "so", "dieu", "cua", "luat"}
_SKIPPED = {"va", "cua", "ve", "viec", "so", "nam", "nhung", "cac"}


@dataclass(frozen=True, slots=True)
class LawName:
    """One document that can be named. `key`: its identity in the catalogue."""

    key: str
    number: str | None
    title: str | None
    issued: date | None = None
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A document that a name may mean.

    `quality` in (0, 1]: 1 for its number or exact title, less the looser the fit. `in_force`: on the day asked for,
    None where unknown. `same_year`: whether it is of the year that the name says, None where the name says none. A
    match of another year is a hint at what else exists, never what was asked for.
    """

    entry: LawName
    quality: float
    in_force: bool | None = None
    same_year: bool | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    entry: LawName
    head: str
    core: tuple[str, ...]
    initials: frozenset[str]
    amending: bool
    number: DocumentNumber | None


class LawNames:
    """An index of names, made once from the catalogue's documents."""

    def __init__(self, entries: Iterable[LawName]) -> None:
        self._known = [_read(entry) for entry in entries]
        self.titles = Titles(bare_title(known.entry.title or "") for known in self._known if not known.amending)
        self._by_number: dict[str, list[_Known]] = defaultdict(list)
        self._starts: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_initials: dict[str, list[int]] = defaultdict(list)
        for place, known in enumerate(self._known):
            for word in {*known.core, *known.head.split()}:
                self._by_word[word].append(place)
            for initials in known.initials:
                self._by_initials[initials].append(place)
            if known.number:
                self._by_number[known.number.key].append(known)
            if known.core:
                self._starts[known.core[0]].append(known.core)
        for cores in self._starts.values():
            cores.sort(key=len, reverse=True)

    def __len__(self) -> int:
        return len(self._known)

    def resolve(self, name_text: str, year: int | None = None, on: date | None = None) -> list[NameMatch]:
        """Every document that the name may mean, best first: by fit, the year asked for, base law before amending law,
        in force on the day `on`, newest. Empty when nothing fits."""
        numbers = find_all(name_text)
        if len(numbers) == 1:
            exact = self._by_number.get(numbers[0][2].key, [])
            return [NameMatch(known.entry, 1.0, _in_force(known.entry, on)) for known in exact]
        folded = fold(name_text)
        partial = self._by_partial_number(folded)
        if partial is not None:
            return _ranked([(known, 0.95) for known in partial], year, on)
        printed = _YEAR.findall(folded)
        if printed and year is None:
            year = int(printed[-1])
            folded = _YEAR.sub(" ", folded)
        head, core = _split(folded)
        near = [self._known[place] for place in self._near(head, core)]
        return _ranked([(known, fit) for known in near if (fit := _fit(head, core, known))], year, on)

    def longest_at(self, words: Sequence[str]) -> int:
        """How many of these words (`name_words`), from the first on, make the longest known name without its type."""
        if not words:
            return 0
        for core in self._starts.get(words[0], ()):
            if tuple(words[: len(core)]) == core:
                return len(core)
        return 0

    def beginning(self, name: str) -> str:
        """The longest known name that a longer one begins with, "" for none: what may have been meant instead."""
        head, core = _split(fold(name))
        known = core[: self.longest_at(core)]
        return " ".join((head, *known)) if known else ""

    def is_abbreviation(self, word: str) -> bool:
        """Whether a folded word abbreviates a known title: "blds", "hngd"."""
        return word.replace("y", "i") in self._by_initials

    def _near(self, head: str, core: tuple[str, ...]) -> list[int]:
        """Places of the documents that share at least half of a name's telling words, or its initials."""
        shared: Counter[int] = Counter()
        telling = {word for word in core if word not in _SKIPPED} or set(head.split())
        for word in telling:
            shared.update(self._by_word.get(word, ()))
        near = {place for place, count in shared.items() if 2 * count >= len(telling)}
        if len(core) == 1:
            near.update(self._by_initials.get(core[0], ()), self._by_initials.get(_HEADS.get(head, "") + core[0], ()))
        return sorted(near)

    def _by_partial_number(self, folded: str) -> list[_Known] | None:
        """Documents of "nd 123/2020", "thong tu 01": serial, with type and year where given. None if not that form."""
        match = _PARTIAL.match(folded.strip(" .,?"))
        if match is None or (match["type"] is None and match["year"] is None):
            return None
        head = _ABBREVIATED.get(match["type"] or "", match["type"])
        if match["type"] and head not in _HEADS:
            return None
        if _YEAR.fullmatch(match["serial"]) and not match["year"]:
            return None  # "luật 2014" names a year
        wanted = match["serial"].lstrip("0")
        return [
            known
            for known in self._known
            if known.number
            and known.number.serial.lstrip("0") == wanted
            and (match["year"] is None or _year_of(known) == int(match["year"]))
            and (head is None or head == known.head or fold(known.number.type or "") == head)
        ]


@lru_cache(maxsize=1)
def public_names() -> LawNames:
    """The titles of laws, codes and ordinances of Vietnam, of today and of the last decades, as names."""
    return LawNames(LawName(title, None, f"Luật {title}") for title in public_title_list())


def is_public_title(name: str) -> bool:
    """Whether a name is the whole title of a law of Vietnam: then it means no law whose title only begins so."""
    core = title_words(name)
    return bool(core) and public_names().longest_at(core) == len(core)


def name_words(text: str) -> list[str]:
    """Words for comparing names: folded, i for y, punctuation dropped."""
    return [word.replace("y", "i") for word in _WORD.findall(fold(compose(text).text))]


def title_words(title: str) -> tuple[str, ...]:
    """The words of a title without its type, for telling whether two titles are one: "Luật Đất đai" is ("dat", "dai")."""
    return _split(fold(title))[1]


def _read(entry: LawName) -> _Known:
    head, core = _split(fold(entry.title or ""))
    letters = "".join(word[0] for word in core)
    short = "".join(word[0] for word in core if word not in _SKIPPED)
    lead = _HEADS.get(head, "")
    initials = frozenset(lead + tail for tail in (letters, short) if len(tail) > 1)
    if len(short) > 2:
        initials |= {letters, short}
    number = DocumentNumber.try_parse(entry.number) if entry.number else None
    return _Known(entry, head, core, initials, bool(_AMENDING.match(" ".join(core))), number)


def _split(folded: str) -> tuple[str, tuple[str, ...]]:
    """(type, words of the name) of a folded name; the type "" where none is said."""
    text = " ".join(_WORD.findall(folded))
    head = next(
        (head for head in sorted(_HEADS, key=len, reverse=True) if text == head or text.startswith(head + " ")), ""
    )
    return head, tuple(word.replace("y", "i") for word in text[len(head) :].split())


def _fit(head: str, core: tuple[str, ...], known: _Known) -> float:
    """How well a name fits a document, 0 for not at all."""
    if not core:
        return 1.0 if head == "hien phap" == known.head else 0.0
    same_head = not head or head == known.head or {head, known.head} == {"luat", "bo luat"}
    said = "".join(core)
    if len(core) == 1 and (said in known.initials or (head == "luat" and "l" + said in known.initials)):
        return 0.9
    if core == known.core:
        return 1.0 if same_head else 0.5
    if not same_head:
        return 0.55 if len(core) >= 3 and _inside((*head.split(), *core), known.core) else 0.0
    if len(core) >= 2 and core == known.core[: len(core)]:
        return 0.8
    if _mistyped(core, known.core):
        return 0.75
    if known.amending and core[:2] == ("sua", "doi"):
        return 0.8 if set(core) - _FILLER and set(core) - _FILLER <= set(known.core) else 0.0
    content = tuple(word for word in core if word not in _SKIPPED)
    if len(content) >= 2 and content == tuple(word for word in known.core if word not in _SKIPPED)[: len(content)]:
        return 0.7
    if len(core) >= 2 and _inside(core, known.core):
        return 0.6 if not known.amending else 0.5
    if len(core) == 1 and known.amending and _inside(("luat", *core), known.core):
        return 0.5
    return 0.0


def _mistyped(said: tuple[str, ...], own: tuple[str, ...]) -> bool:
    """Whether a name is a known one with slips of the keys in it. Another word is no slip: "... về dân sự" is not
    "... về hình sự", however much alike the whole is."""
    if len("".join(said)) < 7 or SequenceMatcher(None, "".join(said), "".join(own)).ratio() < 0.88:
        return False
    if len(said) != len(own):
        return "".join(said) == "".join(own)
    other = [(a, b) for a, b in zip(said, own, strict=True) if a != b]
    return 3 * len(other) <= len(own) + 2 and all(_one_slip(a, b) for a, b in other)


def _one_slip(a: str, b: str) -> bool:
    """Whether two words differ by one letter more, less, other, or two exchanged."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[start:], b[start:]
    return (
        rest_a[1:] == rest_b[1:]
        or rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or (rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:])
    )


def _inside(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    return any(whole[at : at + len(part)] == part for at in range(len(whole) - len(part) + 1))


def _year_of(known: _Known) -> int | None:
    if known.number and known.number.year:
        return known.number.year
    return known.entry.issued.year if known.entry.issued else None


def _in_force(entry: LawName, on: date | None) -> bool | None:
    if on is None or (entry.effective_from is None and entry.effective_to is None):
        return None
    if entry.effective_to is not None and on >= entry.effective_to:
        return False
    return None if entry.effective_from is None else on >= entry.effective_from


def _ranked(found: list[tuple[_Known, float]], year: int | None, on: date | None) -> list[NameMatch]:
    def order(item: tuple[_Known, float]) -> tuple[object, ...]:
        known, quality = item
        by_the_way = known.amending and quality < 0.75  # the name itself does not say "sửa đổi"
        other_year = year is not None and _year_of(known) != year
        out_of_force = _in_force(known.entry, on) is False
        newest = (known.entry.issued or date.min).toordinal()
        return (other_year, by_the_way, -quality, out_of_force, -newest, known.entry.key)

    return [
        NameMatch(known.entry, quality, _in_force(known.entry, on), None if year is None else _year_of(known) == year)
        for known, quality in sorted(found, key=order)
    ]
