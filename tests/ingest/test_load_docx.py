"""Word packages: what an official sees printed is what is read, whatever Word hides it in."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.load import load
from legal.blocks import Paragraph, Source, Table
from legal.errors import EncryptedDocument, UnreadableDocument
from tests.ingest import docx_maker as make


def _texts(source: Source) -> list[str]:
    return [block.text for block in source.blocks if isinstance(block, Paragraph)]


def test_automatic_numbers_become_text(tmp_path: Path) -> None:
    numbering = make.numbering_part(
        ("upperRoman", "Chương %1"), ("decimal", "Điều %2."), ("decimal", "%3."), ("lowerLetter", "%4)"), restart=""
    )
    body = "".join(
        make.numbered(text, 1, level)
        for text, level in [
            ("Quy định chung", 0),
            ("Phạm vi", 1),
            ("Khoản đầu", 2),
            ("Khoản sau", 2),
            ("Điểm đầu", 3),
            ("Đối tượng", 1),
        ]
    )
    source = load(make.make_docx(tmp_path / "a.docx", body, numbering=numbering))
    assert _texts(source) == [
        "Chương I Quy định chung",
        "Điều 1. Phạm vi",
        "1. Khoản đầu",
        "2. Khoản sau",
        "a) Điểm đầu",
        "Điều 2. Đối tượng",
    ]


def test_article_numbers_run_on_over_chapters(tmp_path: Path) -> None:
    # lvlRestart=0: LibreOffice restarts the articles in each chapter, Word does not.
    numbering = make.numbering_part(
        ("upperRoman", "Chương %1"), ("decimal", "Điều %2."), restart="<w:lvlRestart w:val='0'/>"
    )
    body = "".join(make.numbered(t, 1, n) for t, n in [("Một", 0), ("A", 1), ("B", 1), ("Hai", 0), ("C", 1)])
    texts = _texts(load(make.make_docx(tmp_path / "a.docx", body, numbering=numbering)))
    assert texts == ["Chương I Một", "Điều 1. A", "Điều 2. B", "Chương II Hai", "Điều 3. C"]


def test_empty_numbered_cells_print_the_step_number(tmp_path: Path) -> None:
    numbering = make.numbering_part(("decimal", "%1"))
    rows = [make.cell(make.numbered("", 1)) + make.cell(make.paragraph(text)) for text in ("Tiếp nhận", "Thẩm tra")]
    source = load(make.make_docx(tmp_path / "a.docx", make.table(*rows), numbering=numbering))
    (table,) = source.blocks
    assert isinstance(table, Table)
    assert [[cell.text for cell in row] for row in table.rows] == [["1", "Tiếp nhận"], ["2", "Thẩm tra"]]


@pytest.mark.parametrize(
    "wrapped",
    [
        "<w:ins w:id='1' w:author='x'>{}</w:ins>",
        "<w:smartTag w:element='place'>{}</w:smartTag>",
        "<w:fldSimple w:instr=' REF x '>{}</w:fldSimple>",
        "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>",
        "<w:hyperlink w:anchor='a'>{}</w:hyperlink>",
        "<w:smartTag w:element='a'><w:ins w:id='2'><w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt></w:ins></w:smartTag>",
    ],
)
def test_wrapped_text_is_neither_lost_nor_parted(tmp_path: Path, wrapped: str) -> None:
    run = "<w:r><w:t>{}</w:t></w:r>"
    body = f"<w:p>{run.format('Ủy ban nh')}{wrapped.format(run.format('ân d'))}{run.format('ân')}</w:p>"
    assert _texts(load(make.make_docx(tmp_path / "a.docx", body))) == ["Ủy ban nhân dân"]


def test_deleted_and_hidden_text_is_not_the_documents(tmp_path: Path) -> None:
    body = (
        "<w:p><w:r><w:t>Mức phạt là </w:t></w:r><w:del w:id='1'><w:r><w:delText>hai</w:delText></w:r></w:del>"
        "<w:ins w:id='2'><w:r><w:t>ba</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t> ghi chú riêng</w:t></w:r>"
        "<w:r><w:t> triệu đồng</w:t></w:r></w:p>"
    )
    source = load(make.make_docx(tmp_path / "a.docx", body))
    assert _texts(source) == ["Mức phạt là ba triệu đồng"]
    assert "ghi chú riêng" in source.furniture
    assert any("track changes" in note for note in source.notes)


def test_a_deleted_paragraph_mark_joins_two_paragraphs(tmp_path: Path) -> None:
    body = make.paragraph("Nửa đầu ", "<w:rPr><w:del w:id='1'/></w:rPr>") + make.paragraph("nửa sau.")
    assert _texts(load(make.make_docx(tmp_path / "a.docx", body))) == ["Nửa đầu nửa sau."]


def test_paragraphs_are_not_cut_at_page_breaks(tmp_path: Path) -> None:
    body = (
        "<w:p><w:r><w:t>Câu này</w:t><w:lastRenderedPageBreak/><w:t> sang trang</w:t><w:br w:type='page'/>"
        "<w:t>vẫn là một đoạn</w:t></w:r></w:p>"
    )
    assert _texts(load(make.make_docx(tmp_path / "a.docx", body))) == ["Câu này sang trang vẫn là một đoạn"]


def test_what_stands_apart_is_furniture(tmp_path: Path) -> None:
    box = (
        "<w:r><mc:AlternateContent xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'><mc:Choice>"
        f"<w:drawing><w:txbxContent>{make.paragraph('Trong khung')}</w:txbxContent></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><w:txbxContent>{make.paragraph('Trong khung')}</w:txbxContent></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    source = load(
        make.make_docx(
            tmp_path / "a.docx",
            f"<w:p><w:r><w:t>Thân văn bản</w:t></w:r>{box}</w:p>",
            header1=make.paragraph("Tiêu đề trang"),
            footnotes=f"<w:footnote w:id='1'>{make.paragraph('Chú thích cuối')}</w:footnote>",
        )
    )
    assert _texts(source) == ["Thân văn bản"]
    assert sorted(source.furniture) == ["Chú thích cuối", "Tiêu đề trang", "Trong khung"]


def test_cells_keep_their_paragraphs_and_spans(tmp_path: Path) -> None:
    rows = (
        make.cell(make.paragraph("Bước"), properties="<w:vMerge w:val='restart'/>")
        + make.cell(make.paragraph("Ai làm"), make.paragraph("Bao lâu"), properties="<w:gridSpan w:val='2'/>"),
        make.cell(make.paragraph(""), properties="<w:vMerge/>")
        + make.cell(make.paragraph("Công chức"))
        + make.cell(make.paragraph("3 ngày")),
    )
    (table,) = load(make.make_docx(tmp_path / "a.docx", make.table(*rows))).blocks
    assert isinstance(table, Table)
    first, second = table.rows
    assert [(c.paragraphs, c.colspan, c.rowspan) for c in first] == [(("Bước",), 1, 2), (("Ai làm", "Bao lâu"), 2, 1)]
    assert [c.text for c in second] == ["Công chức", "3 ngày"]


def test_looks_come_from_runs_and_styles(tmp_path: Path) -> None:
    styles = (
        "<w:style w:type='paragraph' w:styleId='Tieude'>"
        "<w:pPr><w:jc w:val='center'/></w:pPr><w:rPr><w:b/></w:rPr></w:style>"
        "<w:style w:type='paragraph' w:styleId='Con'><w:basedOn w:val='Tieude'/><w:rPr><w:i/></w:rPr></w:style>"
    )
    body = (
        make.paragraph("Một", "<w:pStyle w:val='Con'/>")
        + make.paragraph("Hai", run="<w:b/>")
        + make.paragraph("Ba", "<w:pStyle w:val='Tieude'/>", "<w:b w:val='0'/>")
    )
    one, two, three = load(make.make_docx(tmp_path / "a.docx", body, styles=styles)).blocks
    assert isinstance(one, Paragraph) and isinstance(two, Paragraph) and isinstance(three, Paragraph)
    assert (one.bold, one.italic, one.align) == (True, True, "center")
    assert (two.bold, two.italic, two.align) == (True, False, None)
    assert (three.bold, three.align) == (False, "center")


def test_macros_are_ignored_and_said_so(tmp_path: Path) -> None:
    path = make.make_docx(
        tmp_path / "a.docm", make.paragraph("Nội dung"), {"word/vbaProject.bin": b"\0" * 64}, main="macro"
    )
    source = load(path)
    assert _texts(source) == ["Nội dung"]
    assert any("macro" in note for note in source.notes)


def test_a_package_without_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument):
        load(make.make_docx(tmp_path / "a.docx", make.paragraph("  ")))


def test_a_locked_office_file_is_told_apart(tmp_path: Path) -> None:
    names = "EncryptionInfo\0".encode("utf-16-le") + "EncryptedPackage\0".encode("utf-16-le")
    path = tmp_path / "a.docx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000 + names + b"\0" * 1000)
    with pytest.raises(EncryptedDocument):
        load(path)
