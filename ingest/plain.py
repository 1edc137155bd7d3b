"""Plain text and Markdown: encodings settled, hard-wrapped lines rejoined into paragraphs."""

from __future__ import annotations

from pathlib import Path

from ingest.encodings import decode_text
from ingest.html import read_markup
from ingest.limits import Limits
from ingest.paragraphs import clean, starts_item
from legal.blocks import Paragraph, Source
from legal.errors import LimitExceeded, UnreadableDocument, UnsupportedFormat

_SENTENCE_ENDS = (".", ";", ":", "!", "?", "…", "”", '"')


def _text_of(path: Path, limits: Limits) -> tuple[str, str]:
    if path.stat().st_size > limits.text * 4:
        raise LimitExceeded("Tệp văn bản quá lớn.")
    found = decode_text(path.read_bytes())
    if found is None:
        raise UnsupportedFormat("Tệp không phải là văn bản đọc được.")
    if not found[0].strip():
        raise UnreadableDocument("Tệp không có chữ nào.")
    return found


def _wrap_width(lines: list[str]) -> int | None:
    """The width at which an editor broke the lines, or None when a line is a paragraph."""
    lengths = sorted(len(line) for line in lines if line)
    if len(lengths) < 8:
        return None
    width = lengths[int(len(lengths) * 0.97)]
    if not 40 <= width <= 130:
        return None
    full = [line for line in lines if len(line) >= width * 0.8]
    broken = sum(1 for line in full if not line.endswith(_SENTENCE_ENDS))
    return width if len(full) >= 0.3 * len(lengths) and broken >= 0.5 * len(full) else None


def rejoin(lines: list[str]) -> list[str]:
    """Paragraphs from cleaned lines (empty ones part). Only hard-wrapped texts are joined; others stay line by line."""
    width = _wrap_width(lines)
    paragraphs: list[str] = []
    previous = ""
    for line in lines:
        if line and previous and width and len(previous) >= width * 0.75 and not starts_item(line):
            paragraphs[-1] += " " + line
        elif line:
            paragraphs.append(line)
        previous = line
    return paragraphs


def read_text(path: Path, limits: Limits) -> Source:
    """A text file's paragraphs. Raises UnreadableDocument, UnsupportedFormat, LimitExceeded."""
    text, _ = _text_of(path, limits)
    lines = [clean(line) for line in text.replace("\f", "\n\n").splitlines()]
    blocks = tuple(Paragraph(paragraph) for paragraph in rejoin(lines))
    if not blocks:
        raise UnreadableDocument("Tệp không có chữ nào.")
    return Source("txt", blocks)


def read_markdown(path: Path, limits: Limits) -> Source:
    """A Markdown file's paragraphs and tables; list numbers stay as they are written."""
    from markdown_it import MarkdownIt

    text, _ = _text_of(path, limits)
    # Lists and indented code are not parsed: "1." and "a)" are the law's own marks and must survive as text.
    renderer = MarkdownIt("commonmark", {"breaks": True, "html": True}).enable("table")
    renderer.disable(["list", "code", "lheading"])
    source = read_markup(f"<html><body>{renderer.render(text)}</body></html>")
    return Source("md", source.blocks, source.furniture)
