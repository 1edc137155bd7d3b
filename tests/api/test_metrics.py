"""What an operator watches: how fast the model writes, and what verification thinks of it; never a word of anybody's."""

from __future__ import annotations

from datetime import date
from typing import Any

from api.metrics import Metrics
from retrieval.answer import Answer, Reading, Statement
from serving.protocols import Usage

READING = Reading("bí mật", "bí mật")


def answer(mode: Any, **more: Any) -> Answer:
    return Answer("1", "nội dung mật", mode, READING, date(2026, 1, 1), **more)


def test_a_generated_answer_leaves_its_speed_and_its_verdicts() -> None:
    metrics = Metrics()
    told = metrics.registry.get_sample_value
    metrics.answered(
        answer(
            "generative",
            statements=(Statement("a", "supported"), Statement("b", "unsupported"), Statement("c", "supported")),
            usage=Usage(100, 41),
            timings_ms={"first_token": 450.0, "writing": 2000.0, "total": 2600.0},
        )
    )
    metrics.answered(answer("extractive", timings_ms={"total": 20.0}))
    assert told("phapquy_answers_total", {"mode": "generative"}) == 1
    assert told("phapquy_answers_total", {"mode": "extractive"}) == 1
    assert told("phapquy_answers_total", {"mode": "refusal"}) == 0
    assert told("phapquy_statements_total", {"verdict": "supported"}) == 2
    assert told("phapquy_statements_total", {"verdict": "unsupported"}) == 1
    assert told("phapquy_answer_first_token_seconds_sum") == 0.45
    assert told("phapquy_answer_tokens_per_second_sum") == 20
    assert told("phapquy_answer_tokens_per_second_count") == 1
    assert "mật" not in metrics.text().decode()
