"""`POST /v1/search` and `POST /v1/answers`: questions over HTTP, answers as JSON or as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, format_sse_event

if TYPE_CHECKING:
    from api.metrics import Metrics
    from retrieval.pipeline import QuestionPath

from api.auth import Asking
from api.dependencies import PartsOf
from api.faults import fault_place
from api.present import answer_out, citation_out, query_out, sources_out, statement_out, usage_out
from api.requests import answer_question
from api.schemas import AnswerRequest, AnswerResponse, SearchRequest, SearchResponse, as_json
from legal.errors import PhapquyError
from retrieval.answer import Event, Question
from retrieval.understand import today

log = structlog.get_logger("phapquy.http")
router = APIRouter(prefix="/v1", tags=["Tra cứu và trả lời"])

#: Seconds of silence after which a comment is sent, so that proxies keep the connection.
KEEP_ALIVE = 15.0

_EVENTS = {
    "description": "Câu trả lời; hoặc dòng sự kiện khi yêu cầu nhận `text/event-stream`: "
    "`query`, `sources`, `token`*, `statement`*, `citation`*, `usage`, `done`, hoặc `error` ở cuối.",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}


@router.post("/search", summary="Tìm điều khoản")
async def search(body: SearchRequest, caller: Asking, parts: PartsOf) -> SearchResponse:
    """Tìm các điều khoản phù hợp nhất, chỉ trong các văn bản có hiệu lực vào ngày `as_of`."""
    return (await parts.search(body, caller)).response


@router.post("/answers", summary="Trả lời có trích dẫn", response_model=AnswerResponse, responses={200: _EVENTS})
async def answers(body: AnswerRequest, request: Request, caller: Asking, parts: PartsOf) -> Response | AnswerResponse:
    """Trả lời câu hỏi; mỗi trích dẫn là nguyên văn, có vị trí ký tự trong điều khoản."""
    if wants_events(request):
        path = await parts.ready_questions()
        question = answer_question(body, caller, parts.number_as_known)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return EventSourceResponse(event_stream(path, question, parts.metrics), headers=headers)
    return await parts.answer(body, caller)


def wants_events(request: Request) -> bool:
    """Whether the client asks for server-sent events rather than JSON (Accept)."""
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return "text/event-stream" in accepted


async def event_stream(path: QuestionPath, question: Question, metrics: Metrics) -> AsyncIterator[bytes]:
    """The answer as server-sent events; closing it stops the generation."""
    queue: asyncio.Queue[Event | None] = asyncio.Queue(maxsize=256)
    task = asyncio.create_task(_fill(path, question, queue))
    as_of = question.where.as_of or today()
    try:
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), KEEP_ALIVE)
            except TimeoutError:
                yield format_sse_event(comment="…")
                continue
            if event is None:
                return
            if event.name == "done":
                metrics.answered(event.data)
            data = json.dumps(_event_data(event, as_of), ensure_ascii=False)
            yield format_sse_event(event=event.name, data_str=data)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _fill(path: QuestionPath, question: Question, queue: asyncio.Queue[Event | None]) -> None:
    try:
        async with aclosing(cast("AsyncGenerator[Event]", path.stream(question))) as events:
            async for event in events:
                await queue.put(event)
    except PhapquyError as error:
        await queue.put(Event("error", error))
    except Exception as error:
        log.error("fault_in_stream", **fault_place(error))
        await queue.put(Event("error", PhapquyError("Lỗi bên trong hệ thống; hãy thử lại.")))
    await queue.put(None)


def _event_data(event: Event, as_of: date) -> Any:
    data = event.data
    match event.name:
        case "query":
            return as_json(query_out(data))
        case "sources":
            return [as_json(source) for source in sources_out(data, as_of)]
        case "token":
            return {"text": data}
        case "statement":
            return as_json(statement_out(data))
        case "citation":
            return as_json(citation_out(data, as_of))
        case "usage":
            return as_json(usage_out(data))
        case "done":
            return as_json(answer_out(data))
        case "error":
            return {"code": data.code, "status": data.status, "detail": data.reason}
