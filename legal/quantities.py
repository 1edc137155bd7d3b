"""Numbers in Vietnamese text, however written: amounts, deadlines, shares and dates, so that two texts can be compared.

"30 ngày" and "ba mươi ngày", "1.000.000 đồng" and "01 triệu đồng", "01/7/2025" and "ngày 1 tháng 7 năm 2025" are the
same `Quantity`. Numbers that only address something (Điều 8, 52/2014/QH13, the "1." of a list) are not quantities.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

QuantityKind = Literal["amount", "date"]

_DIGITS = {
    "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5, "nhăm": 5,
    "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
}  # fmt: skip
_SCALES = {"nghìn": 10**3, "ngàn": 10**3, "triệu": 10**6, "tỷ": 10**9, "tỉ": 10**9}

#: Units that make a number word a number: "hai ngày" counts something, "hai bên" and "một trong các" name something.
_UNITS = (
    "ngày làm việc", "giờ làm việc", "ngày", "tháng", "quý", "năm", "tuần", "giờ", "phút", "tuổi",
    "đồng việt nam", "đồng", "vnđ", "vnd", "đ", "phần trăm", "%", "usd", "lần", "km2", "km²", "m2", "m²", "m3", "m³",
    "mét vuông", "mét khối", "ki-lô-mét", "kilômét", "héc ta", "hecta", "ha", "km", "cm", "mm", "mét", "m", "kg", "gam",
    "tấn", "tạ", "lít", "người", "bản", "bộ", "phiếu", "thành viên", "đại biểu", "suất", "tiết",
)  # fmt: skip
_ONE_SPELLING = {
    "vnđ": "đồng", "vnd": "đồng", "đ": "đồng", "đồng việt nam": "đồng", "phần trăm": "%", "km²": "km2", "m²": "m2",
    "mét vuông": "m2", "m³": "m3", "mét khối": "m3", "ki-lô-mét": "km", "kilômét": "km", "héc ta": "ha", "hecta": "ha",
    "mét": "m",
}  # fmt: skip
_TIMED = {"ngày làm việc", "giờ làm việc", "ngày", "tháng", "quý", "năm", "tuần", "giờ", "phút", "tuổi", "đồng", "%"}

_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_WORD = "|".join([*_DIGITS, "mười", "mươi", "trăm", "linh", "lẻ", "rưỡi", *_SCALES])
_NUMERAL = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d{1,3}(?:,\d{3}){2,}|\d{1,3}(?:[ \u00a0]\d{3})+(?![\d.,]*\d)|\d+(?:[.,]\d+)?"

_DATE = re.compile(
    r"(?:ngày\s+)?(?P<d>\d{1,2})\s+tháng\s+(?P<m>\d{1,2})\s+năm\s+(?P<y>\d{4})"
    r"|(?<![\d/.-])(?P<d2>\d{1,2})(?P<sep>[/.-])(?P<m2>\d{1,2})(?P=sep)(?P<y2>\d{4})(?![\d/])"
    r"|tháng\s+(?P<m3>\d{1,2})\s*(?:năm\s+|/\s*)(?P<y3>\d{4})"
    r"|năm\s+(?P<y4>(?:19|20)\d{2})(?!\d)"
    r"|ngày\s+(?P<d5>\d{1,2})\s*(?:tháng\s+|/)\s*(?P<m5>\d{1,2})(?![\d/])"
)
#: A place in a document, with everything that is enumerated after it: "các khoản 1, 2 và 3", "Điều 8", "mẫu số 01".
_ADDRESS = re.compile(
    r"\b(?:điều|khoản|chương|mục|tiểu mục|phần|tiết|phụ lục|biểu|bảng|mẫu(?: số)?|quyển|số)\s+"
    r"\d+[a-zđ]?(?:\.\d+)*\b(?!\s*%)"
    rf"(?:\s*(?:,|và|hoặc|đến|-)\s*(?:khoản\s+|điều\s+)?\d+[a-zđ]?\b(?!\s*(?:{_UNIT})\b))*"
)
_NUMBER_OF_DOCUMENT = re.compile(
    r"\b\d+[a-z]?\s*/\s*(?:\d{4}\s*/\s*)?[a-zđâêôơưăáàảãạ][\w-]*|\b\d+-[a-zđ]{1,4}/[a-zđ]+"
)
_ENUMERATOR = re.compile(r"(?m)^\s*(?:\d+(?:\.\d+)*[.)]|[a-zđ]\))\s")
_DIGIT_AMOUNT = re.compile(
    rf"(?<![\w/.,])(?P<n>{_NUMERAL})(?:\s*/\s*(?P<den>\d+))?"
    rf"(?:\s*(?P<scale>nghìn tỷ|ngàn tỷ|triệu|nghìn|ngàn|tỷ|tỉ)\b(?P<half>\s+rưỡi)?)?(?:\s*(?P<unit>{_UNIT})(?!\w))?"
)
_WORD_AMOUNT = re.compile(rf"\b(?P<w>(?:{_WORD})(?:\s+(?:{_WORD}))*)(?:\s+(?P<unit>{_UNIT})(?!\w))?")
_WORD_FRACTION = re.compile(r"\b(?P<a>một|hai|ba|bốn|năm)\s+phần\s+(?P<b>hai|ba|bốn|tư|năm|sáu|mười)\b")
#: Before "năm" with a unit that is no time ("không quá năm lần"): then it is the number, else mostly the year.
_COUNTING = re.compile(r"(?:quá|gấp|bằng|là|từ|đến|tới|dưới|trên|đủ|hơn|nhất|tối đa|tối thiểu|hoặc)\s+$")
_UNTIL = re.compile(r"\s*(?:đến|tới|-|–|và|hoặc)\s*(?:dưới\s+|không quá\s+)?")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that says something.

    `value`: exact; for a date 0, and its ISO text stands in `unit` ("2025-07-01", "2025-07", "2025", "--07-01").
    `unit`: in one spelling, "" where none is told. `start`, `end`: where it stands.
    """

    kind: QuantityKind
    value: Fraction
    unit: str
    start: int = 0
    end: int = 0

    def same_as(self, other: Quantity) -> bool:
        """Whether both say the same. A missing unit agrees with any; a year or a month agrees with a day in it."""
        if self.kind != other.kind:
            # "2025" without "năm" may still be a year.
            amount, day = (self, other) if self.kind == "amount" else (other, self)
            return day.kind == "date" and amount.unit == "" and day.unit[:4] == str(amount.value)
        if self.kind == "date":
            return _dates_agree(self.unit, other.unit)
        return self.value == other.value and (self.unit == other.unit or "" in (self.unit, other.unit))


def _dates_agree(a: str, b: str) -> bool:
    if a.startswith("--") or b.startswith("--"):
        return a[-5:] == b[-5:] and len(a) >= 7 and len(b) >= 7
    short, long = sorted((a, b), key=len)
    return long.startswith(short)


def read_number(words: str) -> Fraction | None:
    """The value of number words ("hai mươi mốt", "một triệu rưỡi", "một trăm linh năm"); None if they are no number."""
    tokens = words.split()
    if not tokens:
        return None
    total = Fraction(0)
    group: int | None = None  # what stands before the next nghìn/triệu/tỷ
    last_scale = 0
    previous = ""
    for index, token in enumerate(tokens):
        if token in _SCALES:
            scale = _SCALES[token]
            if last_scale and scale > last_scale:  # "hai nghìn tỷ": the whole so far is counted in tỷ
                total = (total + (group or 0)) * scale
            elif group is None:
                return None
            else:
                total += group * scale
            group, last_scale = None, scale
        elif token in ("linh", "lẻ"):
            if previous not in ("trăm", *_SCALES) or index == len(tokens) - 1:
                return None
        elif token == "trăm":
            if group is None or not 0 < group < 10:
                return None
            group *= 100
        elif token in ("mười", "mươi"):
            if token == "mười":
                if group is not None and (group % 100 or previous not in ("trăm", "linh", "lẻ")):
                    return None
                group = (group or 0) + 10
            else:
                ones = (group or 0) % 10
                if group is None or ones < 2 or previous not in _DIGITS:
                    return None
                group = group - ones + ones * 10
        elif token == "rưỡi":
            if index != len(tokens) - 1 or index == 0:
                return None
            if group is None:
                total += Fraction(last_scale, 2)
            elif previous == "trăm":
                group += 50
            else:
                return None
        elif token in _DIGITS:
            if group is not None and (group % 10 or previous not in ("mười", "mươi", "trăm", "linh", "lẻ")):
                return None
            group = (group or 0) + _DIGITS[token]
        else:
            return None
        previous = token
    return total + (group or 0)


def read_numeral(text: str) -> Fraction:
    """The value of digits as printed in Vietnam: "1.000.000" and "1 000 000" are a million, "1,5" is one and a half."""
    text = text.replace(" ", "").replace("\u00a0", "")
    if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(,\d{3}){2,}", text):
        text = text.replace(",", "")
    else:
        text = text.replace(",", ".")
    return Fraction(text)


def quantities(text: str) -> tuple[Quantity, ...]:
    """Every quantity in a text, in order of appearance. Offsets are those of `text` when it is NFC."""
    text = unicodedata.normalize("NFC", text)
    lowered = text.lower()
    if len(lowered) != len(text):  # a few capitals change length when lowered; none in Vietnamese
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    found: list[Quantity] = []
    rest = lowered
    for match in _DATE.finditer(rest):
        day = _date(match)
        if day:
            found.append(Quantity("date", Fraction(0), day, match.start(), match.end()))
            rest = _blank(rest, match)
    for pattern in (_ENUMERATOR, _NUMBER_OF_DOCUMENT, _ADDRESS):
        for match in pattern.finditer(rest):
            rest = _blank(rest, match)
    for match in _WORD_FRACTION.finditer(rest):
        value = Fraction(_DIGITS[match["a"]], 10 if match["b"] == "mười" else _DIGITS[match["b"]])
        found.append(Quantity("amount", value, "", match.start(), match.end()))
        rest = _blank(rest, match)
    for match in _DIGIT_AMOUNT.finditer(rest):
        found.append(_digit_amount(match))
        rest = _blank(rest, match)
    found.extend(_word_amounts(rest))
    found.sort(key=lambda q: q.start)
    return tuple(_with_shared_units(found, lowered))


def covered(quantity: Quantity, by: Collection[Quantity]) -> bool:
    """Whether one of `by` says the same."""
    return any(quantity.same_as(other) for other in by)


def _blank(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + "\x00" * (match.end() - match.start()) + text[match.end() :]


def _date(match: re.Match[str]) -> str | None:
    def ok(day: str, month: str) -> bool:
        return 1 <= int(day) <= 31 and 1 <= int(month) <= 12

    if match["y"]:
        day, month, year = match["d"], match["m"], match["y"]
    elif match["y2"]:
        day, month, year = match["d2"], match["m2"], match["y2"]
    elif match["y3"]:
        return f"{match['y3']}-{int(match['m3']):02d}" if ok("1", match["m3"]) else None
    elif match["y4"]:
        return match["y4"]
    else:
        return f"--{int(match['m5']):02d}-{int(match['d5']):02d}" if ok(match["d5"], match["m5"]) else None
    return f"{year}-{int(month):02d}-{int(day):02d}" if ok(day, month) else None


def _digit_amount(match: re.Match[str]) -> Quantity:
    value = read_numeral(match["n"])
    if match["den"] and int(match["den"]):
        value /= int(match["den"])
    if match["scale"]:
        scale = 1
        for word in match["scale"].split():
            scale *= _SCALES[word]
        value *= scale
        if match["half"]:
            value += Fraction(scale, 2)
    return Quantity("amount", value, _unit(match["unit"]), match.start(), match.end())


def _word_amounts(text: str) -> Iterator[Quantity]:
    for match in _WORD_AMOUNT.finditer(text):
        words, unit, end = match["w"].split(), _unit(match["unit"]), match.end()
        # "mười năm": greedy reading takes the unit "năm" for the digit five.
        if not unit and len(words) > 1 and words[-1] == "năm" and read_number(" ".join(words[:-1])) is not None:
            words, unit = words[:-1], "năm"
        value = read_number(" ".join(words))
        if value is None:
            if unit:
                yield from _two_numbers(match, unit)
            continue
        alone = len(words) == 1
        five = words[0] == "năm" and _COUNTING.search(text, max(0, match.start() - 12), match.start())
        if alone and (unit == "" or (words[0] in ("một", "năm", "tư") and unit not in _TIMED and not five)):
            continue
        if words[0] in _SCALES or words == ["tư"]:
            continue
        yield Quantity("amount", value, unit, match.start(), end)


def _two_numbers(match: re.Match[str], unit: str) -> Iterator[Quantity]:
    """Number words that make two numbers: "hai mươi năm ba tháng" counts years and months, "hai ba ngày" is 2 and 3 days.
    Nothing where a part is no number, or may be a year ("năm hai tháng")."""
    found = list(re.finditer(r"\S+", match["w"]))
    words = [one.group() for one in found]
    cuts = [(k, k + 1, "năm") for k, word in enumerate(words) if word == "năm"]
    cuts += [(k, k, unit) for k in range(len(words) - 1, 0, -1)]
    for end, start, its_unit in cuts:
        first, second = read_number(" ".join(words[:end])), read_number(" ".join(words[start:]))
        if first is not None and second is not None and words[:end] != ["năm"]:
            middle = match.start() + found[start].start()
            yield Quantity("amount", first, its_unit, match.start(), match.start() + found[start - 1].end())
            yield Quantity("amount", second, unit, middle, match.end())
            return


def _unit(unit: str | None) -> str:
    unit = " ".join((unit or "").split())
    return _ONE_SPELLING.get(unit, unit)


def _with_shared_units(found: list[Quantity], text: str) -> Iterator[Quantity]:
    """In "từ 20 đến 30 ngày" the first number counts days too, in "1 đến 3 triệu đồng" millions."""
    for index, quantity in enumerate(found):
        after = found[index + 1] if index + 1 < len(found) else None
        if (
            quantity.kind == "amount"
            and quantity.unit == ""
            and after is not None
            and after.kind == "amount"
            and after.unit
            and _UNTIL.fullmatch(text[quantity.end : after.start])
        ):
            scaled = re.search(r"(nghìn|ngàn|triệu|tỷ|tỉ)", text[after.start : after.end])
            plain = not re.search(r"(nghìn|ngàn|triệu|tỷ|tỉ)", text[quantity.start : quantity.end])
            factor = _SCALES[scaled[1]] if scaled and plain and quantity.value < 1000 else 1
            quantity = replace(quantity, unit=after.unit, value=quantity.value * factor)
        yield quantity
