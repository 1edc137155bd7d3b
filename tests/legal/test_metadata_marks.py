"""Stamps of secrecy and urgency, fields, agencies that issue together: fictional title blocks."""

from __future__ import annotations

from datetime import date

import pytest

from legal.blocks import Paragraph, Source
from legal.document import Metadata
from legal.metadata_marks import read_marks
from legal.reading import read_document


def read(*lines: str, furniture: tuple[str, ...] = ()) -> Metadata:
    return read_document(Source("txt", tuple(Paragraph(line) for line in lines), furniture)).metadata


@pytest.mark.parametrize(
    ("line", "secrecy", "urgency"),
    [
        ("MẬT", "Mật", None),
        ("[ TUYỆT MẬT ]", "Tuyệt mật", None),
        ("Độ mật: Tối mật", "Tối mật", None),
        ("TỐI MẬT - KHẨN", "Tối mật", "Khẩn"),
        ("ĐỘ KHẨN: HỎA TỐC; ĐỘ MẬT: MẬT", "Mật", "Hỏa tốc"),
        ("Số: 12/BC-UBND MẬT", "Mật", None),
        ("HOẢ TỐC", None, "Hỏa tốc"),
        ("HỎA TỐC - HẸN GIỜ 15 GIỜ 30", None, "Hỏa tốc hẹn giờ"),
        ("THƯỢNG KHẨN", None, "Thượng khẩn"),
        ("LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC", None, None),
        ("Về nuôi ong lấy mật", None, None),
        ("Độ mật: (Mật, Tối mật, Tuyệt mật)", None, None),
        ("BAN HÀNH DANH MỤC BÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT", None, None),
        ("TÌNH TRẠNG KHẨN CẤP", None, None),
    ],
)
def test_stamps_stand_alone(line: str, secrecy: str | None, urgency: str | None) -> None:
    found = read_marks([line], (), {})
    assert (found.secrecy, found.urgency) == (secrecy, urgency)


def test_a_stamp_counts_above_the_title_and_in_a_running_head_only() -> None:
    top = ("ỦY BAN NHÂN DÂN TỈNH BÌNH SƠN", "Số: 3/QĐ-UBND", "Bình Sơn, ngày 4 tháng 5 năm 2031")
    body = (
        "QUYẾT ĐỊNH",
        "Về mẫu dấu độ mật",
        "Điều 1. Mẫu dấu",
        "Dấu độ mật có chữ sau:",
        "MẬT",
        "Điều 2. Thi hành",
        "Như trên.",
    )
    assert read(*top, *body).secrecy is None
    stamped = read(top[0], "MẬT", *top[1:], *body)
    assert stamped.secrecy == "Mật" and stamped.evidence["secrecy"].sentence == "MẬT"
    assert read(*top, *body, furniture=("TỐI MẬT",)).secrecy == "Tối mật"
    letter = read(
        "UBND XÃ A", "Số: 5/UBND-VP", "KHẨN", "Bình Sơn, ngày 4 tháng 5 năm 2031", "Kính gửi: Sở Nội vụ.", "Nội dung."
    )
    assert (letter.urgency, letter.issued) == ("Khẩn", date(2031, 5, 4))


def test_each_of_several_agencies() -> None:
    joint = read(
        "CHÍNH PHỦ - ỦY BAN TRUNG ƯƠNG MẶT TRẬN TỔ QUỐC VIỆT NAM",
        "Số: 9/2031/NQLT-CP-UBTWMTTQVN",
        "NGHỊ QUYẾT LIÊN TỊCH",
        "Hướng dẫn việc A",
        "Điều 1. Việc A",
        "Làm việc A.",
    )
    assert joint.issuers == ("Chính phủ", "Ủy ban Trung ương mặt trận tổ quốc Việt Nam")
    two = read(
        "SỞ TÀI CHÍNH - SỞ NỘI VỤ", "Số: 8/HDLS-STC-SNV", "HƯỚNG DẪN", "Về việc B", "Điều 1. Việc B", "Làm việc B."
    )
    assert two.issuers == ("Sở Tài chính", "Sở Nội vụ") and two.issuer == "Sở Tài chính, Sở Nội vụ"
    alone = read(
        "BỘ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", "Số: 1/2031/TT-BLĐTBXH", "THÔNG TƯ", "Về việc C", "Điều 1. C", "Làm C."
    )
    assert (alone.issuer, alone.issuers) == ("Bộ Lao động - Thương binh và Xã hội", ())


def test_the_field_as_printed_or_by_the_title() -> None:
    top = ("SỞ TƯ PHÁP", "Số: 3/QĐ-STP")
    rest = ("Điều 1. Phạm vi", "Phạm vi.")
    assert read(*top, "QUYẾT ĐỊNH", "Về đăng ký khai sinh lưu động", *rest).subject == "Hộ tịch"
    printed = read(*top, "Lĩnh vực: Nuôi con nuôi", "QUYẾT ĐỊNH", "Về đăng ký khai sinh", *rest)
    assert printed.subject == "Nuôi con nuôi" and printed.evidence["subject"].sentence == "Lĩnh vực: Nuôi con nuôi"
    assert read(*top, "QUYẾT ĐỊNH", "Về việc đặt tên cầu", *rest).subject is None


def test_a_letter_is_about_what_stands_under_its_number() -> None:
    letter = read(
        "BỘ NỘI VỤ", "Số: 70/BNV-VP", "V/v hướng dẫn", "xếp lương", "Hà Nội, ngày 6 tháng 6 năm 2031", "Kính gửi:",
        "- Các Bộ;", "- Ủy ban nhân dân các tỉnh.", "Bộ Nội vụ trả lời:", "Hệ số giữ nguyên.",
    )  # fmt: skip
    assert (letter.type, letter.title) == ("Công văn", "Công văn về việc hướng dẫn xếp lương")


def test_a_resolution_whose_last_sentence_tells_when_it_was_passed_and_applies() -> None:
    resolution = read(
        "HỘI ĐỒNG NHÂN DÂN TỈNH BÌNH SƠN", "Số: 8/2031/NQ-HĐND", "NGHỊ QUYẾT", "Về mức hỗ trợ", "Điều 1. Mức", "Một triệu.",
        "Điều 2. Thi hành", "Nghị quyết này đã được Hội đồng nhân dân tỉnh Bình Sơn khóa X, kỳ họp thứ 5 thông qua ngày 9 tháng "
        "7 năm 2031 và có hiệu lực từ ngày 19 tháng 7 năm 2031./.",
    )  # fmt: skip
    assert resolution.validity.effective_from == date(2031, 7, 19)


def test_a_consolidated_text_has_its_own_number() -> None:
    read_one = read(
        "VĂN PHÒNG QUỐC HỘI", "Hà Nội, ngày 15 tháng 7 năm 2031", "LUẬT", "NUÔI ONG",
        "Luật Nuôi ong số 5/2020/QH14 ngày 1 tháng 6 năm 2020 của Quốc hội, được sửa đổi, bổ sung bởi:",
        "Luật số 9/2029/QH16 ngày 1 tháng 6 năm 2029 của Quốc hội sửa đổi Luật Nuôi ong.", "Điều 1. Phạm vi", "Nuôi ong.",
        "XÁC THỰC VĂN BẢN HỢP NHẤT", "CHỦ NHIỆM", "Bùi Văn Thử", "Số: 12/VBHN-VPQH",
    )  # fmt: skip
    assert (read_one.number, read_one.type) == ("12/VBHN-VPQH", "Văn bản hợp nhất")
