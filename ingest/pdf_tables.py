"""Ruled tables on a PDF page: pdfplumber finds the grid of drawn lines, the text stays PDFium's."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2.raw as raw

from ingest.pdf_layout import bands_of, cell_texts
from ingest.pdf_segments import Box, Segment
from ingest.tables import table_or_contents
from legal.blocks import Block, Cell, Paragraph

_THIN = 3.0
_LONG = 12.0
_MANY = 4000


@dataclass(frozen=True, slots=True)
class RuledTable:
    """The grid of one table: its cells' places, and for each row (index into `cells`, colspan, rowspan)."""

    box: Box
    cells: tuple[Box, ...]
    rows: tuple[tuple[tuple[int, int, int], ...], ...]


def is_ruled(page: Any) -> bool:
    """Whether the page has drawn lines both ways, so that looking for a table pays (an underline alone does not)."""
    across = down = 0
    for seen, item in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=3)):
        left, bottom, right, top = item.get_bounds()
        wide, high = right - left, top - bottom
        if wide > _LONG and high > _LONG:
            if not _is_stroked(item):
                continue  # a shaded background
            across, down = across + 2, down + 2
        elif wide > _LONG and high <= _THIN:
            across += 1
        elif high > _LONG and wide <= _THIN:
            down += 1
        if across >= 2 and down >= 2:
            return True
        if seen > _MANY:
            break
    return False


def _is_stroked(item: Any) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(item.raw, ctypes.byref(fill), ctypes.byref(stroke))
    return bool(stroke.value)


def _is_ruling(item: dict[str, Any]) -> bool:
    """Whether pdfplumber may take an object for a border: not the filled background of a line or a cell."""
    if item.get("object_type") != "rect":
        return True
    return bool(item.get("stroke")) or min(item["width"], item["height"]) <= _THIN


def ruled_tables(path: Path, page: int) -> list[RuledTable]:
    """The tables that drawn lines make on one page (0-based), top to bottom; none when the page defeats pdfplumber."""
    import pdfplumber

    try:
        with pdfplumber.open(path, pages=[page + 1]) as document:
            tables = document.pages[0].filter(_is_ruling).find_tables()
            return [_grid(found) for found in tables if len(found.cells) > 1]
    except Exception:  # pdfminer raises what it likes on odd files; the text is not lost, only the grid
        return []


def _grid(found: Any) -> RuledTable:
    boxes = sorted({tuple(map(float, cell)) for cell in found.cells}, key=lambda b: (round(b[1]), b[0]))
    cells = tuple(Box(*box) for box in boxes)
    xs = _edges([b.x0 for b in cells] + [b.x1 for b in cells])
    ys = _edges([b.top for b in cells] + [b.bottom for b in cells])
    rows: list[list[tuple[int, int, int]]] = [[] for _ in ys]
    for number, cell in enumerate(cells):
        column, row = _at(xs, cell.x0), _at(ys, cell.top)
        rows[row].append((number, max(_at(xs, cell.x1) - column, 1), max(_at(ys, cell.bottom) - row, 1)))
    left, top, right, bottom = map(float, found.bbox)
    return RuledTable(Box(left, top, right, bottom), cells, tuple(tuple(row) for row in rows if row))


def _edges(values: list[float]) -> list[float]:
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > 2.0:
            edges.append(value)
    return edges


def _at(edges: list[float], value: float) -> int:
    return min(range(len(edges)), key=lambda index: abs(edges[index] - value))


def table_of(table: RuledTable, offset: int, segments: list[Segment], page: int) -> list[Block]:
    """The table with its text; its paragraphs where it frames them. `offset`: cells of earlier tables."""
    rows: list[list[Cell]] = []
    contents: list[Block] = []
    for row in table.rows:
        cells: list[Cell] = []
        for number, colspan, rowspan in row:
            inside = [s for s in segments if s.cell == number + offset]
            lines = [segment for band in bands_of(inside) for segment in band]
            width = max((s.box.x1 for s in lines), default=0.0) - min((s.box.x0 for s in lines), default=0.0)
            box = table.cells[number]
            texts = cell_texts(lines, max(width, box.x1 - box.x0 - 14))
            contents.extend(Paragraph(text, page=page) for text in texts)
            cells.append(Cell(tuple(texts), colspan, rowspan))
        rows.append(cells)
    return table_or_contents(rows, contents, page)
