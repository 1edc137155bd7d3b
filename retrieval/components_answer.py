"""The hops of an answer: `Respond` (the model, or nothing where there is none) and `Verify` (what may be said of
it)."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from time import perf_counter

from legal.errors import ModelRefused, ServiceUnavailable
from retrieval import table
from retrieval.answer import REFUSAL, Answer, AnswerCitation, Mode, Statement, TableRow
from retrieval.budget import TokenCounter
from retrieval.components import Hop, emit
from retrieval.drafting import MODEL_CUT, NO_TABLE, Desk, draft_table, draft_text
from retrieval.evidence import confidence
from retrieval.extract import extract, extract_as
from retrieval.forms import set_as
from retrieval.haystack_quiet import StreamingCallbackT, component
from retrieval.index import SearchFilter
from retrieval.named import beside
from retrieval.second_opinion import SecondOpinion
from retrieval.settings import RetrievalSettings
from retrieval.summary import draft_summary, extract_summary
from retrieval.terms import informative
from retrieval.trail import Draft, Trail, milliseconds
from retrieval.verify import Checked, assemble, is_refusal
from serving.circuit import Circuit
from serving.protocols import Generator

log = logging.getLogger(__name__)

MODEL_DOWN = "Mô hình ngôn ngữ không trả lời; dưới đây là trích nguyên văn quy định."
MODEL_PAUSED = "Mô hình ngôn ngữ đang tạm nghỉ sau nhiều lần lỗi; dưới đây là trích nguyên văn quy định."
GONE = "Một văn bản được dẫn vừa bị thay thế, gỡ khỏi kho hoặc không còn được phép xem; các ý dựa vào đó đã bỏ."

#: Which of these citations' documents are known, readable by the caller and in force: asked at the end of an answer,
#: since a document may go while a model writes. Gives the keys of those that stand.
Standing = Callable[[Sequence[AnswerCitation], SearchFilter], Awaitable[frozenset[str]]]


@component
class Respond(Hop):
    """Lets the model answer from the sources, each statement checked as soon as it is complete.

    Without a model, with one that is down, and where nothing was found, it leaves an empty draft: `Verify` then
    quotes or refuses.
    """

    def __init__(
        self,
        generator: Generator | None,
        settings: RetrievalSettings,
        circuit: Circuit,
        opinion: SecondOpinion,
    ) -> None:
        component.set_output_types(self, trail=Trail)
        self._generator = generator
        self._settings = settings
        self._counter = TokenCounter(generator) if generator is not None else None
        self._opinion = opinion
        self.circuit = circuit

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """Fills `draft`."""
        if self._generator is None or self._counter is None or not _grounded(trail, self._settings):
            return {"trail": trail.then(draft=Draft())}
        if not self.circuit.allows():
            return {"trail": trail.then(draft=Draft(), warn=(MODEL_PAUSED,))}
        begun = perf_counter()
        took = dict[str, float]()
        desk = Desk(self._generator, self._counter, self._settings, self._opinion, trail, streaming_callback, took)
        draft, warn = Draft(), tuple[str, ...]()
        try:
            draft = await self._drafted(desk)
            warn = (MODEL_CUT,) if draft.cut else ()
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

    async def _drafted(self, desk: Desk) -> Draft:
        form = desk.trail.question.format
        limit = self._settings.summary_timeout if form == "summary" else self._settings.answer_timeout
        async with asyncio.timeout(limit):
            match form:
                case "summary":
                    return await draft_summary(desk)
                case "table":
                    return await draft_table(desk)
                case _:
                    return await draft_text(desk)


@component
class Verify(Hop):
    """Makes the `Answer`: what verification left of the model's text, else verbatim quotes, else a refusal.

    `standing`: whether the documents cited are still there; without it what was retrieved counts as there.
    """

    def __init__(self, settings: RetrievalSettings, standing: Standing | None = None) -> None:
        component.set_output_types(self, trail=Trail)
        self._settings = settings
        self._standing = standing

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """Fills `answer`; streams its citations and, where it is not the model's text that stands, its own."""
        begun = perf_counter()
        trail = await self._standing_only(trail)
        answer = self._answer(trail)
        if answer.mode != "generative" or answer.format == "table":
            await emit(streaming_callback, "token", answer.text, replaces=True)
        for citation in answer.citations:
            await emit(streaming_callback, "citation", citation)
        if answer.usage is not None:
            await emit(streaming_callback, "usage", answer.usage)
        return {"trail": trail.then(answer=answer, took={"verify": milliseconds(begun)})}

    async def _standing_only(self, trail: Trail) -> Trail:
        """The trail without what rests on a document that has gone while the model wrote."""
        draft = trail.draft
        if self._standing is None or draft is None or draft.text is None:
            return trail
        cited = [citation for one in draft.checked for citation in one.citations]
        stands = await self._standing(cited, trail.where)
        if all(citation.document.key in stands for citation in cited):
            return trail
        checked = tuple(_resting_on(one, stands) for one in draft.checked)
        hits = tuple(hit for hit in trail.hits if hit.passage.document.key in stands)
        return trail.then(draft=replace(draft, checked=checked), hits=hits, warn=(GONE,))

    def _answer(self, trail: Trail) -> Answer:
        settings, draft, form = self._settings, trail.draft or Draft(), trail.question.format
        if not _grounded(trail, settings):
            return _made(trail, REFUSAL, "refusal")
        if draft.text is None:
            return self._extracted(trail)
        if is_refusal(draft.text):
            return _made(trail, REFUSAL, "refusal")
        strict = trail.question.strict
        verified = assemble(draft.checked, settings, strict=strict)
        if not verified.text:
            return _made(trail, REFUSAL, "refusal", statements=verified.statements, warnings=verified.warnings)
        rows, notes = tuple[TableRow, ...](), tuple[str, ...]()
        if form == "table":
            rows = table.rows_of(zip(draft.rows, draft.checked, strict=True), strict=strict)
            text, citations = table.as_text(rows), verified.citations
        else:
            shown = set_as(form, verified.text, verified.citations)
            text, citations, notes = shown.text, shown.citations, shown.warnings
        return _made(
            trail,
            text,
            "generative",
            citations=citations,
            statements=verified.statements,
            rows=rows,
            warnings=(*verified.warnings, *notes),
        )

    def _extracted(self, trail: Trail) -> Answer:
        settings, form = self._settings, trail.question.format
        if form == "table":
            rows, citations = table.extracted(trail.read.read_as, trail.hits, settings)
            if citations:
                text = table.as_text(rows)
                return _made(trail, text, "extractive", citations=citations, rows=rows, warnings=(table.INCOMPLETE,))
            # No sentence speaks of papers, fees, deadlines: the plain quotes say more than an empty table.
            plain = extract(trail.read.read_as, trail.hits, settings, trail.cited)
            extracted = replace(plain, warnings=(NO_TABLE,))
        elif form == "summary":
            extracted = extract_summary(trail.hits, settings)
        else:
            extracted = extract_as(form, trail.read.read_as, trail.hits, settings, trail.cited)
        if not extracted.citations:
            return _made(trail, REFUSAL, "refusal")
        return _made(trail, extracted.text, "extractive", citations=extracted.citations, warnings=extracted.warnings)


def _resting_on(one: Checked, stands: frozenset[str]) -> Checked:
    """A checked piece without the citations of documents that do not stand; without any it is unsupported."""
    left = tuple(citation for citation in one.citations if citation.document.key in stands)
    if one.statement is None or left == one.citations:
        return one
    numbers = tuple(dict.fromkeys(citation.n for citation in left))
    verdict = one.statement.verdict if left else "unsupported"
    return replace(one, citations=left, statement=replace(one.statement, citations=numbers, verdict=verdict))


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
    rows: tuple[TableRow, ...] = (),
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
        sources=trail.hits if mode == "refusal" else draft.sources or trail.hits,
        statements=statements,
        format=trail.question.format,
        table=rows,
        model=draft.model,
        usage=draft.usage,
        warnings=trail.warnings + warnings,
    )
