"""Retrieval measures by article with paired bootstrap intervals: pure functions over per-question values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import ir_measures
import numpy as np
from numpy.typing import NDArray

#: Binary gain; means are over questions, one without hits counts as zero.
MEASURES = {
    "ndcg10": ir_measures.nDCG @ 10,
    "recall5": ir_measures.R @ 5,
    "recall10": ir_measures.R @ 10,
    "recall20": ir_measures.R @ 20,
    "mrr10": ir_measures.RR @ 10,
}

#: Question id -> measure -> value.
Values = Mapping[str, Mapping[str, float]]

_RESAMPLES = 2_000
_SEED = 20_260


class Judged(Protocol):
    """What has gold articles."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def relevant(self) -> frozenset[tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over `n` questions."""

    n: int
    ndcg10: float
    recall5: float
    recall10: float
    recall20: float
    mrr10: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95% percentile bootstrap interval."""

    mean: float
    low: float
    high: float

    @property
    def is_loss(self) -> bool:
        """Of a difference: whether all of the interval lies below zero."""
        return self.high < 0.0

    @property
    def is_gain(self) -> bool:
        """Of a difference: whether all of the interval lies above zero."""
        return self.low > 0.0


def article_key(number: str | None, article: str) -> str:
    """How an article is named in a ranking; a provision outside any article goes by its eid in the article's place."""
    return f"{number or ''}#{article}"


def per_question(questions: Sequence[Judged], rankings: Mapping[str, Sequence[str]]) -> dict[str, dict[str, float]]:
    """The value of each measure for each question. `rankings`: question id -> article keys, best first, each once."""
    gold = [
        ir_measures.Qrel(question.id, article_key(number, article), 1)
        for question in questions
        for number, article in question.relevant
    ]
    run = [
        ir_measures.ScoredDoc(question.id, key, float(-position))
        for question in questions
        for position, key in enumerate(dict.fromkeys(rankings.get(question.id, ())))
    ]
    names = {str(measure): name for name, measure in MEASURES.items()}
    values = {question.id: dict.fromkeys(MEASURES, 0.0) for question in questions}
    if run:
        for metric in ir_measures.iter_calc(list(MEASURES.values()), gold, run):
            values[metric.query_id][names[str(metric.measure)]] = float(metric.value)
    return values


def groups(questions: Sequence[Judged]) -> dict[str, list[str]]:
    """Ids of the questions: "all" first, then by kind."""
    kinds = sorted({question.kind for question in questions if question.kind})
    return {
        "all": [question.id for question in questions],
        **{kind: [question.id for question in questions if question.kind == kind] for kind in kinds},
    }


def means(values: Values, ids: Sequence[str]) -> Scores:
    """Means over these questions, rounded to four places."""
    return Scores(n=len(ids), **{name: round(float(np.mean([values[id][name] for id in ids])), 4) for name in MEASURES})


def interval(sample: Sequence[float] | NDArray[np.float64], *, resamples: int = _RESAMPLES) -> Interval:
    """Mean and 95% percentile bootstrap interval of a sample; the same sample gives the same interval.

    Efron, Tibshirani 1993. The seed is fixed, so samples of one length are resampled alike: what is compared is paired.
    """
    data = np.asarray(sample, dtype=np.float64)
    if not len(data):
        raise ValueError("an empty sample has no mean")
    chosen = np.random.default_rng(_SEED).integers(0, len(data), size=(resamples, len(data)))
    low, high = np.percentile(data[chosen].mean(axis=1), (2.5, 97.5))
    return Interval(round(float(data.mean()), 4), round(float(low), 4), round(float(high), 4))


def intervals(values: Values, ids: Sequence[str]) -> dict[str, Interval]:
    """Of each measure over these questions."""
    return {name: interval([values[id][name] for id in ids]) for name in MEASURES}


def differences(new: Values, old: Values, ids: Sequence[str]) -> dict[str, Interval]:
    """Paired differences new - old of each measure over these questions, which both must have."""
    return {name: interval([new[id][name] - old[id][name] for id in ids]) for name in MEASURES}


def percentile(values: Sequence[float], share: float) -> float:
    """Of times in milliseconds, two places."""
    return round(float(np.percentile(values, share)), 2)
