"""Measuring how true reading is: why rows are not found, what is right of procedures, formats that differ."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from eval.procedures import Score, compare, measure, rows_of
from eval.reading_truths import articles_found, dates_right, equal_formats
from legal.blocks import Paragraph, Source
from legal.document import LegalDocument, Metadata
from legal.procedure import Procedure, Said, Step
from legal.reading import read_document

LINES = (
    "QUYẾT ĐỊNH", "Về nuôi ong", "Chương I", "QUY ĐỊNH CHUNG", "Điều 1. Phạm vi", "Quyết định này quy định việc nuôi ong.",
    "Chương II", "ĐÀN ONG", "Điều 2. Hoà giải", "Xã hoà giải tranh chấp về ong.",
    "Điều 3. Hiệu lực", "1. Quyết định này có hiệu lực từ ngày 01/6/2031.", "2. Điều 2 có hiệu lực từ ngày 01/7/2031.",
)  # fmt: skip


@pytest.fixture
def document() -> LegalDocument:
    return read_document(Source("txt", tuple(Paragraph(line) for line in LINES)))


def test_a_row_that_is_not_found_has_its_reason(document: LegalDocument) -> None:
    def why(article: str, text: str) -> dict[str, int]:
        return articles_found([{"document": "x", "article": article, "text": text}], {"x": document}).why

    assert why("2", "Xã hòa giải tranh chấp về ong.") == {}  # the place of the tone makes no other word
    scope = "Quyết định này quy định việc nuôi ong."
    assert why("1", "Phạm vi") == {"the truth is a part of the article only": 1}
    assert why("1", f"{scope} Chương II ĐÀN ONG") == {"the truth runs on into the title of the next division": 1}
    assert why("1", f"{scope} Chương II ĐÀN ONG Điều 2. Hoà giải Xã hoà giải tranh chấp về ong.") == {
        "the truth runs on into the next article": 1
    }
    assert why("1", "Nuôi bò sữa") == {"other words": 1} and why("9", "x") == {"no such article": 1}


def test_days_that_are_missing_and_days_too_many_are_both_wrong(document: LegalDocument) -> None:
    row = {"number": "x", "effective_from": "2031-06-01"}
    assert dates_right([{**row, "parts": {"art_2": "2031-07-01"}}], {"x": document}) == {
        "effective_from": (1, 1), "effective_from of provisions": (1, 1),
    }  # fmt: skip
    assert dates_right([row], {"x": document})["effective_from of provisions"] == (0, 1)
    assert dates_right([{**row, "effective_from": None}], {"x": document})["effective_from"] == (0, 1)


def test_formats_that_differ_are_named(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    for name, text in (("a", "\n".join(LINES)), ("other/a", "\n".join(LINES)), ("b", "\n".join(LINES))):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    (tmp_path / "other/b.txt").write_text("\n".join(LINES[:-1]), encoding="utf-8")
    files = {stem: tmp_path / f"{stem}.txt" for stem in ("a", "b")}
    assert equal_formats(files, [tmp_path / "other"]) == (1, 2, ["b.txt: another tree"])


def test_what_is_read_too_much_of_a_procedure_counts_as_wrong() -> None:
    row = {
        "file": "a.doc", "code": "QT 1/A", "revision": "02", "issued": "2031-05-05", "deadline": ["05 ngày", "15 giờ"],
        "fee": ["Không"], "papers": ["Tờ khai"], "steps": [["Nhận", "Văn thư", "½ ngày"]],
    }  # fmt: skip
    read = Procedure(
        "QT 1/A", "02", (Said("Tờ khai", ""), Said("Bản đồ", "")), (Said("05 ngày làm việc", ""),), (Said("Không.", ""),),
        steps=(Step("1", "Nhận hồ sơ", "Văn thư xã", ("½ ngày",), ""), Step("2", "Trả", "Văn thư", (), "")),
    )  # fmt: skip
    score = Score()
    compare(score, row, read, Metadata(issued=date(2031, 5, 5)))
    assert (score.right, score.items) == (
        {"code": 1, "revision": 1, "issued": 1, "deadline": 1, "fee": 1, "papers": 1, "steps": 1},
        {"code": 1, "revision": 1, "issued": 1, "deadline": 2, "fee": 1, "papers": 2, "steps": 2},
    )


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed (make system)")
def test_procedures_are_read_as_a_person_read_them(corpus: Path) -> None:
    score = measure(corpus / "procedures", rows_of()[2:4], workers=1)
    assert score.read == 2 and score.share == 1.0, score.wrong
