"""Retrieval quality by article over questions with gold articles, and the time that a search takes."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np

from api.requests import canonical_number, search_request
from api.schemas import HitOut, SearchRequest, TimedSearch
from legal.errors import BadRequest

Search = Callable[[SearchRequest], TimedSearch]

#: Hits asked for a question: what recall@20 needs.
DEPTH = 20

_MEASURES = {
    "ndcg10": ir_measures.nDCG @ 10,
    "recall5": ir_measures.R @ 5,
    "recall10": ir_measures.R @ 10,
    "recall20": ir_measures.R @ 20,
    "mrr10": ir_measures.RR @ 10,
}


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with its gold articles as (document number, article) pairs."""

    id: str
    text: str
    kind: str
    relevant: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over `n` questions, binary gain."""

    n: int
    ndcg10: float
    recall5: float
    recall10: float
    recall20: float
    mrr10: float


@dataclass(frozen=True, slots=True)
class Report:
    """`scores`: "all" first, then each kind of question. `latency_ms`: of whole searches, then of their parts."""

    scores: dict[str, Scores]
    latency_ms: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """The fixed JSON object."""
        return {**{kind: asdict(scores) for kind, scores in self.scores.items()}, "latency_ms": self.latency_ms}


def read_questions(path: Path) -> list[GoldQuestion]:
    """Rows `id, question, kind, relevant: [{document, article}]`; raises BadRequest naming the line that is not one."""
    rows: list[GoldQuestion] = []
    with path.open(encoding="utf-8") as file:
        for place, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                pairs = {(canonical_number(str(gold["document"])), str(gold["article"])) for gold in row["relevant"]}
                rows.append(
                    GoldQuestion(str(row["id"]), str(row["question"]), str(row.get("kind", "")), frozenset(pairs))
                )
            except (ValueError, KeyError, TypeError):
                raise BadRequest(f"Dòng {place} của tệp câu hỏi không đúng dạng.") from None
    if not rows:
        raise BadRequest("Tệp câu hỏi không có câu nào.")
    return rows


def without_marks(text: str) -> str:
    """The question as typed without diacritics: marks removed, đ as d, letters' case kept."""
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare).replace("đ", "d").replace("Đ", "D")


def measure(
    search: Search,
    questions: Sequence[GoldQuestion],
    *,
    unaccented: bool = False,
    on_done: Callable[[int], None] = lambda done: None,
) -> Report:
    """Search every question and score the articles found; one unmeasured search before warms up."""
    run: list[ir_measures.ScoredDoc] = []
    times: list[tuple[float, float | None]] = []
    requests = [
        search_request(without_marks(question.text) if unaccented else question.text, limit=DEPTH)
        for question in questions
    ]
    search(requests[0])
    for done, (question, request) in enumerate(zip(questions, requests, strict=True), start=1):
        began = time.perf_counter()
        found = search(request)
        wall = (time.perf_counter() - began) * 1000
        times.append((found.timings_ms.get("total", wall), found.timings_ms.get("embed")))
        for position, article in enumerate(articles(found.response.results)):
            run.append(ir_measures.ScoredDoc(question.id, article, float(DEPTH - position)))
        on_done(done)
    return Report(scores=score(questions, run), latency_ms=_latency(times))


def articles(hits: Sequence[HitOut]) -> list[str]:
    """The articles of the hits, best first, each once; a provision outside any article counts under its eid."""
    keys = (
        f"{hit.document.number or ''}#{hit.provision.article or hit.provision.eid}"
        for hit in sorted(hits, key=lambda hit: hit.rank)
    )
    return list(dict.fromkeys(keys))


def score(questions: Sequence[GoldQuestion], run: Sequence[ir_measures.ScoredDoc]) -> dict[str, Scores]:
    """Means for all questions and for each kind; a question without hits counts as zero."""
    gold = [
        ir_measures.Qrel(question.id, f"{number}#{article}", 1)
        for question in questions
        for number, article in question.relevant
    ]
    names = {str(measured): name for name, measured in _MEASURES.items()}
    values: dict[str, dict[str, float]] = {question.id: dict.fromkeys(_MEASURES, 0.0) for question in questions}
    for metric in ir_measures.iter_calc(list(_MEASURES.values()), gold, run):
        values[metric.query_id][names[str(metric.measure)]] = metric.value
    kinds = sorted({question.kind for question in questions if question.kind})
    groups = {"all": list(questions), **{kind: [q for q in questions if q.kind == kind] for kind in kinds}}
    return {
        kind: Scores(
            n=len(group),
            **{name: round(float(np.mean([values[q.id][name] for q in group])), 4) for name in _MEASURES},
        )
        for kind, group in groups.items()
    }


def _latency(times: Sequence[tuple[float, float | None]]) -> dict[str, float]:
    totals = [total for total, _ in times]
    out = {"p50": _percentile(totals, 50), "p95": _percentile(totals, 95)}
    parts = [(total, embed) for total, embed in times if embed is not None]
    if parts:
        out["embed_p50"] = _percentile([embed for _, embed in parts], 50)
        out["rest_p50"] = _percentile([total - embed for total, embed in parts], 50)
        out["rest_p95"] = _percentile([total - embed for total, embed in parts], 95)
    return out


def _percentile(values: Sequence[float], share: float) -> float:
    return round(float(np.percentile(values, share)), 2)
