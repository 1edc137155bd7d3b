"""Small files of every kind, written here: encodings, names that lie, layout that has to be undone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from ingest.kinds import kind_of
from ingest.load import load, load_many
from legal.blocks import Paragraph, Source, Table
from legal.errors import DocumentError, MissingProgram, UnreadableDocument, UnsupportedFormat
from tests.ingest import docx_maker as make

LAW = """QUY CHẾ LÀM VIỆC

Điều 1. Phạm vi điều chỉnh

Quy chế này quy định trách nhiệm của cán bộ, công chức.

Điều 2. Đối tượng áp dụng

1. Cán bộ, công chức.
2. Tổ chức, cá nhân có liên quan."""
PARAGRAPHS = [line for line in LAW.splitlines() if line]


def _texts(source: Source) -> list[str]:
    return [block.text for block in source.blocks if isinstance(block, Paragraph)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_in_any_unicode_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(LAW.encode(encoding))
    source = load(path)
    assert (source.kind, _texts(source)) == ("txt", PARAGRAPHS)


def test_windows_1258_is_composed(tmp_path: Path) -> None:
    # windows-1258 writes the tone as a character of its own after the vowel.
    path = tmp_path / "a.txt"
    path.write_bytes(
        b"\xd0i\xea\xccu 1. Pha\xf2m vi \xf0i\xea\xccu chi\xd2nh\r\nQuy ch\xea\xec n\xe0y quy \xf0i\xf2nh.\r\n"
    )
    assert _texts(load(path)) == ["Điều 1. Phạm vi điều chỉnh", "Quy chế này quy định."]


def test_hard_wrapped_text_is_rejoined(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    sentence = "Cơ quan có thẩm quyền tiếp nhận hồ sơ có trách nhiệm kiểm tra tính đầy đủ, hợp lệ của giấy tờ"
    lines = []
    for clause in range(1, 9):
        lines += [
            f"{clause}. Cơ quan có thẩm quyền tiếp nhận hồ sơ có trách nhiệm kiểm tra",
            "tính đầy đủ, hợp lệ của giấy tờ",
        ]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert _texts(load(path)) == [f"{clause}. {sentence}" for clause in range(1, 9)]


def test_markdown_keeps_the_laws_own_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "# QUY CHẾ\n\n## Điều 5. Thời hạn\n\n1. Khoản một;\n3. Khoản ba.\n\na) Điểm a;\n\nđ) Điểm đ.\n\n"
        "| Bước | Thời gian |\n|---|---|\n| Tiếp nhận | **1 ngày** |\n",
        encoding="utf-8",
    )
    source = load(path)
    assert source.kind == "md"
    assert _texts(source) == [
        "QUY CHẾ",
        "Điều 5. Thời hạn",
        "1. Khoản một;",
        "3. Khoản ba.",
        "a) Điểm a;",
        "đ) Điểm đ.",
    ]
    (table,) = [block for block in source.blocks if isinstance(block, Table)]
    assert [[cell.text for cell in row] for row in table.rows] == [["Bước", "Thời gian"], ["Tiếp nhận", "1 ngày"]]


HTML = """<html><head><title>x</title><style>p{}</style></head><body><nav><a href="/a">Trang chủ</a></nav>
<form><div><p align=center><b>Ch<span>ươ</span>ng I</b></p><p>Điều&nbsp;1.<br>Văn b\u00adản <i>này</i>;<br>a) một</p>
<script>var quảngcáo = "đừng đọc";</script><table><tr><td rowspan=2>A<p>B</td><td colspan=2>C</td></tr><tr><td>D</td>
<td><table><tr><td>E</td><td>F</td></tr></table></td></tr></table></div></form></body></html>"""


def test_html_spans_breaks_and_nested_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.doc"  # portals name their pages .doc
    path.write_text(HTML, encoding="utf-8")
    source = load(path)
    assert source.kind == "html"
    assert _texts(source) == ["Chương I", "Điều 1.", "Văn bản này;", "a) một"]
    first = source.blocks[0]
    assert isinstance(first, Paragraph)
    assert (first.bold, first.align) == (True, "center")
    (table,) = [block for block in source.blocks if isinstance(block, Table)]
    assert [[(c.paragraphs, c.colspan, c.rowspan) for c in row] for row in table.rows] == [
        [(("A", "B"), 1, 2), (("C",), 2, 1)],
        [(("D",), 1, 1), (("E", "F"), 1, 1)],
    ]
    assert source.furniture == ("Trang chủ",)


def test_html_in_the_charset_it_names(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(
        b"<html><head><meta charset=windows-1258></head><body><p>\xd0i\xea\xccu 1. Quy \xf0i\xf2nh</p></body></html>"
    )
    assert _texts(load(path)) == ["Điều 1. Quy định"]


def test_mhtml_is_the_page_inside(tmp_path: Path) -> None:
    path = tmp_path / "a.doc"
    path.write_text(
        'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="--b"\n\n----b\n'
        "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        "<html><body><p>=C4=90i=E1=BB=81u 1. T=C3=AAn</p></body></html>\n----b--\n",
        encoding="ascii",
    )
    source = load(path)
    assert (source.kind, _texts(source)) == ("mhtml", ["Điều 1. Tên"])


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed (make system)")
def test_rtf_goes_through_libreoffice(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(r"{\rtf1\ansi\uc1 {\b \u272?i\u7873?u 1. T\u234?n}\par N\u7897?i dung\par}", encoding="ascii")
    source = load(path)
    assert (source.kind, _texts(source)) == ("rtf", ["Điều 1. Tên", "Nội dung"])


def test_without_libreoffice_the_reason_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "a.rtf"
    path.write_text(r"{\rtf1 x}", encoding="ascii")
    text = tmp_path / "b.txt"
    text.write_text("Điều 1. Tên", encoding="utf-8")
    results = dict(load_many([path, text]))
    assert isinstance(results[path], MissingProgram) and "make system" in str(results[path])
    assert isinstance(results[text], Source)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", UnreadableDocument),
        (b"   \n\n ", UnreadableDocument),
        (b"<html><body><script>x</script></body></html>", UnreadableDocument),
        (b"%PDF-1.7\nnothing more", UnreadableDocument),
        (b"PK\x03\x04 cut off", UnreadableDocument),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, DocumentError),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", UnsupportedFormat),
        (bytes(range(256)) * 40, UnsupportedFormat),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(tmp_path: Path, data: bytes, error: type[DocumentError]) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(data)
    with pytest.raises(error) as raised:
        load(path)
    assert type(raised.value) is not DocumentError
    assert re.search("[à-ỹ]", raised.value.reason) and raised.value.reason.endswith(".")


def test_names_do_not_decide(tmp_path: Path) -> None:
    docx = make.make_docx(tmp_path / "a.pdf", make.paragraph("Nội dung"))
    assert kind_of(docx) == "docx"
    text = tmp_path / "FORM.docx"
    text.write_text("FORM ĐĂNG KÝ\n- Họ và tên: ....", encoding="utf-8")
    assert kind_of(text) == "txt"
    picture = tmp_path / "a.html"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 20)
    assert kind_of(picture) == "png"
