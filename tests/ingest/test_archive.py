"""Zips and folders give their files, workbooks their tables; an archive's tricks with names come to nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ingest.archive import files_in
from ingest.limits import Limits
from ingest.load import load
from legal.blocks import Paragraph, Table
from legal.errors import LimitExceeded


def test_members_are_read_and_cannot_climb_out(tmp_path: Path) -> None:
    work, source = tmp_path / "work", tmp_path / "in"
    work.mkdir()
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "b.txt").write_text("Điều 2. Tên", encoding="utf-8")
    (source / ".hidden").write_text("x", encoding="utf-8")
    with zipfile.ZipFile(source / "a.zip", "w") as package:
        package.writestr("quy chế/Điều lệ.txt", "Điều 1. Tên")
        package.writestr("../../out.txt", "Điều 9. Ra ngoài")
        package.writestr("__MACOSX/x.txt", "rác")
        package.writestr("inner.zip", (b"PK\x05\x06" + b"\0" * 18))
    found = list(files_in([source], work, Limits()))
    assert [shown.split("in/")[-1].split("!")[-1] for _, shown, _ in found] == [
        "quy chế/Điều lệ.txt",
        "../../out.txt",
        "inner.zip",
        "sub/b.txt",
    ]
    assert [type(error) for _, _, error in found] == [type(None), type(None), LimitExceeded, type(None)]
    assert all(work in path.parents or source in path.parents for path, _, _ in found)
    assert not (tmp_path / "out.txt").exists() and not (tmp_path.parent / "out.txt").exists()
    texts = [load(path).blocks[0] for path, _, error in found if error is None]
    assert [block.text for block in texts if isinstance(block, Paragraph)] == [
        "Điều 1. Tên",
        "Điều 9. Ra ngoài",
        "Điều 2. Tên",
    ]


def test_archives_unpack_within_the_limits(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("a.txt", b"\0" * (20 << 20))
    ((_, _, error),) = files_in([tmp_path / "a.zip"], tmp_path, Limits(unpacked=10 << 20))
    assert isinstance(error, LimitExceeded)


_S = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def test_workbooks_become_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr(
            "xl/workbook.xml",
            f"<workbook {_S} xmlns:r='{_R}'><sheets><sheet name='Biểu phí' r:id='r1'/></sheets></workbook>",
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id='r1' Target='worksheets/sheet1.xml'/></Relationships>",
        )
        package.writestr(
            "xl/sharedStrings.xml", f"<sst {_S}><si><t>Việc</t></si><si><r><t>Mức </t></r><r><t>phí</t></r></si></sst>"
        )
        package.writestr(
            "xl/styles.xml", f"<styleSheet {_S}><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></styleSheet>"
        )
        package.writestr(
            "xl/worksheets/sheet1.xml",
            f"<worksheet {_S}><sheetData><row><c r='A1' t='s'><v>0</v></c><c r='C1' t='s'><v>1</v></c></row>"
            "<row><c r='A2' t='inlineStr'><is><t>Sao lục</t></is></c>"
            "<c r='B2' s='1'><v>45000</v></c><c r='C2'><v>8000</v></c></row>"
            "</sheetData><mergeCells><mergeCell ref='A1:B1'/></mergeCells></worksheet>",
        )
    source = load(path)
    name, table = source.blocks
    assert isinstance(name, Paragraph) and name.text == "Biểu phí" and isinstance(table, Table)
    assert [[cell.text for cell in row if cell.paragraphs] for row in table.rows] == [
        ["Việc", "Mức phí"],
        ["Sao lục", "15/03/2023", "8000"],
    ]
    assert table.rows[0][0].colspan == 2
