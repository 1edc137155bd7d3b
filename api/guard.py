"""`Guard`: what stands around the routes for callers: who is let in, how much, how many at once, and the audit log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import Request

from api.audit import AuditLog
from api.gate import Gate
from api.limiting import EVERY, Limits
from api.settings import CallSettings, ServerSettings
from legal.errors import PhapquyError, ServiceUnavailable

#: Where callers come in; the rest (health, docs) shows nothing of anybody's.
GUARDED = ("/v1", "/mcp", "/metrics")


class Busy(ServiceUnavailable):
    """As many are served, and wait, as the settings allow."""

    code = "busy"
    after = 2


class HeadersTooLarge(PhapquyError):
    """More header bytes than the settings allow."""

    code = "headers_too_large"
    status = 431


class Slots:
    """So many at once, so many waiting, and none for long."""

    def __init__(self, settings: CallSettings) -> None:
        self._free = asyncio.Semaphore(settings.active)
        self._most, self._patience = settings.waiting, settings.patience
        self.waiting = 0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A turn. Raises Busy."""
        if self._free.locked():
            await self._wait()
        else:
            await self._free.acquire()
        try:
            yield
        finally:
            self._free.release()

    async def _wait(self) -> None:
        if self.waiting >= self._most:
            raise Busy("Máy chủ đang phục vụ hết mức; hãy thử lại sau ít giây.")
        self.waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise Busy("Máy chủ đang phục vụ hết mức; hãy thử lại sau ít giây.") from None
        finally:
            self.waiting -= 1


@dataclass(frozen=True, slots=True)
class Guard:
    """The parts of it, one of each in a process."""

    gate: Gate
    limits: Limits
    slots: Slots
    audit: AuditLog
    server: ServerSettings

    @asynccontextmanager
    async def turn(self, request: Request) -> AsyncIterator[None]:
        """A request's turn. Raises PhapquyError for one that is not let near: too big, too many, too busy."""
        if sum(len(name) + len(value) for name, value in request.headers.raw) > self.server.max_headers:
            raise HeadersTooLarge("Tiêu đề của yêu cầu vượt giới hạn của máy chủ.")
        path = request.scope["path"]
        if not path.startswith(GUARDED):
            yield
            return
        if self.audit.full():
            raise ServiceUnavailable("Không ghi được nhật ký kiểm toán; hãy báo quản trị viên.")
        if not await self.gate.is_open():
            self.limits.address(address_of(request))
        # What follows a job, or waits for a server's messages, is open for long and costs nothing.
        if path.endswith("/events") or (path.startswith("/mcp") and request.method == "GET"):
            yield
            return
        async with self.slots.one():
            yield

    async def keep_counts(self) -> None:
        """Write how often keys are used, until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await asyncio.to_thread(self.limits.flush)


def address_of(request: Request) -> str:
    """Where a request comes from; behind a trusted proxy, where the proxy says."""
    return request.client.host if request.client else ""
