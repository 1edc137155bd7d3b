"""Vietnamese text from before Unicode: TCVN3 (`.VnTime` and its kin) and VNI, recognised and turned into Unicode.

Such text reaches us as the windows-1252 letters of its bytes ("§iÒu 1"). TCVN3 is TCVN 5712:1993 as the ABC fonts have
it: capitals with a tone do not exist, capital fonts (`.VnTimeH`) print small letters as capitals. VNI writes a
vowel and then its marks as a second letter. Oracles in the tests: iconv for TCVN3.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from legal.syllables import impossible_share

Encoding = Literal["tcvn3", "vni"]

_TCVN3_BYTES = (
    "\u00a0ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậ"
    "èỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)
_TCVN3 = {0xA0 + at: letter for at, letter in enumerate(_TCVN3_BYTES)}

_TONES = ("\u0301", "\u0300", "\u0309", "\u0303", "\u0323")  # sắc huyền hỏi ngã nặng
_PLAIN, _ROOF, _BREVE = "ùøûõï", "áàåãä", "éèúüë"


def _vni() -> dict[str, str]:
    table: dict[str, str] = {"ñ": "đ", "î": "ỵ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "í": "í", "ì": "ì", "ô": "ơ", "ö": "ư"}
    for base, shown in (*((v, v) for v in "aeouy"), ("ô", "ơ"), ("ö", "ư")):
        for mark, tone in zip(_PLAIN, _TONES, strict=True):
            table[base + mark] = unicodedata.normalize("NFC", shown + tone)
    for base, roofed in (("a", "â"), ("e", "ê"), ("o", "ô")):
        table[base + "â"] = roofed
        for mark, tone in zip(_ROOF, _TONES, strict=True):
            table[base + mark] = unicodedata.normalize("NFC", roofed + tone)
    table["aê"] = "ă"
    for mark, tone in zip(_BREVE, _TONES, strict=True):
        table["a" + mark] = unicodedata.normalize("NFC", "ă" + tone)
    # Capitals: both letters large, or only the vowel where the typist kept the mark small.
    capitals = {source.upper(): letter.upper() for source, letter in table.items()}
    mixed = {source[0].upper() + source[1]: letter.upper() for source, letter in table.items() if len(source) == 2}
    return {**mixed, **capitals, **table}


_VNI = _vni()
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))
_MODERN = re.compile("[ĂăĐđƠơƯư\u1ea0-\u1ef9]")
_FEW_WORDS = 5
# Capitals are made small before syllables are judged: in them, short words pass for abbreviations.


def from_tcvn3(text: str, capitals: bool = False) -> str:
    """`text` (windows-1252 letters of TCVN3 bytes) in Unicode, NFC. `capitals`: it was set in a capital font."""
    letters = "".join(_TCVN3.get(ord(c), c) for c in text)
    letters = unicodedata.normalize("NFC", letters)
    return letters.upper() if capitals else letters


def from_vni(text: str) -> str:
    """`text` (windows-1252 letters of VNI bytes) in Unicode, NFC."""
    return _VNI_PATTERN.sub(lambda found: _VNI[found[0]], text)


def decode(text: str, encoding: Encoding, capitals: bool = False) -> str:
    """`text` in Unicode."""
    return from_tcvn3(text, capitals) if encoding == "tcvn3" else from_vni(text)


def encoding_of(text: str) -> Encoding | None:
    """The old encoding `text` is in, None when it is Unicode or not Vietnamese.

    Judged by what it would become: it has to turn from impossible syllables into possible ones. Needs a few words.
    """
    sample = text[:20_000]
    if len(sample.split()) < _FEW_WORDS or not re.search("[\u0080-\u00ff]", sample):
        return None
    if len(_MODERN.findall(sample)) > 0.02 * len(sample):
        return None
    best: Encoding | None = None
    least = 0.6 * impossible_share(sample.replace("\u00ad", "").lower()) - 0.02
    encodings: tuple[Encoding, ...] = ("tcvn3", "vni")
    for encoding in encodings:
        share = impossible_share(decode(sample, encoding).lower())
        if share < min(least, 0.2):
            best, least = encoding, share
    return best


def encoding_of_font(font: str | None) -> tuple[Encoding, bool] | None:
    """The old encoding a font was made for, and whether it prints capitals; None for other fonts."""
    name = (font or "").lstrip("+").lower()
    name = name.partition("+")[2] or name
    if name.startswith(".vn"):
        return "tcvn3", name.removesuffix("bold").removesuffix("italic").strip(" ,-").endswith("h")
    if name.startswith("vni"):
        return "vni", False
    return None
