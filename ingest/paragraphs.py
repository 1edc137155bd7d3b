"""From runs of raw text to clean paragraphs: white space, hidden characters and line breaks are settled here only.

Every loader collects runs (text with bold and italic) and hands them here, so that one law gives the same words
whatever file it came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from legal.blocks import Align, Paragraph

LINE_BREAK = "\u2028"
"""A hard line break (`<br>`, `w:br`) inside a run; all other white space is only space."""

# Soft hyphen, zero-width characters, byte order mark, bidi marks, word joiner: invisible, and found inside words.
# Control characters have no business in a text; the object replacement character stands for pictures.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u202a-\u202e\ufffc\x00-\x08\x0e-\x1f\x7f]")

# The letter eth is printed like Đ and stands for it in texts made with old fonts.
_LOOKALIKES = {0xD0: "Đ", 0xF0: "đ"}

_RULE = re.compile(r"[-_–—―=*·.…\s~¯˗]+\Z")
_STARTS_ITEM = re.compile(
    r"(?:phần|chương|mục|tiểu mục|điều|phụ lục|mẫu số|biểu mẫu)\s+(?:thứ\s+)?(?:[ivxlc]+|\d+|[a-zđ]{1,5})\b"
    r"|căn cứ\s|xét đề nghị|theo đề nghị|quốc hội ban hành|nơi nhận"
    r"|\d{1,3}[.)]\s|\d{1,2}(?:\.\d{1,2})+\.?\s|[a-zđ]\)|[-–+•*]\s",
    re.IGNORECASE,
)
_ONLY_HEADING_NUMBER = re.compile(
    r"(?:phần|chương|mục|tiểu mục|phụ lục)\s+(?:thứ\s+\w+|[ivxlc]+|\d+)[a-z]?\s*[.:]?\Z", re.IGNORECASE
)
_ENDS = (".", ";", ":", "!", "?", "…", ".”", ";”", '."', ';"', "./.")


class Run(NamedTuple):
    """A stretch of text with one look; `LINE_BREAK` inside `text` is a hard line break."""

    text: str
    bold: bool = False
    italic: bool = False


def clean(text: str) -> str:
    """`text` in NFC without invisible characters, all white space (line breaks too) collapsed to single spaces."""
    text = " ".join(text.split()).translate(_LOOKALIKES)
    if _INVISIBLE.search(text):
        text = " ".join(_INVISIBLE.sub("", text).split())
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def is_rule(line: str) -> bool:
    """Whether a line is only drawn: dashes, underscores, dots or stars used as a ruler."""
    return bool(_RULE.match(line))


def starts_item(line: str) -> bool:
    """Whether a line opens a heading, a clause, a point or a list item, so that it cannot continue the line before."""
    return bool(_STARTS_ITEM.match(line))


def _separate(previous: str, line: str) -> bool:
    """Whether two lines parted by a hard break are two paragraphs (else: one paragraph set on two lines)."""
    if is_rule(previous) or is_rule(line) or previous.endswith(_ENDS):
        return True
    if _ONLY_HEADING_NUMBER.match(previous) or _STARTS_ITEM.match(line):
        return True
    return previous.isupper() and not line.isupper()


def lines_to_texts(lines: Iterable[str]) -> list[str]:
    """Group lines parted by hard breaks into paragraph texts; an empty line parts, others as their text says."""
    texts: list[str] = []
    open_line = ""
    for raw in lines:
        line = clean(raw)
        if not line:
            open_line = ""
            continue
        if open_line and not _separate(open_line, line):
            texts[-1] += "\n" + line
        else:
            texts.append(line)
        open_line = line
    return texts


def texts_of(runs: Iterable[Run]) -> list[str]:
    """The paragraph texts of runs, without their looks (for table cells)."""
    raw = "".join(run.text for run in runs)
    if LINE_BREAK not in raw:
        text = clean(raw)
        return [text] if text else []
    return lines_to_texts(raw.split(LINE_BREAK))


def _looks(runs: list[Run]) -> tuple[bool, bool]:
    """Bold and italic of a whole paragraph: at least nine tenths of its letters and digits are."""
    if not any(run.bold or run.italic for run in runs):
        return False, False
    total = bold = italic = 0
    for run in runs:
        weight = sum(map(str.isalnum, run.text))
        total += weight
        bold += weight * run.bold
        italic += weight * run.italic
    return bool(total) and bold >= 0.9 * total, bool(total) and italic >= 0.9 * total


def _split_lines(runs: Iterable[Run]) -> Iterator[list[Run]]:
    line: list[Run] = []
    for run in runs:
        first, *rest = run.text.split(LINE_BREAK)
        line.append(Run(first, run.bold, run.italic))
        for piece in rest:
            yield line
            line = [Run(piece, run.bold, run.italic)]
    yield line


def paragraphs_of(runs: list[Run], align: Align | None = None, page: int | None = None) -> list[Paragraph]:
    """The paragraphs (usually one, none when there is only white space) that the runs of one block make."""
    raw = "".join(run.text for run in runs)
    if LINE_BREAK not in raw:
        text = clean(raw)
        if not text:
            return []
        bold, italic = _looks(runs)
        return [Paragraph(text, bold, italic, align, page)]
    lines = list(_split_lines(runs))
    found: list[tuple[str, list[Run]]] = []
    open_line = ""
    for line_runs in lines:
        line = clean("".join(run.text for run in line_runs))
        if line and open_line and not _separate(open_line, line):
            text, seen = found[-1]
            found[-1] = (f"{text}\n{line}", seen + line_runs)
        elif line:
            found.append((line, line_runs))
        open_line = line
    return [Paragraph(text, *_looks(seen), align, page) for text, seen in found]
