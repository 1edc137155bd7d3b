"""What surrounds every request: an id, security headers, one log line without content, and no fault that escapes."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from datetime import UTC, datetime

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.acts import Act, Note, begin_note
from api.binding import is_loopback
from api.faults import fault_place
from api.gate import Gate
from api.guard import Guard, address_of
from api.metrics import Metrics
from api.tracing import Tracing
from legal.errors import PhapquyError

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
    """The outermost layer. `guard`: limits and audit log; `quiet`: path prefixes not logged."""

    def __init__(
        self,
        app: ASGIApp,
        guard: Guard,
        metrics: Metrics,
        tracing: Tracing | None,
        quiet: tuple[str, ...] = ("/healthz", "/readyz", "/static/", "/metrics"),
    ) -> None:
        self.app = app
        self.guard = guard
        self.metrics = metrics
        self.tracing = tracing
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
        note = begin_note()
        status = 0
        began, at = time.perf_counter(), datetime.now(UTC)

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
            async with self.guard.turn(request):
                upload = (scope["method"], scope["path"]) == ("POST", "/v1/documents")
                most = self.guard.server.max_upload if upload else self.guard.server.max_body
                if int(request.headers.get("content-length") or 0) > most:
                    await problems.too_large(request)(scope, receive, send_marked)
                else:
                    patient = _in_time(receive, self.guard.server.body_timeout)
                    await self.app(scope, patient, send_marked)
        except PhapquyError as error:
            await problems.of_error(request, error)(scope, receive, send_marked)
        except Exception as error:
            log.error("fault", **fault_place(error))
            if not status:  # else it is too late: the connection closes without the closing chunk
                await problems.internal(request)(scope, receive, send_marked)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", None)
            self.metrics.request(route, scope["method"], status, seconds)
            if self.tracing is not None and not scope["path"].startswith(self.quiet):
                self.tracing.request(request, route, status, at, seconds, note.stages, request_id)
            if (act := _act(request, note, route, status, at, request_id)) is not None:
                self._record(act)
            if not scope["path"].startswith(self.quiet):
                log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))

    def _record(self, act: Act) -> None:
        try:
            self.guard.audit.record(act)
        except PhapquyError as error:  # the answer is out; the next request is turned away
            log.error("audit_full", code=error.code)


def _act(request: Request, note: Note, route: str | None, status: int, at: datetime, request_id: str) -> Act | None:
    """What the audit log keeps of a request: everything that callers, and commands on this machine, ask or change."""
    path = request.scope["path"]
    if path.startswith("/internal/"):
        if note.caller is None or path in ("/internal/ping", "/internal/status"):
            return None
        action = f"cli {path.removeprefix('/internal/')}"
    elif path.startswith(("/v1", "/mcp")) and route is not None:
        if note.caller is None and status != 401:
            return None
        action = f"{request.method} {route}"
    else:
        return None
    return Act(
        caller=note.caller,
        action=action,
        target=note.target or " ".join(str(value) for value in request.path_params.values()),
        status=status or 499,  # the caller went away before an answer
        address=address_of(request),
        request_id=request_id,
        question=note.question,
        at=at,
    )


def _in_time(receive: Receive, seconds: float) -> Receive:
    """`receive` that does not wait for the next piece of a body for ever; afterwards it waits for the end as before."""
    whole = False

    async def wait() -> Message:
        nonlocal whole
        if whole:
            return await receive()
        try:
            async with asyncio.timeout(seconds):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408) from None  # what a framework lets through from within the reading of a body
        whole = not message.get("more_body", False)
        return message

    return wait


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
