"""The day a question is about is offered, the year of a law or a birth is not taken for one."""

from __future__ import annotations

from datetime import date

import pytest

from retrieval.asked_day import asked_day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Mức phí giữ xe ngày 20/11/2019 là bao nhiêu?", date(2019, 11, 20)),
        ("muc phi giu xe nam 2019", date(2019, 12, 31)),
        ("Mức phí năm 2019?", date(2019, 12, 31)),
        ("trước ngày 01/7/2025 thì áp dụng thế nào", date(2025, 6, 30)),
        ("trước năm 2020 áp dụng quy định nào", date(2019, 12, 31)),
        ("sau ngày 30 tháng 6 năm 2025 nộp ở đâu", date(2025, 7, 1)),
        ("phí vào tháng 2 năm 2024", date(2024, 2, 29)),
        ("phí tháng 6/2019", date(2019, 6, 30)),
        ("Tôi sinh năm 1990, năm 2015 được miễn phí không?", date(2015, 12, 31)),
        ("Tôi sinh ngày 05/3/1990 có được miễn phí không?", None),
        ("Trong 2019 ngày thì sao?", None),
        ("thời hạn 5 năm", None),
    ],
)
def test_the_time_named_becomes_a_day(text: str, day: date | None) -> None:
    found = asked_day(text)
    assert (found.day if found else None) == day


def test_the_year_of_a_law_is_no_day() -> None:
    text = "Luật Hộ tịch năm 2014 quy định gì trong năm 2020?"
    found = asked_day(text, [(0, 21)])
    assert found is not None and found.day == date(2020, 12, 31)
    assert text[found.start : found.end] == found.words == "năm 2020"
    assert asked_day("Luật Hộ tịch năm 2014", [(0, 21)]) is None
