"""PDF pages drawn here: wrapped lines become paragraphs, furniture and stamps come off, tables keep their cells."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from ingest.limits import Limits
from ingest.load import load
from legal.blocks import Paragraph, Source, Table
from legal.errors import EncryptedDocument, LimitExceeded, UnreadableDocument

_FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf",
    "/usr/share/fonts/dejavu/DejaVuSans.ttf",
)
WIDTH, HEIGHT = A4
LEFT, RIGHT, SIZE, PITCH = 80.0, WIDTH - 60.0, 12.0, 16.0


@pytest.fixture(scope="module")
def font() -> str:
    path = next((path for path in _FONTS if Path(path).exists()), None)
    if path is None:
        pytest.skip("no TrueType font with Vietnamese letters on this machine")
    pdfmetrics.registerFont(TTFont("Viet", path))
    return "Viet"


class Page:
    """Draws text from the top, wrapping as a word processor does."""

    def __init__(self, path: Path, font: str, **options: object) -> None:
        self.canvas = Canvas(str(path), pagesize=A4, **options)
        self.font = font
        self.y = HEIGHT - 70

    def start(self, number: int) -> None:
        self.canvas.setFont(self.font, SIZE)
        self.canvas.drawCentredString(WIDTH / 2, HEIGHT - 30, str(number))
        self.canvas.drawString(LEFT, 25, f"Công báo tỉnh số {number + 10}")
        self.y = HEIGHT - 70

    def write(self, text: str, indent: float = 0) -> None:
        line, x = "", LEFT + indent
        for word in text.split():
            longer = f"{line} {word}".strip()
            if x + pdfmetrics.stringWidth(longer, self.font, SIZE) > RIGHT:
                self.canvas.drawString(x, self.y, line)
                self.y -= PITCH
                line, x = word, LEFT
            else:
                line = longer
        self.canvas.drawString(x, self.y, line)
        self.y -= PITCH


def _texts(source: Source) -> list[str]:
    return [block.text for block in source.blocks if isinstance(block, Paragraph)]


LONG = (
    "Cơ quan, tổ chức, cá nhân có trách nhiệm cung cấp đầy đủ, kịp thời thông tin, tài liệu có liên quan "
    "theo yêu cầu của cơ quan có thẩm quyền và chịu trách nhiệm trước pháp luật về tính chính xác của thông tin, "
    "tài liệu đã cung cấp"
)


@pytest.mark.parametrize("indent", [0, 28])
def test_lines_become_paragraphs_over_pages(tmp_path: Path, font: str, indent: float) -> None:
    path = tmp_path / "a.pdf"
    page = Page(path, font)
    expected = []
    for number in range(1, 5):
        page.start(number)
        for clause in range(1, 12):
            some = " ".join(LONG.split()[: 20 + 3 * number + clause])  # lines that differ from page to page
            expected.append(f"{clause}. {some if clause % 3 else 'Thời hạn giải quyết là 05 ngày'}.")
            page.write(expected[-1], indent)
        page.canvas.showPage()
    page.canvas.save()
    source = load(path)
    assert _texts(source) == expected
    assert sum("Công báo" in text for text in source.furniture) == 4
    assert {"1", "2", "3", "4"} <= set(source.furniture)
    pages = [block.page for block in source.blocks if isinstance(block, Paragraph)]
    assert pages == [number for number in range(1, 5) for _ in range(11)]


def test_title_block_and_signature_stand_in_columns(tmp_path: Path, font: str) -> None:
    path = tmp_path / "a.pdf"
    page = Page(path, font)
    page.canvas.setFont(font, SIZE)
    for text, x, y in (
        ("ỦY BAN NHÂN DÂN", 150, 800),
        ("TỈNH BÌNH MINH", 150, 784),
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA", 420, 800),
        ("Độc lập - Tự do - Hạnh phúc", 420, 784),
        ("Số: 12/QĐ-UBND", 150, 752),
        ("Bình Minh, ngày 05 tháng 3 năm 2024", 420, 752),
    ):
        page.canvas.drawCentredString(x, y, text)
    page.y = 700
    page.write(LONG + ".")
    page.canvas.save()
    first, second = load(path).blocks
    assert isinstance(first, Table) and isinstance(second, Paragraph)
    assert [[" / ".join(cell.paragraphs) for cell in row] for row in first.rows] == [
        ["ỦY BAN NHÂN DÂN\nTỈNH BÌNH MINH", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA / Độc lập - Tự do - Hạnh phúc"],
        ["Số: 12/QĐ-UBND", "Bình Minh, ngày 05 tháng 3 năm 2024"],
    ]
    assert second.text == LONG + "."


def test_ruled_tables_keep_rows_and_cells(tmp_path: Path, font: str) -> None:
    path = tmp_path / "a.pdf"
    page = Page(path, font)
    page.canvas.setFont(font, SIZE)
    page.write("Các bước thực hiện như sau:")
    xs, ys = (80, 140, 380, 520), (720, 690, 640, 600)
    page.canvas.grid(xs, ys)
    rows = [
        ("Bước", "Việc làm", "Thời gian"),
        ("1", "Tiếp nhận hồ sơ, kiểm tra tính hợp lệ\ncủa các giấy tờ", "01 ngày"),
        ("2", "Trả kết quả", "½ ngày"),
    ]
    for (top, _), row in zip(pairwise(ys), rows, strict=True):
        for x, text in zip(xs, row, strict=False):
            for line, words in enumerate(text.split("\n")):
                page.canvas.drawString(x + 4, top - 16 - 15 * line, words)
    page.y = 560
    page.write("Sau bảng là một đoạn.")
    page.canvas.save()
    before, table, after = load(path).blocks
    assert isinstance(before, Paragraph) and isinstance(table, Table) and isinstance(after, Paragraph)
    assert [[cell.text.replace("\n", " ") for cell in row] for row in table.rows] == [
        [c.replace("\n", " ") for c in r] for r in rows
    ]
    assert (before.text, after.text) == ("Các bước thực hiện như sau:", "Sau bảng là một đoạn.")


def test_a_signature_stamp_is_not_read_as_text(tmp_path: Path, font: str) -> None:
    path = tmp_path / "a.pdf"
    page = Page(path, font)
    page.canvas.setFont(font, SIZE)
    page.write(LONG + ".")
    page.canvas.setFont(font, 7)
    for at, text in enumerate(
        [
            "Ký bởi: Ủy ban nhân dân tỉnh Bình Minh",
            "Cơ quan: Tỉnh Bình Minh",
            "Thời gian ký: 05.03.2024 09:12:01 +07:00",
        ]
    ):
        page.canvas.drawString(400, 820 - 8 * at, text)
    page.canvas.save()
    source = load(path)
    assert _texts(source) == [LONG + "."]
    assert len(source.furniture) == 3


def test_locked_and_overlong_files_are_refused(tmp_path: Path, font: str) -> None:
    path = tmp_path / "a.pdf"
    page = Page(path, font, encrypt="mật khẩu".encode().decode("latin-1"))
    page.canvas.setFont(font, SIZE)
    page.write("Nội dung")
    page.canvas.save()
    with pytest.raises(EncryptedDocument):
        load(path)
    many = tmp_path / "b.pdf"
    page = Page(many, font)
    for number in range(5):
        page.start(number)
        page.canvas.showPage()
    page.canvas.save()
    with pytest.raises(LimitExceeded):
        load(many, Limits(pages=4))
    data = many.read_bytes()
    many.write_bytes(data[: len(data) // 20])
    with pytest.raises(UnreadableDocument):
        load(many)
