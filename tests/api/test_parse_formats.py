"""`phapquy parse` as page, as Akoma Ntoso, and how well it read: what an administrator sees of a doubtful file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from lxml import etree, html
from typer.testing import CliRunner

from api.cli import app
from api.page import FileRead, page
from api.reading import file_read, page_of, read_file
from legal.blocks import Cell, Paragraph, Table
from legal.coverage import coverage
from legal.document import LegalDocument, Metadata
from legal.structure import read

HOSTILE = "</p><script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)> \x00 & <b>đậm</b>"


@pytest.fixture
def demo(root: Path) -> Path:
    return root / "deploy" / "demo" / "documents"


def test_the_page_shows_what_was_read_and_why(demo: Path) -> None:
    tree = html.fromstring(page_of(next(demo.glob("02-*"))))
    text = " ".join(tree.text_content().split())
    for shown in (
        "31/2026/QĐ-UBND", "Lê Thị Thu Hương", "01/07/2026", "kể từ ngày 01 tháng 7 năm 2026", "Độ phủ: 100,00%",
        "sửa đổi, bổ sung", "12/2025/QĐ-UBND", "“05 ngày làm việc” → “03 ngày làm việc”", "khoản 3 Điều 1",
    ):  # fmt: skip
        assert shown in text, shown
    eids = set(tree.xpath("//section/@id"))
    assert {"art_1", "art_1__para_2", "art_3"} <= eids
    links = tree.xpath("//a/@href")
    assert links and all(link.startswith("#") and link[1:] in eids for link in links)


def test_references_inside_the_document_are_links_and_tables_are_tables(demo: Path) -> None:
    tree = html.fromstring(page_of(next(demo.glob("01-*"))))
    links = tree.xpath("//section[@id='att_1__art_9__para_2']//p/a")
    assert [link.get("href") for link in links] == ["#att_1__art_11__para_2"]
    assert len(tree.xpath("//section[@id='att_2__table_1']/table/tr")) == 6


def test_the_page_refers_to_nothing_outside(demo: Path) -> None:
    for file in demo.iterdir():
        shown = page_of(file)
        assert not re.search(r"(?:src|href|url|@import)\s*[=(]\s*[\"']?\s*(?!#)[\w/]", shown), file.name
        assert "default-src 'none'" in shown


def test_text_of_a_document_never_becomes_markup() -> None:
    blocks = [
        Paragraph(HOSTILE),
        Paragraph(f"Điều 1. {HOSTILE}"),
        Paragraph(f"1. Theo Điều 1 và Nghị định số 1/2031/NĐ-CP {HOSTILE}"),
        Table(((Cell((HOSTILE,)),),)),
    ]
    document = read(blocks, [HOSTILE])
    document = document.with_metadata(Metadata(number=HOSTILE, title=HOSTILE, issuer=HOSTILE))
    covered = coverage([*blocks, Paragraph(f"mất {HOSTILE}")], (), document)
    shown = page(FileRead(HOSTILE, HOSTILE, document, covered, (HOSTILE,), (HOSTILE,)))
    tree = html.fromstring(shown)
    assert not tree.xpath("//script | //img | //*[@onerror]")
    assert "<script" not in shown and "alert(1)" in tree.text_content()
    assert "Chữ bị thiếu" in tree.text_content()


def test_an_empty_document_has_a_page() -> None:
    assert "không rõ" in page(FileRead("a.txt", "txt", LegalDocument(Metadata(), ()), coverage((), (), read(()))))


def test_parse_tells_how_well_it_read(demo: Path) -> None:
    found = read_file(next(demo.glob("07-*")))
    assert found["coverage"] == 1.0 and found["missing"] == found["doubled"] == {}
    assert found["evidence"]["issued"] == {"sentence": "Sông Vọng, ngày 28 tháng 12 năm 2025", "eid": ""}
    json.dumps(found)


def test_the_command_prints_one_format(demo: Path) -> None:
    file = str(next(demo.glob("06-*")))
    run = CliRunner()
    xml = run.invoke(app, ["parse", file, "--format", "akn"])
    assert xml.exit_code == 0 and etree.fromstring(xml.stdout_bytes)[0].get("name") == "nghi-quyet"
    shown = run.invoke(app, ["parse", file, "--html"])
    assert shown.exit_code == 0 and shown.stdout.startswith("<!doctype html>")
    same = run.invoke(app, ["parse", file, "--format", "json"])
    assert same.stdout == run.invoke(app, ["parse", file, "--json"]).stdout
    assert run.invoke(app, ["parse", file, "--json", "--html"]).exit_code == 2
    assert file_read(Path(file)).coverage.enough
