"""The measures of `phapquy eval retrieval`, against values worked out by hand."""

from __future__ import annotations

import json
from math import log2
from pathlib import Path

import pytest

from api.schemas import HitOut, SearchRequest, SearchResponse, TimedSearch
from eval.questions import GoldQuestion, read_questions, without_marks
from eval.retrieval import measure
from legal.errors import BadRequest

DOCUMENT = {
    "number": "12/2024/QĐ-UBND",
    "title": None,
    "type": None,
    "issuer": None,
    "issued": None,
    "status": "unknown",
    "effective_from": None,
    "effective_to": None,
}
READING = {
    "text": "",
    "read_as": "",
    "restored": False,
    "citations": [],
    "expansions": [],
    "date": None,
    "notes": [],
}


def hit(rank: int, article: str | None, eid: str = "") -> HitOut:
    provision = {"eid": eid or f"art_{article}", "label": "", "article": article, "heading": "", "path": []}
    return HitOut.model_validate(
        {"rank": rank, "score": 1 / rank, "document": DOCUMENT, "provision": provision, "text": ""}
    )


def finds(answers: dict[str, list[HitOut]], asked: list[str]) -> object:
    def search(body: SearchRequest) -> TimedSearch:
        asked.append(body.query)
        assert body.limit == 20
        response = SearchResponse.model_validate(
            {"query": READING, "as_of": "2026-01-01", "results": answers[body.query], "warnings": []}
        )
        return TimedSearch(response=response, timings_ms={"total": 10.0, "embed": 6.0})

    return search


def gold(name: str, kind: str, *articles: str) -> GoldQuestion:
    return GoldQuestion(name, name, kind, frozenset(("12/2024/QĐ-UBND", article) for article in articles))


def test_measures_by_article_and_kind() -> None:
    answers = {
        "first": [hit(1, "8"), hit(2, "9")],
        # Two provisions of one article count once: article 5 is second, article 6 third.
        "third": [hit(1, "1"), hit(2, "5", "art_5__para_1"), hit(3, "5", "art_5__para_2"), hit(4, "6")],
        "late": [hit(n, str(100 + n)) for n in range(1, 12)] + [hit(12, "3")],
        "never": [],
    }
    questions = [
        gold("first", "a", "8"),
        gold("third", "a", "6", "7"),
        gold("late", "b", "3"),
        gold("never", "b", "4"),
    ]
    report = measure(finds(answers, []), questions)  # type: ignore[arg-type]
    ideal = 1 + 1 / log2(3)
    a, b, every = report.scores["a"], report.scores["b"], report.scores["all"]
    assert (a.n, b.n, every.n) == (2, 2, 4)
    assert a.ndcg10 == pytest.approx((1 + (1 / log2(4)) / ideal) / 2, abs=1e-4)
    assert a.recall5 == pytest.approx(0.75) and a.mrr10 == pytest.approx((1 + 1 / 3) / 2, abs=1e-4)
    assert (b.ndcg10, b.recall10, b.mrr10) == (0, 0, 0)
    assert b.recall20 == pytest.approx(0.5)
    assert every.recall20 == pytest.approx((1 + 0.5 + 1 + 0) / 4)


def test_the_fixed_object() -> None:
    report = measure(finds({"first": [hit(1, "8")]}, []), [gold("first", "Đúng/Sai", "8")])  # type: ignore[arg-type]
    value = json.loads(json.dumps(report.as_json()))
    assert list(value)[:3] == ["all", "Đúng/Sai", "latency_ms"]
    assert list(report.fixed_json()) == ["all", "Đúng/Sai", "latency_ms"]
    assert value["all"] == {"n": 1, "ndcg10": 1, "recall5": 1, "recall10": 1, "recall20": 1, "mrr10": 1}
    assert value["latency_ms"] == {"p50": 10, "p95": 10, "embed_p50": 6, "rest_p50": 4, "rest_p95": 4}


def test_unaccented_questions_keep_everything_but_the_marks() -> None:
    asked: list[str] = []
    question = GoldQuestion("1", "Đăng ký kết hôn ở UBND xã, phường?", "", frozenset({("1/2020/NĐ-CP", "1")}))
    measure(finds({"Dang ky ket hon o UBND xa, phuong?": []}, asked), [question], unaccented=True)  # type: ignore[arg-type]
    assert set(asked) == {"Dang ky ket hon o UBND xa, phuong?"}
    assert without_marks("Nghị định 123/2020/NĐ-CP") == "Nghi dinh 123/2020/ND-CP"


def test_questions_are_read_with_their_numbers_in_one_spelling(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    row = {"id": "q", "question": "?", "kind": "k", "relevant": [{"document": "123/2020/ND-CP", "article": 8}]}
    file.write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    assert read_questions(file) == [GoldQuestion("q", "?", "k", frozenset({("123/2020/NĐ-CP", "8")}))]
    file.write_text(json.dumps(row) + '\n{"id": 1}\n', encoding="utf-8")
    with pytest.raises(BadRequest, match="Dòng 2"):
        read_questions(file)


def test_the_real_questions_are_read(corpus: Path) -> None:
    questions = read_questions(corpus / "questions.jsonl")
    assert len(questions) == 157
    laws = {json.loads(line)["number"] for line in (corpus / "laws.jsonl").read_text(encoding="utf-8").splitlines()}
    assert {number for question in questions for number, _ in question.relevant} <= laws
