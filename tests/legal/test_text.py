"""Text: one form for what prints the same, folding, words and search terms."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legal.text import collapse, fold, lexical_terms, nfc, normalise_tone, syllables, words


def test_decomposed_and_soft_hyphenated_text_becomes_one_form() -> None:
    printed = unicodedata.normalize("NFD", "hộ\u00ad tịch\u00a0là\u200b gì")
    assert nfc(printed) == "hộ tịch là gì"


@given(st.text())
def test_nfc_is_stable_and_loses_no_letter(text: str) -> None:
    once = nfc(text)
    assert nfc(once) == once
    assert words(once) == words(text)
    assert words(collapse(once)) == words(text)


def test_folding_takes_every_mark_away() -> None:
    assert fold("Điều kiện KẾT HÔN, Ðăng ký, ường") == "dieu kien ket hon, dang ky, uong"


def test_syllables_keep_codes_and_amounts_searchable() -> None:
    assert syllables("Luật số 52/2014/QH13; phí 1.000.000 đồng.") == [
        "luật", "số", "52", "2014", "qh13", "phí", "1000000", "đồng",
    ]  # fmt: skip
    assert syllables("Nghị định 123/2020/NĐ-CP") == ["nghị", "định", "123", "2020", "nđ", "cp"]


def test_bigrams_stay_inside_a_clause() -> None:
    terms = lexical_terms("kết hôn, ly hôn\ncon nuôi 52/2014")
    assert {"kết_hôn", "ly_hôn", "con_nuôi", "52_2014"} <= set(terms)
    assert not {"hôn_ly", "hôn_con"} & set(terms)


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("hoà", "hòa"),
        ("thuỷ", "thủy"),
        ("khoẻ", "khỏe"),
        ("quý", "quý"),
        ("hòan", "hoàn"),
        ("luật", "luật"),
        ("kỹ", "kỹ"),
    ],
)
def test_both_tone_placements_search_alike(typed: str, searched: str) -> None:
    assert normalise_tone(typed) == searched
    assert lexical_terms(typed) == lexical_terms(searched)


def test_look_alike_letters_are_found_but_not_changed() -> None:
    assert nfc("Ðiều") == "Ðiều"
    assert lexical_terms("Ðiều 5") == lexical_terms("Điều 5")
