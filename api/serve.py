"""The server process: where it may bind, how it announces itself to its home, how it ends."""

from __future__ import annotations

import signal
import socket
from ipaddress import ip_address

import structlog
import uvicorn

from api import logs, running
from api.auth import Keys
from api.settings import Settings
from api.terminal import print_line
from legal.errors import BadRequest, Conflict

log = structlog.get_logger("phapquy.serve")


def run(settings: Settings, *, host: str | None = None, port: int | None = None) -> None:
    """Serve until told to stop (SIGINT, SIGTERM). Raises BadRequest where it may not bind, Conflict where it cannot."""
    host = host or settings.server.host
    port = settings.server.port if port is None else port
    keys = Keys([key.get_secret_value() for key in settings.api_keys])
    loopback = _is_loopback(host)
    if not loopback and not keys:
        raise BadRequest(
            f"Không mở cổng ở địa chỉ {host}: chưa cấu hình khoá API (PHAPQUY_API_KEYS), "
            "nên chỉ được phục vụ trên 127.0.0.1."
        )
    logs.set_up(settings.log_level, json=True)
    other = running.find_server(settings.home)
    if other is not None:
        other.close()
        raise Conflict(f"Đã có một máy chủ phapquy chạy trên kho này ({other.record.public}).")

    from api.app import build
    from api.parts import Workshop

    public_socket = _listen(host, port)
    internal_socket = _listen("127.0.0.1", 0)
    internal_port = internal_socket.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    public = f"http://{shown}:{public_socket.getsockname()[1]}"
    token = running.new_token()
    with Workshop(settings) as workshop:
        workshop.prepare()
        app = build(
            workshop,
            keys,
            max_body=settings.server.max_body,
            token=token,
            internal_port=internal_port,
            loopback=loopback and not keys,
        )
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            timeout_graceful_shutdown=settings.server.drain,
            lifespan="on",
        )
        server = _Announcing(config, settings, internal_port, public, token)
        # uvicorn raises the signal again when it has ended well; the home is still to be let go of.
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, lambda *_: None)
        server.run(sockets=[public_socket, internal_socket])


class _Announcing(uvicorn.Server):
    """uvicorn, with the record in the home while it serves."""

    def __init__(self, config: uvicorn.Config, settings: Settings, port: int, public: str, token: str) -> None:
        super().__init__(config)
        self._settings, self._port, self._public, self._token = settings, port, public, token
        self._record: running.Record | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._record = running.write_record(self._settings.home, self._port, self._public, self._token)
            print_line(f"phapquy đang phục vụ tại {self._public} (tài liệu API: {self._public}/docs)")
            log.info("serving", url=self._public)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._record is not None:
            running.drop_record(self._settings.home, self._record)
        await super().shutdown(sockets=sockets)
        log.info("stopped")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Conflict(f"Không mở được cổng {port} ở địa chỉ {host}: {error.strerror}.") from None
    listener.set_inheritable(False)
    return listener
