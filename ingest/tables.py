"""Which tables are tables of the document and which only lay out the page or frame a text."""

from __future__ import annotations

from legal.blocks import Block, Cell, Paragraph, Table

# A cell of a step table or a fee schedule holds a few paragraphs; one with more than this holds the document itself.
_LONGEST_CELL = 60


def table_or_contents(rows: list[list[Cell]], contents: list[Block], page: int | None = None) -> list[Block]:
    """The table as one block; or its cells' `contents` where it frames one text; nothing when it is empty."""
    kept = tuple(tuple(row) for row in rows if row)
    cells = [cell for row in kept for cell in row]
    if not any(cell.paragraphs for cell in cells):
        return []
    if len(cells) == 1 or max(len(cell.paragraphs) for cell in cells) > _LONGEST_CELL:
        return contents
    return [Table(kept, page)]


def texts_in(blocks: list[Block]) -> list[str]:
    """The texts of blocks in order, tables cell by cell: how a table inside a cell is kept."""
    texts: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            texts.append(block.text)
        else:
            texts.extend(text for row in block.rows for cell in row for text in cell.paragraphs)
    return texts
