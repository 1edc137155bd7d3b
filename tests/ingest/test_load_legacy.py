"""Documents in TCVN3 and VNI, by font and by content, mixed with Unicode, come out in Unicode."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.load import load
from legal.blocks import Paragraph, Source
from tests.ingest import docx_maker as make

TCVN3 = "Uû ban nh©n d©n x· cã tr¸ch nhiÖm gi¶i quyÕt hå s¬ ®¨ng ký khai tö, ®\u00adîc h\u00adíng dÉn ®óng quy ®Þnh"
CHAPTER, SUBJECT = "ch\u00ad¬ng i", "®èi t\u00adîng"
TCVN3_READ = "Uỷ ban nhân dân xã có trách nhiệm giải quyết hồ sơ đăng ký khai tử, được hướng dẫn đúng quy định"
VNI = (
    "UÛy ban nhaân daân xaõ coù traùch nhieäm giaûi quyeát hoà sô ñaêng kyù khai töû, ñöôïc höôùng daãn ñuùng quy ñònh"
)
VNI_READ = "Ủy ban nhân dân xã có trách nhiệm giải quyết hồ sơ đăng ký khai tử, được hướng dẫn đúng quy định"


def _texts(source: Source) -> list[str]:
    return [block.text for block in source.blocks if isinstance(block, Paragraph)]


def _run(text: str, font: str) -> str:
    return f"<w:r><w:rPr><w:rFonts w:ascii='{font}'/></w:rPr><w:t>{text}</w:t></w:r>"


def test_word_runs_are_turned_by_their_font(tmp_path: Path) -> None:
    body = (
        f"<w:p>{_run(CHAPTER, '.VnTimeH')}</w:p><w:p>{_run(TCVN3, '.VnTime')}</w:p>"
        f"<w:p>{_run('Điều 2. ', 'Times New Roman')}{_run(SUBJECT, '.VnTime')}</w:p>"
    )
    source = load(make.make_docx(tmp_path / "a.docx", body))
    assert _texts(source) == ["CHƯƠNG I", TCVN3_READ, "Điều 2. đối tượng"]
    assert any("bảng mã cũ" in note for note in source.notes)


def test_soft_hyphen_elements_are_the_letter_u_with_horn(tmp_path: Path) -> None:
    run = "<w:r><w:rPr><w:rFonts w:ascii='.VnTime'/></w:rPr><w:t>Ch</w:t><w:softHyphen/><w:t>¬ng I</w:t></w:r>"
    source = load(make.make_docx(tmp_path / "a.docx", f"<w:p>{run}</w:p><w:p>{_run(TCVN3, '.VnTime')}</w:p>"))
    assert _texts(source)[0] == "Chương I"


def test_a_lying_font_does_not_ruin_unicode(tmp_path: Path) -> None:
    text = "Ủy ban nhân dân xã có trách nhiệm giải quyết hồ sơ; toàn dân và các nhà làm công tác xã hội có giá trị"
    source = load(make.make_docx(tmp_path / "a.docx", f"<w:p>{_run(text, '.VnTime')}</w:p>"))
    assert _texts(source) == [text]
    assert source.notes == ()


@pytest.mark.parametrize(("text", "read"), [(TCVN3, TCVN3_READ), (VNI, VNI_READ)])
def test_pages_and_text_files_are_turned_by_what_they_say(tmp_path: Path, text: str, read: str) -> None:
    page = tmp_path / "a.html"
    page.write_text(
        f"<html><head><meta charset=utf-8></head><body><p>{text}</p><p>{text}</p></body></html>", encoding="utf-8"
    )
    plain = tmp_path / "a.txt"
    plain.write_bytes(text.encode("cp1252"))
    assert _texts(load(page)) == [read, read]
    assert _texts(load(plain)) == [read]


def test_html_fonts_decide_run_by_run(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text(
        f"<html><body><p><span style='font-family:.VnTimeH'>{CHAPTER}</span></p><p><font face='.VnTime'>{TCVN3}</font>"
        "</p><p>Điều 3. Đối tượng</p></body></html>",
        encoding="utf-8",
    )
    assert _texts(load(page)) == ["CHƯƠNG I", TCVN3_READ, "Điều 3. Đối tượng"]
