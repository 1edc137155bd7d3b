"""The same number is recognised however it is written, and a number that only addresses something is none."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legal.quantities import covered, quantities, read_number, read_numeral

ONES = ["", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]


def spell(number: int) -> str:
    """A number as a Vietnamese reader says it (up to 999 tỷ): the independent half of the round trip."""
    words: list[str] = []
    for scale, name in ((10**9, "tỷ"), (10**6, "triệu"), (10**3, "nghìn"), (1, "")):
        group, number = divmod(number, scale)
        if not group:
            continue
        hundreds, tens, ones = group // 100, group // 10 % 10, group % 10
        if hundreds:
            words += [ONES[hundreds], "trăm"]
            if not tens and ones:
                words.append("linh")
        if tens == 1:
            words.append("mười")
        elif tens:
            words += [ONES[tens], "mươi"]
        if ones:
            words.append("mốt" if ones == 1 and tens > 1 else "lăm" if ones == 5 and tens else ONES[ones])
        if name:
            words.append(name)
    return " ".join(words)


@given(st.integers(1, 10**12 - 1))
def test_spelled_number_is_read_back(number: int) -> None:
    assert read_number(spell(number)) == number


@given(st.integers(1, 10**12 - 1))
def test_all_spellings_of_an_amount_agree(number: int) -> None:
    dotted = f"{number:,}".replace(",", ".")
    assert read_numeral(dotted) == number
    (in_words,) = quantities(f"phạt tiền {spell(number)} đồng đối với cá nhân")
    (in_digits,) = quantities(f"phạt tiền {dotted} đồng đối với cá nhân")
    (plain,) = quantities(f"phạt tiền {number} đồng đối với cá nhân")
    assert in_words.same_as(in_digits) and plain.same_as(in_digits)
    assert in_words.value == number


@given(st.integers(2, 10**9), st.integers(2, 10**9))
def test_other_numbers_never_agree(a: int, b: int) -> None:
    (first,), (second,) = quantities(f"{spell(a)} ngày"), quantities(f"{b} ngày")
    assert first.same_as(second) == (a == b)


@given(st.text(max_size=80))
def test_any_text_is_read_without_failing_and_offsets_stay_inside(text: str) -> None:
    for quantity in quantities(text):
        assert 0 <= quantity.start < quantity.end


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("30 ngày", "ba mươi ngày"),
        ("1.000.000 đồng", "01 triệu đồng"),
        ("1.500.000 đồng", "1,5 triệu đồng"),
        ("1.500.000 đồng", "một triệu rưỡi đồng"),
        ("05 ngày làm việc", "năm ngày làm việc"),
        ("50%", "năm mươi phần trăm"),
        ("2/3 tổng số", "hai phần ba tổng số"),
        ("01/7/2025", "ngày 01 tháng 7 năm 2025"),
        ("100 m²", "100 mét vuông"),
        ("5.000.000 VNĐ", "năm triệu đồng"),
        ("năm năm", "05 năm"),
        ("hai nghìn tỷ đồng", "2.000.000.000.000 đồng"),
    ],
)
def test_ways_of_writing(one: str, other: str) -> None:
    assert covered(quantities(one)[0], quantities(other)), (quantities(one), quantities(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("30 ngày", "30 ngày làm việc"),
        ("30 ngày", "30 tháng"),
        ("1.000.000 đồng", "100.000 đồng"),
        ("50%", "5%"),
        ("01/7/2025", "07/1/2025"),
        ("1,5 triệu đồng", "15 triệu đồng"),
    ],
)
def test_different_things_stay_different(one: str, other: str) -> None:
    assert not covered(quantities(one)[0], quantities(other))


@pytest.mark.parametrize(
    "text",
    [
        "khoản 2 Điều 8", "các khoản 1, 2 và 3 Điều 93b", "Luật số 52/2014/QH13", "Nghị định số 123/2020/NĐ-CP",
        "một trong hai bên", "1. Người yêu cầu", "a) Tờ khai", "Mẫu số 01", "bố, ba, mẹ", "18-L/CTN",
    ],
)  # fmt: skip
def test_addresses_and_words_are_no_quantities(text: str) -> None:
    assert quantities(text) == ()


def test_a_shared_unit_belongs_to_both_ends() -> None:
    low, high = quantities("phạt tiền từ 01 đến 03 triệu đồng")
    assert (low.value, low.unit, high.value) == (Fraction(10**6), "đồng", Fraction(3 * 10**6))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("không quá năm lần mức lương cơ sở", [(5, "lần")]),
        ("Hội đồng có từ ba đến năm người", [(5, "người")]),
        ("hằng năm người lao động được khám sức khỏe", []),
        ("trong năm hai lần", []),
        ("là mười mười lăm tháng kể từ ngày nộp", [(10, "tháng"), (15, "tháng")]),
        ("phạt tù hai mươi năm hai tháng", [(20, "năm"), (2, "tháng")]),
    ],
)
def test_number_words_that_make_no_number_or_two(text: str, found: list[tuple[int, str]]) -> None:
    read = [q for q in quantities(text) if q.unit]
    assert [(int(q.value), q.unit) for q in read] == found
    assert all(a.end <= b.start for a, b in pairwise(read))
