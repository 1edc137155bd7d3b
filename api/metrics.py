"""`Metrics`: what an operator watches, counted in this process; names and labels carry no content of anybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

if TYPE_CHECKING:
    from retrieval.answer import Answer

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
        for mode in ("generative", "extractive", "refusal"):
            self._answers.labels(mode)
        for verdict in ("supported", "partly", "unsupported"):
            self._statements.labels(verdict)

    def answered(self, answer: Answer) -> None:
        """Count an answer, streamed or whole: its mode, its statements, and how fast the model wrote."""
        self._answers.labels(answer.mode).inc()
        for statement in answer.statements:
            self._statements.labels(statement.verdict).inc()
        timings = answer.timings_ms
        if "first_token" in timings:
            self._first_token.observe(timings["first_token"] / 1000)
        written = answer.usage.completion_tokens - 1 if answer.usage else 0
        if written > 0 and timings.get("writing", 0) > 0:
            self._token_rate.observe(written / timings["writing"] * 1000)

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self.registry)
