"""The hops of a search: `Understand`, `Retrieve`, `Rerank`, `Expand`. Each takes a `Trail` and hands on the next.

All are natively async and hold no state of a question. The parts they work with (index, models) belong to the caller.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from typing import Any

from legal.errors import PhapquyError, ServiceUnavailable
from legal.lexicon import Lexicon
from legal.names import LawNames
from retrieval.answer import Event, Hit, Reading
from retrieval.conversation import FollowUps
from retrieval.definitions import lift_definitions, search_terms
from retrieval.evidence import gather
from retrieval.expand import Named, expansions
from retrieval.fusion import fuse, group_by_provision, lean_to_documents, provision_of
from retrieval.haystack_quiet import StreamingCallbackT, StreamingChunk, component
from retrieval.headings import favour_headings
from retrieval.index import Candidates, IndexMoved, Searched, Sparse
from retrieval.lexical import question_vector
from retrieval.meaning import QuestionMeaning
from retrieval.named import look_up, may_be_missed
from retrieval.scope import scope
from retrieval.settings import RetrievalSettings
from retrieval.trail import Trail, milliseconds
from retrieval.understand import Heard, understand
from serving.protocols import Reranker, Vectors

log = logging.getLogger(__name__)

NO_MEANING = "Mô hình nhúng không trả lời; chỉ tìm theo từ ngữ."
NOT_THERE = "Không tìm thấy {label} trong kho văn bản (trong phạm vi được phép xem và còn hiệu lực tại ngày xét)."
NO_RERANK = "Mô hình xếp hạng lại không trả lời; giữ thứ tự tìm kiếm."


async def emit(callback: StreamingCallbackT | None, name: str, data: Any, *, replaces: bool = False) -> None:
    """Hand an event to whoever streams this run; nothing when nobody does."""
    if callback is not None:
        text = data if name == "token" else ""
        event = Event(name, data, replaces)  # type: ignore[arg-type]
        sent = callback(StreamingChunk(content=text, meta={"event": event}))
        if sent is not None:
            await sent


class Hop:
    """What all hops share: the sync door that Haystack asks for, and their input."""

    def run(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """The same as `run_async`, for a pipeline without an event loop."""
        return asyncio.run(self.run_async(trail, streaming_callback))

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """One step of the way."""
        raise NotImplementedError


@component
class Understand(Hop):
    """Reads the question; refuses one that cannot be searched (`BadRequest`). `hear`: gives the words of a text."""

    def __init__(
        self,
        hear: Callable[[str], Heard],
        names: Callable[[frozenset[str] | None], LawNames | None] | None = None,
        lexicon: Lexicon | None = None,
        follow_ups: FollowUps | None = None,
    ) -> None:
        component.set_output_types(self, trail=Trail)
        self._hear = hear
        self._follow_ups = follow_ups
        self._names = names
        self._lexicon = lexicon

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """Fills `reading`, `where`, `as_of`, `cited`."""
        begun = perf_counter()
        question, heard = trail.question, trail.heard
        names = self._names(question.where.access) if self._names is not None else None
        read = understand(heard, question, names, self._lexicon)
        if question.history and self._follow_ups is not None:
            alone = await self._follow_ups.standalone(heard.read_as, question.history, names, read.as_of)
            if alone.by is not None:
                read = understand(self._hear(alone.text), question, names, self._lexicon)
                reading = replace(read.reading, text=heard.text, restored=heard.restored, rewritten=alone.by)
                read = replace(read, reading=reading)
        await emit(streaming_callback, "query", read.reading)
        took = {"understand": milliseconds(begun)}
        return {
            "trail": trail.then(reading=read.reading, where=read.where, as_of=read.as_of, cited=read.cited, took=took)
        }


@component
class Retrieve(Hop):
    """Asks the engine once for both searches, by words while the model is still at work on the question; fuses them to
    one hit a provision; named ones first. `last`: a search ends here."""

    def __init__(self, index: Searched, meaning: QuestionMeaning, settings: RetrievalSettings, *, last: bool) -> None:
        component.set_output_types(self, trail=Trail, found=Trail)
        self._last = last
        self._index = index
        self._meaning = meaning
        self._settings = settings

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """Fills `hits` and `evidence`. Raises `ServiceUnavailable` when the engine does not answer in time."""
        question, took = trail.read.read_as, dict[str, float]()
        begun = embedded = perf_counter()
        model = trail.meaning or await self._meaning.begin(question)
        weights = dict.fromkeys((*trail.read.expansions, *search_terms(question)), self._settings.expansion_weight)
        sparse = question_vector(question, weights)
        loop = asyncio.get_running_loop()

        async def meaning() -> Vectors | None:
            nonlocal embedded
            vector = await model
            embedded = perf_counter()
            patience.reschedule(loop.time() + self._settings.search_timeout)
            return vector

        dense = asyncio.create_task(meaning())
        try:
            async with asyncio.timeout(self._settings.embed_timeout + self._settings.search_timeout) as patience:
                candidates, found = await self._found(trail, dense, sparse)
                named, missing = await self._named(trail)
                vector = await dense
        except TimeoutError:
            raise ServiceUnavailable("Kho tìm kiếm không trả lời kịp; hãy thử lại sau ít phút.") from None
        finally:
            dense.cancel()
        hits = _ranked([*named, *found])
        took["embed"] = milliseconds(begun, embedded)  # what was left of it
        took["engine"] = milliseconds(embedded)  # what was left to do once the model had answered
        warn = (NO_MEANING,) if vector is None and self._meaning.name is not None else ()
        evidence = None
        if trail.wants == "answer":
            begun = perf_counter()
            scaled = self._settings.similarity_of in (self._meaning.name or "")
            similarity = candidates.by_meaning[0][1] if candidates.by_meaning and scaled else None
            evidence = gather(question, [hit.passage for hit in hits], similarity)
            took["evidence"] = milliseconds(begun)
        return _onward(trail, self._last, hits=hits, evidence=evidence, warn=(*warn, *missing), took=took)

    async def _found(
        self, trail: Trail, dense: asyncio.Future[Vectors | None], sparse: Sparse
    ) -> tuple[Candidates, list[Hit]]:
        """The candidates of both searches, and their order. Searches again where a document was replaced meanwhile."""
        most = max(trail.question.limit, self._settings.rerank_depth)
        with suppress(IndexMoved):
            return await self._search(trail, dense, sparse, most, whole=False)
        return await self._search(trail, dense, sparse, most, whole=True)

    async def _search(
        self, trail: Trail, dense: asyncio.Future[Vectors | None], sparse: Sparse, most: int, *, whole: bool
    ) -> tuple[Candidates, list[Hit]]:
        candidates = await self._index.search(dense, sparse, trail.where, limit=self._settings.candidates, whole=whole)
        return candidates, self._ordered(candidates, trail.read, most)

    def _ordered(self, candidates: Candidates, read: Reading, most: int) -> list[Hit]:
        """Both searches as one order of at most so many provisions: fused, definitions lifted where one is asked for,
        headings favoured that the question says, leaning to the document that the best come from."""
        chosen = self._settings
        fused = fuse(candidates, dense_weight=chosen.dense_weight, lexical_weight=chosen.lexical_weight)
        lifted = lift_definitions(fused, read.read_as, bonus=chosen.definition_bonus)
        favoured = favour_headings(lifted, read.read_as, weight=chosen.heading_weight, also=read.expansions)
        return lean_to_documents(
            group_by_provision(favoured, most=most),
            weight=chosen.document_weight,
            depth=chosen.document_depth,
        )

    async def _named(self, trail: Trail) -> tuple[list[Hit], list[str]]:
        """The passages of named provisions; a warning for each one that is not there."""
        named: list[Hit] = []
        missing: list[str] = []
        for one in trail.cited:
            passages = await look_up(self._index, one, trail.where)
            named += [Hit(0, 1.0, passage, "cited") for passage in passages[:1]]
            if one.exact and not passages and not may_be_missed(one):
                missing.append(NOT_THERE.format(label=one.label))
        return named, missing


@component
class Rerank(Hop):
    """Puts the best hits into the order that a reranking model gives; the order stays when the model does not
    answer. A search ends here."""

    def __init__(self, reranker: Reranker, settings: RetrievalSettings) -> None:
        component.set_output_types(self, trail=Trail, found=Trail)
        self._reranker = reranker
        self._settings = settings

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """Reorders `hits`; named provisions stay first."""
        begun = perf_counter()
        fixed = [hit for hit in trail.hits if hit.why == "cited"]
        free = [hit for hit in trail.hits if hit.why != "cited"]
        depth = self._settings.rerank_depth
        head, tail = free[:depth], free[depth:]
        try:
            async with asyncio.timeout(self._settings.rerank_timeout):
                scores = await self._reranker.rerank(trail.read.read_as, [hit.passage.embedded_text for hit in head])
        except (PhapquyError, TimeoutError) as fault:
            log.warning("reranker failed: %s", type(fault).__name__)
            return _onward(trail, hits=trail.hits, warn=(NO_RERANK,), took={"rerank": milliseconds(begun)})
        order = sorted(range(len(head)), key=lambda i: -scores[i])
        hits = _ranked([*fixed, *(head[i] for i in order), *tail])
        return _onward(trail, hits=hits, took={"rerank": milliseconds(begun)})


@component
class Expand(Hop):
    """Brings what the best hits need beside them (`expansions`)."""

    def __init__(
        self,
        index: Searched,
        settings: RetrievalSettings,
        named: Named | None = None,
    ) -> None:
        component.set_output_types(self, trail=Trail)
        self._index = index
        self._named = named
        self._settings = settings

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """Fills `expansions`; `hits` become the sources of the answer."""
        begun = perf_counter()
        trail = trail.then(hits=trail.hits[: trail.question.limit])
        if trail.question.format == "summary":
            hits, warn = await scope(self._index, trail, self._settings)
            await emit(streaming_callback, "sources", hits)
            return {"trail": trail.then(hits=hits, warn=warn, took={"expand": milliseconds(begun)})}
        try:
            async with asyncio.timeout(self._settings.search_timeout):
                more = await expansions(
                    self._index, trail.hits, trail.where, self._settings, question=trail.read.read_as, named=self._named
                )
        except (ServiceUnavailable, TimeoutError):
            more = ()
        sources = _ranked([*trail.hits[: self._settings.sources], *more])
        await emit(streaming_callback, "sources", sources)
        return {"trail": trail.then(expansions=more, hits=sources, took={"expand": milliseconds(begun)})}


def _onward(trail: Trail, last: bool = True, *, hits: tuple[Hit, ...], **changes: Any) -> dict[str, Trail]:
    """What leaves a hop: `found` where a search ends, else `trail`; one of the two, so the pipeline stops or goes on."""
    if last and trail.wants == "search":
        return {"found": trail.then(hits=hits[: trail.question.limit], **changes)}
    return {"trail": trail.then(hits=hits, **changes)}


def _ranked(hits: list[Hit]) -> tuple[Hit, ...]:
    """Ranks from 1 in this order, each provision once."""
    seen: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        seen.setdefault(provision_of(hit.passage), hit)
    return tuple([Hit(rank, hit.score, hit.passage, hit.why) for rank, hit in enumerate(seen.values(), start=1)])
