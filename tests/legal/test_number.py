"""Document numbers: every spelling in, one spelling out."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legal.composed import compose
from legal.dates import find_dates, first_date
from legal.number import DocumentNumber, UnreadableNumber, find_all

SPELLINGS = {
    "52/2014/QH13": ["52/2014/QH13", "52 / 2014 / QH13", "52/2014/qh13", "Luật số: 52/2014/QH13", "Số 52/2014/QH13."],
    "18-L/CTN": ["18-L/CTN", "18 - L/CTN", "18–l/ctn", "Số: 18-L/CTN"],
    "123/2020/NĐ-CP": ["123/2020/ND-CP", "123/2020/NĐ – CP", "123/2020/nđ-cp", "Nghị định số 123/2020/NĐ−CP"],
    "01/2021/TT-BTP": ["01/2021/TT-BTP", "01/2021/tt-btp", "01/2021/TT - BTP"],
    "715/QĐ-UBND": ["715/QĐ-UBND", "715/QD-UBND", "715 /QĐ-UBND", "số 715/qđ‑ubnd"],
    "QT 11/CX-HCTP": ["QT 11/CX-HCTP", "Mã hiệu: QT 11/CX-HCTP", "QT11/CX-HCTP", "QT.11/CX-HCTP", "qt 11/cx-hctp"],
    "36/2018/QĐ-TTg": ["36/2018/QĐ-TTg", "36/2018/QD-TTG"],
    "05/2021/NQ-HĐND": ["05/2021/NQ-HDND", "05/2021/nq-hđnd"],
    "30a/2008/NQ-CP": ["30A/2008/NQ-CP"],
    "15-NQ/TW": ["15-NQ/TW"],
    "QT-TP-05": ["QT-TP-05", "qt-tp-05"],
}


@pytest.mark.parametrize(("normal", "typed"), [(n, t) for n, ts in SPELLINGS.items() for t in ts])
def test_every_spelling_gives_the_normal_one(normal: str, typed: str) -> None:
    assert str(DocumentNumber.parse(typed)) == normal
    assert str(DocumentNumber.parse(unicodedata.normalize("NFD", typed))) == normal


@pytest.mark.parametrize("text", ["", "Điều 8", "01/7/2025", "12/2020", "20%/năm", "1/500", "abc", "2014"])
def test_what_is_no_number_is_refused(text: str) -> None:
    assert DocumentNumber.try_parse(text) is None
    assert find_all(text) == []
    with pytest.raises(UnreadableNumber):
        DocumentNumber.parse(text)


def test_leading_zeros_and_missing_strokes_make_no_difference_when_compared() -> None:
    assert DocumentNumber.parse("7/2022/QH15") == DocumentNumber.parse("07/2022/QH15")
    assert hash(DocumentNumber.parse("9/HDND")) == hash(DocumentNumber.parse("09/HĐND"))
    assert DocumentNumber.parse("70/2022/QH15") != DocumentNumber.parse("7/2022/QH15")


def test_the_code_tells_type_and_issuer() -> None:
    assert DocumentNumber.parse("123/2020/NĐ-CP").type == "Nghị định"
    assert DocumentNumber.parse("01/2016/TTLT-BTP-BNG").issuer_code == "BTP-BNG"
    assert DocumentNumber.parse("52/2014/QH13").type is None
    assert DocumentNumber.parse("12/HD-STP").type == "Hướng dẫn"


def test_numbers_are_found_in_running_text_with_their_places() -> None:
    text = (
        "Căn cứ Nghị định số 07/2031/NĐ - CP ngày 05/02/2031, quyết định 88/qđ-ubnd và quy trình QT 03/HT-BM; "
        "tỷ lệ 1/500, 24/24 giờ, Luật số 18-L/CTN; Thông tư 02/2030/TT-BTP."
    )
    found = find_all(text)
    assert [str(number) for *_, number in found] == [
        "07/2031/NĐ-CP", "88/QĐ-UBND", "QT 03/HT-BM", "18-L/CTN", "02/2030/TT-BTP",
    ]  # fmt: skip
    assert [text[start:end] for start, end, _ in found] == [
        "07/2031/NĐ - CP", "88/qđ-ubnd", "QT 03/HT-BM", "18-L/CTN", "02/2030/TT-BTP",
    ]  # fmt: skip


def test_offsets_point_into_the_text_as_it_was_given() -> None:
    text = unicodedata.normalize("NFD", "Theo Quyết định số 715/QĐ-UBND ngày 05 tháng 3 năm 2024 của Ủy ban")
    ((start, end, number),) = find_all(text)
    assert str(number) == "715/QĐ-UBND"
    assert unicodedata.normalize("NFC", text[start:end]) == "715/QĐ-UBND"
    (mention,) = find_dates(text)
    assert unicodedata.normalize("NFC", text[mention.start : mention.end]) == "ngày 05 tháng 3 năm 2024"


_words = st.text("ABCDGHKLNPQSTUVXYĐ", min_size=2, max_size=6).filter(
    lambda word: word not in {"TTG", "TTR", "CTR", "HDCV"}
)


@given(
    serial=st.integers(1, 99999),
    year=st.none() | st.integers(1945, 2099),
    words=st.lists(_words, min_size=2, max_size=3),
    zeros=st.sampled_from(["", "0", "00"]),
)
def test_printing_and_reading_are_a_round_trip(serial: int, year: int | None, words: list[str], zeros: str) -> None:
    printed = f"{zeros}{serial}/{f'{year}/' if year else ''}{'-'.join(words)}"
    if len(zeros) + len(str(serial)) > 6:
        return
    number = DocumentNumber.parse(printed)
    assert DocumentNumber.parse(str(number)) == number
    assert str(DocumentNumber.parse(str(number))) == str(number)
    assert DocumentNumber.parse(f"{serial}/{f'{year}/' if year else ''}{' - '.join(words).lower()}") == number


@given(st.text())
def test_nothing_typed_breaks_the_reader(text: str) -> None:
    for start, end, number in find_all(text):
        assert 0 <= start < end <= len(text)
        assert DocumentNumber.parse(text[start:end]) == number
    for mention in find_dates(text):
        assert 0 <= mention.start < mention.end <= len(text)


@given(st.text(st.sampled_from("aăâđeêưuơoAĐ \u0300\u0301\u0323\u0302\u031b\u00ad\u200bd1/")))
def test_composed_text_can_be_traced_back(text: str) -> None:
    composed = compose(text)
    for start, letter in enumerate(composed.text):
        a, b = composed.span(start, start + 1)
        assert letter in compose(text[a:b]).text


def test_days_in_every_spelling() -> None:
    for text in [
        "ngày 01 tháng 7 năm 2012",
        "1/7/2012",
        "01-7-2012",
        "01.07.2012",
        "ngay 1 thang 7 nam 2012",
        "2012-07-01",
    ]:
        assert first_date(f"có hiệu lực từ {text}, trừ Điều 3") == date(2012, 7, 1), text
    assert find_dates("ngày 31/02/2020; ngày ... tháng ... năm 2019; 12/2020; 01/2021/TT-BTP") == []


def test_all_numbers_of_the_corpus(corpus: Path) -> None:
    for line in (corpus / "laws.jsonl").read_text(encoding="utf-8").splitlines():
        number = json.loads(line)["number"]
        assert str(DocumentNumber.parse(number)) == number
        assert [str(n) for *_, n in find_all(f"Luật số {number}, và")] == [number]
