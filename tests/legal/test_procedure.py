"""What working procedures tell: fictional ones in the two layouts that offices use."""

from __future__ import annotations

from datetime import date

from ingest.tree_json import pack, parsed_json, unpack
from legal.blocks import Cell, Paragraph, Source, Table
from legal.document import LegalDocument
from legal.procedure import Procedure, Step, read_procedure
from legal.reading import read_document
from legal.tables import grid, table_html


def cell(*paragraphs: str, across: int = 1, down: int = 1) -> Cell:
    return Cell(paragraphs, across, down)


def rows(*lines: tuple[str, ...]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(cell(text) for text in line) for line in lines)


HEAD = Table((
    (cell("SỞ NUÔI ONG"), cell("QUY TRÌNH", "Mã hiệu: QT 07/NO-ONG"), cell("Lần ban hành:", "03")),
    (cell(""), cell("Cấp sổ đàn ong"), cell("Ngày ban hành: 05/5/2031")),
))  # fmt: skip
STEPS = Table((
    (cell("TT"), cell("Trình tự các bước công việc*"), cell("Trách nhiệm"),
     cell("Thời gian", "không xác minh"), cell("có xác minh")),
    (cell("1."), cell("Tiếp nhận hồ sơ:", "- Đủ thì nhận;"), cell("Bộ phận một cửa"), cell("01 ngày", down=2), cell("½ ngày")),
    (cell("2."), cell("Thẩm tra"), cell("Công chức"), cell("07 ngày")),
    (cell("3."), cell("Ký sổ"), cell("Lãnh đạo"), cell("½ ngày"), cell("")),
))  # fmt: skip


def read(*blocks: Paragraph | Table) -> LegalDocument:
    return read_document(Source("docx", (HEAD, *blocks)))


def lines(*texts: str) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(text, bold=text[0].isdigit()) for text in texts)


def test_sections_of_lettered_lines() -> None:
    document = read(
        *lines(
            "1. MỤC ĐÍCH", "Nuôi ong.", "5. NỘI DUNG QUY TRÌNH", "a. Thành phần, số lượng hồ sơ:", "Thành phần hồ sơ:",
            "* Giấy tờ phải nộp:", "- Tờ khai nuôi ong, gồm một trong các mẫu sau đây:", "+ Mẫu 1: đàn nhỏ;",
            "+ Mẫu 2;",
            "- Bản đồ nơi đặt ong;", "* Lưu ý", "- Nộp qua bưu chính thì gửi bản sao.",
            "b. Thời hạn giải quyết: 05 ngày làm việc.",
            "c Đối tượng thực hiện thủ tục hành chính: Cá nhân.", "d Cơ quan thực hiện thủ tục hành chính: Xã.",
            "đ. Kết quả thực hiện thủ tục hành chính: Sổ đàn ong.", "e. Phí: 2.000 đồng/đàn.",
            "g.Tên mẫu đơn, mẫu tờ khai: Không.",
            "l. Quy trình các bước xử lý công việc:",
        ),
        STEPS,
        *lines("6. BIỂU MẪU", "Xem mục 5.", "NỘI DUNG MẪU ĐIỆN TỬ", "Kết quả thực hiện: ghi nơi nhận."),
    )  # fmt: skip
    found = read_procedure(document)
    assert (found.code, found.revision, document.metadata.issued) == ("QT 07/NO-ONG", "03", date(2031, 5, 5))
    assert [one.text for one in found.papers] == ["Mẫu 1: đàn nhỏ;", "Mẫu 2;", "Bản đồ nơi đặt ong;"]
    assert [one.text for one in found.deadline] == ["05 ngày làm việc."]
    assert [(one.text, one.eid) for one in found.fee] == [("2.000 đồng/đàn.", "sec_5__sec_e")]
    assert [one.text for one in found.results] == ["Sổ đàn ong."]
    assert [document.find(eid) is not None for eid in ("sec_5__sec_c", "sec_5__sec_d", "sec_5__sec_đ")] == [True] * 3
    eid = "sec_5__sec_l__table_1"
    assert found.steps == (
        Step("1", "Tiếp nhận hồ sơ: - Đủ thì nhận;", "Bộ phận một cửa", ("01 ngày",), eid),
        Step("2", "Thẩm tra", "Công chức", ("01 ngày",), eid),
        Step("3", "Ký sổ", "Lãnh đạo", ("½ ngày",), eid),
    )
    shown = parsed_json(document)["procedure"]
    assert (shown["revision"], shown["issued"], shown["steps"][1]["who"]) == ("03", "2031-05-05", "Công chức")


def test_sections_that_are_rows_of_a_table() -> None:
    body = Table(rows(
        ("5.1", "Điều kiện thực hiện thủ tục hành chính"), ("", "Không."),
        ("5.2", "Thành phần hồ sơ"), ("", "- Đơn đề nghị\n"), ("", "- Bản đồ"),
        ("5.3", "Số lượng hồ sơ"), ("", "01 bộ"), ("5.4", "Thời gian xử lý"), ("", "07 ngày"), ("5.6", "Lệ phí"), ("", "Không"),
    ))  # fmt: skip
    steps = Table(
        rows(("Bước", "Nội dung công việc", "Người thực hiện", "Thời hạn"), ("B1", "Nhận", "Văn thư", "01 ngày"))
    )
    found = read_procedure(read(*lines("5. NỘI DUNG QUY TRÌNH"), body, *lines("5.7. Quy trình xử lý công việc"), steps))
    assert [one.text for one in found.papers] == ["Đơn đề nghị", "Bản đồ"]
    assert [[one.text for one in said] for said in (found.deadline, found.fee)] == [["07 ngày"], ["Không"]]
    assert [(step.number, step.who, step.how_long) for step in found.steps] == [("B1", "Văn thư", ("01 ngày",))]


def test_a_law_is_no_procedure() -> None:
    law = read_document(
        Source("txt", lines("LUẬT", "Điều 1. Thời hạn giải quyết", "1. Hồ sơ gồm: đơn.", "2. Phí: không."))
    )
    assert read_procedure(law) == Procedure(None, None) and not read_procedure(law)
    assert parsed_json(law)["procedure"] is None


def test_a_table_keeps_its_spans() -> None:
    document = read(*lines("5. NỘI DUNG"), STEPS)
    table = next(node for node in document.walk() if node.rows and "Thẩm tra" in node.rows[2])
    assert unpack(pack(document)) == document
    assert grid(table)[2] == ("2.", "Thẩm tra", "Công chức", "01 ngày", "07 ngày")
    assert '<td rowspan="2">01 ngày</td>' in table_html(table)
    assert "<td>Thời gian<br>không xác minh</td>" in table_html(table)
