"""The sets in `eval/sets` against a home with the demo documents: whole path, real embedder, real engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from api.schemas import CitationOut
from eval.answers import is_verbatim, measure_answers
from eval.baselines import measure_baselines
from eval.guards import check_guards, read_guards
from eval.place import Place
from eval.questions import read_questions, read_unanswerable
from eval.resolve import check_citations, read_citations
from eval.retrieval import measure

Sets = Callable[[str], Path]


@pytest.fixture(scope="module")
def sets(root: Path) -> Sets:
    return lambda name: root / "eval" / "sets" / name


def test_the_sets_speak_of_provisions_that_are_there(demo: Place, sets: Sets) -> None:
    catalogue = demo.parts.catalogue
    citations = read_citations(sets("citations.jsonl"))
    assert (
        len([row for row in citations if row.expect]) >= 60 and len([row for row in citations if not row.expect]) >= 20
    )
    for row in citations:
        if row.expect is not None:
            number, eid = row.expect
            tree = catalogue.tree(catalogue.document(number).card.key)
            assert not eid or tree.find(eid) is not None, row.id
    for question in read_questions(sets("demo_questions.jsonl")):
        for number, article in question.relevant:
            tree = catalogue.tree(catalogue.document(number).card.key)
            assert any(article in (node.eid, node.number) for node in tree.walk()), question.id
    for name in ("as_of.jsonl", "access.jsonl"):
        for guard in read_guards(sets(name)):
            assert not guard.expect & guard.forbidden
            for number in guard.expect | guard.forbidden | guard.access.keys():
                assert catalogue.document(number).card.number == number, guard.id


def test_ids_are_unique_and_questions_without_an_answer_are_many(sets: Sets) -> None:
    for file in sets("").glob("*.jsonl"):
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        ids = [row["id"] for row in rows if "id" in row]  # sets about files name those
        assert len(ids) == len(set(ids)), file.name
    questions = read_unanswerable(sets("unanswerable.jsonl"))
    assert len(questions) >= 50 and len({question.kind for question in questions}) >= 5


def test_citations_resolve_and_wrong_ones_bring_no_neighbour(demo: Place, sets: Sets) -> None:
    report = check_citations(demo.resolve, read_citations(sets("citations.jsonl")))
    assert report.refused == report.refused_n, report.wrong
    assert report.right == report.right_n, report.wrong


def test_nothing_out_of_force_is_shown(demo: Place, sets: Sets) -> None:
    rows = read_guards(sets("as_of.jsonl"))
    report = check_guards(demo.search, demo.answer, demo.resolve, demo.parts.catalogue, rows)
    assert (report.n, report.leaks, report.missing) == (len(rows), (), ())


def test_nothing_hidden_is_shown(labelled: Place, sets: Sets) -> None:
    rows = read_guards(sets("access.jsonl"))
    report = check_guards(labelled.search, labelled.answer, labelled.resolve, labelled.parts.catalogue, rows)
    assert (report.n, report.leaks, report.missing) == (len(rows), (), ())


def test_rows_about_labels_are_left_out_on_a_home_without_them(demo: Place, sets: Sets) -> None:
    rows = read_guards(sets("access.jsonl"))[:2]
    report = check_guards(demo.search, demo.answer, demo.resolve, demo.parts.catalogue, rows)
    assert (report.n, len(report.left_out)) == (0, 2)


def test_a_leak_is_seen(demo: Place, sets: Sets) -> None:
    row = next(row for row in read_guards(sets("as_of.jsonl")) if row.expect)
    report = check_guards(
        demo.search,
        demo.answer,
        demo.resolve,
        demo.parts.catalogue,
        [replace(row, expect=row.forbidden, forbidden=row.expect)],
    )
    assert report.leaks and not report.clean
    assert {number for _, number in report.missing} == row.forbidden


def test_answers_quote_verbatim_and_refuse_what_is_not_there(demo: Place, sets: Sets) -> None:
    gold, none = read_questions(sets("demo_questions.jsonl"))[::4], read_unanswerable(sets("unanswerable.jsonl"))[::6]
    value = measure_answers(demo.answer, demo.parts.catalogue, gold, none).as_json()
    assert value["quotes"]["verbatim"] == value["quotes"]["n"] > 0
    assert value["answerable"]["gold_cited"]["mean"] >= 0.85 and value["answerable"]["most_provisions_cited"] <= 5
    assert value["unanswerable"]["refused"]["mean"] >= 0.85
    assert set(value["questions"]) == {question.id for question in [*gold, *none]}


def test_an_altered_quote_is_not_verbatim(demo: Place) -> None:
    from api.requests import answer_request

    answer = demo.answer(answer_request("Thời hạn thuê điểm kinh doanh tại chợ là bao lâu?"))
    citation = answer.citations[0]
    catalogue = demo.parts.catalogue
    assert is_verbatim(catalogue, citation)
    moved: list[dict[str, object]] = [
        {"quote": citation.quote.replace("36", "24")},
        {"start": citation.start + 1, "end": citation.end + 1},
        {"quote": "", "end": citation.start},
        {"provision": citation.provision.model_copy(update={"eid": "art_99"})},
        {"document": citation.document.model_copy(update={"number": "99/2026/QĐ-UBND"})},
    ]
    changed: list[CitationOut] = [citation.model_copy(update=update) for update in moved]
    changed = [one for one in changed if one != citation]
    assert len(changed) >= 4 and not any(is_verbatim(catalogue, one) for one in changed)


def test_baselines_answer_the_same_questions(demo: Place, sets: Sets) -> None:
    questions = read_questions(sets("demo_questions.jsonl"))
    ours = measure(demo.search, questions)
    assert ours.scores["all"].ndcg10 >= 0.85
    found = measure_baselines(demo, questions, ours)
    assert list(found) == ["bm25", "dense", "haystack", "haystack_every"]
    for name, baseline in found.items():
        assert baseline.scores["all"].n == len(questions) and baseline.scores["all"].ndcg10 > 0.2, name
    gap = found["haystack"].differences["all"]["ndcg10"]
    assert gap.mean == pytest.approx(ours.scores["all"].ndcg10 - found["haystack"].scores["all"].ndcg10, abs=2e-4)
