"""Is there ground for an answer at all? `Evidence` of a search and the one number drawn from it.

Nothing here asks a model: how much of what the question tells stands in one of the best provisions, and how near they are
in meaning. Of five signs tried on the 127 questions of the corpus that its index could answer and on 28 that it could
not, these two separate best (area under the curve 0.97).
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
    """What a search says about itself.

    `coverage`: weighted share of the question's informative terms in the best single provision, 0 to 1. `similarity`:
    best cosine of the dense search; None where it did not run or its scale is not known.
    """

    coverage: float
    similarity: float | None


def gather(question: str, passages: Sequence[Passage], similarity: float | None) -> Evidence:
    """The evidence in the best `passages` (best first; the first three are looked at)."""
    wanted = informative(question)
    if not passages or not wanted:
        return Evidence(0.0, similarity)
    best = (frozenset(lexical_terms(f"{p.context}\n{p.text}")) for p in passages[:3])
    return Evidence(max(share_of(wanted, terms) for terms in best), similarity)


def confidence(evidence: Evidence, settings: RetrievalSettings) -> float:
    """From 0 (nothing found) to 1. Below `settings.min_confidence` the honest answer is a refusal."""
    if evidence.similarity is None:
        # By words alone the line is `min_coverage`: scaled, so that one threshold serves both.
        return min(1.0, evidence.coverage * settings.min_confidence / settings.min_coverage)
    span = settings.similarity_ceiling - settings.similarity_floor
    near = min(1.0, max(0.0, (evidence.similarity - settings.similarity_floor) / span))
    return settings.coverage_weight * evidence.coverage + (1.0 - settings.coverage_weight) * near
