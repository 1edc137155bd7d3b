"""The printed lines of a PDF page with their places: from PDFium, or from pdftotext where PDFium's text is ruined."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2.raw as raw
from lxml import etree

from ingest.paragraphs import clean
from legal.legacy import Encoding, decode


class Box(NamedTuple):
    """A rectangle on a page in points, y downward from the page's top."""

    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Segment:
    """Text printed without a wide gap on one line. `baseline`: y of its letters' feet, `first`: its first word's width.

    `cell`: the number of the ruled table cell it stands in, None outside tables.
    """

    text: str
    box: Box
    baseline: float
    size: float
    first: float
    bold: bool = False
    italic: bool = False
    cell: int | None = None


class _Char(NamedTuple):
    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    at: int  # among the page's characters


# A gap wider than this many font sizes parts two columns; wider spaces come from tabs and justification.
_GAP = 3.0
_FLAGS_ITALIC = 1 << 6
_FLAGS_FORCE_BOLD = 1 << 18


def _lines(text_page: Any, height: float) -> Iterator[list[_Char]]:
    """The page's characters line by line, as PDFium breaks them."""
    handle = text_page.raw
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    refs = tuple(map(ctypes.byref, (left, right, bottom, top)))
    unicode_at, box_at, generated = raw.FPDFText_GetUnicode, raw.FPDFText_GetCharBox, raw.FPDFText_IsGenerated
    line: list[_Char] = []
    for index in range(text_page.count_chars()):
        code = unicode_at(handle, index)
        if code in (10, 13):
            if line:
                yield line
                line = []
            continue
        if code in (2, 0xFFFE):  # PDFium's marks for a hyphen at a line's end
            code = ord("-")
        if not code:
            continue
        box_at(handle, index, *refs)
        char = _Char(chr(code), left.value, right.value, height - top.value, height - bottom.value, index)
        if generated(handle, index) == 1:
            char = _Char(" ", char.x0, char.x0, char.top, char.bottom, index)
        elif line and _drawn_twice(line, char):
            continue
        line.append(char)
    if line:
        yield line


def _drawn_twice(line: list[_Char], char: _Char) -> bool:
    """A letter printed again at nearly the same place, which some programs do instead of bold type."""
    if char.text.isspace():
        return False
    return any(
        other.text == char.text and abs(other.x0 - char.x0) < 0.8 and abs(other.top - char.top) < 0.8
        for other in line[-3:]
    )


def _look(handle: Any, index: int) -> tuple[bool, bool]:
    """Bold and italic of one character by its font's name and flags."""
    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    length = raw.FPDFText_GetFontInfo(handle, index, buffer, len(buffer), ctypes.byref(flags))
    name = buffer.raw[: max(length - 1, 0)].decode("utf-8", "replace").lower() if length <= len(buffer) else ""
    bold = "bold" in name or "black" in name or "heavy" in name or bool(flags.value & _FLAGS_FORCE_BOLD)
    italic = "italic" in name or "oblique" in name or bool(flags.value & _FLAGS_ITALIC)
    return bold, italic


def _pieces(line: list[_Char], size: float, cells: list[Box]) -> Iterator[tuple[list[_Char], int | None]]:
    """Parts of a line between wide gaps and between the cells of ruled tables."""
    piece: list[_Char] = []
    piece_cell: int | None = None
    edge = 0.0
    for char in line:
        if char.text.isspace():
            if piece:
                piece.append(char)
            continue
        cell = _cell_of(char, cells) if cells else None
        if piece and (cell != piece_cell or char.x0 - edge > _GAP * size):
            yield piece, piece_cell
            piece = []
        if not piece:
            piece_cell = cell
        piece.append(char)
        edge = char.x1
    if piece:
        yield piece, piece_cell


def _cell_of(char: _Char, cells: list[Box]) -> int | None:
    x, y = (char.x0 + char.x1) / 2, (char.top + char.bottom) / 2
    for number, cell in enumerate(cells):
        if cell.x0 <= x <= cell.x1 and cell.top <= y <= cell.bottom:
            return number
    return None


def pdfium_segments(text_page: Any, height: float, cells: list[Box], legacy: Encoding | None = None) -> list[Segment]:
    """The segments of a page in the file's own order. `height`: of the page in points; `cells`: of ruled tables;
    `legacy`: the old encoding that its letters are in.
    """
    handle = text_page.raw
    segments: list[Segment] = []
    x, y = ctypes.c_double(), ctypes.c_double()
    for line in _lines(text_page, height):
        inked = [char for char in line if not char.text.isspace()]
        if not inked:
            continue
        size = raw.FPDFText_GetFontSize(handle, inked[0].at)
        heights = sorted(char.bottom - char.top for char in inked)
        size = size if 3.0 < size < 100.0 else max(heights[len(heights) // 2] * 1.4, 4.0)
        for chars, cell in _pieces(line, size, cells):
            raw_text = "".join(char.text for char in chars)
            text = clean(decode(raw_text, legacy) if legacy else raw_text)
            if not text:
                continue
            letters = [char for char in chars if not char.text.isspace()]
            looks = [_look(handle, letters[place].at) for place in sorted({0, len(letters) // 2, len(letters) - 1})]
            raw.FPDFText_GetCharOrigin(handle, letters[0].at, ctypes.byref(x), ctypes.byref(y))
            segments.append(
                Segment(
                    text,
                    Box(letters[0].x0, min(c.top for c in letters), letters[-1].x1, max(c.bottom for c in letters)),
                    height - y.value,
                    size,
                    _first_word(chars),
                    all(bold for bold, _ in looks),
                    all(italic for _, italic in looks),
                    cell,
                )
            )
    return segments


def _first_word(chars: list[_Char]) -> float:
    end = chars[0].x1
    for char in chars:
        if char.text.isspace():
            break
        end = char.x1
    return end - chars[0].x0


def poppler_segments(path: Path, page: int, seconds: float) -> list[Segment] | None:
    """The segments of one page (1-based) as poppler's pdftotext sees them; None where it is absent or fails."""
    program = shutil.which("pdftotext")
    if program is None:
        return None
    command = [program, "-q", "-f", str(page), "-l", str(page), "-bbox-layout", "-enc", "UTF-8", str(path), "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode:
        return None
    cleaned = re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"", done.stdout)
    root = etree.fromstring(cleaned, etree.HTMLParser(encoding="utf-8"))
    segments: list[Segment] = []
    for line in root.iter("line") if root is not None else ():
        words = [(clean(word.text or ""), _place(word)) for word in line.iter("word")]
        words = [(text, box) for text, box in words if text]
        if not words:
            continue
        size = (words[0][1].bottom - words[0][1].top) * 0.85
        start = 0
        for at in range(1, len(words) + 1):
            if at < len(words) and words[at][1].x0 - words[at - 1][1].x1 <= _GAP * size:
                continue
            part = words[start:at]
            box = Box(part[0][1].x0, min(b.top for _, b in part), part[-1][1].x1, max(b.bottom for _, b in part))
            text = clean(" ".join(text for text, _ in part))
            segments.append(Segment(text, box, box.bottom - 0.2 * size, size, part[0][1].x1 - part[0][1].x0))
            start = at
    return segments


def _place(word: Any) -> Box:
    x0, top, x1, bottom = (float(word.get(name, "0")) for name in ("xmin", "ymin", "xmax", "ymax"))
    return Box(x0, top, x1, bottom)
