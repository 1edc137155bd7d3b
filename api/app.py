"""The HTTP application: routes, errors, middleware, and the parts it works with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from api import (
    docs_page,
    problems,
    routes_documents,
    routes_feedback,
    routes_health,
    routes_internal,
    routes_keys,
    routes_mcp,
    routes_openai,
    routes_questions,
    routes_resolve,
)
from api.auth import caller
from api.gate import Gate
from api.middleware import LoopbackHosts, Surround
from api.parts import Workshop
from api.schemas import Problem

_DESCRIPTION = """Kho tri thức pháp luật và quy định nội bộ: tra cứu điều khoản, trả lời có trích dẫn kiểm chứng được.

Lỗi theo RFC 9457 (`application/problem+json`), tiếng Việt, hoặc tiếng Anh theo `Accept-Language`.
Trong đường dẫn, dấu `/` của số hiệu viết là `%2F` hoặc `~`: `/v1/documents/52~2014~QH13`."""

_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}


#: What the routes for callers may answer beside their own.
_GUARDED: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "Chưa xác thực"},
    403: {"model": Problem, "description": "Không có quyền"},
}


def build(workshop: Workshop, *, token: str, internal_port: int, loopback: bool) -> ASGIApp:
    """The application. `token`, `internal_port`: guard of /internal; `loopback`: only this machine reaches it, so that it
    may stay open until the first key is made."""
    max_body = workshop.parts.settings.server.max_body
    gate = Gate(workshop.keys(), loopback=loopback)
    mcp = routes_mcp.Door(workshop)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await workshop.open()
        try:
            async with mcp.running():
                yield
        finally:
            await workshop.close()

    app = FastAPI(
        title="phapquy",
        version=version("phapquy"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=max_body,
        separate_input_output_schemas=False,
        responses={
            422: {"model": Problem, "description": "Yêu cầu không hợp lệ"},
            503: {"model": Problem, "description": "Dịch vụ chưa sẵn sàng"},
        },
    )
    app.state.workshop = workshop
    app.state.gate = gate
    problems.install(app)
    app.include_router(routes_health.router)
    for router in (
        routes_questions.router,
        routes_openai.router,
        routes_resolve.router,
        routes_documents.router,
        routes_feedback.router,
        routes_keys.router,
        mcp.router,
    ):
        app.include_router(router, dependencies=[Depends(caller)], responses=_GUARDED)
    app.include_router(routes_internal.router(token, internal_port))
    app.include_router(docs_page.router)
    app.mount("/static", docs_page.static_files(), name="static")
    _describe_problems(app)
    return Surround(LoopbackHosts(app, gate) if loopback else app, max_body)


def _describe_problems(app: FastAPI) -> None:
    """In the OpenAPI description errors are `application/problem+json`; FastAPI would call them `application/json`."""
    for path in app.openapi()["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                content = response.get("content", {})
                if content.get("application/json", {}).get("schema") == _PROBLEM_SCHEMA:
                    content["application/problem+json"] = content.pop("application/json")
