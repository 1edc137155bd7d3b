"""Headings that a question says, in its words or in the law's words for them: "Bàn giao công trình xây dựng được quy
định như thế nào?" asks for the article of that heading, more than for one that uses its words often."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from functools import lru_cache
from itertools import islice

from legal.text import lexical_terms
from retrieval.index import Scored
from retrieval.terms import informative, share_of

#: Passages looked at, best first: what stands further down does not become a hit by its heading.
DEPTH = 64


def said_of_heading(heading: str, terms: Set[str]) -> float:
    """How much of a heading is in a question with these terms (`lexical_terms`), 0 to 1: the square of the weighted
    share of its syllables and bigrams, so that a half of it counts little."""
    wanted = _wanted(heading)
    return float(share_of(wanted, terms) ** 2) if wanted else 0.0


def favour_headings(
    scored: Iterable[Scored], question: str, *, weight: float, also: Iterable[str] = (), depth: int = DEPTH
) -> Iterator[Scored]:
    """Fused passages, best first, with those favoured whose heading the question says.

    `scored`: scores between 0 and 1. `weight`: what a heading said in full counts against 1 of the score; all are
    scaled back to 0..1. `also`: the law's words for the question's, which count as said. Only the first `depth` are
    looked at; the others follow in their order.
    """
    passages = iter(scored)
    terms = frozenset(term for text in (question, *also) for term in lexical_terms(text))
    first = [
        Scored(one.passage, (one.score + weight * said_of_heading(one.passage.heading, terms)) / (1.0 + weight))
        for one in islice(passages, depth)
    ]
    yield from sorted(first, key=lambda one: (-one.score, one.passage.id))
    for one in passages:
        yield Scored(one.passage, one.score / (1.0 + weight))


@lru_cache(maxsize=16_384)
def _wanted(heading: str) -> Mapping[str, float]:
    return informative(heading)
