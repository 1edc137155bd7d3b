"""How the divisions of a law are counted: roman and arabic numerals, ordinals in words, the letters of points."""

from __future__ import annotations

import re

#: The letters of points in their order (no f, j, w, z; ă, â, ê, ô, ơ, ư are not used).
POINT_LETTERS = "abcdđeghiklmnopqrstuvxy"

_UNITS = ("một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín")
_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
_ROMAN_FORM = re.compile(r"(?=[IVXLC])(C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")


def ordinal_words(number: int) -> str:
    """1 to 99 as in "thứ nhất": nhất, hai, ba, tư, ... mười, mười một, hai mươi, hai mươi mốt; "" for other numbers."""
    if not 1 <= number <= 19:
        return ""
    if number == 1:
        return "nhất"
    if number < 10:
        return _UNITS[number - 1]
    return "mười" if number == 10 else f"mười {_UNITS[number - 11]}".replace("mười năm", "mười lăm")


_ORDINALS = {ordinal_words(n): n for n in range(1, 20)} | {
    "nhứt": 1, "bốn": 4, "bẩy": 7, "mười bốn": 14, "mười năm": 15, "mười bẩy": 17,
}  # fmt: skip


def roman(number: int) -> str:
    """A roman numeral in capitals, for 1 to 399; digits otherwise."""
    if not 1 <= number <= 399:
        return str(number)
    out = ""
    for value, letters in _ROMAN:
        while number >= value:
            out += letters
            number -= value
    return out


def roman_value(text: str) -> int | None:
    """The value of a well-formed roman numeral in capitals, up to 399."""
    if not _ROMAN_FORM.fullmatch(text):
        return None
    total, above = 0, 0
    for letter in reversed(text):
        value = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}[letter]
        total += value if value >= above else -value
        above = max(above, value)
    return total


def arabic(number: str) -> str:
    """A division's printed number as it stands in an eid: `II`, `02` as `2`, `VIIa` as `7a`, `thứ nhất` as `1`.

    Single capitals other than I, V, X count as letters (`B` as `b`), not as roman numerals.
    """
    text = number.strip()
    ordinal = re.fullmatch(r"thứ\s+(.+)", text, re.IGNORECASE)
    if ordinal:
        value = _ORDINALS.get(" ".join(ordinal[1].lower().split()))
        return str(value) if value else re.sub(r"[^0-9a-zđ]", "", ordinal[1].lower()) or "x"
    split = re.fullmatch(r"([IVXLC]+)([a-zđ]*)", text)
    if split and (len(split[1]) > 1 or split[1] in "IVX"):
        value = roman_value(split[1])
        if value:
            return f"{value}{split[2]}"
    digits = re.fullmatch(r"0*(\d+)(\w*)", text)
    if digits:
        return f"{digits[1]}{digits[2].lower()}"
    return re.sub(r"[^0-9a-zđ]", "", text.lower()) or "x"
