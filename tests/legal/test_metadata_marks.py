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
