"""The extractive answer: verbatim, addressed to the finest provision, honest when there is nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from retrieval.addresses import cite, document_name, segments
from retrieval.answer import REFUSAL, Answer, Hit, Question
from retrieval.evidence import Evidence, confidence
from retrieval.extract import EXTRACTED, best_quote, extract
from retrieval.index import SearchFilter
from retrieval.passage import DocumentCard
from retrieval.pipeline import QuestionPath
from retrieval.settings import RetrievalSettings
from retrieval.terms import informative

EVERYBODY = SearchFilter(access=frozenset({"public"}), as_of=date(2024, 12, 1))


@pytest.fixture
def path(library: Any, embedder: Any) -> QuestionPath:
    return QuestionPath(library.index, embedder, names=lambda access: library.names)


def assert_verbatim(library: Any, answer: Answer) -> None:
    """Every quote stands where it says, word for word."""
    for citation in answer.citations:
        provision = library.documents[citation.document.key].find(citation.eid)
        assert provision is not None, citation.eid
        assert provision.full_text[citation.start : citation.end] == citation.quote
        assert citation.quote in answer.text


async def test_quotes_are_verbatim_and_numbered(path: QuestionPath, library: Any) -> None:
    for text in (
        "Hộ nghèo có phải nộp tiền dịch vụ thu gom không?",
        "không tiêm phòng bệnh dại cho chó bị phạt bao nhiêu?",
    ):
        answer = await path.answer(Question(text, EVERYBODY))
        assert answer.mode == "extractive" and answer.text.startswith(EXTRACTED)
        assert answer.model is None
        assert 1 <= len({(c.document.key, c.article) for c in answer.citations}) <= 5
        assert [c.n for c in answer.citations] == list(range(1, len(answer.citations) + 1))
        assert all(f"[{c.n}]" in answer.text for c in answer.citations)
        assert_verbatim(library, answer)


async def test_a_named_clause_is_quoted_exactly_and_alone(path: QuestionPath, library: Any) -> None:
    answer = await path.answer(Question("khoản 2 Điều 3 Quyết định 05/2024/QĐ-UBND", EVERYBODY))
    (citation,) = answer.citations
    assert citation.eid.endswith("art_3__para_2") and citation.label == "khoản 2 Điều 3"
    assert citation.quote == "2. Hộ nghèo không phải nộp tiền dịch vụ thu gom."
    assert (citation.start, citation.end) == (0, len(citation.quote))
    assert "khoản 2 Điều 3 Quyết định số 05/2024/QĐ-UBND" in answer.text[len(EXTRACTED) :].lower().replace(
        "quyết định", "Quyết định"
    ).replace("điều 3", "Điều 3").replace("05/2024/qđ-ubnd", "05/2024/QĐ-UBND")
    assert_verbatim(library, answer)


@pytest.mark.parametrize(
    "text",
    ["Cách nấu món phở bò gia truyền ngon nhất?", "Tỷ số trận chung kết bóng đá hôm qua", "Điều 99 05/2024/QĐ-UBND"],
)
async def test_without_ground_there_is_no_answer(path: QuestionPath, text: str) -> None:
    answer = await path.answer(Question(text, EVERYBODY))
    assert (answer.mode, answer.text, answer.citations) == ("refusal", REFUSAL, ())


async def test_an_empty_library_refuses(path: QuestionPath) -> None:
    nobody = replace(EVERYBODY, access=frozenset({"unit:khác"}))
    answer = await path.answer(Question("mức giá thu gom rác", nobody))
    assert answer.mode == "refusal" and answer.sources == ()


async def test_events_come_in_order_and_end_with_the_answer(path: QuestionPath) -> None:
    events = [event async for event in path.stream(Question("phân loại rác tại nguồn", EVERYBODY))]
    names = list(dict.fromkeys(event.name for event in events))
    assert names == ["query", "sources", "token", "citation", "done"]
    answer = events[-1].data
    assert "".join(event.data for event in events if event.name == "token") == answer.text
    assert [event.data for event in events if event.name == "citation"] == list(answer.citations)


async def test_a_bad_question_streams_one_error(path: QuestionPath) -> None:
    (event,) = [event async for event in path.stream(Question("  ", EVERYBODY))]
    assert (event.name, event.data.code) == ("error", "bad_request")


def test_every_stretch_of_a_passage_is_cited_where_it_stands(library: Any) -> None:
    for passage in library.passages:
        for start, end in [*segments(passage.text), (0, len(passage.text))]:
            citation = cite(1, passage, start, end)
            provision = library.documents[passage.document.key].find(citation.eid)
            assert provision.full_text[citation.start : citation.end] == citation.quote == passage.text[start:end]


def test_a_point_is_addressed_as_a_point(library: Any) -> None:
    passage = next(p for p in library.passages if p.eid.endswith("art_3") and p.document.key.startswith("05"))
    start = passage.text.index("c) Không được đốt")
    citation = cite(1, passage, start, start + 12)
    assert citation.label == "điểm c khoản 1 Điều 3"


def test_the_quote_keeps_its_limit(library: Any) -> None:
    wanted = informative("nộp tiền dịch vụ thu gom chậm nhất ngày nào")
    for passage in library.passages:
        for limit in (40, 120, 700):
            start, end = best_quote(wanted, passage, limit)
            assert 0 <= start < end <= len(passage.text) and end - start <= limit


def test_a_question_of_how_much_is_answered_by_the_number(library: Any) -> None:
    passage = next(p for p in library.passages if p.eid.endswith("art_4") and p.document.key.startswith("05"))
    start, end = best_quote(informative("giá dịch vụ với cửa hàng ăn uống"), passage, 120, asks_number=True)
    assert "150.000" in passage.text[start:end]


def test_confidence_rises_with_each_sign() -> None:
    settings = RetrievalSettings()
    assert confidence(Evidence(0.0, 0.7), settings) == 0.0 and confidence(Evidence(1.0, 0.95), settings) == 1.0
    base = Evidence(0.5, 0.86)
    for better in (replace(base, coverage=0.8), replace(base, similarity=0.89)):
        assert confidence(better, settings) > confidence(base, settings)
    assert (
        confidence(Evidence(0.29, None), settings)
        < settings.min_confidence
        < confidence(Evidence(0.31, None), settings)
    )


@pytest.mark.parametrize(
    ("kind", "title", "number", "printed"),
    [
        ("Luật", "Luật Hộ tịch", "60/2014/QH13", "Luật Hộ tịch số 60/2014/QH13"),
        ("Luật", "Hộ tịch", "60/2014/QH13", "Luật Hộ tịch số 60/2014/QH13"),
        ("Luật", "Bộ luật Dân sự", "91/2015/QH13", "Bộ luật Dân sự số 91/2015/QH13"),
        ("Quyết định", "Quyết định về rác", "5/QĐ-UBND", "Quyết định số 5/QĐ-UBND"),
        (None, "Quy trình tiếp dân", None, "Quy trình tiếp dân"),
    ],
)
def test_documents_are_named_as_officials_do(kind: str | None, title: str, number: str | None, printed: str) -> None:
    assert document_name(DocumentCard("k", "v", number, title, kind, None, None)) == printed


def test_a_provision_far_behind_the_best_is_not_quoted(library: Any) -> None:
    first, second, third, *_ = (passage for passage in library.passages if passage.article is not None)
    hits = [Hit(1, 1.0, first), Hit(2, 0.9, second), Hit(3, 0.3, third)]
    quoted = extract("Điều này quy định gì?", hits, RetrievalSettings(extract_share=0.5))
    assert {(c.document.key, c.article) for c in quoted.citations} == {
        (passage.document.key, passage.article) for passage in (first, second)
    }
    assert len(extract("Điều này quy định gì?", hits, RetrievalSettings(extract_share=0.0)).citations) == 3
