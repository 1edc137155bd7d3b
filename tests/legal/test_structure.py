"""The reader on small fictional texts: one peculiarity of real documents each."""

from __future__ import annotations

from legal.blocks import Block, Cell, Paragraph, Table
from legal.document import LegalDocument, Provision
from legal.structure import printed_words, read, source_words


def _read(*lines: str | Table) -> LegalDocument:
    blocks: list[Block] = [line if isinstance(line, Table) else Paragraph(line) for line in lines]
    document = read(blocks)
    assert printed_words(document) == source_words(blocks)
    return document


def _table(*rows: tuple[str, ...]) -> Table:
    return Table(tuple(tuple(Cell(tuple(cell.split("\n")) if cell else ()) for cell in row) for row in rows))


def _eids(document: LegalDocument) -> list[str]:
    return [node.eid for node in document.walk()]


def _at(document: LegalDocument, eid: str) -> Provision:
    found = document.find(eid)
    assert found is not None, f"{eid} is missing among {_eids(document)}"
    return found


def test_the_levels_of_a_code() -> None:
    document = _read(
        "PHẦN THỨ NHẤT", "QUY ĐỊNH CHUNG", "Chương I", "NHIỆM VỤ VÀ", "NGUYÊN TẮC", "Mục 1. NGUYÊN TẮC", "Tiểu mục 1",
        "TÊN TIỂU MỤC", "Điều 1. Nhiệm vụ", "1. Bảo vệ:", "a) Người;", "đ) Của:", "- Công;", "+ Trung ương;", "- Tư.",
        "2. Phòng ngừa.", "Điều 1a. Bổ sung", "Nội dung.", "Chương VIIa", "CHƯƠNG THÊM", "Điều 2. Cuối", "Hết.",
    )  # fmt: skip
    assert _eids(document) == [
        "part_1", "part_1__chp_1", "part_1__chp_1__sec_1", "part_1__chp_1__sec_1__subsec_1", "art_1", "art_1__para_1",
        "art_1__para_1__point_a", "art_1__para_1__point_đ", "art_1__para_1__point_đ__item_1",
        "art_1__para_1__point_đ__item_1__item_1", "art_1__para_1__point_đ__item_2", "art_1__para_2", "art_1a",
        "part_1__chp_7a", "art_2",
    ]  # fmt: skip
    assert _at(document, "part_1__chp_1").heading == "NHIỆM VỤ VÀ NGUYÊN TẮC"
    assert _at(document, "art_1").title_line == "Điều 1. Nhiệm vụ"
    assert _at(document, "art_1__para_1").own_text == "1. Bảo vệ:"


def test_headings_of_old_and_new_articles() -> None:
    document = _read(
        "Điều 1", "Nhà nước bảo hộ quyền này.", "Điều 2.", "Quyền và nghĩa vụ", "Công dân có quyền.",
        "Điều 3: Mọi người đều có quyền.",
        "Điều 4.- Trách nhiệm", "Bộ chịu trách nhiệm.", "Điều 5. 1. Khoản trên cùng dòng.", "2. Khoản hai.",
    )  # fmt: skip
    assert [(node.number, node.heading) for node in document.provisions] == [
        ("1", ""), ("2", "Quyền và nghĩa vụ"), ("3", ""), ("4", "Trách nhiệm"), ("5", ""),
    ]  # fmt: skip
    assert _at(document, "art_1").text == "Nhà nước bảo hộ quyền này."
    assert _at(document, "art_3").full_text == "Mọi người đều có quyền."
    assert _at(document, "art_5__para_1").text == "Khoản trên cùng dòng."


def test_a_mention_of_an_article_at_the_start_of_a_line_opens_nothing() -> None:
    document = _read(
        "Điều 1. Áp dụng", "Việc này theo quy định tại", "Điều 5 của Luật này và", "Điều 7, Điều 8.", "Điều 2. Khác",
        "Như",
        "Điều 60. của Bộ luật", "Điều 3. Nữa", "Hết.",
    )  # fmt: skip
    assert _eids(document) == ["art_1", "art_2", "art_3"]
    assert "Điều 5 của Luật này" in _at(document, "art_1").text


def test_numbers_that_do_not_go_on_with_the_list_stay_text() -> None:
    document = _read(
        "Điều 1. Mức thu", "1. Năm trước là", "2014. Năm đó thu", "1.000.000 đồng và", "30.4 là ngày lễ;",
        "2. Năm nay.", "9. Lạc.",
    )  # fmt: skip
    assert _eids(document) == ["art_1", "art_1__para_1", "art_1__para_2"]


def test_a_list_that_starts_again_gets_an_address_of_its_own() -> None:
    document = _read("Điều 1. Nhóm", "1. Chia nhóm:", "1. Nhóm A;", "2. Nhóm B.", "a) Nhỏ;", "b) Lớn.", "a) Lại nhỏ.")
    assert {"art_1__para_1-2", "art_1__para_2__point_a-2"} <= set(_eids(document))


def test_look_alike_letters_and_typing_errors_do_not_hide_an_article() -> None:
    document = _read("Điều 1. Một", "Chữ.", "Ðiều 2. Hai", "Chữ.", "Điền 3. Ba", "Chữ.", "Điều 4. Bốn", "Chữ.")
    assert [node.number for node in document.provisions] == ["1", "2", "3", "4"]


def test_text_for_another_law_is_content_of_the_amending_clause() -> None:
    document = _read(
        "Điều 1. Sửa đổi, bổ sung một số điều của Luật Đèn lồng", "1. Sửa đổi, bổ sung Điều 2 như sau:",
        "“Điều 2. Giải thích từ ngữ",
        "1. “Đèn” là vật phát sáng.", "2. Điểm sáng gồm:", "a) Nến;", "Điều 3. Khoản cuối cùng.”;",
        "2. Bổ sung Điều 9a như sau:",
        "“ Điều 9a", "Nội dung.”.", "Điều 2. Hiệu lực thi hành", "Luật này có hiệu lực từ ngày 01 tháng 01 năm 2030.",
    )  # fmt: skip
    assert _eids(document) == ["art_1", "art_1__para_1", "art_1__para_2", "art_2"]
    assert _at(document, "art_1__para_1").text.endswith("Điều 3. Khoản cuối cùng.”;")


def test_a_forgotten_closing_mark_does_not_swallow_the_law() -> None:
    document = _read(
        "Điều 1. Sửa đổi Luật Đèn lồng", "1. Sửa đổi, bổ sung Điều 19 như sau:", "“Điều 19. Cấp lại",
        "1. Người bị thu hồi.",
        "2. Người được cấp.", "2. Sửa đổi, bổ sung Điều 20 như sau:", "“Điều 20. Gia nhập", "1. Người gia nhập.”",
        "3. Bãi bỏ Điều 21.", "Điều 2. Hiệu lực thi hành", "1. Từ ngày ký.",
    )  # fmt: skip
    assert _eids(document) == ["art_1", "art_1__para_1", "art_1__para_2", "art_1__para_3", "art_2", "art_2__para_1"]


def test_a_quotation_closed_too_early_stays_with_its_clause() -> None:
    document = _read(
        "Điều 1. Sửa đổi Luật Đèn lồng", "1. Bổ sung Điều 7a, 7b như sau:", "“Điều 7a. Một", "Chữ.”", "Điều 7b. Hai",
        "1. Chữ.”",
        "2. Bãi bỏ Điều 8.", "Điều 2. Thi hành", "Chính phủ quy định.",
    )  # fmt: skip
    assert _eids(document) == ["art_1", "art_1__para_1", "art_1__para_2", "art_2"]


def test_a_table_of_contents_is_not_structure() -> None:
    document = _read(
        "LUẬT ĐÈN LỒNG", "MỤC LỤC", "Chương I. CHUNG ... 1", "Điều 1. Phạm vi ... 1", "Điều 2. Đối tượng ... 2",
        "Điều 3. Giải thích ... 3",
        "Chương I", "CHUNG", "Điều 1. Phạm vi", "Luật này quy định.", "Điều 2. Đối tượng", "Mọi người.",
        "Điều 3. Giải thích", "Không.",
    )  # fmt: skip
    assert _eids(document) == ["chp_1", "art_1", "art_2", "art_3"]
    assert document.title_block == ("LUẬT ĐÈN LỒNG",)
    assert len(document.furniture) == 5


DECISION: tuple[str | Table, ...] = (
    _table(("ỦY BAN NHÂN DÂN\nTỈNH TRĂNG KHUYẾT", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), ("Số: 7/2030/QĐ-UBND", "")),
    "QUYẾT ĐỊNH", "Ban hành Quy chế phát đèn", "Căn cứ Luật Đèn lồng;", "QUYẾT ĐỊNH:",
    "Điều 1. Ban hành kèm theo Quyết định này Quy chế phát đèn.",
    "Điều 2. Quyết định này có hiệu lực từ ngày ký.",
    "Điều 3. Chánh Văn phòng chịu trách nhiệm thi hành Quyết định này./.",
    _table(("Nơi nhận:\n- Như Điều 3;\n- Lưu: VT.", "TM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH\nLê Văn Tròn")),
    _table(("ỦY BAN NHÂN DÂN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")),
    "QUY CHẾ", "Phát đèn của tỉnh Trăng Khuyết", "(Ban hành kèm theo Quyết định số 7/2030/QĐ-UBND)",
    "Chương I", "QUY ĐỊNH CHUNG", "Điều 1. Phạm vi", "Quy chế này quy định việc phát đèn.", "Điều 2. Đối tượng",
    "1. Trẻ em.",
    "Phụ lục I", "DANH MỤC ĐÈN", _table(("TT", "Tên đèn"), ("1", "Đèn ông sao")),
    "Mẫu số 02", "ĐƠN XIN ĐÈN", "Kính gửi: .....",
)  # fmt: skip


def test_a_decision_and_the_regulation_it_issues_are_both_citable() -> None:
    document = _read(*DECISION)
    assert [node.eid for node in document.provisions] == ["art_1", "art_2", "art_3", "att_1", "att_2", "att_3"]
    assert {"att_1__chp_1", "att_1__art_1", "att_1__art_2__para_1", "att_2__table_1"} <= set(_eids(document))
    regulation = _at(document, "att_1")
    assert (regulation.marker, regulation.heading) == ("QUY CHẾ", "Phát đèn của tỉnh Trăng Khuyết")
    assert _at(document, "att_2").heading == "DANH MỤC ĐÈN"
    assert _at(document, "att_2__table_1").rows == (("TT", "Tên đèn"), ("1", "Đèn ông sao"))


def test_what_stands_around_the_body_is_kept_apart() -> None:
    document = _read(*DECISION)
    assert document.preamble == ("Căn cứ Luật Đèn lồng;", "QUYẾT ĐỊNH:")
    assert document.recipients == ("Nơi nhận:", "- Như Điều 3;", "- Lưu: VT.")
    assert document.signature[-1] == "Lê Văn Tròn"
    assert "Số: 7/2030/QĐ-UBND" in document.title_block


def test_a_procedure_without_articles_has_sections_and_tables() -> None:
    document = _read(
        _table(("SỞ ĐÈN", "QUY TRÌNH", "Mã hiệu: QT 01/SĐ")), "MỤC LỤC", "1. MỤC ĐÍCH", "2. NỘI DUNG", "1. MỤC ĐÍCH",
        "Quy định trình tự phát đèn.", "2. NỘI DUNG", "a. Thành phần hồ sơ:", "- Đơn.",
        "b. Thời hạn giải quyết: 05 ngày làm việc.",
        "5.2. Các bước", _table(("TT", "Bước", "Ai"), ("1", "Nhận đơn\nvà xem", "Văn thư")), "*Ghi chú: không.",
    )  # fmt: skip
    assert {"sec_1", "sec_2", "sec_2__sec_a", "sec_2__sec_b"} <= set(_eids(document))
    deadline = _at(document, "sec_2__sec_b")
    assert (deadline.heading, deadline.text) == ("Thời hạn giải quyết:", "05 ngày làm việc.")
    table = next(node for node in document.walk() if node.kind == "table")
    assert table.own_text == "TT | Bước | Ai\n1 | Nhận đơn và xem | Văn thư"


def test_text_without_any_structure_is_a_block() -> None:
    document = _read(
        "Thông báo nghỉ lễ", *["Toàn thể cán bộ được nghỉ lễ theo quy định hiện hành của cơ quan. " * 6] * 2
    )
    assert [node.kind for node in document.provisions] == ["block"]


def test_a_code_of_more_than_seven_hundred_articles() -> None:
    lines = [line for n in range(1, 721) for line in (f"Điều {n}. Tên điều số {n}", "1. Một.", "2. Hai.")]
    document = _read(*lines)
    assert len(document.provisions) == 720
    assert _at(document, "art_715__para_2").text == "Hai."


def test_a_plan_has_sections_with_clauses_and_numbered_parts() -> None:
    document = _read(
        "KẾ HOẠCH", "Phát đèn năm 2030", "Căn cứ Luật Đèn lồng;", "I. MỤC ĐÍCH", "1. Mục đích", "Cho vui.",
        "II. NỘI DUNG",
        "1. Sở Đèn chủ trì, phối hợp với các sở, ngành phát đèn cho trẻ em trên địa bàn toàn tỉnh đúng hạn.",
        "2. Chuẩn bị", "2.1. Rà soát đèn", "Rà soát.", "2.2. Sửa đèn", "Sửa.",
    )  # fmt: skip
    assert _eids(document) == [
        "sec_1", "sec_1__sec_1", "sec_2", "sec_2__para_1", "sec_2__sec_2", "sec_2__sec_2__sec_1", "sec_2__sec_2__sec_2",
    ]  # fmt: skip


def test_a_notice_has_its_numbered_sentences_as_clauses() -> None:
    document = _read(
        "ỦY BAN NHÂN DÂN", "XÃ HOA SEN", "Số: 12/TB-UBND", "THÔNG BÁO", "Về việc nghỉ lễ",
        "Thực hiện chỉ đạo của cấp trên, Ủy ban nhân dân xã thông báo như sau:", "1. Nghỉ từ ngày 30/4/2030.",
        "2. Ngày 02/5/2030 làm việc.", "Nơi nhận:", "- Các bộ phận;", "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "Lê Thị Sen",
    )  # fmt: skip
    assert [(node.eid, node.text) for node in document.provisions] == [
        ("para_1", "Nghỉ từ ngày 30/4/2030."), ("para_2", "Ngày 02/5/2030 làm việc."),
    ]  # fmt: skip
    assert document.signature == ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "Lê Thị Sen")


def test_markers_lost_in_typing_are_found_again() -> None:
    document = _read(
        "Điều 1. Quyền", "1. Được:a) Nói;", "b) Nghe;c) Hỏi;", "d) Viết.", "2. Được đọc.", "3 Được hát.",
        "4. Được múa.",
        "Điều 2. Khác", "1. Gồm:", "а) Một;", "b) Hai;", "с) Ba.",
    )  # fmt: skip
    assert _eids(document) == [
        "art_1", "art_1__para_1", *(f"art_1__para_1__point_{letter}" for letter in "abcd"),
        "art_1__para_2", "art_1__para_3", "art_1__para_4",
        "art_2", "art_2__para_1", *(f"art_2__para_1__point_{letter}" for letter in "abc"),
    ]  # fmt: skip


def test_recipients_stay_recipients_when_the_signature_is_printed_between_them() -> None:
    """Two columns that a PDF gives line by line."""
    lines = ("Điều 1. Đò chạy từ 5 giờ.", "Nơi nhận:", "CHỦ TỊCH", "- Các bến;", "- Lưu: VT.", "Trần Văn Đò")
    document = read([Paragraph(line) for line in lines])
    assert document.recipients == ("Nơi nhận:", "- Các bến;", "- Lưu: VT.")
    assert document.signature == ("CHỦ TỊCH", "Trần Văn Đò")


def test_a_heading_broken_after_a_comma() -> None:
    document = _read(
        "Điều 1. Bảo đảm quyền về chỗ ở, đời sống riêng tư,", "bí mật cá nhân; an toàn", "1. Chỗ ở.", "2. Đời sống.",
        "Điều 2. Đất nghĩa trang;", "đất lưu giữ tro cốt", "Đất này của chung.", "Điều 3. Cấm các việc sau: lấn chiếm;",
        "a) Đất chung;", "b) Đường đi.",
    )  # fmt: skip
    assert [node.heading for node in document.provisions] == [
        "Bảo đảm quyền về chỗ ở, đời sống riêng tư, bí mật cá nhân; an toàn", "Đất nghĩa trang; đất lưu giữ tro cốt", "",
    ]  # fmt: skip
    assert _at(document, "art_3").text == "Cấm các việc sau: lấn chiếm;"
    assert "art_3__point_b" in _eids(document)


def test_the_contents_of_a_law_of_two_articles() -> None:
    document = _read(
        "LUẬT", "MỤC LỤC", "Điều 1. Sửa đổi Luật Nuôi ong .... 1", "Điều 2. Hiệu lực thi hành .... 9", "Căn cứ Hiến pháp;",
        "Điều 1. Sửa đổi Luật Nuôi ong", "1. Bỏ Điều 4.", "Điều 2. Hiệu lực thi hành", "Từ nay.",
    )  # fmt: skip
    assert _eids(document) == ["art_1", "art_1__para_1", "art_2"]


def test_a_short_letter_has_a_body() -> None:
    head = (
        "UBND XÃ BÌNH AN",
        "Số: 70/UBND-VP",
        "V/v trồng cây",
        "Bình An, ngày 6 tháng 6 năm 2031",
        "Kính gửi: Các thôn.",
    )
    letter = _read(*head, "Xã yêu cầu các thôn trồng cây.", "Báo cáo trước ngày 12/6.")
    assert letter.title_block == head
    assert [node.text for node in letter.provisions] == ["Xã yêu cầu các thôn trồng cây.\nBáo cáo trước ngày 12/6."]
    notice = _read(
        "UBND XÃ BÌNH AN", "Số: 8/TB-UBND", "Bình An, ngày 6 tháng 6 năm 2031", "THÔNG BÁO", "NGHỈ LỄ", "Xã nghỉ."
    )
    assert [node.text for node in notice.provisions] == ["Xã nghỉ."]


def test_a_point_that_begins_with_a_number() -> None:
    document = _read("Điều 1. Ngày nghỉ", "1. Nghỉ hằng năm:", "a)12 ngày;", "b)14 ngày.", "2. Nghỉ lễ.")
    assert _at(document, "art_1__para_1__point_b").text == "14 ngày."
