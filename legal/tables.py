"""A table of the tree as a grid whose rows are equally long, and as HTML with its spans."""

from __future__ import annotations

from html import escape

from legal.document import Provision


def grid(table: Provision) -> tuple[tuple[str, ...], ...]:
    """The cells' texts by row and column; a cell that takes several rows or columns stands in each of them."""
    placed: dict[tuple[int, int], str] = {}
    for at, row in enumerate(table.rows):
        column = 0
        for place, text in enumerate(row):
            while (at, column) in placed:
                column += 1
            across, down = table.spans[at][place] if table.spans else (1, 1)
            for below in range(min(down, len(table.rows) - at)):
                for beside in range(across):
                    placed.setdefault((at + below, column + beside), text)
            column += across
    width = max((column for _, column in placed), default=-1) + 1
    return tuple(tuple(placed.get((at, column), "") for column in range(width)) for at in range(len(table.rows)))


def table_html(table: Provision) -> str:
    """The table as an HTML `<table>`; the text escaped, paragraphs of a cell divided by `<br>`."""
    rows = []
    for at, row in enumerate(table.rows):
        cells = []
        for place, text in enumerate(row):
            across, down = table.spans[at][place] if table.spans else (1, 1)
            spans = (f' colspan="{across}"' if across > 1 else "") + (f' rowspan="{down}"' if down > 1 else "")
            cells.append(f"<td{spans}>{escape(text).replace(chr(10), '<br>')}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"
