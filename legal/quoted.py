"""Text inside quotation marks, told apart from what a document says itself."""

from __future__ import annotations

import re

_MARKS = re.compile("[“”]")


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Outermost quotations as (start, end), marks included; an unclosed one runs to the end. Straight marks pair up."""
    spans: list[tuple[int, int]] = []
    depth = start = 0
    if not _MARKS.search(text):
        places = [match.start() for match in re.finditer('"', text)]
        return [(a, b + 1) for a, b in zip(places[::2], places[1::2], strict=False)]
    for match in _MARKS.finditer(text):
        if match[0] == "“":
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
