"""The HTML report: whole, in need of nothing else, true to the figures."""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import html as lxml_html

from eval.compare import compare
from eval.metrics import MEASURES, differences, groups, means
from eval.questions import GoldQuestion
from eval.report import html
from eval.retrieval import Baseline, Report


def made(*scores: float, baseline: float = 0.25) -> Report:
    questions = [
        GoldQuestion(f"q<{place}>", "?", "loại & kiểu", frozenset({("1", "1")})) for place in range(len(scores))
    ]
    values = {question.id: dict.fromkeys(MEASURES, score) for question, score in zip(questions, scores, strict=True)}
    low = {id: dict.fromkeys(MEASURES, baseline) for id in values}
    grouped = groups(questions)
    return Report(
        scores={kind: means(values, ids) for kind, ids in grouped.items()},
        latency_ms={"p50": 12.5, "p95": 30.25},
        groups=grouped,
        values=values,
        baselines={
            name: Baseline(
                {kind: means(low, ids) for kind, ids in grouped.items()},
                {kind: differences(values, low, ids) for kind, ids in grouped.items()},
            )
            for name in ("bm25", "dense", "haystack", "haystack_every")
        },
        about={"documents": 9, "passages": 56, "embedder": "e", "unaccented": False},
    )


def test_the_report_fetches_nothing() -> None:
    page = html(made(1.0, 0.5, 0.0))
    assert not re.search(r"(?i)https?:|//[a-z]|\bsrc=|\bhref=|url\(|@import|<script|<link|<img|<iframe", page)
    tree = lxml_html.fromstring(page)
    assert len(tree.findall(".//svg")) >= 3
    assert tree.get("lang") == "vi"


def test_the_report_says_what_was_measured() -> None:
    report = made(1.0, 0.5, 0.0)
    text = " ".join(lxml_html.fromstring(html(report)).itertext())
    for said in ("3 câu hỏi", "9 văn bản", "0.500 [", "+0.250", "Haystack thường", "12.5 ms", "q<2>", "loại & kiểu"):
        assert said in text, said
    assert "So với lần đo trước" not in text


def test_the_report_shows_a_loss() -> None:
    new, old = made(*[0.0] * 20), made(*[1.0] * 20)
    report = replace(new, comparison=compare(new.values, old.values, new.groups))
    text = " ".join(lxml_html.fromstring(html(report)).itertext())
    assert "Giảm có ý nghĩa thống kê: nDCG@10" in text and "▼" in text
