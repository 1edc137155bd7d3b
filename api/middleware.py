"""What surrounds every request: an id, security headers, one log line without content, and no fault that escapes."""

from __future__ import annotations

import re
import time
import uuid

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.binding import is_loopback
from api.faults import fault_place
from api.gate import Gate

log = structlog.get_logger("phapquy.http")

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Surround:
    """The outermost layer. `max_body`: bytes that a request may announce; `quiet`: path prefixes not logged."""

    def __init__(
        self, app: ASGIApp, max_body: int, quiet: tuple[str, ...] = ("/healthz", "/readyz", "/static/")
    ) -> None:
        self.app = app
        self.max_body = max_body
        self.quiet = quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        given = request.headers.get("x-request-id", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status = 0
        began = time.perf_counter()

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in _SECURITY.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            if int(request.headers.get("content-length") or 0) > self.max_body:
                await problems.too_large(request)(scope, receive, send_marked)
            else:
                await self.app(scope, receive, send_marked)
        except Exception as error:
            log.error("fault", **fault_place(error))
            if not status:  # else it is too late: the connection closes without the closing chunk
                await problems.internal(request)(scope, receive, send_marked)
        finally:
            if not scope["path"].startswith(self.quiet):
                route = scope.get("route")
                log.info(
                    "request",
                    method=scope["method"],
                    route=getattr(route, "path", None),
                    status=status,
                    ms=round((time.perf_counter() - began) * 1000, 1),
                )


class LoopbackHosts:
    """On loopback without keys the address is the only guard: refuse Host names that a web page could point here."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            name = re.sub(r":\d*$", "", request.headers.get("host", ""))
            if not is_loopback(name.lower().strip("[]")) and await self.gate.is_open():
                refusal = problems.problem(request, "bad_request", 400, "Tên máy chủ (Host) không được chấp nhận.")
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)
