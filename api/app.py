"""The HTTP application: routes, errors, middleware, and the parts it works with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from api import (
    docs_page,
    openapi,
    problems,
    routes_audit,
    routes_changes,
    routes_documents,
    routes_feedback,
    routes_health,
    routes_internal,
    routes_jobs,
    routes_keys,
    routes_mcp,
    routes_metrics,
    routes_openai,
    routes_questions,
    routes_resolve,
)
from api.auth import caller
from api.gate import Gate
from api.gauges import Gauges
from api.guard import Guard, Slots
from api.limiting import Limits
from api.middleware import LoopbackHosts, Surround
from api.oidc import SignIn
from api.parts import Workshop
from api.schemas import Problem
from api.tracing import Tracing

_DESCRIPTION = """Kho tri thức pháp luật và quy định nội bộ: tra cứu điều khoản, trả lời có trích dẫn kiểm chứng được.

Lỗi theo RFC 9457 (`application/problem+json`), tiếng Việt, hoặc tiếng Anh theo `Accept-Language`.
Trong đường dẫn, dấu `/` của số hiệu viết là `%2F` hoặc `~`: `/v1/documents/52~2014~QH13`."""

#: What the routes for callers may answer beside their own.
_GUARDED: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "Chưa xác thực"},
    403: {"model": Problem, "description": "Không có quyền"},
    429: {"model": Problem, "description": "Quá nhiều yêu cầu; xem `Retry-After`"},
}


def build(
    workshop: Workshop, *, token: str, internal_port: int, loopback: bool, tracing: Tracing | None = None
) -> ASGIApp:
    """The application. `token`, `internal_port`: guard of /internal; `loopback`: only this machine reaches it, so that it
    may stay open until the first key is made; `tracing`: where traces go."""
    settings = workshop.parts.settings
    sign_in = SignIn(settings.oidc) if settings.oidc.issuer else None
    gate = Gate(workshop.keys(), sign_in, loopback=loopback)
    mcp = routes_mcp.Door(workshop)
    limits = Limits(settings.limits, workshop.keys())
    guard = Guard(gate, limits, Slots(settings.limits), workshop.audit(), settings.server)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await workshop.open()
        counting = asyncio.create_task(guard.keep_counts())
        try:
            async with mcp.running():
                yield
        finally:
            counting.cancel()
            await asyncio.to_thread(limits.flush)
            await asyncio.to_thread(guard.audit.flush)
            await workshop.close()

    app = FastAPI(
        title="phapquy",
        version=version("phapquy"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=settings.server.max_body,
        separate_input_output_schemas=False,
        # Its own spans carry addresses and what stands in them, see `api.tracing`.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
        responses={
            400: {"model": Problem, "description": "Không đọc được yêu cầu"},
            422: {"model": Problem, "description": "Yêu cầu không hợp lệ"},
            503: {"model": Problem, "description": "Dịch vụ chưa sẵn sàng"},
        },
    )
    app.state.workshop = workshop
    app.state.guard = guard
    problems.install(app)
    app.include_router(routes_health.router)
    for router in (
        routes_questions.router,
        routes_openai.router,
        routes_resolve.router,
        routes_documents.router,
        routes_changes.router(settings.server.max_upload),
        routes_jobs.router,
        routes_feedback.router,
        routes_keys.router,
        routes_audit.router,
        mcp.router,
    ):
        app.include_router(router, dependencies=[Depends(caller)], responses=_GUARDED)
    app.include_router(routes_internal.router(token, internal_port))
    app.include_router(docs_page.router)
    app.include_router(routes_metrics.router)
    workshop.metrics.registry.register(Gauges(workshop, guard))
    app.mount("/static", docs_page.static_files(), name="static")
    openapi.finish(app)
    inner: ASGIApp = LoopbackHosts(app, gate) if loopback else app
    if origins := [origin.strip() for origin in settings.server.cors_origins.split(",") if origin.strip()]:
        inner = CORSMiddleware(
            inner,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Accept-Language", "Idempotency-Key", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    return Surround(inner, guard, workshop.metrics, tracing)
