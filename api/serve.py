"""The server process: where it may bind, how it announces itself to its home, how it ends."""

from __future__ import annotations

import signal
import socket
from contextlib import ExitStack

import structlog
import uvicorn

from api import logs, running
from api.app import build
from api.binding import FIRST_KEY, check, is_loopback, listen
from api.doors_database import doors_file
from api.keeper import Keeper
from api.parts import Workshop
from api.remote import find_server
from api.settings import Settings
from api.terminal import print_line
from api.tracing import tracing_to
from api.wiring import Parts
from ingest.jobs import Jobs
from legal.errors import Conflict

log = structlog.get_logger("phapquy.serve")


def run(settings: Settings, host: str, port: int, *, worker: bool = True) -> None:
    """Serve until told to stop (SIGINT, SIGTERM). `worker`: keep a worker process for the home's jobs.

    Raises BadRequest where it may not bind, Conflict where it cannot."""
    guarded = has_keys(settings)
    check(host, guarded=guarded)
    logs.set_up(settings.log_level, json=True)
    other = find_server(settings.home)
    if other is not None:
        other.close()
        raise Conflict(f"Đã có một máy chủ phapquy chạy trên kho này ({other.record.public}).")

    tracing = tracing_to(settings.otel.endpoint) if settings.otel.endpoint else None
    public_socket = listen(host, port)
    internal_socket = listen("127.0.0.1", 0)
    internal_port = internal_socket.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    public = f"http://{shown}:{public_socket.getsockname()[1]}"
    token = running.new_token()
    # Announced before it is ready: whoever comes meanwhile waits at the open socket instead of stumbling over the lock.
    record = running.write_record(settings.home, internal_port, public, token)
    try:
        with Workshop(settings, public) as workshop, ExitStack() as stack:
            workshop.prepare()
            if worker:
                stack.callback(_kept(workshop).stop)
            app = build(
                workshop,
                token=token,
                internal_port=internal_port,
                loopback=is_loopback(host),
                tracing=tracing,
            )
            config = uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.server.trusted_proxies),
                forwarded_allow_ips=settings.server.trusted_proxies,
                timeout_graceful_shutdown=settings.server.drain,
                lifespan="on",
            )
            # uvicorn raises the signal again when it has ended well; the home is still to be let go of.
            for told in (signal.SIGTERM, signal.SIGINT):
                signal.signal(told, lambda *_: None)
            _Announcing(config, public, workshop, guarded=guarded).run(sockets=[public_socket, internal_socket])
    finally:
        running.drop_record(settings.home, record)
        if tracing is not None:
            tracing.close()
    log.info("stopped")


def _kept(workshop: Workshop) -> Keeper:
    keeper = Keeper(workshop.parts.home, lambda: Jobs(workshop.catalogue()))
    keeper.start()
    return keeper


def has_keys(settings: Settings) -> bool:
    """Whether a key was ever made, or the agency has its own sign-in; writes nothing into a home that is not there yet."""
    if settings.oidc.issuer:
        return True
    parts = Parts(settings)
    if not settings.database_url and not doors_file(parts.home).exists():
        return False
    try:
        return parts.keys.any_made()
    finally:
        parts.close()


class _Announcing(uvicorn.Server):
    """uvicorn, saying where it serves once it does, and stopping a running ingest first when it is to end."""

    def __init__(self, config: uvicorn.Config, public: str, workshop: Workshop, *, guarded: bool) -> None:
        super().__init__(config)
        self._guarded = guarded
        self._public = public
        self._workshop = workshop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            if not self._guarded:
                print_line(f"Chưa có khoá API: chỉ máy này gọi được. Tạo khoá quản trị đầu tiên: {FIRST_KEY}")
            print_line(f"phapquy đang phục vụ tại {self._public} (tài liệu API: {self._public}/docs)")
            log.info("serving", url=self._public)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._workshop.stop_ingest()
        await super().shutdown(sockets=sockets)
