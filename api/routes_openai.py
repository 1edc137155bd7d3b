"""`POST /v1/chat/completions` and `GET /v1/models`: any portal or chat client that speaks to OpenAI works at once."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse

from api.auth import Asking
from api.chat import MODELS, completion, question_of
from api.chat_stream import ChatChunks
from api.dependencies import PartsOf
from api.routes_questions import UNBUFFERED
from api.schemas import CitationOut, Problem
from api.schemas_openai import ChatCompletion, ChatModel, ChatModels, ChatRequest

router = APIRouter(prefix="/v1", tags=["Tương thích OpenAI"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Câu trả lời; với `stream: true` là dòng sự kiện `chat.completion.chunk`, kết thúc bằng `[DONE]`.",
        "content": {"text/event-stream": {}},
    },
    404: {"model": Problem, "description": "Không có mô hình này"},
}


@router.get("/models", summary="Các mô hình")
async def models(caller: Asking) -> ChatModels:
    """Mỗi cách trả lời là một mô hình: `phapquy`, `phapquy-brief`, `phapquy-letter`, ..."""
    return ChatModels(data=[ChatModel(id=name) for name in MODELS])


@router.post("/chat/completions", summary="Hội thoại kiểu OpenAI", response_model=ChatCompletion, responses=_ANSWERS)
async def chat(body: ChatRequest, request: Request, caller: Asking, parts: PartsOf) -> Response | ChatCompletion:
    """Câu hỏi là tin nhắn cuối. Trích dẫn nằm trong `annotations` và trong khối “Căn cứ” ở cuối nội dung; khi truyền
    dòng, chỉ những câu đã kiểm chứng mới được gửi đi."""
    asked = question_of(body)
    created = int(time.time())

    def address(citation: CitationOut) -> str:
        if citation.document.number is None:
            return f"{request.base_url}v1/documents"
        number = quote(citation.document.number.replace("/", "~"), safe="~")
        return f"{request.base_url}v1/documents/{number}/provisions/{quote(citation.provision.eid)}"

    if not body.stream:
        return completion(await parts.answer(asked, caller), body.model, created, address)
    with_usage = body.stream_options is not None and body.stream_options.include_usage
    chunks = ChatChunks(body.model, created, address, with_usage=with_usage)
    return EventSourceResponse(chunks.of(await parts.stream(asked, caller)), headers=UNBUFFERED)
