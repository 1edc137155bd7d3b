"""What comes beside the hits of an answer: the definition asked for, the provisions referred to; nothing hidden, nothing
out of force, and no more than fits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from retrieval.answer import Hit
from retrieval.expand import Named, expansions
from retrieval.index import SearchFilter
from retrieval.passage import Passage
from retrieval.settings import RetrievalSettings

WHERE = SearchFilter(access=frozenset({"public"}), as_of=date(2024, 12, 1))
SETTINGS = RetrievalSettings()


def hit(library: Any, key: str, article: str) -> Hit:
    passage = next(p for p in library.passages if p.document.key == key and p.article == article)
    return Hit(1, 1.0, passage)


def naming(*places: tuple[str, str]) -> Named:
    """Hits that name these provisions; `ingest.citations_read` tells which they really do."""

    async def named(passages: Sequence[Passage], access: Collection[str] | None) -> Sequence[tuple[str, str]]:
        return places

    return named


CLAUSE = naming(("05/2024/QĐ-UBND", "art_3__para_2"))


async def test_a_provision_referred_to_comes_with_its_reason(library: Any) -> None:
    hits = [hit(library, "05/2024/QĐ-UBND", "5")]
    found = await expansions(library.index, hits, WHERE, SETTINGS, named=CLAUSE)
    assert [(one.passage.article, one.why) for one in found] == [("3", "reference")]
    whole = naming(("05/2024/QĐ-UBND", "chp_1"), ("05/2024/QĐ-UBND", "art_5__para_1"), ("05/2024/QĐ-UBND", "art_99"))
    assert (
        await expansions(library.index, hits, WHERE, SETTINGS, named=whole) == ()
    )  # too much, here already, not there


async def test_what_is_hidden_or_out_of_force_does_not_come(library: Any) -> None:
    hits = [hit(library, "05/2024/QĐ-UBND", "1")]
    named = naming(("77/QĐ-BVK", "art_1"), ("01/2010/QĐ-UBND", "art_1"))
    assert await expansions(library.index, hits, WHERE, SETTINGS, named=named) == ()
    guard = replace(WHERE, access=frozenset({"unit:kho"}), as_of=None)
    seen = await expansions(library.index, hits, guard, SETTINGS, named=named)
    assert [(s.passage.document.key, s.why) for s in seen] == [("77/QĐ-BVK", "reference")]


async def test_the_definition_of_the_term_asked_for_comes_first(library: Any) -> None:
    hits = [hit(library, "05/2024/QĐ-UBND", "5")]
    found = await expansions(library.index, hits, WHERE, SETTINGS, question="Điểm tập kết là gì?", named=CLAUSE)
    assert [(one.passage.article, one.why) for one in found] == [("2", "definition"), ("3", "reference")]
    none = await expansions(library.index, hits, WHERE, SETTINGS, question="Hộ gia đình là gì?", named=CLAUSE)
    assert [one.why for one in none] == ["reference"]


async def test_what_does_not_fit_stays_away(library: Any) -> None:
    hits = [hit(library, "05/2024/QĐ-UBND", "5")]
    narrow = replace(SETTINGS, expand_characters=20)
    assert await expansions(library.index, hits, WHERE, narrow, question="Điểm tập kết là gì?", named=CLAUSE) == ()
