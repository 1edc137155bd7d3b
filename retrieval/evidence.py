"""Is there ground for an answer at all? `Evidence` of a search and the one number drawn from it.

Nothing here asks a model: how much of what the question tells stands in the best provisions, and how near they are in
meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from legal.text import lexical_terms
from retrieval.passage import Passage
from retrieval.settings import RetrievalSettings
from retrieval.terms import informative, share_of


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a search says about itself. All between 0 and 1.

    `coverage`: weighted share of the question's informative terms in the best single provision. `pooled`: in the best
    three together. `rarest`: share of the question's three most telling syllables found in the best three.
    `similarity`: best cosine of the dense search; None where it did not run.
    """

    coverage: float
    pooled: float
    rarest: float
    similarity: float | None


def gather(question: str, passages: Sequence[Passage], similarity: float | None) -> Evidence:
    """The evidence in the best `passages` (best first; the first three are looked at)."""
    wanted = informative(question)
    best = [frozenset(lexical_terms(f"{p.context}\n{p.text}")) for p in passages[:3]]
    if not best or not wanted:
        return Evidence(0.0, 0.0, 0.0, similarity)
    pooled = frozenset[str]().union(*best)
    singles = sorted((t for t in wanted if "_" not in t), key=lambda t: -wanted[t])[:3]
    return Evidence(
        coverage=max(share_of(wanted, terms) for terms in best),
        pooled=share_of(wanted, pooled),
        rarest=sum(t in pooled for t in singles) / len(singles) if singles else 0.0,
        similarity=similarity,
    )


def confidence(evidence: Evidence, settings: RetrievalSettings) -> float:
    """From 0 (nothing found) to 1. Below `settings.min_confidence` the honest answer is a refusal."""
    words = (evidence.coverage + evidence.pooled + evidence.rarest) / 3
    if evidence.similarity is None:
        return words
    span = settings.similarity_ceiling - settings.similarity_floor
    near = min(1.0, max(0.0, (evidence.similarity - settings.similarity_floor) / span))
    total = settings.coverage_weight + settings.similarity_weight
    return (settings.coverage_weight * words + settings.similarity_weight * near) / total
