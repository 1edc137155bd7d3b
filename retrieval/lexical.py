"""Lexical vectors: a text's terms as a sparse vector of BM25F's term-frequency part; the engine multiplies by IDF.

A term's id is the first four bytes of its BLAKE2b digest: stable over processes and versions, no vocabulary to keep.
With n distinct terms a given one shares its id with another with odds of n / 2^32: 0.02% for the million terms of a
large corpus, about 120 colliding pairs among all of them; each only lends a rare term another's statistics.

BM25F (Robertson, Zaragoza, Taylor 2004): the frequencies of a term in the fields are added with the fields' weights,
the lengths likewise, and saturation is applied once to the sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from legal.text import lexical_terms
from retrieval.index import Sparse
from retrieval.terms import weight as weight_of


@dataclass(frozen=True, slots=True)
class LexicalSettings:
    """How frequencies become weights. An index made with other settings must be made again.

    `k1`, `b`: saturation and length norm of BM25. `average_length`: mean weighted number of terms of a passage,
    a constant so that a passage's vector does not depend on the others. `heading`, `title`, `body`: what one occurrence
    of a term counts there.

    Of a question: `bigram`: what a bigram counts against 1 of a syllable; `asking`: what a word of asking, of courtesy
    or of grammar counts ("cho tôi hỏi", "được quy định như thế nào"), and a bigram with one, against 1 of another.
    """

    k1: float = 1.2
    b: float = 0.5
    average_length: float = 480.0
    heading: float = 4.0
    title: float = 3.0
    body: float = 1.0
    bigram: float = 0.6
    asking: float = 0.3


DEFAULT = LexicalSettings()


@lru_cache(maxsize=200_000)
def term_id(term: str) -> int:
    """A term's id: unsigned 32 bit."""
    return int.from_bytes(blake2b(term.encode(), digest_size=4).digest(), "little")


def document_vector(title: str, heading: str, body: str, settings: LexicalSettings = DEFAULT) -> Sparse:
    """A passage's vector.

    `title`: of its document; `heading`: its own and those above, one a line; `body`: its text.
    """
    frequencies: defaultdict[int, float] = defaultdict(float)
    length = 0.0
    for text, weight in ((title, settings.title), (heading, settings.heading), (body, settings.body)):
        if not weight:
            continue
        for term in lexical_terms(text):
            frequencies[term_id(term)] += weight
            length += weight
    norm = settings.k1 * (1.0 - settings.b + settings.b * length / settings.average_length)
    return _sparse({term: count * (settings.k1 + 1.0) / (count + norm) for term, count in frequencies.items()})


def question_vector(
    text: str, weights: Mapping[str, float] | None = None, settings: LexicalSettings = DEFAULT
) -> Sparse:
    """A question's vector: each occurrence of a syllable counts 1, of a bigram `settings.bigram`, of words that only
    ask `settings.asking` of that.

    `weights`: further texts (expansions) with the weight of their terms; a term that the question has keeps the larger weight.
    """
    counted: defaultdict[int, float] = defaultdict(float)
    for term in lexical_terms(text):
        counted[term_id(term)] += (settings.bigram if "_" in term else 1.0) * (
            1.0 if weight_of(term) else settings.asking
        )
    for expansion, weight in (weights or {}).items():
        for term in lexical_terms(expansion):
            identity = term_id(term)
            counted[identity] = max(counted[identity], weight * (settings.bigram if "_" in term else 1.0))
    return _sparse(counted)


def _sparse(weights: Mapping[int, float]) -> Sparse:
    kept = sorted((term, weight) for term, weight in weights.items() if weight > 0.0)
    return Sparse(tuple(term for term, _ in kept), tuple(weight for _, weight in kept))
