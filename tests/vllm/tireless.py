"""A gateway before a real vLLM that lets its model write to the last token allowed.

When a small model ends an answer by itself depends on the processor; what happens in the middle of an answer can only be
tried where it has one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route


def tireless(root: str) -> Starlette:
    """Passes everything on to the server at `root`. An answer by a schema ends where the schema does."""
    client = httpx.AsyncClient(base_url=root, timeout=300, trust_env=False)

    async def pass_on(request: Request) -> Response:
        body = await request.body()
        if request.url.path == "/v1/chat/completions":
            asked = json.loads(body)
            body = json.dumps({"ignore_eos": "response_format" not in asked, **asked}).encode()
        kind = {"content-type": request.headers.get("content-type", "application/json")}
        try:
            call = client.build_request(request.method, request.url.path, content=body, headers=kind)
            reply = await client.send(call, stream=True)
        except httpx.TransportError:
            return Response(status_code=502)

        async def pieces() -> AsyncIterator[bytes]:
            try:
                async for piece in reply.aiter_raw():
                    yield piece
            finally:
                await reply.aclose()

        return StreamingResponse(pieces(), reply.status_code, media_type=reply.headers.get("content-type"))

    return Starlette(routes=[Route("/{path:path}", pass_on, methods=["GET", "POST"])])
