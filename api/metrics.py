"""`Metrics`: what an operator watches, counted in this process; names and labels carry no content of anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from api.acts import note_stages

if TYPE_CHECKING:
    from retrieval.answer import Answer

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STAGE = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_FIRST_TOKEN = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 13, 20, 30)
_TOKEN_RATE = (1, 2, 5, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300)


class Metrics:
    """The measures of one process, in a registry of their own. Counting is thread-safe."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "phapquy_answers",
            "Answers given, by mode: generative, extractive, refusal",
            ["mode"],
            registry=self.registry,
        )
        self._statements = Counter(
            "phapquy_statements",
            "Statements of generated answers, by verdict: supported, partly, unsupported",
            ["verdict"],
            registry=self.registry,
        )
        self._first_token = Histogram(
            "phapquy_answer_first_token_seconds",
            "From a question's arrival to the model's first piece of text",
            buckets=_FIRST_TOKEN,
            registry=self.registry,
        )
        self._token_rate = Histogram(
            "phapquy_answer_tokens_per_second",
            "Tokens a second between the model's first and last piece of text, one answer",
            buckets=_TOKEN_RATE,
            registry=self.registry,
        )
        self._requests = Histogram(
            "phapquy_http_request_seconds",
            "Requests by route, method and status; of a stream until its end",
            ["route", "method", "status"],
            buckets=_REQUEST,
            registry=self.registry,
        )
        self._stages = Histogram(
            "phapquy_question_stage_seconds",
            "Stages of the question's path",
            ["stage"],
            buckets=_STAGE,
            registry=self.registry,
        )
        for mode in ("generative", "extractive", "refusal"):
            self._answers.labels(mode)
        for verdict in ("supported", "partly", "unsupported"):
            self._statements.labels(verdict)

    def request(self, route: str | None, method: str, status: int, seconds: float) -> None:
        """Count a request by the route's template; what no route took, or in a strange method, shares one name."""
        known = method if method in _METHODS else "other"
        self._requests.labels(route or "none", known, str(status or 499)).observe(seconds)

    def staged(self, timings_ms: Mapping[str, float]) -> None:
        """Count how long the stages of a question took; the request in hand has them for its trace."""
        note_stages(timings_ms)
        for stage, spent in timings_ms.items():
            self._stages.labels(stage).observe(spent / 1000)

    def answered(self, answer: Answer) -> None:
        """Count an answer, streamed or whole: its mode, its statements, and how fast the model wrote."""
        self._answers.labels(answer.mode).inc()
        for statement in answer.statements:
            self._statements.labels(statement.verdict).inc()
        timings = answer.timings_ms
        self.staged(timings)
        if "first_token" in timings:
            self._first_token.observe(timings["first_token"] / 1000)
        written = answer.usage.completion_tokens - 1 if answer.usage else 0
        if written > 0 and timings.get("writing", 0) > 0:
            self._token_rate.observe(written / timings["writing"] * 1000)

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self.registry)
