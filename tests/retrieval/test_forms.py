"""The kinds of answers: each says only what verification lets through, with a model and without one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from retrieval.answer import REFUSAL, Answer, Format, Hit, Question
from retrieval.components_answer import GONE
from retrieval.forms import LETTER_BASIS, LETTER_OPENS
from retrieval.index import SearchFilter
from retrieval.pipeline import QuestionPath
from retrieval.settings import RetrievalSettings
from retrieval.table import LABELS, SCHEMA, extracted

EVERYBODY = SearchFilter(access=frozenset({"public"}), as_of=date(2024, 12, 1))
DUTIES = "Hộ gia đình có trách nhiệm gì về rác thải sinh hoạt và nộp tiền dịch vụ thu gom?"
WASTE = "05/2024/QĐ-UBND"


def asked(text: str, form: Format) -> Question:
    return Question(text, EVERYBODY, format=form)


def number_of(prompt: str, part: str) -> int:
    return next(n for n, block in enumerate(prompt.split("<nguon ")[1:], start=1) if part in block)


def duties(prompt: str) -> str:
    n = number_of(prompt, "Phân loại rác thải")
    true = ["Hộ gia đình phân loại rác thải sinh hoạt tại nguồn", "Hộ nghèo không phải nộp tiền dịch vụ thu gom"]
    true += ["Hộ gia đình nộp tiền dịch vụ thu gom chậm nhất là ngày 10 hằng tháng"]
    true += ["Hộ gia đình không được đốt rác thải sinh hoạt trong khu dân cư"]
    return "\n".join(f"- {line} [{n}]." for line in [*true[:1], "Hộ gia đình nộp 99.000 đồng", *true[1:]])


def assert_verified(library: Any, answer: Answer) -> None:
    assert answer.citations
    for citation in answer.citations:
        assert f"[{citation.n}]" in answer.text
        node = library.documents[citation.document.key].find(citation.eid)
        assert node.full_text[citation.start : citation.end] == citation.quote


async def test_a_brief_has_three_supported_points(library: Any, embedder: Any, scripted: Any) -> None:
    answer = await QuestionPath(library.index, embedder, scripted(duties)).answer(asked(DUTIES, "brief"))
    lines = answer.text.split("\n")
    assert len(lines) == 3 and all(line.startswith("- ") and "[" in line for line in lines)
    assert "99.000" not in answer.text and answer.mode == "generative"
    assert_verified(library, answer)


async def test_a_letter_lists_what_it_rests_on(library: Any, embedder: Any, scripted: Any) -> None:
    answer = await QuestionPath(library.index, embedder, scripted(duties)).answer(asked(DUTIES, "letter"))
    assert answer.text.startswith(LETTER_OPENS) and "99.000" not in answer.text
    body, basis = answer.text.split(LETTER_BASIS)
    assert "khoản 2 Điều 3 Quyết định số 05/2024/QĐ-UBND".lower() in basis.lower()
    assert "\n- " not in body
    assert_verified(library, answer)


def table_json(prompt: str) -> str:
    n, fee = number_of(prompt, "trong thời hạn 07 ngày"), number_of(prompt, "35.000 đồng")
    cells = {
        "papers": [{"text": "Bản sao hộ chiếu của chủ hộ", "sources": [n]}],
        "fee": [{"text": "Mức giá dịch vụ thu gom đối với hộ gia đình là 35.000 đồng một tháng", "sources": [fee]}],
        "deadline": [{"text": "07 ngày làm việc kể từ ngày nhận đủ hồ sơ", "sources": [n]}],
        "authority": [{"text": "Ủy ban nhân dân cấp xã giải quyết đơn đề nghị", "sources": [n, 99]}],
    }
    return json.dumps(cells, ensure_ascii=False)


APPLY = "Thủ tục giải quyết đơn đề nghị miễn tiền dịch vụ thu gom, mức giá bao nhiêu?"


async def test_a_table_is_written_by_schema_and_each_cell_is_verified(
    library: Any, embedder: Any, scripted: Any
) -> None:
    given: list[Any] = []

    class Kept(scripted):  # type: ignore[misc]
        def stream(self, messages: Any, **options: Any) -> Any:
            given.append(options["schema"])
            return super().stream(messages, **options)

    path = QuestionPath(library.index, embedder, Kept(table_json))
    answer = await path.answer(asked(APPLY, "table"))
    rows = {row.key: row for row in answer.table}
    assert given == [SCHEMA] and list(rows) == list(LABELS)
    assert rows["papers"].cells == () and "hộ chiếu" not in answer.text
    assert [cell.text for cell in rows["deadline"].cells] == ["07 ngày làm việc kể từ ngày nhận đủ hồ sơ"]
    assert all(cell.citations for row in answer.table for cell in row.cells)
    assert any("Điều 5 Quyết định số 05/2024" in cell.text for cell in rows["legal_basis"].cells)
    assert_verified(library, answer)
    events = [event async for event in path.stream(asked(APPLY, "table"))]
    tokens = "".join(event.data for event in events if event.name == "token")
    assert tokens == events[-1].data.text and tokens.startswith("| Nội dung")


@pytest.mark.parametrize("reply", ["đây không phải JSON", "[1, 2]", '{"papers": "x", "fee": [{"text": 3}]}'])
async def test_no_table_from_the_model_is_no_failure(library: Any, embedder: Any, scripted: Any, reply: str) -> None:
    answer = await QuestionPath(library.index, embedder, scripted(reply)).answer(asked(APPLY, "table"))
    assert answer.mode in ("extractive", "refusal")
    if answer.mode == "extractive":
        assert_verified(library, answer)


@pytest.mark.parametrize("form", ["brief", "letter", "table", "summary"])
async def test_each_form_has_an_extractive_one(library: Any, embedder: Any, form: Format) -> None:
    path = QuestionPath(library.index, embedder, names=lambda access: library.names)
    question = f"Tóm tắt Quyết định {WASTE}" if form == "summary" else APPLY
    answer = await path.answer(asked(question, form))
    assert (answer.mode, answer.format) == ("extractive", form)
    assert_verified(library, answer)
    if form == "summary":
        assert [c.article for c in answer.citations] == ["1", "2", "3", "4", "5"]
    if form == "table":
        assert any("07 ngày" in cell.text for row in answer.table if row.key == "deadline" for cell in row.cells)


def test_a_fee_is_money_and_a_line_may_fill_two_rows(library: Any) -> None:
    (home,) = [p for p in library.passages if p.document.key == WASTE and p.article == "5"]
    line = "Ủy ban nhân dân cấp xã giải quyết hồ sơ hỗ trợ mai táng phí trong thời hạn 05 ngày làm việc."
    rows, citations = extracted("mai táng phí", [Hit(1, 1.0, replace(home, text=line))], RetrievalSettings())
    cells = {row.key: [cell.text for cell in row.cells] for row in rows}
    assert cells["fee"] == [] and cells["deadline"] == cells["authority"] == [line]
    assert len(citations) == 1


async def test_a_chapter_is_summarised_part_by_part(library: Any, embedder: Any, scripted: Any) -> None:
    def lines(prompt: str) -> str:
        said = {
            "Phân loại rác": "Hộ gia đình phân loại rác thải sinh hoạt tại nguồn",
            "35.000": "Mức giá dịch vụ thu gom đối với hộ gia đình là 35.000 đồng một tháng",
        }
        found = [(block, text) for block in prompt.split("<nguon ")[1:] for key, text in said.items() if key in block]
        return "\n".join(
            [*(f"- {text} [{block.split(chr(34))[1]}]." for block, text in found), "- Bịa đặt hoàn toàn [1]."]
        )

    model = scripted(lines)
    settings = replace(QuestionPath(library.index, embedder).settings, summary_part_tokens=200)
    path = QuestionPath(library.index, embedder, model, settings=settings, names=lambda access: library.names)
    answer = await path.answer(asked(f"Tóm tắt Chương II Quyết định {WASTE}", "summary"))
    assert {hit.passage.article for hit in answer.sources} == {"3", "4", "5"}
    assert model.calls >= 2 and answer.mode == "generative"
    assert "Bịa đặt" not in answer.text and "35.000" in answer.text
    assert_verified(library, answer)
    for citation in answer.citations:
        assert answer.sources[citation.n - 1].passage.article == citation.article


async def test_a_document_that_goes_while_the_model_writes_is_not_cited(
    library: Any, embedder: Any, scripted: Any
) -> None:
    seen: list[SearchFilter] = []

    async def gone(citations: Any, where: SearchFilter) -> frozenset[str]:
        seen.append(where)
        return frozenset(c.document.key for c in citations) - {WASTE}

    answer = await QuestionPath(library.index, embedder, scripted(duties), standing=gone).answer(
        asked(DUTIES, "answer")
    )
    assert (answer.text, answer.citations) == (REFUSAL, ()) and GONE in answer.warnings
    assert seen[0].access == EVERYBODY.access and seen[0].as_of == EVERYBODY.as_of


async def test_a_source_counted_once_is_not_counted_again(library: Any, embedder: Any, scripted: Any) -> None:
    counted: list[str] = []

    class Counting(scripted):  # type: ignore[misc]
        async def count_tokens(self, messages: Any) -> int:
            counted.extend(message.content for message in messages)
            return int(await super().count_tokens(messages))

    path = QuestionPath(library.index, embedder, Counting(duties))
    await path.answer(asked(DUTIES, "answer"))
    first = len(counted)
    await path.answer(asked(DUTIES, "answer"))
    assert len(counted) == first
    await path.answer(asked(DUTIES + " ", "brief"))
    assert len(counted) <= first + 2
