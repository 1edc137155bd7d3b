"""Scans: read page by page at their own resolution; what was read badly is said, never silently taken."""

from __future__ import annotations

import difflib
import shutil
import subprocess
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageFilter

from ingest.load import load
from ingest.ocr import ocr_program, skew_of
from legal.blocks import Paragraph, Source
from legal.errors import MissingProgram
from legal.syllables import is_possible, toneless_share


def _has_vietnamese() -> bool:
    program = shutil.which("tesseract")
    return (
        program is not None
        and "vie" in subprocess.run([program, "--list-langs"], capture_output=True, text=True).stdout
    )


needs_tesseract = pytest.mark.skipif(not _has_vietnamese(), reason="Tesseract with vie is not installed (make system)")
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
    assert source.notes == ("Đọc 1/4 trang bằng OCR.",) and source.doubts == ()
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


def test_lost_marks_are_seen() -> None:
    good = (
        "Ủy ban nhân dân cấp xã có trách nhiệm tiếp nhận, giải quyết hồ sơ đăng ký kết hôn của công dân theo quy định"
    )
    bare = (
        "Uy ban nhan dan cap xa co trach nhiem tiep nhan, giai quyet ho so dang ky ket hon cua cong dan theo quy dinh"
    )
    assert toneless_share(good) < 0.3 < 0.9 < toneless_share(bare)


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
