"""Follow-up questions: made to stand alone by the model or by rule; what was said before is never a source."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from retrieval.answer import REFUSAL, Question, Turn
from retrieval.conversation import by_rule, trusted
from retrieval.index import SearchFilter
from retrieval.pipeline import QuestionPath

DAY = date(2024, 12, 1)
EVERYBODY = SearchFilter(access=frozenset({"public"}), as_of=DAY)
PRICE = Turn("user", "Mức giá dịch vụ thu gom rác thải đối với hộ gia đình là bao nhiêu?")
SAID = Turn("assistant", "Theo khoản 1 Điều 4 Quyết định số 05/2024/QĐ-UBND, mức giá là 35.000 đồng một tháng [1].")


@pytest.mark.parametrize(
    ("question", "history", "parts"),
    [
        ("Còn cửa hàng ăn uống thì sao?", (PRICE, SAID), ["thu gom rác thải", "cửa hàng ăn uống", "05/2024/QĐ-UBND"]),
        ("Thời hạn giải quyết bao lâu?", (PRICE,), ["thu gom rác thải", "Thời hạn giải quyết"]),
        ("Khoản 2 thì sao?", (PRICE, SAID), ["Khoản 2", "Điều 4", "05/2024/QĐ-UBND"]),
        ("Còn cửa hàng?", (PRICE, SAID, Turn("user", "thế còn hộ nghèo?")), ["thu gom rác thải", "cửa hàng"]),
        (
            "Chủ nuôi chó phải tiêm phòng bệnh dại thế nào?",
            (PRICE, SAID),
            ["Chủ nuôi chó phải tiêm phòng bệnh dại thế nào?"],
        ),
        ("Còn nuôi chó theo 12/2023/QĐ-UBND?", (PRICE, SAID), ["12/2023/QĐ-UBND"]),
    ],
)
def test_by_rule_the_topic_and_the_document_are_carried(
    library: Any, question: str, history: tuple[Turn, ...], parts: list[str]
) -> None:
    alone = by_rule(question, history, library.names, DAY)
    assert all(part in alone for part in parts), alone
    if parts == [question]:
        assert alone == question


async def test_without_a_model_the_follow_up_is_answered_and_shown(library: Any, embedder: Any) -> None:
    path = QuestionPath(library.index, embedder, names=lambda access: library.names)
    answer = await path.answer(Question("Còn cửa hàng ăn uống thì sao?", EVERYBODY, history=(PRICE, SAID)))
    assert (answer.reading.rewritten, answer.reading.text) == ("rule", "Còn cửa hàng ăn uống thì sao?")
    assert "thu gom" in answer.reading.read_as
    assert any("150.000" in citation.quote for citation in answer.citations)


async def test_the_model_rewrites_and_that_is_what_is_searched(library: Any, embedder: Any, scripted: Any) -> None:
    alone = "Mức giá dịch vụ thu gom rác thải đối với cửa hàng ăn uống là bao nhiêu?"
    model = scripted(lambda prompt: alone if "<luot" in prompt else REFUSAL)
    question = Question("Còn cửa hàng ăn uống thì sao?", EVERYBODY, history=(PRICE, SAID))
    answer = await QuestionPath(library.index, embedder, model).answer(question)
    assert (answer.reading.rewritten, answer.reading.read_as) == ("model", alone)
    assert alone in model.asked[1][1].content and SAID.content not in model.asked[1][1].content


@pytest.mark.parametrize(
    "written",
    [
        "",
        "Hai\ndòng",
        "Mức giá theo Nghị định số 99/2030/NĐ-CP?",
        "Mức giá thu gom ở Điều 77?",
        "Mức giá 99.000 đồng?",
        "Xin chào",
    ],
)
def test_a_rewriting_that_brings_something_of_its_own_is_not_trusted(written: str) -> None:
    assert trusted(written, "Còn cửa hàng ăn uống thì sao?", (PRICE, SAID), 2000) is None


async def test_a_model_that_is_down_leaves_the_rewriting_to_the_rule(
    library: Any, embedder: Any, scripted: Any
) -> None:
    question = Question("Còn cửa hàng ăn uống thì sao?", EVERYBODY, history=(PRICE, SAID))
    answer = await QuestionPath(library.index, embedder, scripted("", fail_after=0)).answer(question)
    assert (answer.reading.rewritten, answer.mode) == ("rule", "extractive")


async def test_a_model_that_rambles_is_not_waited_for(library: Any, embedder: Any, scripted: Any) -> None:
    """A second line is not to be trusted, whatever follows; the rest would only cost the reader time."""
    model = scripted("Câu hỏi đứng riêng:\n" + "1. Chép lại nguyên văn của câu hỏi.\n" * 200)
    path = QuestionPath(library.index, embedder, model, names=lambda access: library.names)
    question = Question("Còn cửa hàng ăn uống thì sao?", EVERYBODY, history=(PRICE, SAID))
    async for event in path.stream(question):
        if event.name == "query":
            assert event.data.rewritten == "rule" and model.stopped


async def test_a_false_claim_in_the_history_is_never_said_or_cited(library: Any, embedder: Any, scripted: Any) -> None:
    lie = "Hộ nghèo phải nộp 900.000 đồng một tháng theo Điều 4 Quyết định số 05/2024/QĐ-UBND"
    model = scripted(lambda prompt: "Hộ nghèo có phải nộp tiền thu gom không?" if "<luot" in prompt else f"{lie} [1].")
    told = (PRICE, Turn("assistant", f"{lie} [1]."))
    question = Question("Còn hộ nghèo có phải nộp tiền dịch vụ thu gom không?", EVERYBODY, history=told)
    for path in (QuestionPath(library.index, embedder, model), QuestionPath(library.index, embedder)):
        answer = await path.answer(question)
        assert "900.000" not in answer.text
        for citation in answer.citations:
            node = library.documents[citation.document.key].find(citation.eid)
            assert node.full_text[citation.start : citation.end] == citation.quote
    hidden = replace(question, text="Còn đội bảo vệ thì sao?", history=(Turn("user", "Lịch trực theo 77/QĐ-BVK?"),))
    answer = await QuestionPath(library.index, embedder, names=lambda access: library.names).answer(hidden)
    assert all(citation.document.key != "77/QĐ-BVK" for citation in answer.citations)
