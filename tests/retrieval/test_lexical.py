"""Lexical vectors: the same text gives the same terms, headings weigh more, long texts do not win by length."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legal.text import lexical_terms
from retrieval.index import Sparse
from retrieval.lexical import DEFAULT, LexicalSettings, document_vector, question_vector, term_id

TEXT = "Tổ chức, cá nhân treo đèn lồng phải đăng ký tại Ủy ban nhân dân cấp xã."


def weight(vector: Sparse, term: str) -> float:
    return dict(zip(vector.indices, vector.values, strict=True)).get(term_id(term), 0.0)


def score(document: Sparse, question: Sparse) -> float:
    of = dict(zip(document.indices, document.values, strict=True))
    return sum(of.get(term, 0.0) * value for term, value in zip(question.indices, question.values, strict=True))


def test_ids_are_the_same_in_every_process(root: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from retrieval.lexical import term_id; print(term_id('đèn_lồng'))"
    )
    output = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=True).stdout
    assert int(output) == term_id("đèn_lồng")
    assert 0 <= term_id("đèn_lồng") < 2**32


def test_words_differing_by_their_marks_are_different_terms() -> None:
    assert len({term_id(word) for word in ("án", "an", "àn", "thuế", "thuê")}) == 5


def test_both_unicode_forms_of_a_text_have_one_vector() -> None:
    assert document_vector("", "", unicodedata.normalize("NFD", TEXT)) == document_vector("", "", TEXT)
    assert question_vector(unicodedata.normalize("NFD", TEXT)) == question_vector(TEXT)


def test_weights_are_bm25() -> None:
    plain = LexicalSettings(k1=1.2, b=0.75, average_length=10.0, heading=1.0, title=1.0, body=1.0)
    terms = lexical_terms(TEXT)
    norm = 1.2 * (0.25 + 0.75 * len(terms) / 10.0)
    vector = document_vector("", "", TEXT, plain)
    for term in set(terms):
        assert weight(vector, term) == pytest.approx(terms.count(term) * 2.2 / (terms.count(term) + norm))


def test_a_field_counts_by_its_weight() -> None:
    settings = LexicalSettings(heading=3.0, title=0.5)
    in_heading = document_vector("Quy định", "Đèn lồng", "Nội dung.", settings)
    in_title = document_vector("Đèn lồng", "Quy định", "Nội dung.", settings)
    in_body = document_vector("Quy định", "Nội dung", "Đèn lồng.", settings)
    question = question_vector("đèn lồng")
    assert score(in_heading, question) > score(in_body, question) > score(in_title, question) > 0
    off = document_vector("Đèn lồng", "Quy định", "Nội dung.", LexicalSettings(title=0.0))
    assert score(off, question) == 0


def test_a_longer_text_with_the_same_matches_scores_less() -> None:
    question = question_vector("đèn lồng")
    long = document_vector("", "", TEXT + " Các điều khác không nhắc đến nữa." * 30)
    assert 0 < score(long, question) < score(document_vector("", "", TEXT), question)


def test_expansions_count_by_their_weight_and_never_lower_the_question() -> None:
    vector = question_vector("sổ đỏ", {"giấy chứng nhận": 0.4, "sổ": 0.1})
    assert weight(vector, "sổ") == 1.0
    assert weight(vector, "sổ_đỏ") == pytest.approx(DEFAULT.bigram)
    assert weight(vector, "giấy_chứng") == pytest.approx(0.4 * DEFAULT.bigram)
    assert weight(vector, "giấy") == pytest.approx(0.4)


def test_words_that_only_ask_count_less_than_what_is_asked() -> None:
    vector = question_vector("cho tôi hỏi đèn lồng được treo như thế nào")
    assert weight(vector, "đèn") == weight(vector, "lồng") == 1.0
    assert weight(vector, "đèn_lồng") == pytest.approx(DEFAULT.bigram)
    assert 0.0 < DEFAULT.asking < 1.0
    assert weight(vector, "tôi") == weight(vector, "nào") == pytest.approx(DEFAULT.asking)
    assert weight(vector, "lồng_được") == pytest.approx(DEFAULT.bigram * DEFAULT.asking)


def test_no_words_no_vector() -> None:
    assert question_vector(" ?! ") == Sparse((), ())
    assert document_vector("", "", "") == Sparse((), ())


@given(st.text(), st.text(), st.text())
def test_vectors_are_what_an_engine_takes(title: str, heading: str, body: str) -> None:
    for vector in (document_vector(title, heading, body), question_vector(body, {heading: 0.5})):
        assert len(vector.indices) == len(vector.values)
        assert list(vector.indices) == sorted(set(vector.indices))
        assert all(0 <= term < 2**32 for term in vector.indices)
        assert all(value > 0 for value in vector.values)
