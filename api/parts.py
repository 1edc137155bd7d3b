"""`Workshop`: the wired parts at work for one process; what routes and the local command line share."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import structlog

from api.acts import note_question
from api.caller import Caller
from api.desk import OnProgress
from api.event_queue import answer_events
from api.faults import fault_place
from api.intake import progress_out, report_out
from api.metrics import Metrics
from api.present import answer_out, held_file, search_out
from api.requests import answer_question, canonical_number, search_question
from api.resolving import resolve_citation
from api.schemas import AnswerRequest, AnswerResponse, SearchRequest, TimedSearch
from api.schemas_home import RollbackOut, StatusOut
from api.schemas_intake import AcceptedOut, AccessOut, IngestOut, ProgressOut, RemovalOut
from api.schemas_resolve import ResolveResponse
from api.settings import Settings
from api.succession import reindex, rollback
from api.watching import watch
from api.wiring import Parts
from ingest.jobs import Jobs
from ingest.rebuild import Watch
from legal.errors import Conflict, NotFound, PhapquyError, ServiceUnavailable
from retrieval.answer import Answer, Event, Question
from retrieval.index import SearchFilter

if TYPE_CHECKING:
    from api.audit import AuditLog
    from api.feedback import FeedbackStore
    from api.keys import KeyStore
    from ingest.catalogue import Catalogue
    from ingest.pipeline import Ingestor
    from retrieval.pipeline import QuestionPath
    from serving.protocols import Embedder

log = structlog.get_logger("phapquy.parts")


class Workshop:
    """One home at work. Leaving `with` lets go of the home. `public`: the URL of the server it works for."""

    def __init__(self, settings: Settings, public: str | None = None) -> None:
        self.parts = Parts(settings)
        self.public = public
        self.metrics = Metrics()
        self._watching: asyncio.Task[None] | None = None
        self._building = threading.Lock()
        self._turn = threading.Lock()
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def prepare(self) -> None:
        """Build what questions need, so that a fault shows before the door opens.

        A service that is down is no reason not to start: readiness says so and the next request tries again.
        """
        try:
            self._questions()
            with self._building:
                self.parts.ingestor.recover()
        except ServiceUnavailable as error:
            log.warning("not_ready", code=error.code)
        else:
            threading.Thread(target=self.learn, name="phapquy-learn", daemon=True).start()

    def release(self) -> None:
        """Close what was built, the home's lock last."""
        self.parts.close()

    async def open(self) -> None:
        """Called in the event loop that will serve; one search, so that no caller waits for what is lazy."""
        self._watching = asyncio.create_task(watch(self.parts))
        if self.parts.built("questions"):
            with suppress(PhapquyError):
                await self.parts.questions.search(Question(text="khởi động", where=SearchFilter(), limit=1))

    async def close(self) -> None:
        """Called in that event loop at its end."""
        self.stop_ingest()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self.parts.close_clients()

    async def ready_questions(self) -> QuestionPath:
        """The question's path, built at the first call; raises PhapquyError when a part cannot be had."""
        if self.parts.built("questions"):
            return self.parts.questions
        return await asyncio.to_thread(self._questions)

    async def search(self, body: SearchRequest, caller: Caller) -> TimedSearch:
        """A search with its stages' times."""
        path = await self.ready_questions()
        result = await path.search(search_question(body, caller, self.number_as_known))
        self.metrics.staged(result.timings_ms)
        return TimedSearch(response=search_out(result), timings_ms=dict(result.timings_ms))

    async def answer(self, body: AnswerRequest, caller: Caller) -> AnswerResponse:
        """A whole answer."""
        path = await self.ready_questions()
        answer = await path.answer(answer_question(body, caller, self.number_as_known))
        await self._given(answer, caller)
        return answer_out(answer)

    async def stream(self, body: AnswerRequest, caller: Caller) -> AsyncGenerator[Event | None]:
        """The same answer as events while it is made; see `answer_events`. Raises before the first one what is wrong."""
        path = await self.ready_questions()
        question = answer_question(body, caller, self.number_as_known)
        return answer_events(path, question, lambda answer: self._given(answer, caller))

    async def _given(self, answer: Answer, caller: Caller) -> None:
        """Count an answer, and remember it for feedback; that it cannot be remembered holds nobody up."""
        self.metrics.answered(answer)
        if self.public is None:
            return
        try:
            await asyncio.to_thread(lambda: self.feedback().remember(answer, caller))
        except Exception as error:
            log.warning("answer_not_remembered", **fault_place(error))

    async def resolve(self, citation: str, as_of: date | None, caller: Caller) -> ResolveResponse:
        """The provisions that a citation names; needs neither models nor the index."""

        note_question(citation)

        def work() -> ResolveResponse:
            catalogue = self.catalogue()
            with self._building:
                names = self.parts.names
            return resolve_citation(citation, as_of, caller, catalogue, names)

        return await asyncio.to_thread(work)

    def number_as_known(self, typed: str, access: Collection[str] | None) -> str:
        """A document's number in the spelling that its passages carry ("7/2023/nq-hdnd" may be "07/2023/NQ-HĐND")."""
        try:
            return self.catalogue().document(typed, access).card.number or typed
        except NotFound:
            return canonical_number(typed)

    def catalogue(self) -> Catalogue:
        """The catalogue, opened at the first call; raises PhapquyError when it cannot be had."""
        if self.parts.built("catalogue"):
            return self.parts.catalogue
        with self._building:
            return self.parts.catalogue

    def keys(self) -> KeyStore:
        """The API keys, opened at the first call; raises PhapquyError when they cannot be had."""
        if self.parts.built("keys"):
            return self.parts.keys
        with self._building:
            return self.parts.keys

    def feedback(self) -> FeedbackStore:
        """What people say of answers, opened at the first call; raises PhapquyError when it cannot be had."""
        if self.parts.built("feedback"):
            return self.parts.feedback
        with self._building:
            return self.parts.feedback

    def audit(self) -> AuditLog:
        """The audit log, opened at the first call; raises PhapquyError when it cannot be had."""
        if self.parts.built("audit"):
            return self.parts.audit
        with self._building:
            return self.parts.audit

    def ingestor(self) -> Ingestor:
        """The way of a document, built at the first call; raises PhapquyError when a part cannot be had."""
        with self._building:
            return self.parts.ingestor

    def adopt(self, embedder: Embedder) -> None:
        """Another generation of the index has taken over; questions go on with the embedder that made it."""
        with self._building:
            self.parts.adopt(embedder)

    def ingest_here(
        self, paths: Sequence[Path], on_progress: OnProgress, access: Sequence[str] | None = None
    ) -> IngestOut:
        """Ingest in this thread; one at a time. `access`: the documents' labels; None keeps what they have.

        Raises Conflict while another runs."""
        with self._writing():
            ingestor = self.ingestor()
            return report_out(
                ingestor.ingest(
                    [path.absolute() for path in paths],
                    lambda progress: on_progress(progress_out(progress)),
                    access,
                    serving=self.public is not None,
                    stop=self._stop.is_set,
                )
            )

    def reindex_here(self, on_progress: OnProgress) -> IngestOut:
        """Build the index anew with the embedder that is set, in this thread; the old one answers until it is whole."""
        with self._writing():
            done = reindex(self, uuid.uuid4().hex[:12], 0.0, Watch(say=lambda now: on_progress(progress_out(now))))
            return IngestOut.model_validate(done["report"])

    def rollback(self) -> RollbackOut:
        """Answer from the generation before again, caught up with what came since. Raises NotFound, Conflict."""
        with self._writing():
            done = rollback(self, self.parts.take_index().generation, Watch(stop=self._stop.is_set))
            return RollbackOut(embedder=done["embedder"], passages=done["report"]["passages"])

    def drop_previous(self) -> bool:
        """Give up the generation before; whether there was one."""
        return self.parts.take_index().drop_previous()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if not self._turn.acquire(blocking=False):
            raise Conflict("Đang có một lần nạp khác chạy trên kho này; hãy đợi nó xong.")
        try:
            self._stop.clear()
            yield
            self.learn()
        finally:
            self._turn.release()

    async def ingest(
        self, paths: Sequence[Path], on_progress: OnProgress, access: Sequence[str] | None = None
    ) -> IngestOut:
        """`ingest_here` in a thread of its own."""
        return await asyncio.to_thread(self.ingest_here, paths, on_progress, access)

    async def reindex(self, on_progress: OnProgress) -> IngestOut:
        """A re-index as a job, followed to its end."""
        return await asyncio.to_thread(self._reindex_job, on_progress)

    def _reindex_job(self, on_progress: OnProgress) -> IngestOut:
        jobs = Jobs(self.catalogue())
        job = jobs.add("reindex", "cli", {"tolerance": 0.0})[0]
        while not job.ended:
            if self._stop.wait(0.3):
                job = jobs.cancel(job.id)
            job = jobs.get(job.id)
            on_progress(ProgressOut.of_documents(job.done, job.total, job.passages))
        if job.state != "done" or job.result is None:
            raise Conflict(job.reason or "Việc tạo lại chỉ mục đã bị dừng.")
        return IngestOut.model_validate(job.result["report"])

    def stop_ingest(self) -> None:
        """Ask a running ingest to stop after the document in hand."""
        self._stop.set()

    async def remove(self, number: str) -> RemovalOut:
        """Take a document out, with the count of what is left of it. Raises NotFound, Conflict while an ingest runs."""

        def work() -> RemovalOut:
            ingestor = self.ingestor()
            done = ingestor.remove(number)
            self.learn()
            return RemovalOut(number=done.number or done.key, removed=done.removed, left=done.left)

        return await asyncio.to_thread(work)

    async def accept(self, number: str) -> AcceptedOut:
        """Let a document that waits for review answer. Raises NotFound, Conflict while an ingest runs."""

        def work() -> AcceptedOut:
            ingestor = self.ingestor()
            card = ingestor.accept(number)
            self.learn()
            return AcceptedOut(number=card.number or card.key, passages=self.parts.index.count(card.key))

        return await asyncio.to_thread(work)

    async def flush(self) -> None:
        """Bring the index to disk, if this process has it open: before it is copied."""
        if self.parts.built("index"):
            await asyncio.to_thread(self.parts.index.flush)

    async def relabel(self, number: str, labels: Sequence[str]) -> AccessOut:
        """Change who may see a document, in catalogue and index, without embedding. Raises NotFound, Conflict while an
        ingest runs."""

        def work() -> AccessOut:
            with self._building:
                ingestor = self.parts.ingestor
            ingestor.change(number, access=tuple(labels))
            self.learn()
            card = self.catalogue().document(number).card
            return AccessOut(
                number=card.number or card.key, access=sorted(card.access), passages=self.parts.index.count(card.key)
            )

        return await asyncio.to_thread(work)

    async def status(self) -> StatusOut:
        """What is in the home; without a running server by the catalogue alone, which waits for nobody."""

        def work() -> StatusOut:
            from ingest.held import held_documents

            catalogue = self.catalogue()
            counts, settings = catalogue.counts(), self.parts.settings
            return StatusOut(
                home=str(settings.home),
                documents=counts.documents,
                passages=self.parts.index.count() if self.parts.built("index") else counts.passages,
                failed=counts.failed,
                embedder=catalogue.meta("embedder"),
                engine=settings.qdrant.url or "qdrant-edge",
                generator=settings.generator.model if settings.generator.url else None,
                serving=self.public,
                needs_review=[held_file(entry) for entry in held_documents(catalogue)],
            )

        return await asyncio.to_thread(work)

    async def check(self) -> dict[str, str]:
        """Each part: "ok", or the reason why it is not ready."""
        return await asyncio.to_thread(self.look)

    def look(self) -> dict[str, str]:
        """`check` in this thread."""

        def look(name: str, use: Callable[[Any], object]) -> str:
            try:
                with self._building:
                    part = getattr(self.parts, name)
                use(part)
            except PhapquyError as error:
                return error.reason
            return "ok"

        found = {
            "catalogue": look("catalogue", lambda catalogue: catalogue.counts()),
            "embedder": look("embedder", lambda embedder: embedder.dimension),
            "index": look("index", lambda index: index.count()),
        }
        if self.parts.generator is not None:
            down = self.parts.built("questions") and (
                self.parts.questions.model_is_down or not self.parts.generator.available
            )
            found["generator"] = "Mô hình trả lời không phản hồi; đang trả lời bằng trích nguyên văn." if down else "ok"
        return found

    def learn(self) -> None:
        """Bring what questions are read with up to date: names, syllable counts. Without it they are read as typed,
        nothing worse."""
        try:
            catalogue = self.catalogue()
            if self.parts.built("names"):
                self.parts.names.refresh()
            self.parts.syllables.refresh(catalogue)
            self.parts.warm()
        except Exception as error:
            log.warning("not_learnt", **fault_place(error))

    def _questions(self) -> QuestionPath:
        with self._building:
            return self.parts.questions
