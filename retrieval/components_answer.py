"""The hops of an answer: `Respond` (the model, or nothing where there is none) and `Verify` (what may be said of
it)."""

from __future__ import annotations

import asyncio
import logging
import uuid
from time import perf_counter

from legal.errors import ModelRefused, ServiceUnavailable
from retrieval.answer import REFUSAL, Answer, AnswerCitation, Mode, Statement
from retrieval.components import Hop, emit
from retrieval.evidence import confidence
from retrieval.extract import extract
from retrieval.haystack_quiet import StreamingCallbackT, component
from retrieval.named import beside
from retrieval.prompt import fitted
from retrieval.settings import RetrievalSettings
from retrieval.statements import Piece, PieceReader
from retrieval.terms import informative
from retrieval.trail import Draft, Trail, milliseconds
from retrieval.verify import Checked, Checker, assemble, is_refusal
from serving.circuit import Circuit
from serving.protocols import Generator, Usage

log = logging.getLogger(__name__)

MODEL_DOWN = "Mô hình ngôn ngữ không trả lời; dưới đây là trích nguyên văn quy định."
MODEL_CUT = "Câu trả lời của mô hình bị ngắt vì đạt độ dài tối đa."
MODEL_PAUSED = "Mô hình ngôn ngữ đang tạm nghỉ sau nhiều lần lỗi; dưới đây là trích nguyên văn quy định."


@component
class Respond(Hop):
    """Lets the model answer from the sources, each statement checked as soon as it is complete.

    Without a model, with one that is down, and where nothing was found, it leaves an empty draft: `Verify` then
    quotes or refuses.
    """

    def __init__(self, generator: Generator | None, settings: RetrievalSettings) -> None:
        component.set_output_types(self, trail=Trail)
        self._generator = generator
        self._settings = settings
        self.circuit = Circuit(settings.circuit_failures, settings.circuit_pause)

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """Fills `draft`."""
        if self._generator is None or not _grounded(trail, self._settings):
            return {"trail": trail.then(draft=Draft())}
        if not self.circuit.allows():
            return {"trail": trail.then(draft=Draft(), warn=(MODEL_PAUSED,))}
        begun = perf_counter()
        draft, warn, took = Draft(), tuple[str, ...](), dict[str, float]()
        try:
            async with asyncio.timeout(self._settings.answer_timeout):
                draft, warn = await self._generate(self._generator, trail, streaming_callback, took)
            self.circuit.succeeded()
        except ModelRefused as fault:
            # The server lives and says no: the circuit is not its business, the next question may fit.
            log.warning("model refused: %s", type(fault).__name__)
            self.circuit.succeeded()
            warn = (MODEL_DOWN,)
        except (ServiceUnavailable, TimeoutError) as fault:
            log.warning("model failed: %s", type(fault).__name__)
            self.circuit.failed()
            warn = (MODEL_DOWN,)
        except BaseException:
            # A caller who left says nothing about the model; a trial call must not stay open for ever.
            self.circuit.succeeded()
            raise
        return {"trail": trail.then(draft=draft, warn=warn, took={**took, "generate": milliseconds(begun)})}

    async def _generate(
        self, generator: Generator, trail: Trail, callback: StreamingCallbackT | None, took: dict[str, float]
    ) -> tuple[Draft, tuple[str, ...]]:
        """`took` gets `first_token`, since the question came, and `writing`, from the first to the last piece."""
        settings = self._settings
        prompt, sources = await fitted(trail.read.read_as, trail.hits, trail.day, generator, settings)
        checker, reader = Checker(sources, settings), PieceReader()
        checked: list[Checked] = []
        text: list[str] = []
        usage: Usage | None = None
        warn: tuple[str, ...] = ()

        async def take(pieces: list[Piece]) -> None:
            for piece in pieces:
                one = checker.check(piece)
                checked.append(one)
                if one.statement is not None:
                    await emit(callback, "statement", one.statement)

        first = 0.0
        stream = generator.stream(prompt, max_tokens=settings.answer_tokens, temperature=settings.temperature)
        try:
            waiting = settings.first_token_timeout
            while True:
                try:
                    async with asyncio.timeout(waiting):
                        chunk = await anext(stream)
                except StopAsyncIteration:
                    break
                waiting = settings.answer_timeout
                usage = chunk.usage or usage
                if chunk.finish_reason == "length":
                    warn = (MODEL_CUT,)
                if chunk.text:
                    if not text:
                        took["first_token"], first = milliseconds(trail.begun), perf_counter()
                    took["writing"] = milliseconds(first)
                    text.append(chunk.text)
                    await emit(callback, "token", chunk.text)
                    await take(reader.feed(chunk.text))
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
        await take(reader.rest())
        return Draft("".join(text), tuple(checked), generator.name, usage, sources), warn


@component
class Verify(Hop):
    """Makes the `Answer`: what verification left of the model's text, else verbatim quotes, else a refusal."""

    def __init__(self, settings: RetrievalSettings) -> None:
        component.set_output_types(self, trail=Trail)
        self._settings = settings

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """Fills `answer`; streams its citations and, for an extractive answer, its text."""
        begun = perf_counter()
        answer = self._answer(trail)
        if answer.mode != "generative":
            await emit(streaming_callback, "token", answer.text)
        for citation in answer.citations:
            await emit(streaming_callback, "citation", citation)
        if answer.usage is not None:
            await emit(streaming_callback, "usage", answer.usage)
        return {"trail": trail.then(answer=answer, took={"verify": milliseconds(begun)})}

    def _answer(self, trail: Trail) -> Answer:
        settings, draft = self._settings, trail.draft or Draft()
        if not _grounded(trail, settings):
            return _made(trail, REFUSAL, "refusal")
        if draft.text is None:
            extracted = extract(trail.read.read_as, trail.hits, settings, trail.cited)
            if not extracted.citations:
                return _made(trail, REFUSAL, "refusal")
            return _made(trail, extracted.text, "extractive", citations=extracted.citations)
        if is_refusal(draft.text):
            return _made(trail, REFUSAL, "refusal")
        verified = assemble(draft.checked, settings, strict=trail.question.strict)
        return _made(
            trail,
            verified.text or REFUSAL,
            "generative" if verified.text else "refusal",
            citations=verified.citations,
            statements=verified.statements,
            warnings=verified.warnings,
        )


def _grounded(trail: Trail, settings: RetrievalSettings) -> bool:
    """Whether the search found enough to answer from; a provision that the question names is ground by itself."""
    if not trail.hits:
        return False
    if any(hit.why == "cited" for hit in trail.hits):
        return True
    if any(one.exact for one in trail.cited) and not informative(beside(trail.read.read_as, trail.cited)):
        return False  # it asks for one provision that is not here; its neighbours are no answer
    return trail.evidence is not None and confidence(trail.evidence, settings) >= settings.min_confidence


def _made(
    trail: Trail,
    text: str,
    mode: Mode,
    *,
    citations: tuple[AnswerCitation, ...] = (),
    statements: tuple[Statement, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Answer:
    draft = trail.draft or Draft()
    return Answer(
        id=str(uuid.uuid4()),
        text=text,
        mode=mode,
        reading=trail.read,
        as_of=trail.day,
        citations=citations,
        sources=draft.sources or trail.hits,
        statements=statements,
        model=draft.model,
        usage=draft.usage,
        warnings=trail.warnings + warnings,
    )
