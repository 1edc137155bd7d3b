"""What comes beside the hits of an answer: the definition asked for, the provisions referred to; nothing hidden, nothing
out of force, and no more than fits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from retrieval.answer import Hit
from retrieval.expand import expansions
from retrieval.index import SearchFilter
from retrieval.settings import RetrievalSettings

WHERE = SearchFilter(access=frozenset({"public"}), as_of=date(2024, 12, 1))
SETTINGS = RetrievalSettings()


def hit(library: Any, key: str, article: str) -> Hit:
    passage = next(p for p in library.passages if p.document.key == key and p.article == article)
    return Hit(1, 1.0, passage)


async def test_a_provision_referred_to_comes_with_its_reason(library: Any) -> None:
    found = await expansions(library.index, [hit(library, "05/2024/QĐ-UBND", "5")], WHERE, SETTINGS)
    assert [(one.passage.article, one.why) for one in found] == [("3", "reference")]


async def test_a_provision_of_another_document_comes_by_its_number(library: Any) -> None:
    one = hit(library, "05/2024/QĐ-UBND", "1")
    text = "Việc trực đêm theo Điều 1 Quyết định số 77/QĐ-BVK và phí theo Điều 1 Quyết định số 01/2010/QĐ-UBND."
    naming = replace(one, passage=replace(one.passage, text=text))
    names = library.names
    public = await expansions(library.index, [naming], WHERE, SETTINGS, names=names)
    assert public == ()  # the one is hidden, the other out of force
    guard = replace(WHERE, access=frozenset({"unit:kho"}), as_of=None)
    seen = await expansions(library.index, [naming], guard, SETTINGS, names=names)
    assert [(s.passage.document.key, s.why) for s in seen] == [("77/QĐ-BVK", "reference")]


async def test_the_definition_of_the_term_asked_for_comes_first(library: Any) -> None:
    hits = [hit(library, "05/2024/QĐ-UBND", "5")]
    found = await expansions(library.index, hits, WHERE, SETTINGS, question="Điểm tập kết là gì?")
    assert [(one.passage.article, one.why) for one in found] == [("2", "definition"), ("3", "reference")]
    none = await expansions(library.index, hits, WHERE, SETTINGS, question="Hộ gia đình là gì?")
    assert [one.why for one in none] == ["reference"]


async def test_what_does_not_fit_stays_away(library: Any) -> None:
    hits = [hit(library, "05/2024/QĐ-UBND", "5")]
    narrow = replace(SETTINGS, expand_characters=20)
    assert await expansions(library.index, hits, WHERE, narrow, question="Điểm tập kết là gì?") == ()
