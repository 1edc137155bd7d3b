"""Vietnamese text: one Unicode form, folding (bỏ dấu), the words that must not be lost, the terms of lexical search."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Soft hyphen, zero-width characters, direction marks: they stand inside words and print as nothing.
_INVISIBLE = dict.fromkeys([0x00AD, 0x034F, 0x2060, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F)])
_SPACES = dict.fromkeys([0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
_CLEAN: dict[int, str | None] = {**_INVISIBLE, **_SPACES}
_NEEDS_CLEANING = re.compile("[" + "".join(map(chr, _CLEAN)) + "]")
# Letters that print like a Latin one or đ but are Icelandic, African or Cyrillic: kept where text is shown, the plain
# letter where it is searched or read as a marker.
LOOK_ALIKES = str.maketrans("ÐðƉɖаеіорсухАВЕІКМНОРСТХ", "ĐđĐđaeiopcyxABEIKMHOPCTX")
_WORD = re.compile(r"[^\W_]+")
_MARKS = re.compile("[\u0300-\u036f]")

# A number with its thousands set off by points is one term ("1.000.000"); everything else breaks at punctuation.
_SYLLABLE = re.compile(r"\d{1,3}(?:\.\d{3}){1,6}(?![\w.]?\d)|[^\W_]+")
# Between two syllables of one bigram: blanks, or what joins the parts of a code ("52/2014/QH13", "NĐ-CP").
_JOINT = re.compile(r"[ \t]+|[-/]")


def nfc(text: str) -> str:
    """NFC; soft hyphens, zero-width characters and direction marks removed; NBSP and odd spaces made plain spaces."""
    if text.isascii():
        return text
    if _NEEDS_CLEANING.search(text):
        text = text.translate(_CLEAN)
    return unicodedata.normalize("NFC", text)


def collapse(text: str) -> str:
    """Every run of white space as one space, none at the ends."""
    return " ".join(text.split())


def fold(text: str) -> str:
    """Bỏ dấu: lower case without any diacritic, `đ` as `d`; for comparing, never for display."""
    bare = _MARKS.sub("", unicodedata.normalize("NFD", nfc(text).translate(LOOK_ALIKES)))
    return unicodedata.normalize("NFC", bare).lower().replace("đ", "d")


def words(text: str) -> list[str]:
    """The words compared so that nothing is lost: runs of letters and digits of the NFC text, case-folded."""
    return _WORD.findall(nfc(text).casefold())


def syllables(text: str) -> list[str]:
    """Syllables in order, lower case, diacritics kept; a code gives its parts (`52/2014/QH13`: `52`, `2014`, `qh13`),
    a number with thousands points one term without them (`1.000.000`: `1000000`)."""
    return [_plain(match.group()) for match in _SYLLABLE.finditer(_searched(text))]


def lexical_terms(text: str) -> list[str]:
    """Terms of lexical search, in order: each syllable in one tone placement, and each bigram `a_b` of syllables
    with nothing but blanks, a hyphen or a slash between them; it never crosses other punctuation or a line's end."""
    terms: list[str] = []
    clean = _searched(text)
    before = ""
    end = 0
    for match in _SYLLABLE.finditer(clean):
        term = normalise_tone(_plain(match.group()))
        if before and _JOINT.fullmatch(clean, end, match.start()):
            terms.append(f"{before}_{term}")
        terms.append(term)
        before, end = term, match.end()
    return terms


def _searched(text: str) -> str:
    return text.lower() if text.isascii() else nfc(text).translate(LOOK_ALIKES).lower()


def _plain(token: str) -> str:
    return token.replace(".", "")


_TONES = "\u0300\u0301\u0303\u0309\u0323"
# The tone stands on the first vowel of an open "oa", "oe", "uy" (hòa, khỏe, thủy), on the second before a final (hoàn).
_OPEN = re.compile(rf"(o)([ae])([{_TONES}])$|(?<![qQ])(u)(y)([{_TONES}])$", re.IGNORECASE)
_CLOSED = re.compile(
    rf"(o)([{_TONES}])([ae])(?=(?:ng|nh|ch|[ncmptioy])$)|(?<!q)(u)([{_TONES}])(y)(?=(?:nh|ch|[ntpu])$)", re.IGNORECASE
)


@lru_cache(maxsize=65536)
def normalise_tone(syllable: str) -> str:
    """One placement of the tone mark for search: `hoà` and `hòa` give `hòa`; i and y are left as they are."""
    if syllable.isascii():
        return syllable
    split = unicodedata.normalize("NFD", syllable)
    moved = _OPEN.sub(lambda m: "".join((m[1], m[3], m[2]) if m[1] else (m[4], m[6], m[5])), split)
    moved = _CLOSED.sub(lambda m: "".join((m[1], m[3], m[2]) if m[1] else (m[4], m[6], m[5])), moved)
    return unicodedata.normalize("NFC", moved)
