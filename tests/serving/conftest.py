"""A small real HTTP server that speaks the OpenAI protocol as vLLM does, and misbehaves on demand."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tests.listening import listening

MODEL = "mo-hinh-thu"
WINDOW = 64
PIECES = ["Thời ", "hạn ", "là ", "15 ", "ngày ", "[1]."]


@dataclass
class Server:
    """What the double does and what it has seen. `faults`: statuses to answer next, one a request."""

    url: str = ""
    faults: list[int] = field(default_factory=list)
    delay_first: float = 0.0
    delay_between: float = 0.0
    break_after: int | None = None  # pieces, then the connection dies
    error_after: int | None = None  # pieces, then an error event
    full: int = 0  # streams to turn away, as vLLM does it: 200, then the refusal as the first event
    endless: bool = False
    tokenizes: bool = True
    health: int = 200
    old_rerank: bool = False
    dimension: int = 8
    characters: int = 2000  # of a prompt that fits
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    running: int = 0

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [body for where, body in self.seen if where == path]


def _error(status: int, message: str, kind: str = "BadRequestError") -> JSONResponse:
    return JSONResponse({"error": {"message": message, "type": kind, "code": status}}, status)


def _app(server: Server) -> FastAPI:
    app = FastAPI()

    async def read(request: Request) -> tuple[dict[str, Any], Response | None]:
        body = await request.json()
        server.seen.append((request.url.path, body))
        server.keys.append(request.headers.get("authorization"))
        if server.faults:
            return body, _error(server.faults.pop(0), "fault", "InternalServerError")
        if body.get("model") != MODEL:
            return body, _error(404, f"The model `{body.get('model')}` does not exist.", "NotFoundError")
        await asyncio.sleep(server.delay_first)
        return body, None

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response("vllm:num_requests_running 0")

    @app.get("/health")
    async def health() -> Response:
        return Response(status_code=server.health)

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": MODEL, "max_model_len": 1234}]}

    @app.post("/tokenize")
    async def tokenize(request: Request) -> Response:
        body, fault = await read(request)
        if fault or not server.tokenizes:
            return fault or JSONResponse({"detail": "Not Found"}, 404)
        text = body.get("prompt") or " ".join(message["content"] for message in body["messages"])
        return JSONResponse({"count": len(text.split()) + 2, "max_model_len": 1234})

    @app.post("/v1/embeddings")
    async def embeddings(request: Request) -> Response:
        body, fault = await read(request)
        if fault:
            return fault
        rows = [
            {"index": i, "embedding": [float(len(text)), *[3.0] * (server.dimension - 1)]}
            for i, text in enumerate(body["input"])
        ]
        return JSONResponse({"data": rows[::-1]})

    async def rerank(request: Request) -> Response:
        body, fault = await read(request)
        if fault:
            return fault
        scores = [(len(text), i) for i, text in enumerate(body["documents"])]
        rows = [{"index": i, "relevance_score": score / 100} for score, i in sorted(scores, reverse=True)]
        return JSONResponse({"results": rows})

    @app.post("/v1/rerank")
    async def new_rerank(request: Request) -> Response:
        return JSONResponse({"detail": "Not Found"}, 404) if server.old_rerank else await rerank(request)

    app.post("/rerank")(rerank)

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body, fault = await read(request)
        if fault:
            return fault
        if sum(len(message["content"]) for message in body["messages"]) > server.characters:
            text = body["messages"][0]["content"]
            return _error(400, f"This model's maximum context length is 1234 tokens. Your prompt: {text}")
        return StreamingResponse(pieces(body), media_type="text/event-stream")

    async def pieces(body: dict[str, Any]) -> AsyncIterator[str]:
        def event(value: dict[str, Any]) -> str:
            return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"

        if server.full:
            server.full -= 1
            yield event({"error": {"message": "the request queue is full", "type": "ServiceUnavailable", "code": 503}})
            yield "data: [DONE]\n\n"
            return
        server.running += 1
        try:
            sent = 0
            while server.endless or sent < len(PIECES):
                if sent == server.break_after:
                    raise ConnectionAbortedError
                if sent == server.error_after:
                    yield event({"error": {"message": "engine dead: " + str(body["messages"]), "code": 500}})
                    return
                piece = PIECES[sent % len(PIECES)]
                yield event({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
                sent += 1
                await asyncio.sleep(server.delay_between)
            yield event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            yield event({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": sent}})
            yield "data: [DONE]\n\n"
        finally:
            server.running -= 1

    return app


@pytest.fixture
def server() -> Iterator[Server]:
    """The double, listening on a port of its own."""
    double = Server()
    with listening(_app(double)) as root:
        double.url = f"{root}/v1"
        yield double


@pytest.fixture
def closed_port() -> str:
    """An address where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
