"""Excel workbooks: each sheet's name, then its filled cells as a table; numbers and dates as a reader sees them."""

from __future__ import annotations

import re
import zipfile
from datetime import date, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from lxml import etree

from ingest.limits import Limits
from ingest.package import check_package, read_member, refuse_doctype
from ingest.paragraphs import LINE_BREAK, Run, clean, texts_of
from ingest.tables import table_or_contents
from legal.blocks import Block, Cell, Paragraph, Source
from legal.errors import UnreadableDocument

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DATE_FORMATS = frozenset((14, 15, 16, 17, 22))
_MOST_COLUMNS = 400


def read_xlsx(path: Path, limits: Limits) -> Source:
    """The visible sheets of a workbook. Raises UnreadableDocument, LimitExceeded, EncryptedDocument."""
    names = check_package(path, limits)
    with zipfile.ZipFile(path) as package:

        def part(name: str) -> Any:
            if name not in names:
                return None
            data = refuse_doctype(read_member(package, name, limits.unpacked))
            try:
                return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
            except etree.XMLSyntaxError as error:
                raise UnreadableDocument("Tệp Excel bị hỏng.") from error

        workbook, relations = part("xl/workbook.xml"), part("xl/_rels/workbook.xml.rels")
        if workbook is None or relations is None:
            raise UnreadableDocument("Tệp Excel bị hỏng.")
        targets = {r.get("Id"): str(r.get("Target")) for r in relations}
        strings = [_rich(si) for si in _all(part("xl/sharedStrings.xml"), "si")]
        dates = _date_styles(part("xl/styles.xml"))
        blocks: list[Block] = []
        for sheet in workbook.iter(_S + "sheet"):
            target = targets.get(sheet.get(_R + "id"), "")
            root = part(target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target))
            if root is None or sheet.get("state") in ("hidden", "veryHidden"):
                continue
            found = _sheet(root, strings, dates)
            if found:
                blocks.append(Paragraph(clean(sheet.get("name", "")) or "Sheet", bold=True))
                blocks.extend(found)
    if not blocks:
        raise UnreadableDocument("Tệp Excel không có ô nào có chữ.")
    notes = ("Tệp có macro: đã bỏ qua.",) if any(name.endswith("vbaProject.bin") for name in names) else ()
    return Source("xlsx", tuple(blocks), (), notes)


def _all(root: Any, name: str) -> list[Any]:
    return [] if root is None else list(root.iter(_S + name))


def _rich(holder: Any) -> str:
    """The text of a string item, without its phonetic helpers."""
    return "".join(t.text or "" for t in holder.iter(_S + "t") if t.getparent().tag != _S + "rPh")


def _date_styles(styles: Any) -> frozenset[int]:
    """Indices of the cell styles that print a number as a date."""
    custom = {
        int(f.get("numFmtId", "0"))
        for f in _all(styles, "numFmt")
        if re.search("[dy]", re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", f.get("formatCode", "").lower()))
    }
    formats = styles.find(_S + "cellXfs") if styles is not None else None
    return frozenset(
        at
        for at, xf in enumerate(formats if formats is not None else ())
        if int(xf.get("numFmtId", "0")) in _DATE_FORMATS | custom
    )


def _sheet(root: Any, strings: list[str], dates: frozenset[int]) -> list[Block]:
    spans: dict[str, tuple[int, int]] = {}
    areas: list[tuple[int, int, int, int]] = []

    def covered(row: int, column: int) -> bool:
        return any(r1 <= row <= r2 and c1 <= column <= c2 and (row, column) != (r1, c1) for r1, c1, r2, c2 in areas)

    for merged in root.iter(_S + "mergeCell"):
        first, _, last = merged.get("ref", "").partition(":")
        (r1, c1), (r2, c2) = _place(first), _place(last or first)
        spans[first] = (min(c2 - c1 + 1, _MOST_COLUMNS), r2 - r1 + 1)
        areas.append((r1, c1, r2, c2))
    rows: list[list[Cell]] = []
    for row in root.iter(_S + "row"):
        cells: list[Cell] = []
        next_column = 0
        for c in row.iter(_S + "c"):
            reference = c.get("r", "")
            at, column = _place(reference) if reference else (len(rows), next_column)
            for empty in range(next_column, min(column, _MOST_COLUMNS)):
                if not covered(at, empty):
                    cells.append(Cell())
            next_column = column + 1
            if covered(at, column):
                continue
            texts = texts_of([Run(_value(c, strings, dates).replace("\n", LINE_BREAK))])
            cells.append(Cell(tuple(texts), *spans.get(reference, (1, 1))))
        while cells and not cells[-1].paragraphs:
            cells.pop()
        if cells:
            rows.append(cells)
    return table_or_contents(rows, [Paragraph(text) for row in rows for cell in row for text in cell.paragraphs])


def _place(reference: str) -> tuple[int, int]:
    """Row and column (from 0) of a reference such as `B12`."""
    found = re.match(r"([A-Z]{1,3})(\d+)\Z", reference)
    if not found:
        return 0, 0
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


def _value(c: Any, strings: list[str], dates: frozenset[int]) -> str:
    kind = c.get("t", "n")
    if kind == "inlineStr":
        return _rich(c)
    value = c.findtext(_S + "v") or ""
    if kind == "s":
        return strings[int(value)] if value.isdigit() and int(value) < len(strings) else ""
    if kind != "n" or not value:
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if int(c.get("s", "0")) in dates and 0 < number < 2_958_466:
        return (date(1899, 12, 30) + timedelta(days=int(number))).strftime("%d/%m/%Y")
    return f"{number:.15g}"
