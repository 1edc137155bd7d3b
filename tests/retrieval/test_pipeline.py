"""A question's way to hits: what is found, what stays hidden, what a caller is told; with a real engine."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from legal.errors import BadRequest, PhapquyError, ServiceUnavailable
from legal.lexicon import Lexicon
from retrieval.answer import Question, SearchResult
from retrieval.components import NO_MEANING, NO_RERANK
from retrieval.index import Candidates, IndexMoved, Scored, SearchFilter, Sparse
from retrieval.passage import DocumentCard, Passage
from retrieval.pipeline import QuestionPath
from retrieval.restore import SyllableModel, count_syllables
from retrieval.settings import RetrievalSettings
from retrieval.trail import Trail
from retrieval.understand import Heard

EVERYBODY = SearchFilter(access=frozenset({"public"}), as_of=date(2024, 12, 1))


@pytest.fixture
def path(library: Any, embedder: Any) -> QuestionPath:
    return QuestionPath(library.index, embedder, names=lambda access: library.names)


def places(result: SearchResult) -> list[tuple[str, str | None]]:
    return [(hit.passage.document.key, hit.passage.article) for hit in result.hits]


async def test_the_right_article_comes_first_once(path: QuestionPath) -> None:
    result = await path.search(Question("Cửa hàng ăn uống nộp giá dịch vụ thu gom bao nhiêu một tháng?", EVERYBODY))
    assert places(result)[0] == ("05/2024/QĐ-UBND", "4")
    assert len(set(places(result))) == len(result.hits)
    assert [hit.rank for hit in result.hits] == list(range(1, len(result.hits) + 1))
    assert all(0.0 <= hit.score <= 1.0 for hit in result.hits)
    assert result.as_of == date(2024, 12, 1)


async def test_no_more_hits_than_asked_for(path: QuestionPath) -> None:
    result = await path.search(Question("thu gom rác thải", EVERYBODY, limit=2))
    assert len(result.hits) == 2


@pytest.mark.parametrize("text", ["", "   \n ", "?!...", "x" * 2001])
async def test_a_question_that_cannot_be_searched_is_refused(path: QuestionPath, text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await path.search(Question(text, EVERYBODY))
    assert "xxx" not in refused.value.reason


async def test_a_decomposed_question_finds_the_same(path: QuestionPath) -> None:
    import unicodedata

    text = "trách nhiệm phân loại rác thải sinh hoạt"
    composed = await path.search(Question(text, EVERYBODY))
    decomposed = await path.search(Question(unicodedata.normalize("NFD", f"  {text}\n"), EVERYBODY))
    assert places(composed) == places(decomposed)
    assert decomposed.reading.text == text


async def test_hidden_and_repealed_documents_are_found_by_no_way(path: QuestionPath) -> None:
    for text in ("Đội bảo vệ kho trực đêm từ mấy giờ?", "Điều 1 77/QĐ-BVK", "phí giữ xe đạp", "Điều 1 01/2010/QĐ-UBND"):
        found = {key for key, _ in places(await path.search(Question(text, EVERYBODY, limit=100)))}
        assert not found & {"77/QĐ-BVK", "01/2010/QĐ-UBND"}, text


async def test_who_may_read_and_asks_of_the_day_finds_them(path: QuestionPath) -> None:
    guard = replace(EVERYBODY, access=frozenset({"unit:kho"}))
    assert ("77/QĐ-BVK", "1") in places(await path.search(Question("Điều 1 77/QĐ-BVK", guard)))
    then = replace(EVERYBODY, as_of=date(2015, 1, 1))
    assert ("01/2010/QĐ-UBND", "1") in places(await path.search(Question("phí giữ xe đạp", then)))


async def test_a_named_provision_comes_first(path: QuestionPath) -> None:
    for text in ("khoản 2 Điều 3 Quyết định 05/2024/QĐ-UBND", "dieu 3 05/2024/QD-UBND", "đ3 k2 05/2024/qđ-ubnd"):
        result = await path.search(Question(text, EVERYBODY))
        assert (places(result)[0], result.hits[0].why) == (("05/2024/QĐ-UBND", "3"), "cited"), text
        assert result.reading.citations and "05/2024/QĐ-UBND" in result.reading.citations[0]


async def test_a_provision_that_is_not_there_is_said_and_not_replaced(path: QuestionPath) -> None:
    result = await path.search(Question("Điều 99 Quyết định 05/2024/QĐ-UBND", EVERYBODY))
    assert any("Điều 99" in warning for warning in result.warnings)
    assert all(hit.why != "cited" for hit in result.hits)
    hidden = await path.search(Question("Điều 1 77/QĐ-BVK", EVERYBODY))
    absent = await path.search(Question("Điều 1 78/QĐ-BVK", EVERYBODY))
    assert [w.replace("77", "78") for w in hidden.warnings] == list(absent.warnings)


async def test_a_day_in_the_question_is_offered_not_applied(path: QuestionPath) -> None:
    result = await path.search(Question("Phí giữ xe đạp ngày 01/7/2015 là bao nhiêu?", EVERYBODY))
    assert result.reading.date == date(2015, 7, 1)
    assert "01/07/2015" in result.reading.notes[0]
    assert result.as_of == date(2024, 12, 1)


async def test_today_is_the_day_where_none_is_given(path: QuestionPath) -> None:
    result = await path.search(Question("thu gom rác", SearchFilter()))
    assert abs((result.as_of - date.today()).days) <= 1


async def test_missing_diacritics_are_restored_and_said(library: Any, embedder: Any) -> None:
    model = SyllableModel.build(count_syllables(passage.text for passage in library.passages))
    path = QuestionPath(library.index, embedder, syllables=lambda: model)
    result = await path.search(Question("chu nuoi phai tiem phong benh dai cho cho", EVERYBODY))
    assert result.reading.restored and "tiêm phòng bệnh dại" in result.reading.read_as
    assert places(result)[0][0] == "12/2023/QĐ-UBND"


async def test_everyday_words_bring_the_words_of_the_law(library: Any, embedder: Any) -> None:
    lexicon = Lexicon.of([("đổ rác", ("thu gom rác thải sinh hoạt",))])
    path = QuestionPath(library.index, embedder, lexicon=lexicon)
    result = await path.search(Question("tiền đổ rác", EVERYBODY))
    assert result.reading.expansions == ("thu gom rác thải sinh hoạt",)
    assert result.reading.text == "tiền đổ rác"
    assert places(result)[0][0] == "05/2024/QĐ-UBND"


class _Found:
    """An index that finds the same by words, whatever is asked."""

    def __init__(self, *found: tuple[str, float]) -> None:
        card = DocumentCard("05/2024/QĐ-UBND", "v", "05/2024/QĐ-UBND", "Quy định về rác thải", None, None, None)
        self.found = [
            Scored(Passage(f"{n}", card, f"art_{n}", f"Điều {n}", f"{n}", heading, (), "..."), score)
            for n, (heading, score) in enumerate(found, start=1)
        ]

    async def search(
        self, dense: Any, sparse: Sparse | None, where: SearchFilter, *, limit: int, whole: bool
    ) -> Candidates:
        return Candidates.of((), self.found)


async def test_a_heading_counts_as_said_in_the_words_of_the_law() -> None:
    index: Any = _Found(("Xử lý vi phạm", 10.0), ("Thu gom rác thải sinh hoạt", 9.5), ("Hiệu lực thi hành", 1.0))
    lexicon = Lexicon.of([("đổ rác", ("thu gom rác thải sinh hoạt",))])
    question = Question("ai đi đổ rác", EVERYBODY)
    with_law, without = QuestionPath(index, None, lexicon=lexicon), QuestionPath(index, None)
    assert [article for _, article in places(await without.search(question))] == ["1", "2", "3"]
    assert [article for _, article in places(await with_law.search(question))] == ["2", "1", "3"]


async def test_an_embedder_that_is_down_leaves_words(library: Any, embedder: Any) -> None:
    embedder.down = True
    path = QuestionPath(library.index, embedder)
    result = await path.search(Question("tiêm phòng bệnh dại cho chó", EVERYBODY))
    assert places(result)[0][0] == "12/2023/QĐ-UBND"
    assert NO_MEANING in result.warnings


class _Reranker:
    name = "upside-down"

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay

    async def rerank(self, question: str, texts: list[str]) -> list[float]:
        await asyncio.sleep(self.delay)
        return [float(i) for i in range(len(texts))]

    async def close(self) -> None: ...


async def test_a_reranker_orders_and_a_slow_one_changes_nothing(
    library: Any, embedder: Any, path: QuestionPath
) -> None:
    question = Question("thu gom rác thải sinh hoạt", EVERYBODY)
    plain = places(await path.search(question))
    turned = await QuestionPath(library.index, embedder, reranker=_Reranker()).search(question)
    assert places(turned) == plain[::-1]
    limits = RetrievalSettings(rerank_timeout=0.05)
    slow = await QuestionPath(library.index, embedder, reranker=_Reranker(5.0), settings=limits).search(question)
    assert places(slow) == plain
    assert NO_RERANK in slow.warnings


class _Broken:
    """An engine that fails like a bug does, with the question in its message."""

    def __init__(self, fault: Exception | None) -> None:
        self.fault = fault

    async def search(
        self, dense: Any, sparse: Sparse | None, where: SearchFilter, *, limit: int, whole: bool
    ) -> Candidates:
        if self.fault is None:
            await asyncio.sleep(30)
        raise self.fault or AssertionError


async def test_faults_are_typed_and_carry_no_question(embedder: Any, caplog: pytest.LogCaptureFixture) -> None:
    secret = "bí mật của người hỏi"
    path = QuestionPath(_Broken(RuntimeError(secret)), embedder)  # type: ignore[arg-type]
    with caplog.at_level(logging.DEBUG), pytest.raises(PhapquyError) as raised:
        await path.search(Question(secret, EVERYBODY))
    assert secret not in raised.value.reason
    assert raised.value.__cause__ is None
    assert secret not in caplog.text and "RuntimeError" in caplog.text
    assert secret not in repr(Trail(Question(secret, EVERYBODY), Heard(secret, secret, restored=False)))


class _Slow:
    """An embedder that never comes to an end; it says whether it was told to stop."""

    name = "slow"

    def __init__(self) -> None:
        self.asked, self.stopped = asyncio.Event(), asyncio.Event()

    async def embed_question(self, text: str) -> Any:
        self.asked.set()
        try:
            await asyncio.sleep(30)
        finally:
            self.stopped.set()


async def test_the_model_stops_when_the_search_ends_without_it(library: Any) -> None:
    refused, left = _Slow(), _Slow()
    with pytest.raises(BadRequest):
        await QuestionPath(library.index, refused).search(Question("rác thải", EVERYBODY, limit=0))  # type: ignore[arg-type]
    path = QuestionPath(library.index, left)  # type: ignore[arg-type]
    search = asyncio.create_task(path.search(Question("rác thải", EVERYBODY)))
    await left.asked.wait()
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    async with asyncio.timeout(1.0):
        await refused.stopped.wait()
        await left.stopped.wait()


class _Moving:
    """An index in which a document is replaced between a search and the reading of what it found."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.asked: list[bool] = []

    async def search(
        self, dense: Any, sparse: Sparse | None, where: SearchFilter, *, limit: int, whole: bool
    ) -> Candidates:
        self.asked.append(whole)
        found: Candidates = await self._index.search(dense, sparse, where, limit=limit, whole=whole)
        return found if whole else replace(found, read=self._gone)

    def _gone(self, ids: Any) -> Any:
        raise IndexMoved("thay")


async def test_what_was_replaced_while_it_was_found_is_searched_again(library: Any, embedder: Any) -> None:
    question = Question("thu gom rác thải", EVERYBODY)
    moving = _Moving(library.index)
    found = await QuestionPath(moving, embedder).search(question)  # type: ignore[arg-type]
    assert places(found) == places(await QuestionPath(library.index, embedder).search(question))
    assert moving.asked == [False, True]


async def test_an_engine_that_hangs_is_given_up(embedder: Any) -> None:
    path = QuestionPath(_Broken(None), embedder, settings=RetrievalSettings(search_timeout=0.05))  # type: ignore[arg-type]
    with pytest.raises(ServiceUnavailable):
        await path.search(Question("thu gom rác", EVERYBODY))


async def test_many_questions_at_once_do_not_mix(path: QuestionPath) -> None:
    texts = ["giá dịch vụ cửa hàng ăn uống", "tiêm phòng bệnh dại cho chó", "phân loại rác thải tại nguồn"] * 10
    alone = {text: places(await path.search(Question(text, EVERYBODY))) for text in set(texts)}
    together = await asyncio.gather(*(path.search(Question(text, EVERYBODY)) for text in texts))
    assert [places(result) for result in together] == [alone[text] for text in texts]


async def test_a_search_asks_the_engine_once(library: Any, embedder: Any) -> None:
    """What the whole path costs over its parts is measured by `eval.bench_search`; here its round trips are counted."""
    asked: list[str] = []

    class Counting:
        async def search(self, *given: Any, **named: Any) -> Candidates:
            asked.append("search")
            return await library.index.search(*given, **named)  # type: ignore[no-any-return]

        async def fetch(self, *given: Any, **named: Any) -> list[Any]:
            asked.append("fetch")
            return await library.index.fetch(*given, **named)  # type: ignore[no-any-return]

    counted = QuestionPath(Counting(), embedder, names=lambda access: library.names)
    await counted.search(Question("giá dịch vụ thu gom", EVERYBODY))
    assert asked == ["search"]
    asked.clear()
    await counted.search(Question("Điều 3 và Điều 4 Quyết định 05/2024/QĐ-UBND nói gì về giá?", EVERYBODY))
    assert sorted(asked) == ["fetch", "fetch", "search"]  # and once more for each provision that is named


def test_haystack_comes_without_telemetry() -> None:
    code = (
        "import retrieval.pipeline, haystack.telemetry._telemetry as t, haystack.tracing as x;"
        "print(t.telemetry, x.is_tracing_enabled())"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HAYSTACK")}
    environment["HAYSTACK_TELEMETRY_ENABLED"] = "true"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["None", "False"]
