"""Text inside quotation marks, told apart from what a document says itself."""

from __future__ import annotations

import re

_MARKS = re.compile('[“”"]')


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Outermost quotations as (start, end), marks included; an unclosed one runs to the end. Straight marks open and close
    by turns; one that opens may be closed by a curved one."""
    spans: list[tuple[int, int]] = []
    depth = start = 0
    for match in _MARKS.finditer(text):
        straight = match[0] == '"' and text[match.end() : match.end() + 1].isalnum()
        opens = match[0] == "“" or (straight and not text[match.start() - 1 : match.start()].isalnum())
        if opens:
            start = start if depth else match.start()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                spans.append((start, match.end()))
    if depth:
        spans.append((start, len(text)))
    return spans


def unquoted(text: str) -> str:
    """The text with its quotations blanked out, offsets unchanged (line ends kept)."""
    letters = list(text)
    for start, end in quoted_spans(text):
        letters[start:end] = ["\n" if letter == "\n" else " " for letter in text[start:end]]
    return "".join(letters)
