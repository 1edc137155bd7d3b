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
from retrieval.answer import Event, Hit
from retrieval.conversation import FollowUps
from retrieval.definitions import lift_definitions, search_terms
from retrieval.evidence import gather
from retrieval.expand import expansions
from retrieval.fusion import fuse, group_by_provision, lean_to_documents, provision_of
from retrieval.haystack_quiet import StreamingCallbackT, StreamingChunk, component
from retrieval.headings import favour_headings
from retrieval.index import Candidates, IndexMoved, Searched, Sparse
from retrieval.lexical import question_vector
from retrieval.named import look_up, may_be_missed
from retrieval.restore import SyllableModel
from retrieval.scope import scope
from retrieval.settings import RetrievalSettings
from retrieval.trail import Trail, milliseconds
from retrieval.understand import understand
from serving.protocols import Embedder, Reranker, Vectors

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
    """Reads the question; refuses one that cannot be searched (`BadRequest`)."""

    def __init__(
        self,
        settings: RetrievalSettings,
        syllables: Callable[[], SyllableModel | None] | None = None,
        names: Callable[[frozenset[str] | None], LawNames | None] | None = None,
        lexicon: Lexicon | None = None,
        follow_ups: FollowUps | None = None,
    ) -> None:
        component.set_output_types(self, trail=Trail)
        self._settings = settings
        self._follow_ups = follow_ups
        self._syllables = syllables
        self._names = names
        self._lexicon = lexicon

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """Fills `reading`, `where`, `as_of`, `cited`."""
        begun = perf_counter()
        syllables = self._syllables() if self._syllables is not None else None
        names = self._names(trail.question.where.access) if self._names is not None else None
        read = understand(trail.question, self._settings, syllables, names, self._lexicon)
        if trail.question.history and self._follow_ups is not None:
            alone = await self._follow_ups.standalone(read.reading.read_as, trail.question.history, names, read.as_of)
            if alone.by is not None:
                typed, rewritten = read.reading, replace(trail.question, text=alone.text)
                read = understand(rewritten, self._settings, syllables, names, self._lexicon)
                reading = replace(read.reading, text=typed.text, restored=typed.restored, rewritten=alone.by)
                read = replace(read, reading=reading)
        await emit(streaming_callback, "query", read.reading)
        took = {"understand": milliseconds(begun)}
        return {
            "trail": trail.then(reading=read.reading, where=read.where, as_of=read.as_of, cited=read.cited, took=took)
        }


@component
class Retrieve(Hop):
    """Embeds the question, asks the engine once for both searches, fuses them to one hit a provision; named ones
    first."""

    def __init__(self, index: Searched, embedder: Embedder | None, settings: RetrievalSettings) -> None:
        component.set_output_types(self, trail=Trail)
        self._index = index
        self._embedder = embedder
        self._settings = settings

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """Fills `hits` and `evidence`. Raises `ServiceUnavailable` when the engine does not answer in time."""
        question, took = trail.read.read_as, dict[str, float]()
        begun = perf_counter()
        weights = dict.fromkeys((*trail.read.expansions, *search_terms(question)), self._settings.expansion_weight)
        sparse = question_vector(question, weights)
        loop = asyncio.get_running_loop()
        embedded = begun

        async def meaning() -> Vectors | None:
            nonlocal embedded
            vector = await self._embed(question)
            embedded = perf_counter()
            patience.reschedule(loop.time() + self._settings.search_timeout)
            return vector

        dense = asyncio.create_task(meaning())
        try:
            async with asyncio.timeout(self._settings.embed_timeout + self._settings.search_timeout) as patience:
                await asyncio.sleep(0.001)  # the model begins, the search by words goes on beside it
                candidates, found = await self._found(trail, dense, sparse)
                named, missing = await self._named(trail)
                vector = await dense
        except TimeoutError:
            raise ServiceUnavailable("Kho tìm kiếm không trả lời kịp; hãy thử lại sau ít phút.") from None
        finally:
            dense.cancel()
        hits = _ranked([*named, *found])
        took["embed"] = milliseconds(begun, embedded)
        took["engine"] = milliseconds(embedded)  # what was left to do once the model had answered
        warn = (NO_MEANING,) if vector is None and self._embedder is not None else ()
        evidence = None
        if trail.wants == "answer":
            begun = perf_counter()
            scaled = self._embedder is not None and self._settings.similarity_of in self._embedder.name
            similarity = candidates.by_meaning[0][1] if candidates.by_meaning and scaled else None
            evidence = gather(question, [hit.passage for hit in hits], similarity)
            took["evidence"] = milliseconds(begun)
        return {"trail": trail.then(hits=hits, evidence=evidence, warn=(*warn, *missing), took=took)}

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
        return candidates, self._ordered(candidates, trail.read.read_as, most)

    def _ordered(self, candidates: Candidates, question: str, most: int) -> list[Hit]:
        """Both searches as one order of at most so many provisions: fused, definitions lifted where one is asked for,
        headings favoured that the question says, leaning to the document that the best come from."""
        chosen = self._settings
        fused = fuse(candidates, dense_weight=chosen.dense_weight, lexical_weight=chosen.lexical_weight)
        lifted = lift_definitions(fused, question, bonus=chosen.definition_bonus)
        return lean_to_documents(
            group_by_provision(favour_headings(lifted, question, weight=chosen.heading_weight), most=most),
            weight=chosen.document_weight,
            depth=chosen.document_depth,
        )

    async def _embed(self, question: str) -> Vectors | None:
        if self._embedder is None:
            return None
        try:
            async with asyncio.timeout(self._settings.embed_timeout):
                return await self._embedder.embed_question(question)
        except (ServiceUnavailable, TimeoutError) as fault:
            log.warning("embedder failed, searching by words only: %s", type(fault).__name__)
            return None

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
    answer."""

    def __init__(self, reranker: Reranker, settings: RetrievalSettings) -> None:
        component.set_output_types(self, trail=Trail)
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
            return {"trail": trail.then(warn=(NO_RERANK,), took={"rerank": milliseconds(begun)})}
        order = sorted(range(len(head)), key=lambda i: -scores[i])
        hits = _ranked([*fixed, *(head[i] for i in order), *tail])
        return {"trail": trail.then(hits=hits, took={"rerank": milliseconds(begun)})}


@component
class Expand(Hop):
    """Ends a search, or brings what the best hits need beside them (`expansions`) and goes on to the answer."""

    def __init__(
        self,
        index: Searched,
        settings: RetrievalSettings,
        names: Callable[[frozenset[str] | None], LawNames | None] | None = None,
    ) -> None:
        component.set_output_types(self, trail=Trail, found=Trail)
        self._index = index
        self._names = names
        self._settings = settings

    async def run_async(self, trail: Trail, streaming_callback: StreamingCallbackT | None = None) -> dict[str, Trail]:
        """`found` for a search, `trail` for an answer: only one of the two leaves, so the pipeline stops or goes on."""
        begun = perf_counter()
        trail = trail.then(hits=trail.hits[: trail.question.limit])
        if trail.wants == "search":
            return {"found": trail}
        if trail.question.format == "summary":
            hits, warn = await scope(self._index, trail, self._settings)
            await emit(streaming_callback, "sources", hits)
            return {"trail": trail.then(hits=hits, warn=warn, took={"expand": milliseconds(begun)})}
        try:
            async with asyncio.timeout(self._settings.search_timeout):
                names = self._names(trail.where.access) if self._names is not None else None
                more = await expansions(
                    self._index, trail.hits, trail.where, self._settings, question=trail.read.read_as, names=names
                )
        except (ServiceUnavailable, TimeoutError):
            more = ()
        sources = _ranked([*trail.hits[: self._settings.sources], *more])
        await emit(streaming_callback, "sources", sources)
        return {"trail": trail.then(expansions=more, hits=sources, took={"expand": milliseconds(begun)})}


def _ranked(hits: list[Hit]) -> tuple[Hit, ...]:
    """Ranks from 1 in this order, each provision once."""
    seen: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        seen.setdefault(provision_of(hit.passage), hit)
    return tuple([Hit(rank, hit.score, hit.passage, hit.why) for rank, hit in enumerate(seen.values(), start=1)])
