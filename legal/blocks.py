"""What a loader hands to the reader: the paragraphs and tables of a file in reading order, with hints of layout.

Loaders (`ingest/`) make them from any format; `legal/structure.py` and `legal/metadata.py` read them. A paragraph is one
printed paragraph: lines of one paragraph that were wrapped are joined by a space; a `<br>` or a hard line break that
separates is a newline inside `text` only where the two lines belong to one paragraph, otherwise it makes two paragraphs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Align = Literal["left", "center", "right", "justify"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph. `text`: NFC, white space collapsed, never empty. Layout hints are None/False where unknown."""

    text: str
    bold: bool = False
    italic: bool = False
    align: Align | None = None
    page: int | None = None  # 1-based, where the format has pages


@dataclass(frozen=True, slots=True)
class Cell:
    """One table cell. `paragraphs`: its paragraphs in order, possibly none. Spans are at least 1."""

    paragraphs: tuple[str, ...] = ()
    colspan: int = 1
    rowspan: int = 1

    @property
    def text(self) -> str:
        """The cell's paragraphs joined by newlines."""
        return "\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class Table:
    """A table, row by row as the source has it (a spanning cell stands once, where it starts)."""

    rows: tuple[tuple[Cell, ...], ...]
    page: int | None = None


Block = Paragraph | Table


@dataclass(frozen=True, slots=True)
class Source:
    """A loaded file. `kind`: the format found by content (`html`, `docx`, `pdf`, `doc`, `txt`, `md`).

    `furniture`: text of the file that is not the document's own: page numbers, running heads, menus; kept so that
    coverage can be proven. `notes`: remarks for an administrator ("macros ignored"), Vietnamese, without content.
    `doubts`: why a person must look before this is searchable (a page that OCR read badly); empty: nothing is amiss.
    """

    kind: str
    blocks: tuple[Block, ...]
    furniture: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    doubts: tuple[str, ...] = field(default=())
