"""What a document says of itself: fictional documents of every kind."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from ingest.load import load
from legal.document import LegalDocument, Metadata, Provision
from legal.metadata import read_metadata
from legal.metadata_parties import agency_case, read_signer
from legal.metadata_title import join_title, normal_case
from legal.reading import read_document


def article(number: str, heading: str, text: str) -> Provision:
    return Provision("article", number, f"art_{number}", f"Điều {number}.", heading, text)


def document(
    title: list[str], closing: str = "", signature: tuple[str, ...] = (), preamble: tuple[str, ...] = ()
) -> LegalDocument:
    provisions = (article("1", "Phạm vi", "Văn bản này quy định việc A."), article("9", "Hiệu lực thi hành", closing))
    return LegalDocument(Metadata(), provisions, tuple(title), preamble, signature)


LAW = [
    "QUỐC HỘI\n-------",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n---------------",
    "Luật số: 91/2031/QH17",
    "Hà Nội, ngày 07 tháng 6 năm 2031",
    "LUẬT",
    "NUÔI TRỒNG RONG BIỂN",
]
DECISION = [
    "UBND TỈNH BÌNH MINH\nSỞ TƯ PHÁP",
    "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập – Tự do – Hạnh phúc",
    "Số: 08/QĐ-STP",
    "Bình Minh, ngày 5 tháng 3 năm 2031",
    "QUYẾT ĐỊNH",
    "Về việc ban hành Quy chế làm việc",
    "GIÁM ĐỐC SỞ TƯ PHÁP",
]


def test_a_law() -> None:
    read = read_metadata(
        document(
            LAW,
            "Luật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2032, trừ quy định tại khoản 2 Điều 3 của Luật này.",
            (
                "Luật này được Quốc hội khóa XVII thông qua ngày 07 tháng 6 năm 2031.",
                "CHỦ TỊCH QUỐC HỘI\nNguyễn Văn Thử",
            ),
            ("Căn cứ Hiến pháp;", "Quốc hội ban hành Luật Nuôi trồng rong biển."),
        )
    )
    assert (read.number, read.type, read.title) == ("91/2031/QH17", "Luật", "Luật Nuôi trồng rong biển")
    assert (read.issuer, read.signer, read.signer_title) == ("Quốc hội", "Nguyễn Văn Thử", "CHỦ TỊCH QUỐC HỘI")
    assert (read.issued, read.place) == (date(2031, 6, 7), "Hà Nội")
    assert read.validity.effective_from == date(2032, 1, 1)
    assert read.evidence["effective_from"].eid == "art_9"
    assert read.evidence["effective_from"].sentence.startswith(
        "Luật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2032"
    )


def test_a_decision_of_a_department() -> None:
    read = read_metadata(
        document(
            DECISION,
            "Quyết định này có hiệu lực kể từ ngày ký.",
            ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC\n(Đã ký)", "TS. Lê Thị Bé"),
        )
    )
    assert (read.number, read.type) == ("08/QĐ-STP", "Quyết định")
    assert read.title == "Quyết định về việc ban hành Quy chế làm việc"
    assert read.issuer == "Sở Tư pháp tỉnh Bình Minh"
    assert (read.signer, read.signer_title) == ("Lê Thị Bé", "KT. GIÁM ĐỐC PHÓ GIÁM ĐỐC")
    assert read.validity.effective_from == date(2031, 3, 5)


def test_a_procedure_whose_title_block_is_a_table() -> None:
    cells = [
        "SỞ NỘI VỤ",
        "QUY TRÌNH",
        "Mã hiệu: QT 07/LT-SNV",
        "Cho mượn\ntài liệu",
        "Lần ban hành:",
        "02",
        "Ngày ban hành: 09/8/2030",
    ]
    read = read_metadata(LegalDocument(Metadata(), (), (*cells, "MỤC LỤC", "SỬA ĐỔI TÀI LIỆU")))
    assert (read.number, read.type, read.title) == ("QT 07/LT-SNV", "Quy trình", "Quy trình cho mượn tài liệu")
    assert (read.issuer, read.issued) == ("Sở Nội vụ", date(2030, 8, 9))
    blank = [cell.replace("09/8/2030", "..../..../2030") for cell in cells]
    assert read_metadata(LegalDocument(Metadata(), (), tuple(blank))).issued is None


def test_what_is_not_printed_stays_unknown() -> None:
    read = read_metadata(LegalDocument(Metadata(), (article("1", "", "Không có gì."),), ("Ghi chép nội bộ",)))
    assert read == Metadata()
    assert read_metadata(LegalDocument(Metadata(), ()), "Quyet-dinh-12_QĐ-UBND.docx").number == "12/QĐ-UBND"


def test_joint_circular_has_all_issuers() -> None:
    title = [
        "BỘ TƯ PHÁP - BỘ NGOẠI GIAO",
        "Số: 03/2031/TTLT-BTP-BNG",
        "Hà Nội, ngày 1 tháng 2 năm 2031",
        "THÔNG TƯ LIÊN TỊCH",
        "Hướng dẫn việc B",
    ]
    read = read_metadata(document(title))
    assert (read.issuer, read.type) == ("Bộ Tư pháp, Bộ Ngoại giao", "Thông tư liên tịch")
    assert read.title == "Thông tư liên tịch hướng dẫn việc B"


@pytest.mark.parametrize(
    ("closing", "start"),
    [
        ("Nghị định này có hiệu lực thi hành kể từ ngày 15/8/2031.", date(2031, 8, 15)),
        ("Quyết định này có hiệu lực sau 45 ngày kể từ ngày ký ban hành.", date(2031, 4, 19)),
        (
            "Quyết định này có hiệu lực kể từ ngày ký và thay thế Quyết định số 1/QĐ-STP ngày 01/01/2020.",
            date(2031, 3, 5),
        ),
        (
            "Quyết định này thay thế Quyết định số 1/QĐ-STP ngày 01/01/2020 và có hiệu lực từ ngày 01/5/2031.",
            date(2031, 5, 1),
        ),
        ("Luật này có hiệu lực thi hành từ ngày công bố.", None),
        ("Luật C số 01/2020/QH14 hết hiệu lực kể từ ngày 01/7/2031.", None),
        ("Điều 3 của Luật này có hiệu lực thi hành từ ngày 01/7/2031.", None),
        ("Trước ngày Luật này có hiệu lực thi hành từ ngày 01/7/2031 thì áp dụng luật cũ.", None),
        ("Sửa khoản 1 như sau: “1. Luật này có hiệu lực thi hành từ ngày 01/8/2031.”", None),
        ("Hợp đồng có hiệu lực từ ngày 01/7/2031.", None),
    ],
)
def test_start_of_effect(closing: str, start: date | None) -> None:
    read = read_metadata(document(DECISION, closing))
    assert read.validity.effective_from == start


def test_end_of_effect_is_the_first_day_after() -> None:
    read = read_metadata(document(DECISION, "Quyết định này có hiệu lực từ ngày 01/4/2031 đến hết ngày 31/12/2033."))
    assert read.validity.effective_from == date(2031, 4, 1)
    assert read.validity.effective_to == date(2034, 1, 1)


def test_effect_named_in_an_attachment_is_not_the_documents() -> None:
    attached = Provision(
        "appendix",
        "",
        "att_1",
        "",
        "QUY CHẾ",
        "",
        (article("5", "Hiệu lực", "Quy chế này có hiệu lực từ ngày 01/9/2040."),),
    )
    read = read_metadata(LegalDocument(Metadata(), (article("1", "", "Ban hành Quy chế."), attached), tuple(DECISION)))
    assert read.validity.effective_from is None


def test_names_in_normal_case() -> None:
    assert agency_case("ỦY BAN NHÂN DÂN TỈNH BÌNH MINH") == "Ủy ban nhân dân tỉnh Bình Minh"
    assert agency_case("BỘ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI") == "Bộ Lao động - Thương binh và Xã hội"
    assert agency_case("UỶ BAN NHÂN DÂN") == "Ủy ban nhân dân"
    assert normal_case("QUỐC TỊCH VIỆT NAM", "") == "quốc tịch Việt Nam"
    assert normal_case("BẢO HIỂM XÃ HỘI", "") == "bảo hiểm xã hội"
    assert join_title("LUẬT", "luật sư") == "Luật Luật sư"
    inner = normal_case("SỬA ĐỔI, BỔ SUNG MỘT SỐ ĐIỀU CỦA LUẬT THƯ VIỆN", "")
    assert join_title("LUẬT", inner) == "Luật sửa đổi, bổ sung một số điều của Luật Thư viện"


def test_signers() -> None:
    assert read_signer(["TM. CHÍNH PHỦ", "THỦ TƯỚNG", "(Đã ký)", "Trần Thị Mẫu"]) == (
        "Trần Thị Mẫu",
        "TM. CHÍNH PHỦ THỦ TƯỚNG",
    )
    assert read_signer(["BỘ TRƯỞNG", "NGUYỄN VĂN MẪU"]) == ("Nguyễn Văn Mẫu", "BỘ TRƯỞNG")
    assert read_signer(["Nơi nhận:", "Như Điều 3;", "Lưu: VT"])[0] is None


def test_laws_of_the_corpus_against_the_publishers_catalogue(corpus: Path) -> None:
    rows = [json.loads(line) for line in (corpus / "laws.jsonl").read_text(encoding="utf-8").splitlines()]
    starts = {
        "56/2014/QH13": None,
        "47/2005/QH11": None,
        "18-L/CTN": date(1993, 9, 1),
        "43/2024/QH15": date(2024, 8, 1),
    }
    chosen = [row for place, row in enumerate(rows) if place % 9 == 0 or row["number"] in starts]
    for row in chosen:
        read = read_document(load(corpus / row["file"])).metadata
        issued = read.issued.isoformat() if read.issued else None
        told = {
            "number": read.number,
            "type": read.type,
            "issuer": read.issuer,
            "signer": read.signer,
            "issued": issued,
        }
        assert told == {key: row[key] for key in told}
        assert read.title is not None and read.title.startswith(("Luật ", "Bộ luật "))
        if row["number"] in starts:
            assert read.validity.effective_from == starts[row["number"]]
        else:
            assert read.validity.effective_from is not None and read.issued is not None
            assert read.validity.effective_from > read.issued
