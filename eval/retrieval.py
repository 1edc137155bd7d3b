"""Retrieval quality by article over questions with gold articles, and the time that a search takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from api.requests import search_request
from api.schemas import HitOut, SearchRequest, TimedSearch
from eval.compare import Comparison, compare
from eval.metrics import (
    Interval,
    Scores,
    Values,
    article_key,
    differences,
    groups,
    intervals,
    means,
    per_question,
    percentile,
)
from eval.questions import GoldQuestion, without_marks

Search = Callable[[SearchRequest], TimedSearch]
#: A question's text to the articles found, best first.
Ranker = Callable[[str], Sequence[str]]
OnDone = Callable[[int], None]

#: Hits asked for a question: what recall@20 needs.
DEPTH = 20


def _nothing(done: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Baseline:
    """Another way to search the same documents. `differences`: of phapquy minus it, over all questions and by kind."""

    scores: dict[str, Scores]
    differences: dict[str, dict[str, Interval]]


@dataclass(frozen=True, slots=True)
class Report:
    """`scores`: "all" first, then each kind of question. `latency_ms`: of whole searches, then of their parts.

    `values`: each measure for each question. `about`: what was measured, in words and numbers.
    """

    scores: dict[str, Scores]
    latency_ms: dict[str, float]
    groups: dict[str, list[str]]
    values: Values
    baselines: dict[str, Baseline] = field(default_factory=dict)
    comparison: Comparison | None = None
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def intervals(self) -> dict[str, dict[str, Interval]]:
        """95% intervals of the means."""
        return {group: intervals(self.values, ids) for group, ids in self.groups.items()}

    def against(self, old: Values) -> Comparison:
        """See `eval.compare`."""
        return compare(self.values, old, self.groups)

    def fixed_json(self) -> dict[str, Any]:
        """The object that scripts read: scores of all questions and of each kind, latency; nothing else."""
        return {**{kind: asdict(scores) for kind, scores in self.scores.items()}, "latency_ms": self.latency_ms}

    def as_json(self) -> dict[str, Any]:
        """The fixed object, and behind it what `--compare` needs."""
        kinds = {id: kind for kind, ids in self.groups.items() if kind != "all" for id in ids}
        value = {
            **self.fixed_json(),
            "intervals": _plain(self.intervals),
            "baselines": {
                name: {
                    **{kind: asdict(scores) for kind, scores in one.scores.items()},
                    "differences": _plain(one.differences),
                }
                for name, one in self.baselines.items()
            },
            "about": self.about,
            "questions": {id: {"kind": kinds.get(id, ""), **scores} for id, scores in self.values.items()},
        }
        if self.comparison is not None:
            value["comparison"] = {
                "n": self.comparison.n,
                "only_new": self.comparison.only_new,
                "only_old": self.comparison.only_old,
                "losses": list(self.comparison.losses),
                "differences": _plain(self.comparison.groups),
            }
        return value


def _plain(found: Mapping[str, Mapping[str, Interval]]) -> dict[str, dict[str, dict[str, float]]]:
    return {group: {name: asdict(one) for name, one in each.items()} for group, each in found.items()}


def measure(
    search: Search, questions: Sequence[GoldQuestion], *, unaccented: bool = False, on_done: OnDone = _nothing
) -> Report:
    """Search every question and score the articles found; one unmeasured search before warms up."""
    rankings: dict[str, list[str]] = {}
    times: list[tuple[float, float | None]] = []
    requests = [search_request(text, limit=DEPTH) for text in texts(questions, unaccented)]
    search(requests[0])
    for done, (question, request) in enumerate(zip(questions, requests, strict=True), start=1):
        began = time.perf_counter()
        found = search(request)
        wall = (time.perf_counter() - began) * 1000
        times.append((found.timings_ms.get("total", wall), found.timings_ms.get("embed")))
        rankings[question.id] = articles(found.response.results)
        on_done(done)
    values = per_question(questions, rankings)
    grouped = groups(questions)
    return Report(
        scores={kind: means(values, ids) for kind, ids in grouped.items()},
        latency_ms=_latency(times),
        groups=grouped,
        values=values,
        about={"unaccented": unaccented},
    )


def measure_baseline(
    rank: Ranker,
    questions: Sequence[GoldQuestion],
    ours: Values,
    *,
    unaccented: bool = False,
    on_done: OnDone = _nothing,
) -> Baseline:
    """The same questions by another ranking, with the paired differences to `ours`."""
    rankings: dict[str, Sequence[str]] = {}
    for done, (question, text) in enumerate(zip(questions, texts(questions, unaccented), strict=True), start=1):
        rankings[question.id] = rank(text)[:DEPTH]
        on_done(done)
    values = per_question(questions, rankings)
    grouped = groups(questions)
    return Baseline(
        scores={kind: means(values, ids) for kind, ids in grouped.items()},
        differences={kind: differences(ours, values, ids) for kind, ids in grouped.items()},
    )


def texts(questions: Sequence[GoldQuestion], unaccented: bool) -> list[str]:
    """The questions as they are asked."""
    return [without_marks(question.text) if unaccented else question.text for question in questions]


def articles(hits: Sequence[HitOut]) -> list[str]:
    """The articles of the hits, best first, each once; a provision outside any article counts under its eid."""
    ordered = sorted(hits, key=lambda hit: hit.rank)
    keys = (article_key(hit.document.number, hit.provision.article or hit.provision.eid) for hit in ordered)
    return list(dict.fromkeys(keys))


def _latency(times: Sequence[tuple[float, float | None]]) -> dict[str, float]:
    totals = [total for total, _ in times]
    out = {"p50": percentile(totals, 50), "p95": percentile(totals, 95)}
    parts = [(total, embed) for total, embed in times if embed is not None]
    if parts:
        out["embed_p50"] = percentile([embed for _, embed in parts], 50)
        out["rest_p50"] = percentile([total - embed for total, embed in parts], 50)
        out["rest_p95"] = percentile([total - embed for total, embed in parts], 95)
    return out
