"""Zips and folders give their files, workbooks their tables; an archive's tricks with names come to nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ingest.archive import Archive
from ingest.files import found_files
from ingest.limits import Limits
from ingest.load import load
from legal.blocks import Paragraph, Table
from legal.errors import LimitExceeded


def test_members_are_read_and_tricks_with_names_refused(tmp_path: Path) -> None:
    work, file = tmp_path / "work", tmp_path / "in" / "a.zip"
    file.parent.mkdir()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("quy chế/Điều lệ.txt", "Điều 1. Tên")
        package.writestr("quy chế/Điều lệ.yaml", "title: Điều lệ")
        package.writestr("../../out.txt", "Điều 9. Ra ngoài")
        package.writestr("/etc/out.txt", "Điều 9. Ra ngoài")
        package.writestr("C:\\out.txt", "Điều 9. Ra ngoài")
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        package.writestr(link, "/etc/hostname")
        package.writestr("__MACOSX/x.txt", "rác")
        package.writestr("inner.zip", (b"PK\x05\x06" + b"\0" * 18))
    (found,) = found_files([file.parent])
    archive = Archive(found, work)
    members = {member.file.shown.removeprefix(f"{file}/"): member for member in archive.members()}
    assert members.keys() == {
        "quy chế/Điều lệ.txt", "../../out.txt", "/etc/out.txt", "C:/out.txt", "link.txt", "inner.zip",
    }  # fmt: skip
    taken = {name for name, member in members.items() if member.error is None}
    assert taken == {"quy chế/Điều lệ.txt", "inner.zip"}
    good = members["quy chế/Điều lệ.txt"]
    archive.unpack(good)
    assert [block.text for block in load(good.file.path).blocks if isinstance(block, Paragraph)] == ["Điều 1. Tên"]
    assert good.file.side_car is not None and good.file.side_car.read_text() == "title: Điều lệ"
    with pytest.raises(LimitExceeded):
        archive.unpack(members["inner.zip"])
    assert all(work in path.parents for path in tmp_path.rglob("*.txt"))


def test_archives_unpack_within_the_limits(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("a.txt", b"\0" * (20 << 20))
    (found,) = found_files([tmp_path / "a.zip"])
    with pytest.raises(LimitExceeded):
        Archive(found, tmp_path / "work", Limits(unpacked=10 << 20))


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
