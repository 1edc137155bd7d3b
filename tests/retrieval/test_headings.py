"""A provision whose heading the question says comes before one that only uses its words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legal.text import lexical_terms
from retrieval.headings import DEPTH, favour_headings, said_of_heading
from retrieval.index import Scored
from retrieval.passage import DocumentCard, Passage

CARD = DocumentCard("12/2024/QĐ-UBND", "v", "12/2024/QĐ-UBND", "Quy định về bến đò", None, None, None)
BARE = Passage("a", CARD, "art_1", "Điều 1", "1", "", (), "")
QUESTION = "Cho tôi hỏi gia hạn giấy phép mở bến đò được quy định như thế nào?"


def passage(identity: str, heading: str) -> Passage:
    return replace(BARE, id=identity, heading=heading)


@pytest.mark.parametrize(
    ("heading", "least", "most"),
    [
        ("Gia hạn giấy phép mở bến đò", 1.0, 1.0),
        ("Giấy phép mở bến đò", 1.0, 1.0),
        ("Gia hạn, thu hồi giấy phép mở bến đò", 0.3, 0.8),
        ("Giấy phép lái xe", 0.01, 0.3),
        ("Xử lý vi phạm", 0.0, 0.0),
        ("Như thế nào", 0.0, 0.0),  # words of asking are no heading
        ("", 0.0, 0.0),
    ],
)
def test_how_much_of_a_heading_is_said(heading: str, least: float, most: float) -> None:
    assert least <= said_of_heading(heading, frozenset(lexical_terms(QUESTION))) <= most


def test_the_heading_said_comes_first() -> None:
    found = [Scored(passage("a", "Thu hồi giấy phép mở bến đò"), 0.9), Scored(passage("b", "Gia hạn giấy phép"), 0.8)]
    assert [one.passage.id for one in favour_headings(found, QUESTION, weight=0.4)] == ["b", "a"]
    assert [one.passage.id for one in favour_headings(found, QUESTION, weight=0.0)] == ["a", "b"]


def test_a_heading_said_in_the_words_of_the_law_counts_too() -> None:
    found = [Scored(passage("a", "Thu hồi giấy phép"), 0.9), Scored(passage("b", "Giấy phép hoạt động bến"), 0.85)]
    law = ("giấy phép hoạt động bến",)
    assert [one.passage.id for one in favour_headings(found, "chạy đò", weight=0.4)] == ["a", "b"]
    assert [one.passage.id for one in favour_headings(found, "chạy đò", weight=0.4, also=law)] == ["b", "a"]


@given(st.lists(st.floats(0.0, 1.0), max_size=DEPTH + 20), st.floats(0.0, 1.0))
def test_no_passage_is_lost_and_scores_stay_an_order(scores: list[float], weight: float) -> None:
    headings = ("", "Gia hạn giấy phép mở bến đò", "Thu hồi giấy phép")
    found = [
        Scored(passage(f"{place:03}", headings[place % 3]), score)
        for place, score in enumerate(sorted(scores, reverse=True))
    ]
    favoured = list(favour_headings(found, QUESTION, weight=weight))
    assert {one.passage.id for one in favoured} == {one.passage.id for one in found}
    assert all(0.0 <= one.score <= 1.0 for one in favoured)
    assert [one.score for one in favoured] == sorted((one.score for one in favoured), reverse=True)
