"""`POST /v1/search` and `POST /v1/answers`: questions over HTTP, answers as JSON or as server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, format_sse_event

from api.auth import Asking
from api.dependencies import PartsOf
from api.present import answer_out, citation_out, query_out, sources_out, statement_out, usage_out
from api.schemas import AnswerRequest, AnswerResponse, SearchRequest, SearchResponse, as_json
from retrieval.answer import Event
from retrieval.understand import today

router = APIRouter(prefix="/v1", tags=["Tra cứu và trả lời"])

#: Headers of a stream: nobody between may keep or collect it.
UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

_EVENTS = {
    "description": "Câu trả lời; hoặc dòng sự kiện khi yêu cầu nhận `text/event-stream`: "
    "`query`, `sources`, `token`*, `statement`*, `citation`*, `usage`, `done`, hoặc `error` ở cuối. `token` là lời của mô "
    "hình khi chưa kiểm chứng; một `token` có `replaces: true` thay cho mọi `token` trước nó (lời trích hoặc lời từ chối "
    "thay cho câu trả lời dở dang). Văn bản cuối cùng là `text` của `done`.",
    "content": {"text/event-stream": {}},
}


@router.post("/search", summary="Tìm điều khoản")
async def search(body: SearchRequest, caller: Asking, parts: PartsOf) -> SearchResponse:
    """Tìm các điều khoản phù hợp nhất, chỉ trong các văn bản có hiệu lực vào ngày `as_of`."""
    return (await parts.search(body, caller)).response


@router.post("/answers", summary="Trả lời có trích dẫn", response_model=AnswerResponse, responses={200: _EVENTS})
async def answers(body: AnswerRequest, request: Request, caller: Asking, parts: PartsOf) -> Response | AnswerResponse:
    """Trả lời câu hỏi; mỗi trích dẫn là nguyên văn, có vị trí ký tự trong điều khoản."""
    if wants_events(request):
        events = await parts.stream(body, caller)
        return EventSourceResponse(event_stream(events, body.as_of or today()), headers=UNBUFFERED)
    return await parts.answer(body, caller)


def wants_events(request: Request) -> bool:
    """Whether the client asks for server-sent events rather than JSON (Accept)."""
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return "text/event-stream" in accepted


async def event_stream(answer: AsyncGenerator[Event | None], as_of: date) -> AsyncIterator[bytes]:
    """The answer as server-sent events; closing it stops the generation."""
    async with aclosing(answer) as events:
        async for event in events:
            if event is None:
                yield format_sse_event(comment="…")
            else:
                data = json.dumps(_event_data(event, as_of), ensure_ascii=False)
                yield format_sse_event(event=event.name, data_str=data)


def _event_data(event: Event, as_of: date) -> Any:
    data = event.data
    match event.name:
        case "query":
            return as_json(query_out(data))
        case "sources":
            return [as_json(source) for source in sources_out(data, as_of)]
        case "token":
            return {"text": data, "replaces": True} if event.replaces else {"text": data}
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
