"""Everyday words are understood as the law's words, and stay what they are."""

from __future__ import annotations

import pytest

from legal.errors import BadRequest
from legal.lexicon import Lexicon, builtin_rows, parse_rows
from legal.text import syllables


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.of(builtin_rows())


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("Mất sổ đỏ thì làm thế nào?", "Giấy chứng nhận quyền sử dụng đất"),
        ("muốn ly dị chồng", "ly hôn"),
        ("Bằng lái hết hạn", "giấy phép lái xe"),
        ("UBND xã cấp không?", "Ủy ban nhân dân"),
        ("thủ tục hành chính nào", "TTHC"),
        ("NĐ nào còn hiệu lực", "nghị định"),
        ("thông tư nào còn hiệu lực", "TT"),
        ("Ông nội làm di chúc bằng miệng", "lập di chúc"),
        ("bố mẹ ruột có quyền gì", "cha đẻ, mẹ đẻ"),
        ("mua tivi trả góp", "trả chậm, trả dần"),
        ("chuyển khoản nhầm cho người lạ", "được lợi về tài sản không có căn cứ pháp luật"),
    ],
)
def test_everyday_words(lexicon: Lexicon, question: str, term: str) -> None:
    assert any(term in expansion.terms for expansion in lexicon.expand(question))


def test_the_longest_entry_wins(lexicon: Lexicon) -> None:
    found = [expansion.found for expansion in lexicon.expand("sang tên sổ đỏ")]
    assert found == ["sang tên sổ đỏ"]


@pytest.mark.parametrize(
    "words", ["Tòa án tuyên bố mất tích", "cha mẹ mất năng lực hành vi dân sự", "hành vi chống phá nhà nước", "bầu cử"]
)
def test_the_words_of_the_law_are_not_taken_for_everyday_ones(lexicon: Lexicon, words: str) -> None:
    assert lexicon.expand(words) == ()


def test_terms_already_there_are_not_repeated(lexicon: Lexicon) -> None:
    assert lexicon.expand("ly dị, tức là ly hôn") == ()


def test_an_entry_matches_whole_syllables_only() -> None:
    lexicon = Lexicon.of([("xã", ("Ủy ban nhân dân xã",))])
    assert lexicon.expand("xãm xã-hội") == lexicon.expand("xã hội")
    assert lexicon.expand("xãm") == ()


def test_an_agency_adds_its_own_rows() -> None:
    own = parse_rows("# của xã\nnhà rông\tnhà sinh hoạt cộng đồng | thiết chế văn hóa\n")
    lexicon = Lexicon.of([*builtin_rows(), *own])
    (expansion,) = lexicon.expand("mượn nhà rông")
    assert expansion.terms == ("nhà sinh hoạt cộng đồng", "thiết chế văn hóa")


@pytest.mark.parametrize("text", ["nhà rông", "nhà rông\t", "\tnhà", "...\tnhà"])
def test_a_malformed_row_is_named(text: str) -> None:
    with pytest.raises(BadRequest, match="dòng 2"):
        parse_rows("# chú thích\n" + text)


def test_the_file_is_large_enough_and_clean() -> None:
    rows = builtin_rows()
    assert len(rows) >= 300
    assert all(syllables(words) and all(syllables(term) for term in terms) for words, terms in rows)
