"""A generated text taken apart: statements with the `[n]` they carry, while it streams or when it is whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from legal.text import fold

PieceKind = Literal["statement", "lead", "bare", "blank"]

_MARK = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")
_MARKS = rf"(?:\s*{_MARK.pattern.replace('(', '(?:', 1)})"
# A sentence ends at its full stop with the marks around it, before a capital, a bullet or a quotation mark; or at a
# line's end.
_END = re.compile(
    rf"(?:{_MARKS}+\s*[.;!?…]+|[.;!?…]+[”\"]?{_MARKS}*|{_MARKS}+)(?=\s+[\"“(*-]?\s*(?:[A-ZĐÀ-Ỹ]|\d+[.)]\s)|\s*$)|\n+"
)
_SIGN = re.compile(r"[.;!?…\]\n]")  # without one of these no sentence ends
_BULLET = re.compile(r"^\s*(?:[-*•+–]|\d{1,2}[.)]|[a-zđ]\))\s+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-ZĐ]|TP|Tp|tp|tr|v\.v|vv|No|Nxb|ThS|TS|PGS|GS|BS|KS|Ths)|^\s*(?:[-*•]\s*)?\d{1,2})\.$"
)
_BARE = frozenset({"co", "khong", "dung", "sai", "dung vay", "phai", "duoc", "khong duoc", "khong phai"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a generated text. `raw`: as written, pieces concatenate to the text. `text`: without bullet and marks.

    `kind`: "bare" is a lone yes or no, which no source can confirm; a "lead" opens a list ("Hồ sơ gồm:") or is a
    heading and states nothing by itself. `numbers`: the `[n]` in order.
    """

    raw: str
    text: str
    kind: PieceKind
    numbers: tuple[int, ...] = ()


def split(text: str) -> list[Piece]:
    """All pieces of a whole text; their `raw` concatenate to it."""
    pieces, rest = _ready(text, final=True)
    assert not rest
    return pieces


class PieceReader:
    """Splits a text that arrives in parts: `feed` gives the pieces that are complete, `rest` what was left at the
    end."""

    def __init__(self) -> None:
        self._buffer = ""
        self._may_end = False

    def feed(self, text: str) -> list[Piece]:
        """The pieces that this part completes. Work is done only where a sentence may have ended."""
        self._buffer += text
        self._may_end = self._may_end or bool(_SIGN.search(text))
        if not self._may_end:
            return []
        pieces, self._buffer = _ready(self._buffer, final=False)
        self._may_end = bool(_SIGN.search(self._buffer))
        return pieces

    def rest(self) -> list[Piece]:
        """What is left when the text has ended."""
        pieces, self._buffer = _ready(self._buffer, final=True)
        return pieces


def _ready(text: str, *, final: bool) -> tuple[list[Piece], str]:
    pieces: list[Piece] = []
    start = 0
    for match in _END.finditer(text):
        after = text[match.end() :].lstrip(" ")
        if not final and (not after or after.startswith("[")):
            break  # marks, or the rest of a number, may still come
        if not match.group().isspace() and _ABBREVIATION.search(text[start : match.start() + 1]):
            continue
        pieces.append(_piece(text[start : match.end()]))
        start = match.end()
    if final and start < len(text):
        pieces.append(_piece(text[start:]))
        start = len(text)
    return pieces, text[start:]


def _piece(raw: str) -> Piece:
    numbers: list[int] = []
    for match in _MARK.finditer(raw):
        numbers += _listed(match[1])
    text = _BULLET.sub("", _MARK.sub("", raw).strip()).strip()
    text = re.sub(r"\s+([.;,!?…])", r"\1", text).strip("* ").strip()
    if not any(c.isalnum() for c in text):
        return Piece(raw, text, "blank", tuple(dict.fromkeys(numbers)))
    if fold(text).strip(" .,;!") in _BARE and not numbers:
        return Piece(raw, text, "bare")
    opens = text.endswith(":") or raw.lstrip().startswith("#")
    return Piece(raw, text, "lead" if opens and not numbers else "statement", tuple(dict.fromkeys(numbers)))


def _listed(inside: str) -> list[int]:
    """ "1, 3-5" is 1, 3, 4, 5; a range is at most ten wide."""
    found: list[int] = []
    for part in re.split(r"\s*[,;]\s*", inside):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        found += range(ends[0], min(ends[-1], ends[0] + 9) + 1) if len(ends) == 2 else ends
    return found
