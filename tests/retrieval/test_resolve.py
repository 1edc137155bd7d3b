"""Citations as people type them, to the exact provision; a wrong one says so and brings no neighbour."""

from __future__ import annotations

from datetime import date

import pytest

from legal.blocks import Paragraph
from legal.document import LegalDocument
from legal.errors import BadRequest, NotFound
from legal.names import LawName, LawNames
from legal.structure import read
from retrieval.passage import DocumentCard
from retrieval.resolve import Resolution, resolve

TODAY = date(2026, 6, 1)
ARTICLE = (
    "Điều {n}. Quy định thứ {n}",
    "1. Nội dung một:",
    "a) ý a;",
    "b) ý b;",
    "d) ý d;",
    "đ) ý đ.",
    "2. Nội dung hai.",
)

NAMES = [
    LawName("61/2014/QH13", "61/2014/QH13", "Luật Hộ tịch", date(2014, 11, 20), date(2016, 1, 1)),
    LawName("53/2014/QH13", "53/2014/QH13", "Luật Hôn nhân và gia đình", date(2014, 6, 19), date(2015, 1, 1)),
    LawName("46/2013/QH13", "46/2013/QH13", "Luật Đất đai", date(2013, 11, 29), date(2014, 7, 1), date(2025, 1, 1)),
    LawName("32/2024/QH15", "32/2024/QH15", "Luật Đất đai", date(2024, 1, 18), date(2025, 1, 1)),
    LawName(
        "43/2025/QH15", "43/2025/QH15", "Luật sửa đổi, bổ sung một số điều của Luật Hộ tịch", date(2025, 6, 1),
        date(2025, 7, 1),
    ),
    LawName("1/2015/QH13", "1/2015/QH13", "Luật Tổ chức Hội bảo vệ chim", date(2015, 1, 1), date(2015, 7, 1)),
    LawName("2/2015/QH13", "2/2015/QH13", "Luật Tổ chức Hội nuôi ong", date(2015, 1, 1), date(2015, 7, 1)),
    LawName("84/2025/QH15", "84/2025/QH15", "Luật Tương trợ tư pháp về dân sự", date(2025, 1, 1), date(2025, 7, 1)),
    LawName("124/2020/NĐ-CP", "124/2020/NĐ-CP", "Nghị định quy định về hóa đơn", date(2020, 1, 1), date(2022, 7, 1)),
    LawName("13/2025/QĐ-UBND", "13/2025/QĐ-UBND", "Quyết định ban hành Quy chế một cửa", date(2025, 3, 1)),
]  # fmt: skip


def tree(articles: int) -> LegalDocument:
    lines = ["Chương I", "QUY ĐỊNH CHUNG"]
    lines += [line.format(n=n) for n in range(1, articles + 1) for line in ARTICLE]
    return read([Paragraph(line) for line in lines])


LAW = tree(90)
DECISION = read(
    [
        Paragraph(line)
        for line in (
            "Điều 1. Ban hành kèm theo Quyết định này Quy chế một cửa.",
            "Điều 2. Quyết định này có hiệu lực từ ngày ký.",
            "QUY CHẾ",
            "MỘT CỬA",
            "(Ban hành kèm theo Quyết định số 13/2025/QĐ-UBND ngày 01 tháng 3 năm 2025 của Ủy ban nhân dân tỉnh Sơn Hà)",
            "Điều 1. Phạm vi điều chỉnh",
            "Quy chế này quy định về bộ phận một cửa.",
            "Điều 2. Giờ làm việc",
            "Từ 07 giờ 30 đến 17 giờ.",
            "Điều 3. Trách nhiệm",
            "Công chức đeo thẻ.",
        )
    ]
)


def opened(key: str) -> tuple[DocumentCard, LegalDocument]:
    name = next((name for name in NAMES if name.key == key), None)
    if name is None:
        raise NotFound("Không có văn bản này trong kho.")
    card = DocumentCard(
        name.key, "v", name.number, name.title, None, None, name.issued, "unknown", name.effective_from,
        name.effective_to,
    )  # fmt: skip
    return card, DECISION if key == "13/2025/QĐ-UBND" else LAW


def ask(text: str, on: date = TODAY, **options: bool) -> Resolution:
    return resolve(text, LawNames(NAMES), on, opened, **options)


def places(found: Resolution) -> list[tuple[str | None, str]]:
    return [(one.document.number, one.provision.eid if one.provision else "") for one in found.results]


@pytest.mark.parametrize(
    ("text", "number", "eid"),
    [
        ("khoản 2 Điều 5 Luật Hộ tịch", "61/2014/QH13", "art_5__para_2"),
        ("đ5 k2 Luật hộ tịch", "61/2014/QH13", "art_5__para_2"),
        ("d5 k2 luat ho tich", "61/2014/QH13", "art_5__para_2"),
        ("dieu 8 luat hon nhan va gia dinh", "53/2014/QH13", "art_8"),
        ("Điều 8 Luật hôn nhân & gia đình", "53/2014/QH13", "art_8"),
        ("Điều 8 Luật HN&GĐ 2014", "53/2014/QH13", "art_8"),
        ("điều 8 luat hon nahn va gia dinh", "53/2014/QH13", "art_8"),
        ("khoản 2 điều 5 NĐ 124/2020", "124/2020/NĐ-CP", "art_5__para_2"),
        ("124/2020/nd-cp dieu 05", "124/2020/NĐ-CP", "art_5"),
        ("53/2014/QH13", "53/2014/QH13", ""),
        ("Luật đất đai 2024 điều 79", "32/2024/QH15", "art_79"),
        ("Điều 79 Luật Đất đai năm 2013", "46/2013/QH13", "art_79"),
        ("điểm đ khoản 1 Điều 3 Luật Hộ tịch", "61/2014/QH13", "art_3__para_1__point_đ"),
        ("điểm b) khoản 1 Điều 3 Luật Hộ tịch", "61/2014/QH13", "art_3__para_1__point_b"),
        ("Điều 5 Luật Hộ tịch (số 61/2014/QH13 ngày 20/11/2014)", "61/2014/QH13", "art_5"),
        ("Luật Hộ tịch số 61/2014/QH13 điều 5", "61/2014/QH13", "art_5"),
        ("Chương I Luật Hộ tịch", "61/2014/QH13", "chp_1"),
        ("Điều 5 Luật Tổ chức Hội nuôi ong", "2/2015/QH13", "art_5"),
        ("Điều 2 Quyết định 13/2025/QĐ-UBND", "13/2025/QĐ-UBND", "art_2"),
        ("Điều 2 Quy chế ban hành kèm theo Quyết định số 13/2025/QĐ-UBND", "13/2025/QĐ-UBND", "att_1__art_2"),
        ("Điều 3 Quyết định 13/2025/QĐ-UBND", "13/2025/QĐ-UBND", "att_1__art_3"),
    ],
)
def test_a_citation_names_its_provision_however_it_is_typed(text: str, number: str, eid: str) -> None:
    found = ask(text)
    assert places(found) == [(number, eid)]
    assert found.found and found.reason is None and not found.missing


@pytest.mark.parametrize(
    "text",
    [
        "Luật Đất đai 2030 điều 1",
        "Điều 300 Luật Hộ tịch",
        "khoản 7 Điều 5 Luật Hộ tịch",
        "Điều 5 Bộ luật Thả diều",
        "Điều 5 99/2014/QH13",
        "Điều 5 Luật Đất đai số 53/2014/QH13",
        "Luật Hộ tịch số 99/2014/QH13 điều 5",
        "Điều 5 Luật Đất đai đô thị",
        "Luật Đất đai đô thị, Điều 5",
        "luat dat dai do thi dieu 5",
        "Điều 5 Luật Tương trợ tư pháp về hình sự",
        "Điều 5 Luật Tổ chức",
        "Điều 5",
        "chim bay về núi",
        "điều 5 k Luật Hộ tịch",
    ],
)
def test_a_wrong_citation_says_so_and_brings_nothing_near(text: str) -> None:
    found = ask(text)
    assert not found.found and places(found) == []
    assert found.reason


def test_of_two_laws_of_one_name_the_one_in_force_is_meant() -> None:
    now = ask("Điều 3 Luật Đất đai")
    assert places(now) == [("32/2024/QH15", "art_3")]
    assert [card.number for card in now.others] == ["46/2013/QH13"]
    then = ask("Điều 3 Luật Đất đai", on=date(2020, 1, 1))
    assert places(then) == [("46/2013/QH13", "art_3")]
    assert [card.number for card in then.others] == ["32/2024/QH15"]


def test_a_law_that_amends_it_is_mentioned_not_meant() -> None:
    found = ask("Điều 3 Luật Hộ tịch")
    assert places(found) == [("61/2014/QH13", "art_3")]
    assert "43/2025/QH15" in [card.number for card in found.others]


def test_names_that_fit_different_documents_are_listed() -> None:
    found = ask("Điều 5 Luật Tổ chức")
    assert {card.number for card in found.others} == {"1/2015/QH13", "2/2015/QH13"}


def test_one_wrong_provision_of_two_is_named() -> None:
    found = ask("Điều 5 và Điều 300 Luật Hộ tịch")
    assert places(found) == [("61/2014/QH13", "art_5")]
    assert not found.found and found.missing == ("Điều 300 Luật Hộ tịch",)


def test_out_of_force_on_the_day_asked_for_is_not_found() -> None:
    assert places(ask("Điều 3 46/2013/QH13")) == [("46/2013/QH13", "art_3")]
    then = ask("Điều 3 46/2013/QH13", only_in_force=True)
    assert not then.found and "01/06/2026" in (then.reason or "")
    assert ask("Điều 3 46/2013/QH13", on=date(2020, 1, 1), only_in_force=True).found
    unknown = ask("Điều 2 13/2025/QĐ-UBND", only_in_force=True)
    assert unknown.found  # no dates are known: kept


def test_a_hidden_document_is_as_if_it_were_not_there() -> None:
    visible = [name for name in NAMES if name.key != "32/2024/QH15"]

    def ask_as_stranger(text: str) -> Resolution:
        def allowed(key: str) -> tuple[DocumentCard, LegalDocument]:
            if key == "32/2024/QH15":
                raise NotFound("Không có văn bản này trong kho.")
            return opened(key)

        return resolve(text, LawNames(visible), TODAY, allowed)

    assert ask_as_stranger("Điều 3 32/2024/QH15").reason == ask("Điều 3 98/2024/QH15").reason
    named = ask_as_stranger("Điều 3 Luật Đất đai")
    assert "32/2024/QH15" not in [card.number for card in named.others]
    assert places(named) == [("46/2013/QH13", "art_3")]


def test_diem_d_without_diacritics_is_told() -> None:
    assert ask("diem d khoan 1 dieu 3 luat ho tich").notes
    assert not ask("điểm d khoản 1 điều 3 luật hộ tịch").notes


@pytest.mark.parametrize("text", ["", " ?! ", "x" * 501])
def test_what_is_no_citation_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        ask(text)
