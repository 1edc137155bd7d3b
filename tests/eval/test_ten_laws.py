"""Ten real laws the whole way: files in, the real embedder and engine, real questions out, each quote verbatim."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.settings import Settings
from eval.answers import measure_answers
from eval.place import Place, open_place
from eval.questions import GoldQuestion, read_questions
from eval.retrieval import measure

LAWS = (
    "30/2018/QH14", "39/2009/QH12", "52/2010/QH12", "58/2010/QH12", "54/2010/QH12",
    "52/2014/QH13", "60/2014/QH13", "68/2020/QH14", "73/2021/QH14", "05/2022/QH15",
)  # fmt: skip


@pytest.fixture(scope="module")
def laws(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The ten laws ingested, open in this process."""
    rows = [json.loads(line) for line in (corpus / "laws.jsonl").read_text(encoding="utf-8").splitlines()]
    files = [corpus / row["file"] for row in rows if row["number"] in LAWS]
    settings = Settings(home=tmp_path_factory.mktemp("laws") / "home", _env_file=None)  # type: ignore[call-arg]
    with open_place(settings) as place:
        done = place.parts.ingestor.ingest(files)
        assert len(files) == 10 and not done.failures
        place.parts.syllables.refresh(place.parts.catalogue)
        yield place


@pytest.fixture(scope="module")
def questions(corpus: Path) -> list[GoldQuestion]:
    """The real questions that these laws answer."""
    every = read_questions(corpus / "questions.jsonl")
    return [question for question in every if all(number in LAWS for number, _ in question.relevant)]


@pytest.mark.timeout(600)
def test_real_questions_find_their_articles(laws: Place, questions: list[GoldQuestion]) -> None:
    assert len(questions) >= 90
    accented = measure(laws.search, questions).scores["all"]
    bare = measure(laws.search, questions, unaccented=True).scores["all"]
    assert accented.ndcg10 >= 0.83 and accented.recall10 >= 0.9
    assert bare.ndcg10 >= 0.97 * accented.ndcg10


@pytest.mark.timeout(600)
def test_answers_quote_the_laws_word_for_word(laws: Place, questions: list[GoldQuestion]) -> None:
    value = measure_answers(laws.answer, laws.parts.catalogue, questions, []).as_json()
    assert value["quotes"]["verbatim"] == value["quotes"]["n"] > 0
    assert value["answerable"]["gold_cited"]["mean"] >= 0.85
    assert value["answerable"]["refused"]["mean"] <= 0.05
