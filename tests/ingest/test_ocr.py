"""Scans: read page by page at their own resolution; what was read badly is said, never silently taken."""

from __future__ import annotations

import difflib
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ingest.load import load
from ingest.ocr import ocr_program, skew_of
from ingest.reading import read_source
from legal.blocks import Paragraph, Source
from legal.errors import MissingProgram
from legal.syllables import is_possible, toned_share


def _has_vietnamese() -> bool:
    program = shutil.which("tesseract")
    return (
        program is not None
        and "vie" in subprocess.run([program, "--list-langs"], capture_output=True, text=True).stdout
    )


needs_tesseract = pytest.mark.skipif(not _has_vietnamese(), reason="Tesseract with vie is not installed (make system)")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
GOOD = (
    "Ủy ban nhân dân cấp xã có trách nhiệm tiếp nhận, giải quyết hồ sơ đăng ký kết hôn của công dân theo quy định của pháp "
    "luật; trường hợp hồ sơ chưa đầy đủ thì hướng dẫn người yêu cầu bổ sung, hoàn thiện trong thời hạn năm ngày làm việc. "
)


def _without(text: str, marks: frozenset[str] | None) -> str:
    """The text without these marks; None: without any, and without đ."""
    kept = "".join(
        c for c in unicodedata.normalize("NFD", text) if not (c in marks if marks else unicodedata.combining(c))
    )
    return unicodedata.normalize("NFC", kept if marks else kept.replace("đ", "d").replace("Đ", "D"))


LAW = "Luat-Canh-ve-2017-280117"


def _text(source: Source) -> str:
    texts = [
        block.text if isinstance(block, Paragraph) else " ".join(cell.text for row in block.rows for cell in row)
        for block in source.blocks
    ]
    return "".join("".join(texts).split())


@needs_tesseract
def test_a_mixed_pdf_is_read_page_by_page(tmp_path: Path, corpus: Path) -> None:
    scan, text = (
        pdfium.PdfDocument(str(p)) for p in (corpus / "scans" / f"{LAW}.scan.pdf", corpus / "pdf" / f"{LAW}.pdf")
    )
    mixed = pdfium.PdfDocument.new()
    mixed.import_pages(text, [0, 1])
    mixed.import_pages(scan, [2])
    mixed.import_pages(text, [3])
    mixed.save(str(tmp_path / "mixed.pdf"))
    truth = pdfium.PdfDocument.new()
    truth.import_pages(text, [0, 1, 2, 3])
    truth.save(str(tmp_path / "truth.pdf"))
    source, expected = load(tmp_path / "mixed.pdf"), load(tmp_path / "truth.pdf")
    assert source.notes[0] == "Đọc 1/4 trang bằng OCR." and source.doubts == ()
    assert re.fullmatch(r"Độ tin cậy nhận dạng: trang 3 9\d%\.", source.notes[1])
    same = difflib.SequenceMatcher(None, _text(expected), _text(source), autojunk=False)
    assert sum(block.size for block in same.get_matching_blocks()) > 0.99 * len(_text(expected))
    assert len(source.blocks) == len(expected.blocks)
    headings = [
        [b.text[:7] for b in s.blocks if isinstance(b, Paragraph) and b.text.startswith("Điều")]
        for s in (source, expected)
    ]
    assert headings[0] == headings[1]


@needs_tesseract
def test_blurred_pages_go_to_a_person(tmp_path: Path, corpus: Path) -> None:
    page = pdfium.PdfDocument(str(corpus / "pdf" / f"{LAW}.pdf"))[1].render(scale=1.6, grayscale=True).to_pil()
    page.save(tmp_path / "clean.png")
    page.filter(ImageFilter.GaussianBlur(3.2)).save(tmp_path / "blurred.png")
    assert load(tmp_path / "clean.png").doubts == ()
    doubts = load(tmp_path / "blurred.png").doubts
    assert len(doubts) == 1 and doubts[0].startswith("Trang 1: ")


@needs_tesseract
def test_a_page_without_its_tone_marks_goes_to_a_person(tmp_path: Path) -> None:
    font = next(Path("/usr/share/fonts").rglob("*Sans*.ttf"), None) or next(Path("/usr/share/fonts").rglob("*.ttf"))
    for name, text in (("good", GOOD), ("toneless", _without(GOOD, _TONES)), ("bare", _without(GOOD, None))):
        page = Image.new("L", (1240, 900), 255)
        lines = [" ".join(text.split()[at : at + 12]) for at in range(0, len(text.split()), 12)]
        ImageDraw.Draw(page).multiline_text(
            (90, 90), "\n".join(lines * 3), 0, ImageFont.truetype(str(font), 26), spacing=14
        )
        page.save(tmp_path / f"{name}.png", dpi=(150, 150))
    assert load(tmp_path / "good.png").doubts == ()
    assert (
        load(tmp_path / "toneless.png").doubts
        == load(tmp_path / "bare.png").doubts
        == ("Trang 1: dấu tiếng Việt bị mất.",)
    )


def test_a_text_without_tone_marks_is_held_in_any_format() -> None:
    for text, held in ((GOOD * 3, False), (_without(GOOD * 3, _TONES), True), (_without(GOOD * 3, None), True)):
        source = Source("txt", tuple(Paragraph(line) for line in ("Điều 1. Việc A", text, "Điều 2. Việc B", text)))
        doubts = read_source(source, "a.txt").doubts
        assert bool(doubts) == held and all("dấu" in doubt for doubt in doubts)


def test_lost_marks_are_seen() -> None:
    half = " ".join(_without(word, _TONES) if at % 2 else word for at, word in enumerate(GOOD.split()))
    assert toned_share(GOOD) > 0.6 > 0.45 > toned_share(half) > toned_share(_without(GOOD, _TONES)) == 0.0


@pytest.mark.parametrize("angle", [-2.5, -1.0, 0.0, 1.5])
def test_slant_is_measured(corpus: Path, angle: float) -> None:
    page = pdfium.PdfDocument(str(corpus / "pdf" / f"{LAW}.pdf"))[1].render(scale=1.5, grayscale=True).to_pil()
    turned = page.rotate(-angle, resample=Image.Resampling.BICUBIC, fillcolor=255)
    assert skew_of(turned) == pytest.approx(angle, abs=0.25)


def test_without_tesseract_the_reason_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ocr_program.cache_clear()
    try:
        with pytest.raises(MissingProgram, match="make system"):
            ocr_program()
    finally:
        ocr_program.cache_clear()


@pytest.mark.parametrize(
    "word",
    [
        "nghiêng",
        "Nguyễn",
        "quyền",
        "giếng",
        "gì",
        "quốc",
        "khuỷu",
        "hoà",
        "hòa",
        "thuở",
        "đường",
        "ý",
        "yêu",
        "uống",
        "huỳnh",
    ],
)
def test_vietnamese_syllables_are_possible(word: str) -> None:
    assert is_possible(word)


@pytest.mark.parametrize("word", ["®iÒu", "Ñieàu", "kết̀", "nghng", "trach", "bớc", "fax", "Ủyban", "xyz"])
def test_ruined_letters_are_not(word: str) -> None:
    assert not is_possible(word)
