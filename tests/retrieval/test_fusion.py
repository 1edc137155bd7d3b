"""Fusion: whatever two searches bring, one order with scores between 0 and 1, and one hit a provision."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.fusion import dbsf, fuse, group_by_provision, lean_to_documents, min_max, provision_of, rrf
from retrieval.index import Candidates, Scored
from retrieval.passage import DocumentCard, Passage

CARD = DocumentCard("7/2031/QĐ-UBND", "v1", "7/2031/QĐ-UBND", None, None, None, None)
METHODS = ("min_max", "rrf", "dbsf")


def passage(name: str, eid: str = "art_1", article: str | None = "1", key: str = CARD.key) -> Passage:
    return Passage(name, replace(CARD, key=key), eid, "", article, "", (), "")


def listed(scores: dict[str, float]) -> tuple[Scored, ...]:
    return tuple(Scored(passage(name), score) for name, score in sorted(scores.items(), key=lambda one: -one[1]))


scores = st.dictionaries(
    st.sampled_from("abcdefghij"), st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False), max_size=10
)
weights = st.floats(0.01, 100.0)


def test_the_scale_of_each_search_does_not_matter() -> None:
    dense = {"a": 0.9, "b": 0.85, "c": 0.8}
    lexical = {"a": 10.0, "c": 30.0, "d": 20.0}
    fused = fuse(Candidates.of(listed(dense), listed(lexical)), dense_weight=0.5, lexical_weight=1.0)
    assert [(one.passage.id, pytest.approx(one.score)) for one in fused] == [
        ("c", 2 / 3),
        ("a", 1 / 3),
        ("d", 1 / 3),
        ("b", 1 / 6),
    ]


def test_one_search_alone_keeps_its_order_and_full_scores() -> None:
    only = listed({"a": 3.0, "b": 2.0, "c": 1.0})
    for method in METHODS:
        for both in (Candidates.of(only, ()), Candidates.of((), only)):
            fused = fuse(both, method=method)  # type: ignore[arg-type]
            assert [one.passage.id for one in fused] == ["a", "b", "c"]
    assert next(fuse(Candidates.of((), only))).score == 1.0
    assert list(fuse(Candidates.of((), ()))) == []


def test_equal_scores_are_all_the_best() -> None:
    assert min_max([("a", 2.0), ("b", 2.0)]) == {"a": 1.0, "b": 1.0}
    assert rrf([("a", 2.0), ("b", 2.0), ("c", 1.0)], k=1.0) == {"a": 1.0, "b": 1.0, "c": 0.5}
    assert dbsf([("a", 2.0), ("b", 2.0)]) == {"a": 0.5, "b": 0.5}


@pytest.mark.parametrize("method", METHODS)
@given(dense=scores, lexical=scores, weights=st.tuples(weights, weights), data=st.data())
def test_fusion_holds_all_in_order_between_0_and_1(
    method: str, dense: dict[str, float], lexical: dict[str, float], weights: tuple[float, float], data: st.DataObject
) -> None:
    both = Candidates.of(listed(dense), listed(lexical))
    options = {"dense_weight": weights[0], "lexical_weight": weights[1], "method": method}
    fused = list(fuse(both, **options))  # type: ignore[arg-type]
    assert {one.passage.id for one in fused} == dense.keys() | lexical.keys()
    assert all(0.0 <= one.score <= 1.0 for one in fused)
    assert fused == sorted(fused, key=lambda one: (-one.score, one.passage.id))
    mixed = Candidates.of(
        tuple(data.draw(st.permutations(both.dense))), tuple(data.draw(st.permutations(both.lexical)))
    )
    assert list(fuse(mixed, **options)) == fused  # type: ignore[arg-type]


@pytest.mark.parametrize("method", METHODS)
@given(dense=scores, lexical=scores)
def test_better_in_both_searches_is_never_worse(
    method: str, dense: dict[str, float], lexical: dict[str, float]
) -> None:
    fused = {one.passage.id: one.score for one in fuse(Candidates.of(listed(dense), listed(lexical)), method=method)}  # type: ignore[arg-type]
    for one in dense.keys() & lexical.keys():
        for other in dense.keys() & lexical.keys():
            if dense[one] >= dense[other] and lexical[one] >= lexical[other]:
                assert fused[one] >= fused[other] - 1e-9


def test_an_article_is_one_hit_with_its_best_passage() -> None:
    found = [
        Scored(passage("a", "art_8__para_1", "8"), 0.5),
        Scored(passage("b", "art_8__para_2", "8"), 0.9),
        Scored(passage("c", "art_8__para_2", "8", key="khác"), 0.8),
        Scored(passage("d", "att_1__art_8", "8"), 0.7),
        Scored(passage("e", "sec_5__sec_2", None), 0.6),
        Scored(passage("f", "sec_5", None), 0.4),
        Scored(passage("g", "chp_2__table_1", None), 0.3),
    ]
    expected = [("b", 0.9), ("c", 0.8), ("d", 0.7), ("e", 0.6), ("f", 0.4), ("g", 0.3)]
    for order in (found, found[::-1]):
        hits = group_by_provision(order)
        assert [(hit.passage.id, hit.score) for hit in hits] == expected
        assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("eid", "article", "expected"),
    [
        ("art_8__para_1__point_đ", "8", "art_8"),
        ("art_93b", "93b", "art_93b"),
        ("att_1__art_5__para_2", "5", "att_1__art_5"),
        ("sec_1__sec_2", None, "sec_1__sec_2"),
    ],
)
def test_the_provision_of_a_passage(eid: str, article: str | None, expected: str) -> None:
    assert provision_of(passage("a", eid, article)) == (CARD.key, expected)


def test_hits_of_the_document_that_most_hits_come_from_move_up() -> None:
    hits = group_by_provision(
        [
            Scored(passage("x", key="a"), 1.0),
            Scored(passage("y", key="b"), 0.9),
            Scored(passage("z", "art_2", "2", key="b"), 0.8),
        ]
    )
    leaning = lean_to_documents(hits, weight=0.3)
    assert [hit.passage.id for hit in leaning] == ["y", "x", "z"]
    assert [hit.rank for hit in leaning] == [1, 2, 3]
    assert all(0.0 <= hit.score <= 1.0 for hit in leaning)
    assert lean_to_documents(hits, weight=0.0) == hits
