"""Days of effect of single provisions, and suspensions, as closing articles say them: fictional laws."""

from __future__ import annotations

from datetime import date

import pytest

from legal.blocks import Paragraph, Source
from legal.document import LegalDocument
from legal.reading import read_document
from legal.relations import find_relations

TOP = ("QUỐC HỘI", "Luật số: 91/2031/QH17", "Hà Nội, ngày 07 tháng 6 năm 2031", "LUẬT", "NUÔI TRỒNG RONG BIỂN")
BODY = (
    "Chương I", "NHỮNG QUY ĐỊNH CHUNG", "Điều 1. Phạm vi", "Luật này quy định việc A.",
    "Chương II", "NUÔI TRỒNG", "Điều 5. Cấp phép", "1. Cơ quan cấp phép.", "2. Hồ sơ gồm:", "a) Đơn;", "b) Bản vẽ.",
    "Điều 6. Thu hồi", "Giấy phép bị thu hồi.", "Điều 9. Hiệu lực thi hành",
)  # fmt: skip


def law(*closing: str) -> LegalDocument:
    return read_document(Source("txt", tuple(Paragraph(line) for line in (*TOP, *BODY, *closing))))


def days(document: LegalDocument) -> dict[str, tuple[date | None, date | None]]:
    return {part.eid: (part.effective_from, part.effective_to) for part in document.metadata.parts}


NEXT, LATER = date(2032, 1, 1), date(2033, 7, 1)
OWN = {"art_5__para_2": (LATER, None)}


@pytest.mark.parametrize(
    ("closing", "expected"),
    [
        (("1. Luật này có hiệu lực từ ngày 01/01/2032, trừ khoản 2 Điều này.",
          "2. Khoản 2 Điều 5 có hiệu lực từ ngày 01/7/2033."), OWN),
        (("Luật này có hiệu lực thi hành từ ngày 01/01/2032, trừ quy định tại khoản 2 Điều 5 của Luật này thì có hiệu lực thi "
          "hành kể từ ngày 01 tháng 7 năm 2033.",), OWN),
        (("1. Luật này có hiệu lực từ ngày 01/01/2032.", "2. Các quy định sau đây có hiệu lực từ ngày 01/7/2033:",
          "a) Khoản 2 Điều 5;", "b) Điều 6."), {"art_6": (LATER, None), **OWN}),
        (("Luật này có hiệu lực từ ngày 01/01/2032; riêng khoản 2 Điều 5 có hiệu lực từ ngày 01/7/2033.",), OWN),
        (("1. Luật này có hiệu lực từ ngày 01/01/2032.", "2. Quy định tại Chương II được áp dụng đến hết ngày 30/6/2033."),
         {"chp_2": (None, LATER)}),
        (("1. Luật này có hiệu lực từ ngày 01/01/2032.", "2. Điều 6 của Luật này hết hiệu lực từ ngày 01/7/2033."),
         {"art_6": (None, LATER)}),
        (("1. Luật này có hiệu lực từ ngày 01/01/2032.", "2. Điều 6 của Luật này có hiệu lực từ ngày Nghị quyết số 5/2030/QH17 "
          "hết hiệu lực."), {"art_6": (None, None)}),
        (("1. Luật này có hiệu lực từ ngày 01/01/2032.", "2. Điều 6 của Luật Thủy sản số 8/2017/QH14 hết hiệu lực từ ngày "
          "01/7/2033."), {}),
        (("1. Luật này có hiệu lực từ ngày 01/01/2032.",
          "2. Luật Thủy sản hết hiệu lực, trừ Điều 6 tiếp tục có hiệu lực đến hết ngày "
          "30/6/2033."), {}),
    ],
)  # fmt: skip
def test_days_of_single_provisions(
    closing: tuple[str, ...], expected: dict[str, tuple[date | None, date | None]]
) -> None:
    document = law(*closing)
    assert document.metadata.validity.effective_from == NEXT
    assert days(document) == expected
    for part in document.metadata.parts:
        assert part.evidence.sentence and document.find(part.evidence.eid)


def test_what_stands_in_a_provision_applies_when_that_does() -> None:
    document = law("1. Luật này có hiệu lực từ ngày 01/01/2032.", "2. Khoản 2 Điều 5 có hiệu lực từ ngày 01/7/2033.")
    assert document.validity_of("art_5__para_2__point_a").effective_from == LATER
    assert document.validity_of("art_5__para_1").effective_from == NEXT
    chapter = law("1. Luật này có hiệu lực từ ngày 01/01/2032.", "2. Chương II có hiệu lực từ ngày 01/7/2033.")
    assert chapter.validity_of("art_6").effective_from == LATER and chapter.validity_of("art_1").effective_from == NEXT


def test_a_document_that_is_suspended_says_so() -> None:
    document = law(
        "1. Luật này có hiệu lực từ ngày 01/01/2032.",
        "2. Luật này tạm ngưng hiệu lực thi hành từ ngày 01/7/2033 đến hết ngày 31/12/2033.",
    )
    validity = document.metadata.validity
    assert (validity.suspended_from, validity.suspended_to) == (LATER, date(2034, 1, 1))
    assert [validity.status(day) for day in (date(2033, 6, 30), LATER, date(2033, 12, 31), date(2034, 1, 1))] == [
        "in_force", "suspended", "suspended", "in_force",
    ]  # fmt: skip
    assert document.metadata.evidence["suspended_from"].eid == "art_9__para_2"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Ngưng hiệu lực thi hành Nghị định số 9/2030/NĐ-CP từ ngày 01/7/2033 đến hết ngày 31/12/2033.",
         ("9/2030/NĐ-CP", LATER, date(2034, 1, 1), False)),
        ("Tạm ngưng hiệu lực thi hành khoản 2 Điều 3 Nghị định số 9/2030/NĐ-CP ngày 5 tháng 5 năm 2030.",
         ("9/2030/NĐ-CP", NEXT, None, True)),
        ("Đình chỉ việc thi hành Quyết định số 4/2029/QĐ-UBND kể từ ngày 01 tháng 7 năm 2033.",
         ("4/2029/QĐ-UBND", LATER, None, False)),
    ],
)  # fmt: skip
def test_suspending_another_document(sentence: str, expected: tuple[str, date, date | None, bool]) -> None:
    document = law("1. Luật này có hiệu lực từ ngày 01/01/2032.", f"2. {sentence}")
    (found,) = [relation for relation in find_relations(document) if relation.kind == "suspends"]
    assert (found.target, found.day, found.until, found.partly) == expected
