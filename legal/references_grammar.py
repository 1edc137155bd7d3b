"""The grammar of provisions named in text: "điểm a, b khoản 1 và khoản 3 Điều 8", "từ Điều 10 đến Điều 15".

Works on a text folded character by character, so that accented and unaccented typing are read by one grammar; accents
that are there must be the right ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from legal.numerals import POINT_LETTERS, arabic

# Inner to outer.
LEVELS = ("item", "point", "para", "art", "subsec", "sec", "chp", "part", "att")
_UNITS = {
    "tiet": ("item", "tiết"), "diem": ("point", "điểm"), "khoan": ("para", "khoản"), "dieu": ("art", "điều"),
    "tieu muc": ("subsec", "tiểu mục"), "muc": ("sec", "mục"), "chuong": ("chp", "chương"), "phan": ("part", "phần"),
    "phu luc": ("att", "phụ lục"),
}  # fmt: skip
_UNIT = re.compile(r"(tieu muc|phu luc|tiet|diem|khoan|dieu|muc|chuong|phan)(?![^\W\d_])")
_ABBREVIATED = re.compile(r"(d|k)\.?\s?(?=\d{1,4}[a-z]?(?!\w))")
# Words whose second syllable looks like a unit: "tài khoản 1", "thời điểm a", "danh mục 2", "thành phần 1".
_OTHER_WORD = re.compile(
    r"(?:tài khoản|(?:thời|địa|quan|đặc|cao|kiểm|ưu|nhược|trọng|giao|luận|nhà) điểm|(?:danh|hạng|chuyên|đề) mục"
    r"|(?:thành|bộ|cổ|một|học|hai|thị|toàn) phần|chi tiết|huy chương|điều khoản)$",
    re.IGNORECASE,
)
_LEAD = re.compile(r"(?:(?:cac|nhung|tu|tung)\s+)*")
_THIS = re.compile(r"\s+(?:nay|tren|noi tren)(?!\w)")
_SEPARATOR = re.compile(r"\s*(?:[,;]\s*(?:va|hoac|hay)?|va|hoac|hay|den|toi|[-–])\s*(?=\w)")
_GAP = r"\s+(?:(?:cua|thuoc|tai|trong)\s+)?(?:(?:cac|nhung)\s+)?"
_NEAR = 100
_CLAUSE_END = re.compile(r"[.;:]\s|\n")
_RISING = re.compile(r"\s*,\s+")
_WORD_SEPARATORS = ("va", "hoac", "hay", "den", "toi")
_ARABIC = r"\d{1,4}[a-z]?"
_NUMBER = {
    "item": re.compile(rf"(?:{_ARABIC}|[a-z])(?!\w)(?!\s*/\s*\d)"),
    # Counted points: of lists without articles ("điểm 5 mục III phần B"), of old laws ("điểm 9 Điều 28").
    "point": re.compile(
        r"[a-z]\d?(?!\w)|\d{1,2}(?:\.\d{1,2})?(?=(?:\s*(?:,|va|hoac)\s*(?:diem\s+)?\d{1,2})*"
        r"\s+(?:cua\s+)?(?:khoan|dieu|tieu muc|muc|phan|chuong|phu luc)\s)"
    ),
    "para": re.compile(rf"{_ARABIC}(?!\w)(?!\s*/\s*\d)"),
    "art": re.compile(rf"{_ARABIC}(?!\w)(?!\s*/\s*\d)"),
}
_OUTER_NUMBER = re.compile(r"(?:\d{1,3}[a-z]?|[ivxl]{1,7}[a-z]?|[a-h]|thu\s+(?:muoi\s+)?\w+)(?!\w)")
# A number in a list that counts something is no number of a provision: "khoản 1, 30 ngày".
_QUANTITY = re.compile(
    r"(?:[.,]\d|\s*%|\s*(?:ngay|thang|nam|gio|phut|tuoi|nguoi|lan|dong|trieu|ty|nghin|ngan|met"
    r"|km|ha|m2|phan tram|quy|tuan|ban|bo)"
    r"\b)"
)


@dataclass(frozen=True, slots=True)
class Item:
    """One member of a list of provisions: numbers at each level it names; "this" where it says "Điều này"."""

    start: int
    end: int
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def relative(self) -> bool:
        return any("this" in numbers for numbers in self.levels.values())


@dataclass(frozen=True, slots=True)
class Chain:
    """A list of provisions that share what follows it. Offsets in the text given to `chains`."""

    start: int
    end: int
    items: tuple[Item, ...]


class _Flat(dict[int, str]):
    """Letter -> its folded form of one letter, worked out when first met."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        bare = "".join(c for c in unicodedata.normalize("NFD", letter) if not unicodedata.combining(c)).lower()
        bare = "d" if bare == "đ" else bare
        self[code] = bare if len(bare) == 1 else letter
        return self[code]


_FLAT = _Flat()


def flatten(text: str) -> str:
    """The text folded letter by letter: same length, lower case, no diacritics (NFC in)."""
    return text.translate(_FLAT)


def chains(text: str, flat: str, *, loose: bool = False) -> list[Chain]:
    """Every list of provisions in a text (NFC), in order. `loose`: as people type questions ("dieu 5", "đ5 k2")."""
    found = list(_chains(text, flat, loose))
    return found if loose else _with_clauses(found, flat)


def _with_clauses(found: list[Chain], flat: str) -> list[Chain]:
    """ "người quy định tại điểm đ, người quy định tại điểm d khoản 1 Điều này": the first point is of that clause too."""
    for place in range(len(found) - 2, -1, -1):
        one, following = found[place], found[place + 1]
        between = flat[one.end : following.start]
        if len(between) > _NEAR or _CLAUSE_END.search(between):
            continue
        levels = following.items[0].levels
        if "point" in levels and "para" in levels and all(set(item.levels) == {"point"} for item in one.items):
            rest = {level: numbers for level, numbers in levels.items() if level != "point"}
            items = tuple(Item(item.start, item.end, item.levels | rest) for item in one.items)
            found[place] = Chain(one.start, one.end, items)
    return found


def _chains(text: str, flat: str, loose: bool) -> Iterator[Chain]:
    position = 0
    pattern = re.compile(rf"(?<!\w)(?:{_UNIT.pattern}|{_ABBREVIATED.pattern})") if loose else _UNIT
    while match := pattern.search(flat, position):
        start = match.start()
        other = flat[start - 1 : start].isalnum() or _OTHER_WORD.search(text[max(0, start - 8) : match.end()])
        chain = None if other else _Reader(text, flat, loose).chain(start)
        if chain is None:
            position = match.end()
            continue
        yield chain
        position = chain.end


@dataclass(slots=True)
class _Reader:
    text: str
    flat: str
    loose: bool

    def chain(self, start: int) -> Chain | None:
        items: list[Item] = []
        position = start
        while True:
            item = self._item(position)
            if item is None:
                break
            items.append(item)
            position = item.end
            separator = _SEPARATOR.match(self.flat, position)
            if separator is None:
                break
            lead = _LEAD.match(self.flat, separator.end())
            position = lead.end() if lead else separator.end()
        if not items:
            return None
        lead_in = re.search(r"(?:(?:cac|nhung|tu)\s+)+$", self.flat[max(0, start - 12) : start])
        return Chain(start - len(lead_in[0]) if lead_in else start, items[-1].end, tuple(_inherit(items, self.loose)))

    def _unit(self, position: int) -> tuple[str, int] | None:
        """(level, end of the word) of a unit word here."""
        if match := _UNIT.match(self.flat, position):
            level, word = _UNITS[match[1]]
            printed = self.text[match.start() : match.end()].lower()
            if printed == word or unicodedata.normalize("NFD", printed) == unicodedata.normalize("NFD", word):
                return level, match.end()
            return (level, match.end()) if self.loose and printed.isascii() else None
        if self.loose and (match := _ABBREVIATED.match(self.flat, position)):
            return ("art" if match[1] == "d" else "para"), match.end()
        return None

    def _item(self, position: int) -> Item | None:
        levels: dict[str, tuple[str, ...]] = {}
        start = end = position
        falling: bool | None = None  # "Điều 5 khoản 2" runs from outer to inner
        while unit := self._unit(position):
            level, after = unit
            if level in levels:
                break
            if levels:
                last = list(levels)[-1]
                down = LEVELS.index(level) < LEVELS.index(last)
                if falling is not None and down != falling:
                    break
                falling = down
            numbers = self._numbers(level, after, inner=bool(levels))
            if numbers is None:
                break
            levels[level], end = numbers
            gap = re.compile(r"\s*,\s*|\s+" if self.loose else _GAP).match(self.flat, end)
            rising = None if self.loose else _RISING.match(self.flat, end)
            if rising is not None and self._rises(level, rising.end()):
                gap = rising
            if gap is None:
                break
            position = gap.end()
        return Item(start, end, levels) if levels else None

    def _rises(self, level: str, position: int) -> bool:
        """Whether the next level up follows: "điểm a, khoản 1, Điều 8" is one point."""
        unit = self._unit(position)
        return unit is not None and unit[0] == {"item": "point", "point": "para", "para": "art"}.get(level)

    def _numbers(self, level: str, position: int, *, inner: bool) -> tuple[tuple[str, ...], int] | None:
        if this := _THIS.match(self.flat, position):
            # "phần trên mặt đất", "phần này không liên quan" are no parts of the document.
            plain = level == "part" and not self.loose and self.text[:position].rstrip().endswith("phần")
            return None if plain else (("this",), this.end())
        gap = re.compile(r"\s*(?:so\s+)?(?:tu\s+)?").match(self.flat, position)
        assert gap is not None
        first = self._number(level, gap.end())
        if first is None:
            return None
        numbers, end = [first[0]], first[1]
        while separator := _SEPARATOR.match(self.flat, end):
            at = separator.end()
            if unit := self._unit(at):
                if unit[0] != level or inner or _SEPARATOR.match(self.flat, end) is None:
                    break
                space = re.compile(r"\s+").match(self.flat, unit[1])
                at = space.end() if space else unit[1]
            elif separator[0].strip() in _WORD_SEPARATORS and separator[0][-1:] != " ":
                break
            following = self._number(level, at)
            if following is None or (level != "point" and _QUANTITY.match(self.flat, following[1])):
                break
            if any(word in separator[0] for word in ("den", "toi", "-", "–")):
                numbers.extend(_between(level, numbers[-1], following[0]))
            numbers.append(following[0])
            end = following[1]
        return tuple(numbers), end

    def _number(self, level: str, position: int) -> tuple[str, int] | None:
        match = _NUMBER.get(level, _OUTER_NUMBER).match(self.flat, position)
        if match is None:
            return None
        printed = self.text[match.start() : match.end()].lower()
        if level in ("item", "point", "para", "art"):
            if level == "para" and re.match(r"\s*(?:trieu|ty|nghin|dong|tien)\b", self.flat[match.end() :]):
                return None
            letter = re.sub(r"\d", "", printed)
            if level == "point" and printed[0].isdigit():
                return printed, match.end()
            return (printed, match.end()) if not letter or letter in POINT_LETTERS else None
        if match[0].startswith("thu") and not printed.startswith("thứ") and not (self.loose and printed.isascii()):
            return None
        roman = re.fullmatch(r"[ivxl]+", printed)
        if not self.loose and not self._counts(level, match[0], position):
            return None
        return arabic(printed.upper() if roman else printed), match.end()

    def _counts(self, level: str, number: str, position: int) -> bool:
        """Whether what follows the word of a division is its number: not in "theo phần và", "toàn phần từ 5 tấn"."""
        printed = self.text[position : position + len(number)]
        if number[0].isalpha() and not number.startswith("thu"):
            return printed[0].isupper() and printed.isascii() and (number[0] in "ivxl" or level in ("part", "att"))
        return level != "part" or not number[0].isdigit() or self.text[:position].rstrip().endswith("Phần")


def _between(level: str, first: str, last: str) -> list[str]:
    """What a range leaves unsaid: 5 to 9 gives 6, 7, 8; a to d gives b, c."""
    if first.isdigit() and last.isdigit() and 0 < int(last) - int(first) <= 400:
        return [str(number) for number in range(int(first) + 1, int(last))]
    if level == "point" and first in POINT_LETTERS and last in POINT_LETTERS:
        return list(POINT_LETTERS[POINT_LETTERS.index(first) + 1 : POINT_LETTERS.index(last)])
    return []


def _inherit(items: list[Item], loose: bool) -> list[Item]:
    """Members take from the next what they leave unsaid outside their levels: "khoản 1 và điểm a khoản 2 Điều 8"."""
    done: list[Item] = []
    following: dict[str, tuple[str, ...]] = {}
    for item in reversed(items):
        outermost = max(LEVELS.index(level) for level in item.levels)
        levels = dict(item.levels)
        if outermost < LEVELS.index("art") and not item.relative:
            levels |= {level: n for level, n in following.items() if LEVELS.index(level) > outermost}
        done.append(Item(item.start, item.end, levels))
        following = levels
    done.reverse()
    if loose:  # "điều 5, khoản 2 và khoản 3"
        for place in range(1, len(done)):
            inner = max(LEVELS.index(level) for level in done[place].levels)
            if inner < LEVELS.index("art") and "art" in done[place - 1].levels:
                above = {level: n for level, n in done[place - 1].levels.items() if LEVELS.index(level) > inner}
                done[place] = Item(done[place].start, done[place].end, done[place].levels | above)
    return done


def eids_of(item: Item, current: str = "", above: Sequence[str] = ()) -> tuple[str, ...]:
    """The eids an item names. `current`: eid of the provision that the text stands in, for "khoản 2 Điều này"; `above`:
    eids of the provisions around it, for "Mục 2 Chương này".

    Divisions above an article are not part of its eid. Empty where a part is missing that neither tells.
    """
    parts = dict(piece.rsplit("_", 1) for piece in current.split("__") if "_" in piece)
    levels: dict[str, tuple[str, ...]] = dict(item.levels)
    if "point" in levels and "art" in levels and levels["point"][0].isdigit():
        if "para" not in levels:
            levels["para"] = levels.pop("point")  # "điểm 9 Điều 28" of a law that calls its clauses so
        elif levels["point"] == ("1",):
            levels["point"] = ("l",)  # a misprint: no clause counts its points
    named = max((LEVELS.index(level) for level in levels), default=0)
    if named < LEVELS.index("art") and "art" in parts:
        for level in LEVELS[named + 1 : LEVELS.index("art") + 1]:
            if level in parts and level != "point":
                levels[level] = (parts[level],)
    prefix = f"att_{parts['att']}__" if "att" in parts else ""
    wanted: list[str]
    if "art" in levels:
        wanted = [level for level in ("art", "para", "point", "item") if level in levels]
    elif any(level in levels for level in ("item", "point", "para")):
        annex = levels.get("att", ("this",))
        return () if "this" in annex else tuple(f"att_{number}" for number in annex)
    else:
        wanted = [level for level in ("att", "part", "chp", "sec", "subsec") if level in levels]
        if levels[wanted[0]] == ("this",):
            around = next((eid for eid in above if eid.rsplit("__", 1)[-1].startswith(f"{wanted[0]}_")), None)
            if around is None or len(wanted) == 1:
                return (around,) if around else ()
            prefix, wanted = f"{around}__", wanted[1:]
        elif wanted[0] == "att":
            prefix = ""
    for level in wanted:
        if levels[level] == ("this",):
            if level not in parts:
                return ()
            levels[level] = (parts[level],)
    eids = [prefix]
    for depth, level in enumerate(wanted):
        eids = [f"{eid}{'__' if depth else ''}{level}_{number}" for eid in eids for number in levels[level]]
    return tuple(eids)
