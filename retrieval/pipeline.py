"""`QuestionPath`: one Haystack pipeline from a question to hits or to an answer, built once, used for all questions.

    understand -> retrieve (-> rerank) -> expand -> answer -> verify

A search leaves before `expand`: the hop there has two outputs and fills one, which is how a pipeline branches; a second
pipeline for searches would need a second set of components, since one component belongs to one pipeline. The model that
embeds is set to work before the pipeline begins: nearly all else is done beside it. One small frozen object, the
`Trail`, goes from hop to hop; Haystack's deep copies of it are free.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from time import perf_counter

from legal.errors import PhapquyError
from legal.lexicon import Lexicon
from legal.names import LawNames
from retrieval.answer import Answer, Event, Question, SearchResult
from retrieval.components import Expand, Rerank, Retrieve, Understand
from retrieval.components_answer import Respond, Standing, Verify
from retrieval.conversation import FollowUps
from retrieval.expand import Named
from retrieval.haystack_quiet import Pipeline
from retrieval.index import Searched
from retrieval.meaning import QuestionMeaning
from retrieval.restore import SyllableModel
from retrieval.second_opinion import SecondOpinion
from retrieval.settings import RetrievalSettings
from retrieval.trail import Trail, Wants, milliseconds
from retrieval.understand import Heard, hear
from serving.circuit import Circuit
from serving.protocols import Embedder, Generator, Reranker

log = logging.getLogger(__name__)


class QuestionPath:
    """The way of a question. Safe for any number of concurrent questions on one event loop.

    `embedder` None: search by words only. `generator` None: extractive answers. `syllables` gives the current model that
    restores diacritics, `names` the current names of the documents that a caller with these access labels may read; both
    are asked for at each question. `lexicon`: legal words for everyday ones. `standing`: which of the documents cited
    are still there at the end of an answer. `named`: the provisions that hits refer to. The parts are the caller's;
    `close` closes the models, not the index.
    """

    def __init__(
        self,
        index: Searched,
        embedder: Embedder | None,
        generator: Generator | None = None,
        reranker: Reranker | None = None,
        settings: RetrievalSettings | None = None,
        *,
        syllables: Callable[[], SyllableModel | None] | None = None,
        names: Callable[[frozenset[str] | None], LawNames | None] | None = None,
        lexicon: Lexicon | None = None,
        standing: Standing | None = None,
        named: Named | None = None,
    ) -> None:
        self.settings = settings or RetrievalSettings()
        self._models = [model for model in (embedder, generator, reranker) if model is not None]
        circuit = Circuit(self.settings.circuit_failures, self.settings.circuit_pause)
        follow_ups = FollowUps(generator, circuit, self.settings)
        self._respond = Respond(generator, self.settings, circuit, SecondOpinion(embedder, self.settings))
        self._meaning = QuestionMeaning(embedder, self.settings)
        self._syllables = syllables
        self._ends_search = "retrieve" if reranker is None else "rerank"
        self._pipeline = Pipeline()
        hops = {
            "understand": Understand(self._hear, names, lexicon, follow_ups),
            "retrieve": Retrieve(index, self._meaning, self.settings, last=reranker is None),
            **({"rerank": Rerank(reranker, self.settings)} if reranker is not None else {}),
            "expand": Expand(index, self.settings, named),
            "answer": self._respond,
            "verify": Verify(self.settings, standing),
        }
        for name, hop in hops.items():
            self._pipeline.add_component(name, hop)
        order = list(hops)
        for sender, receiver in pairwise(order):
            self._pipeline.connect(f"{sender}.trail", f"{receiver}.trail")

    @property
    def model_is_down(self) -> bool:
        """Whether answers are extractive now because the generator failed repeatedly."""
        return self._respond.circuit.is_open

    def model_seen_alive(self) -> None:
        """The generator's server was seen to live: while it is held to be down, the next question may try it."""
        if self.model_is_down:
            self._respond.circuit.hope()

    async def search(self, question: Question) -> SearchResult:
        """The provisions found, best first, `question.limit` at most.

        Raises `BadRequest` for a question that cannot be searched, `ServiceUnavailable` when the engine does not
        answer.
        """
        begun = perf_counter()
        trail = await self._run(question, "search", self._ends_search, "found")
        return SearchResult(
            reading=trail.read,
            as_of=trail.day,
            hits=trail.hits,
            warnings=trail.warnings,
            timings_ms={**trail.timings, "total": milliseconds(begun)},
        )

    async def answer(self, question: Question) -> Answer:
        """A verified answer, an extractive one, or a refusal. Raises as `search` does; a model that is down never
        raises."""
        begun = perf_counter()
        trail = await self._run(question, "answer", "verify", "trail")
        return _answer_of(trail, begun)

    async def stream(self, question: Question) -> AsyncIterator[Event]:
        """The same answer as events while it is made; a failure is the last event, `error`. Leaving the loop stops
        the model."""
        begun = perf_counter()
        try:
            async with self._set_out(question, "answer") as trail:
                run, told = self._pipeline.stream({"understand": {"trail": trail}}), False
                try:
                    async for chunk in run:
                        event: Event = chunk.meta["event"]
                        # Nothing to replace where nothing was told.
                        yield event if told or not event.replaces else replace(event, replaces=False)
                        told = told or event.name == "token"
                    yield Event("done", _answer_of(run.result["verify"]["trail"], begun))
                finally:
                    await run.aclose()
        except Exception as fault:
            yield Event("error", typed(fault))

    async def close(self) -> None:
        """Close the models."""
        for model in self._models:
            await model.close()

    async def _run(self, question: Question, wants: Wants, hop: str, output: str) -> Trail:
        try:
            async with self._set_out(question, wants) as trail:
                result = await self._pipeline.run_async({"understand": {"trail": trail}})
        except Exception as fault:
            raise typed(fault) from None
        arrived: Trail = result[hop][output]
        return arrived

    @asynccontextmanager
    async def _set_out(self, question: Question, wants: Wants) -> AsyncIterator[Trail]:
        """A question with the model at work on it; a follow-up, which may be embedded in other words, without."""
        heard = self._hear(question.text)
        meaning = None if question.history else await self._meaning.begin(heard.read_as)
        try:
            yield Trail(question, heard, wants, meaning)
        finally:
            if meaning is not None:
                meaning.cancel()

    def _hear(self, text: str) -> Heard:
        return hear(text, self.settings, self._syllables() if self._syllables is not None else None)


def _answer_of(trail: Trail, begun: float) -> Answer:
    if trail.answer is None:
        raise RuntimeError("verification left no answer")
    return replace(trail.answer, timings_ms={**trail.timings, "total": milliseconds(begun)})


def typed(fault: BaseException) -> PhapquyError:
    """The typed error behind a fault of the pipeline. Haystack's own message and attachments may hold the question:
    dropped."""
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, PhapquyError):
            return cause.with_traceback(None)
        origin, cause = cause, cause.__cause__
    where = origin.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f"{where.tb_frame.f_code.co_name}:{where.tb_lineno}" if where else "?"
    log.error("question path failed: %s in %s", type(origin).__name__, place)
    return PhapquyError("Lỗi nội bộ khi xử lý câu hỏi; xem nhật ký máy chủ.")
