"""From a page's printed lines to its blocks: side-by-side columns, paragraphs rejoined from wrapped lines.

A line ends its paragraph when the first word of the next one would still have fitted on it; indents, wider gaps and
the law's own marks (Điều, 1., a)) say the rest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.paragraphs import is_rule, lines_to_texts, starts_item
from ingest.pdf_segments import Box, Segment
from legal.blocks import Align, Block, Cell, Paragraph, Table

_MARKER = re.compile(r"(?:\d{1,3}[.)]|[a-zđ][.)]|[-–+•*]|(?:Điều|Chương|Mục|Phần)\s+\w+[.:]?|\d+(?:\.\d+)+\.?)\Z")
_ITEM = re.compile(r"\d{1,3}[.)]|[a-zđ]\)|[-–+•*]\s")
_MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
_ENDS = (".", ";", ":", "!", "?", "…", ".”", '."')
_NUMBER_ROW = re.compile(r"(?:luật\s+|bộ luật\s+|nghị quyết\s+|lệnh\s+)?số\s*[:.]|\S+\s*,\s*ngày\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Margins:
    """Where the running text of a document stands, in points: `left` and `right` edge, usual distance of lines."""

    left: float
    right: float
    pitch: float
    indented: bool  # paragraphs begin with an indent


Band = list[Segment]


def bands_of(segments: Sequence[Segment]) -> list[Band]:
    """Segments grouped by the line they stand on, top to bottom, each group left to right."""
    bands: list[Band] = []
    for segment in sorted(segments, key=lambda s: (s.baseline, s.box.x0)):
        if bands and abs(bands[-1][0].baseline - segment.baseline) < 0.45 * min(segment.size, bands[-1][0].size):
            bands[-1].append(segment)
        else:
            bands.append([segment])
    return [_joined(sorted(band, key=lambda s: s.box.x0)) for band in bands]


def _joined(band: Band) -> Band:
    """A mark parted from its text by a tab belongs to it."""
    joined: Band = []
    for segment in band:
        if joined and (_MARKER.match(joined[-1].text) or segment.box.x0 - joined[-1].box.x1 < segment.size):
            before = joined.pop()
            box = Box(
                before.box.x0,
                min(before.box.top, segment.box.top),
                segment.box.x1,
                max(before.box.bottom, segment.box.bottom),
            )
            segment = Segment(
                f"{before.text} {segment.text}",
                box,
                before.baseline,
                before.size,
                before.first,
                before.bold and segment.bold,
                before.italic and segment.italic,
                segment.cell,
            )
        joined.append(segment)
    return joined


def margins_of(pages: Sequence[Sequence[Band]]) -> Margins:
    """The margins of a document from the single-column lines of all its pages."""
    singles = [band[0] for bands in pages for band in bands if len(band) == 1]
    if not singles:
        return Margins(0.0, 600.0, 14.0, False)
    rights = sorted(segment.box.x1 for segment in singles)
    right = rights[min(int(len(rights) * 0.98), len(rights) - 1)]
    wide = [segment for segment in singles if segment.box.x1 > right - 0.25 * right] or singles
    starts = Counter(round(segment.box.x0 / 2) for segment in wide)
    top = starts.most_common(1)[0][1]
    left = 2.0 * min(start for start, count in starts.items() if count >= max(top * 0.25, 1))
    pitches = Counter(
        round(below[0].baseline - above[0].baseline, 0)
        for bands in pages
        for above, below in pairwise(bands)
        if above[0].box.x1 > right - 60 and below[0].baseline - above[0].baseline < 60
    )
    pitch = float(pitches.most_common(1)[0][0]) if pitches else 14.0
    indents = [s for s in singles if starts_item(s.text) and left + 8 < s.box.x0 < left + 80]
    items = [s for s in singles if starts_item(s.text)]
    return Margins(left, right, pitch, len(indents) > 0.5 * max(len(items), 1))


def align_of(segment: Segment, margins: Margins) -> Align | None:
    """How a line stands between the margins; None for the running text."""
    before, after = segment.box.x0 - margins.left, margins.right - segment.box.x1
    wide = before + after < 0.2 * (margins.right - margins.left)
    if before > 25 and after > 15 and abs(before - after) < (6 if wide else max(0.2 * (before + after), 14)):
        return None if _ITEM.match(segment.text) else "center"
    if before > 0.35 * (margins.right - margins.left) and after < 40:
        return "right"
    return None


def continues(above: Segment, below: Segment, margins: Margins, same_page: bool) -> bool:
    """Whether `below` is the next line of the paragraph in which `above` is a line."""
    if is_rule(above.text) or is_rule(below.text):
        return False
    space = 0.3 * below.size
    tolerance = 0.12 * below.size
    distance = below.baseline - above.baseline
    if same_page and distance > 1.3 * max(margins.pitch, above.size * 1.1):
        return False
    if above.bold != below.bold and starts_item(below.text):
        return False
    centred = align_of(above, margins) == "center"
    if centred:
        width = margins.right - margins.left
        if align_of(below, margins) != "center" and below.box.x0 > margins.left + 3:
            return False
        full = above.box.x1 - above.box.x0 + space + below.first > width - 2 * tolerance
        return full and above.bold == below.bold
    if above.box.x1 + space + below.first <= margins.right - tolerance:
        return False  # the next word would still have fitted: the paragraph ended here
    if margins.indented and margins.left + 8 < below.box.x0 < margins.left + 120:
        return False
    opens = starts_item(below.text) or (not same_page and below.text[:1].isupper())
    return not (opens and above.text.endswith(_ENDS))


class Flow:
    """Paragraphs under construction over the pages of a document: one may run on over a page's end."""

    def __init__(self, margins: Margins) -> None:
        self.margins = margins
        self.blocks: list[Block] = []
        self._open: list[Segment] = []
        self._page = self._first = 0

    def line(self, segment: Segment, page: int) -> None:
        """Take the next line of running text."""
        if self._open and not continues(self._open[-1], segment, self.margins, page == self._page):
            self.close()
        if not self._open:
            self._first = page
        self._open.append(segment)
        self._page = page

    def block(self, block: Block) -> None:
        """Take a finished block; a table that goes on from the page before is joined to its first part."""
        self.close()
        before = self.blocks[-1] if self.blocks else None
        if isinstance(block, Table) and isinstance(before, Table) and _goes_on(before, block):
            rows = block.rows[1:] if block.rows[0] == before.rows[0] else block.rows
            self.blocks[-1] = Table(before.rows + rows, block.page)
            return
        self.blocks.append(block)

    def close(self) -> None:
        """End the open paragraph."""
        if not self._open:
            return
        lines, self._open = self._open, []
        text = " ".join(line.text for line in lines)
        letters = [line for line in lines if any(map(str.isalnum, line.text))]
        self.blocks.append(
            Paragraph(
                text,
                bool(letters) and all(line.bold for line in letters),
                bool(letters) and all(line.italic for line in letters),
                align_of(lines[0], self.margins),
                self._first,
            )
        )


def _goes_on(before: Table, after: Table) -> bool:
    """Whether a table at a page's top is the rest of the one before it: as many columns, at least three."""

    def width(table: Table) -> int:
        return max(sum(cell.colspan for cell in row) for row in table.rows)

    if before.page is None or after.page is None:
        return False
    return after.page == before.page + 1 and width(before) == width(after) >= 3


def column_regions(bands: Sequence[Band]) -> list[tuple[int, int]]:
    """Runs of lines [start, end) that stand in side-by-side columns: title blocks, signatures with recipients."""
    regions: list[tuple[int, int]] = []
    at = 0
    while at < len(bands):
        if len(bands[at]) < 2:
            at += 1
            continue
        start, end = at, at + 1
        columns = _columns(bands[start:end])
        while end < len(bands) and _belongs(bands[end - 1], bands[end], columns):
            end += 1
            columns = _columns(bands[start:end])
        floor = regions[-1][1] if regions else 0
        while start > floor and _belongs(bands[start], bands[start - 1], columns):
            start -= 1
            columns = _columns(bands[start:end])
        regions.append((start, end))
        at = end
    return regions


def _columns(bands: Sequence[Band]) -> list[tuple[float, float]]:
    """The x-extents of the columns that a run of lines falls into."""
    extents = sorted((s.box.x0, s.box.x1) for band in bands for s in band)
    columns: list[tuple[float, float]] = []
    for x0, x1 in extents:
        if columns and x0 <= columns[-1][1] + 2:
            columns[-1] = (columns[-1][0], max(columns[-1][1], x1))
        else:
            columns.append((x0, x1))
    return columns


def _belongs(beside: Band, band: Band, columns: list[tuple[float, float]]) -> bool:
    """Whether the line next to a column region keeps to its columns."""
    if abs(band[0].baseline - beside[0].baseline) > 3.2 * band[0].size:
        return False
    for segment in band:
        inside = [c for c in columns if segment.box.x0 < c[1] + 2 and segment.box.x1 > c[0] - 2]
        if len(inside) > 1:
            return False
        if len(band) == 1:
            if not inside:
                return False
            x0, x1 = inside[0]
            centred = abs((segment.box.x0 + segment.box.x1) - (x0 + x1)) < 24
            if not centred and abs(segment.box.x0 - x0) > 6:
                return False
    return True


def region_table(bands: Sequence[Band], page: int) -> Table:
    """A column region as a table: one row; two where the number and the date of a title block begin."""
    columns = _columns(bands)
    cut = len(bands)
    for at, band in enumerate(bands):
        if at and any(_NUMBER_ROW.match(segment.text) for segment in band):
            cut = at
            break
    rows = [part for part in (bands[:cut], bands[cut:]) if part]
    return Table(tuple(_region_row(part, columns) for part in rows), page)


def _region_row(bands: Sequence[Band], columns: list[tuple[float, float]]) -> tuple[Cell, ...]:
    cells = []
    for x0, x1 in columns:
        lines = [s for band in bands for s in band if x0 - 1 <= s.box.x0 <= x1 + 1]
        cells.append(Cell(tuple(cell_texts(lines, x1 - x0))))
    return tuple(cells)


def cell_texts(lines: Sequence[Segment], width: float) -> list[str]:
    """The paragraphs of a cell from its lines, top to bottom. `width`: of the cell's text in points."""
    texts: list[str] = []
    above: Segment | None = None
    for line in lines:
        wrapped = (
            above is not None
            and not is_rule(above.text)
            and not is_rule(line.text)
            and above.box.x1 - above.box.x0 + 0.3 * line.size + line.first > width - 0.12 * line.size
            and line.baseline - above.baseline < 2.2 * line.size
            and not (above.text.isupper() and not line.text.isupper())
            and not (starts_item(line.text) and above.text.endswith(_ENDS))
        )
        if wrapped and texts:
            # An agency stands over its superior in capitals: two lines of one paragraph, not one wrapped line.
            capitals = line.text.isupper() and not _MOTTO.startswith(f"{texts[-1]} {line.text}")
            texts[-1] += ("\n" if capitals else " ") + line.text
        else:
            texts.extend(lines_to_texts([line.text]))
        above = line
    return texts
