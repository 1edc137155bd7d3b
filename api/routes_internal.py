"""`/internal`: what the command line on the same home lets the running server do; own loopback port, own token."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api import job_desk
from api.acts import note_caller, note_target
from api.caller import LOCAL, at_terminal
from api.dependencies import PartsOf
from api.desk import OnProgress
from api.faults import fault_place
from api.parts import Workshop
from api.requests import access_labels
from api.schemas import AnswerRequest, AnswerResponse, SearchRequest, Strict, TimedSearch, as_json
from api.schemas_home import RollbackOut, StatusOut
from api.schemas_intake import AcceptedOut, AccessOut, AccessRequest, IngestOut, ProgressOut, RemovalOut
from api.schemas_resolve import ResolveRequest, ResolveResponse
from legal.errors import NotFound, PhapquyError

Work = Callable[[OnProgress], Awaitable[IngestOut]]

log = structlog.get_logger("phapquy.internal")


class IngestBody(Strict):
    """Absolute paths of files and folders on this machine; the access labels of what comes in."""

    paths: list[Path]
    access: list[str] | None = None


class NumberBody(Strict):
    """A document's number or key."""

    number: str


class JobBody(Strict):
    """A job."""

    job: str


class ApplyBody(JobBody):
    """Files of a job, `first` to `end` (exclusive)."""

    first: int
    end: int


class SucceedBody(JobBody):
    """A re-index or the way back; `before`: the generation that was in use when the job began."""

    before: str


class RelabelBody(AccessRequest):
    """A document's number or key, and its labels from now on."""

    number: str


class Pong(BaseModel):
    """Which process answers."""

    pid: int


def router(token: str, internal_port: int) -> APIRouter:
    """The routes, open only to who holds the token and comes by the internal port; for others they do not exist."""

    async def guard(request: Request) -> None:
        server = request.scope.get("server") or ("", 0)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if server[1] != internal_port or not hmac.compare_digest(given.encode(), token.encode()):
            raise NotFound("Không có đường dẫn này.")
        note_caller(at_terminal(request.headers.get("x-phapquy-user", "")[:100]))

    routes = APIRouter(prefix="/internal", include_in_schema=False, dependencies=[Depends(guard)])

    @routes.get("/ping")
    async def ping() -> Pong:
        return Pong(pid=os.getpid())

    @routes.post("/search")
    async def search(body: SearchRequest, parts: PartsOf) -> TimedSearch:
        return await parts.search(body, LOCAL)

    @routes.post("/answer")
    async def answer(body: AnswerRequest, parts: PartsOf) -> AnswerResponse:
        return await parts.answer(body, LOCAL)

    @routes.post("/resolve")
    async def resolve(body: ResolveRequest, parts: PartsOf) -> ResolveResponse:
        return await parts.resolve(body.citation, body.as_of, LOCAL)

    @routes.post("/status")
    async def status(parts: PartsOf) -> StatusOut:
        return await parts.status()

    @routes.post("/flush")
    async def flush(parts: PartsOf) -> Pong:
        await parts.flush()
        return Pong(pid=os.getpid())

    @routes.post("/remove")
    async def remove(body: NumberBody, parts: PartsOf) -> RemovalOut:
        note_target(body.number)
        return await parts.remove(body.number)

    @routes.post("/accept")
    async def accept(body: NumberBody, parts: PartsOf) -> AcceptedOut:
        note_target(body.number)
        return await parts.accept(body.number)

    @routes.post("/apply")
    async def apply(body: ApplyBody, parts: PartsOf) -> Pong:
        await asyncio.to_thread(job_desk.apply_files, parts, body.job, body.first, body.end)
        return Pong(pid=os.getpid())

    @routes.post("/correct")
    async def correct(body: JobBody, parts: PartsOf) -> dict[str, Any]:
        return await asyncio.to_thread(job_desk.correct, parts, body.job)

    @routes.post("/remove-for-good")
    async def remove_for_good(body: JobBody, parts: PartsOf) -> dict[str, Any]:
        return await asyncio.to_thread(job_desk.remove, parts, body.job)

    @routes.post("/generation")
    async def generation(parts: PartsOf) -> dict[str, str]:
        return {"generation": await asyncio.to_thread(job_desk.generation, parts)}

    @routes.post("/succeed")
    async def succeed(body: SucceedBody, parts: PartsOf) -> dict[str, Any]:
        return await asyncio.to_thread(job_desk.succeed, parts, body.job, body.before)

    @routes.post("/rollback")
    async def rollback(parts: PartsOf) -> RollbackOut:
        return await asyncio.to_thread(parts.rollback)

    @routes.post("/drop-previous")
    async def drop_previous(parts: PartsOf) -> dict[str, bool]:
        return {"dropped": await asyncio.to_thread(parts.drop_previous)}

    @routes.post("/learn")
    async def learn(parts: PartsOf) -> Pong:
        await asyncio.to_thread(parts.learn)
        return Pong(pid=os.getpid())

    @routes.post("/relabel")
    async def relabel(body: RelabelBody, parts: PartsOf) -> AccessOut:
        note_target(f"{body.number} {','.join(body.access)}")
        return await parts.relabel(body.number, access_labels(body.access) or ())

    @routes.post("/ingest")
    async def ingest(body: IngestBody, parts: PartsOf) -> StreamingResponse:
        return _followed(parts, lambda on_progress: parts.ingest(body.paths, on_progress, access_labels(body.access)))

    @routes.post("/reindex")
    async def reindex(parts: PartsOf) -> StreamingResponse:
        return _followed(parts, parts.reindex)

    return routes


def _followed(parts: Workshop, work: Work) -> StreamingResponse:
    return StreamingResponse(progress_lines(parts, work), media_type="application/x-ndjson")


async def progress_lines(parts: Workshop, work: Work) -> AsyncIterator[bytes]:
    """Progress as JSON lines, then the report or an error; closing it stops an ingest after the document in hand."""
    loop = asyncio.get_running_loop()
    latest: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def on_progress(progress: ProgressOut) -> None:
        with suppress(RuntimeError):  # the loop may be gone at shutdown
            loop.call_soon_threadsafe(latest.put_nowait, {"progress": as_json(progress)})

    async def run() -> None:
        try:
            report = await work(on_progress)
            line: dict[str, Any] = {"report": as_json(report)}
        except PhapquyError as error:
            line = {"error": {"code": error.code, "reason": error.reason, "exit_code": error.exit_code}}
        except Exception as error:
            log.error("fault_in_ingest", **fault_place(error))
            line = {"error": {"code": "internal", "reason": "Lỗi bên trong khi nạp văn bản.", "exit_code": 1}}
        latest.put_nowait(line)
        latest.put_nowait(None)

    task = asyncio.create_task(run())
    try:
        while (line := await latest.get()) is not None:
            yield json.dumps(line, ensure_ascii=False).encode() + b"\n"
    finally:
        if not task.done():
            parts.stop_ingest()
        await asyncio.gather(task, return_exceptions=True)
