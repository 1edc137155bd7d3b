"""From two lists of candidates to one order: score fusion, and one hit a provision.

All functions are pure and give scores between 0 and 1, best first, ties by passage id, whatever the input's order.
A passage that only one search brought scores nothing on the other side, as much as the last of that list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from statistics import fmean, pstdev
from typing import Literal

from retrieval.answer import Hit
from retrieval.index import Candidates, Found, Id, Scored
from retrieval.passage import Passage

Method = Literal["min_max", "rrf", "dbsf"]

#: Passages read at a time: one answer's worth of provisions is in the first few dozen.
_READ_AT_ONCE = 32


def fuse(
    candidates: Candidates,
    *,
    dense_weight: float = 0.7,
    lexical_weight: float = 1.0,
    method: Method = "min_max",
    rrf_k: float = 10.0,
) -> Iterator[Scored]:
    """The passages of both searches with one score each, best first; each is read when it is asked for.

    The weights are relative: the score is their weighted mean. A search that brought nothing leaves the other alone,
    with its full weight, so that a missing model does not halve the scores.
    """
    sides = [
        (_SCALES[method](side, rrf_k), weight)
        for side, weight in ((candidates.by_meaning, dense_weight), (candidates.by_words, lexical_weight))
        if side and weight > 0.0
    ]
    total = sum(weight for _, weight in sides)
    sums: dict[Id, float] = {}
    for scale, weight in sides:
        share = weight / total
        for identity, score in scale.items():
            sums[identity] = sums.get(identity, 0.0) + score * share
    best = sorted([(-score, identity) for identity, score in sums.items()])
    for start in range(0, len(best), _READ_AT_ONCE):
        part = best[start : start + _READ_AT_ONCE]
        passages = candidates.read([identity for _, identity in part])
        for worse, identity in part:
            yield Scored(passages[identity], min(1.0, -worse))


def min_max(side: Sequence[Found]) -> dict[Id, float]:
    """Id -> raw score scaled so that the list's best is 1 and its last 0; all 1 when they are equal."""
    best = _best(side)
    low, high = min(best.values(), default=0.0), max(best.values(), default=0.0)
    if high <= low:
        return dict.fromkeys(best, 1.0)
    span = high - low  # the same division for the best itself gives exactly 1
    return {identity: (score - low) / span for identity, score in best.items()}


def rrf(side: Sequence[Found], k: float = 10.0) -> dict[Id, float]:
    """Id -> reciprocal rank, (k + 1) / (k + rank), so that the first has 1. Equal scores share the better rank.

    Cormack, Clarke, Büttcher 2009.
    """
    best = _best(side)
    ranks: dict[float, int] = {}
    for place, score in enumerate(sorted(best.values(), reverse=True), start=1):
        ranks.setdefault(score, place)
    return {identity: (k + 1.0) / (k + ranks[score]) for identity, score in best.items()}


def dbsf(side: Sequence[Found]) -> dict[Id, float]:
    """Id -> raw score scaled between mean - 3 deviations (0) and mean + 3 (1), cut off there.

    Distribution-based score fusion (Mazzeschi 2023), as Qdrant has it; all 0.5 when the scores are equal.
    """
    best = _best(side)
    if not best:
        return {}
    mean, deviation = fmean(best.values()), pstdev(best.values())
    if deviation == 0.0:
        return dict.fromkeys(best, 0.5)
    return {identity: min(1.0, max(0.0, (score - mean) / (6.0 * deviation) + 0.5)) for identity, score in best.items()}


def provision_of(passage: Passage) -> tuple[str, str]:
    """What counts as one hit: (document key, eid of the article, or of the passage where there is none)."""
    return passage.document.key, passage.eid if passage.article is None else _article_of(passage.eid)


@lru_cache(maxsize=65536)
def _article_of(eid: str) -> str:
    """The eid of the article that a provision stands in, or its own."""
    steps = eid.split("__")
    place = next((place for place, step in enumerate(steps) if step.startswith("art_")), len(steps) - 1)
    return "__".join(steps[: place + 1])


def group_by_provision(
    scored: Iterable[Scored],
    key: Callable[[Passage], tuple[str, str]] = provision_of,
    *,
    most: int | None = None,
) -> list[Hit]:
    """One hit a provision: its best passage with that passage's score, ranked from 1.

    `most`: for passages that come best first: no more than so many hits, and no passage is taken beyond them.
    """
    best: dict[tuple[str, str], Scored] = {}
    for one in scored:
        group = key(one.passage)
        held = best.get(group)
        if held is None or (-one.score, one.passage.id) < (-held.score, held.passage.id):
            best[group] = one
        if len(best) == most:
            break
    ordered = sorted(best.values(), key=lambda one: (-one.score, one.passage.id))
    return [Hit(rank, one.score, one.passage) for rank, one in enumerate(ordered, start=1)]


def lean_to_documents(hits: Sequence[Hit], *, weight: float, depth: int = 5) -> list[Hit]:
    """The hits in a new order that favours the documents which the best of them come from.

    A question is mostly about one document: the scores of the first `depth` hits, added by document and scaled so that
    the strongest document has 1, are mixed into each hit's score with `weight` against 1. No hit is added or lost.
    """
    sums: dict[str, float] = {}
    for hit in hits[:depth]:
        sums[hit.passage.document.key] = sums.get(hit.passage.document.key, 0.0) + hit.score
    most = max(sums.values(), default=0.0)
    if most <= 0.0 or weight <= 0.0:
        return list(hits)
    leaning = [
        ((hit.score + weight * sums.get(hit.passage.document.key, 0.0) / most) / (1.0 + weight), hit) for hit in hits
    ]
    leaning.sort(key=lambda one: (-one[0], one[1].passage.id))
    return [Hit(rank, score, hit.passage, hit.why) for rank, (score, hit) in enumerate(leaning, start=1)]


def _best(side: Sequence[Found]) -> dict[Id, float]:
    found = dict(side)
    if len(found) == len(side):
        return found
    for identity, score in side:
        held = found.get(identity)
        found[identity] = score if held is None else max(held, score)
    return found


_SCALES: Mapping[Method, Callable[[Sequence[Found], float], dict[Id, float]]] = {
    "min_max": lambda side, _: min_max(side),
    "rrf": rrf,
    "dbsf": lambda side, _: dbsf(side),
}
