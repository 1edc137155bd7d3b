"""Which provision each line of a quoted new text is: “Điều 93b. ...\\n1. ...\\na) ...” of an amending instruction."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from legal.numerals import arabic

_ARTICLE = re.compile(r"[“\"\s]*Điều\s+(\d{1,4}[a-zđ]?)\s*(?:[.:]|$)", re.IGNORECASE)
_DIVISION = re.compile(r"[“\"\s]*(Phần|Chương|Mục)\s+(?:thứ\s+)?([IVXLivxl]{1,7}[a-z]?|\d{1,3}[a-z]?)\b")
_CLAUSE = re.compile(r"[“\"\s]*(\d{1,3}[a-zđ]?)\s*\.(?!\d)")
_POINT = re.compile(r"[“\"\s]*([a-zđ]\d?)\)")
_UNDER = {"Phần": "part", "Chương": "chp", "Mục": "sec"}


def quoted_lines(text: str, eids: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """(eid, start, end) of each line. `eids`: what the instruction says that the text is; a line that opens another
    provision moves on to that, one that opens none stays where the line before stood."""
    current = eids[0] if eids else ""
    position = 0
    for line in text.splitlines(keepends=True):
        current = _opened(line, current)
        yield current, position, position + len(line.rstrip("\n"))
        position += len(line)


def opening(line: str) -> int:
    """Length of what a quoted line opens with to say which provision it is ("“Điều 93b."): no citation; 0 without."""
    match = _ARTICLE.match(line) or _DIVISION.match(line)
    return match.end() if match else 0


def text_of(eid: str, text: str, eids: Sequence[str]) -> str:
    """What a quoted text says for one of the provisions that it is for; all of it where its lines do not tell them apart."""
    if len(eids) < 2:
        return text
    lines = [text[a:b] for at, a, b in quoted_lines(text, eids) if at == eid or at.startswith(f"{eid}__")]
    return "\n".join(lines) or text


def _opened(line: str, current: str) -> str:
    pieces = current.split("__") if current else []
    attached = [piece for piece in pieces if piece.startswith("att_")]
    article = [piece for piece in pieces if piece.startswith("art_")]
    if match := _ARTICLE.match(line):
        return "__".join([*attached, f"art_{match[1].lower()}"])
    if match := _DIVISION.match(line):
        number = match[2]
        roman = re.fullmatch(r"[IVXL]+", number)
        return "__".join([*attached, f"{_UNDER[match[1]]}_{arabic(number) if roman else number.lower()}"])
    if not article:
        return current
    if match := _CLAUSE.match(line):
        return "__".join([*attached, *article, f"para_{match[1].lower()}"])
    if match := _POINT.match(line):
        clause = [piece for piece in pieces if piece.startswith("para_")]
        return "__".join([*attached, *article, *clause, f"point_{match[1]}"])
    return current
