"""Where the server may listen: anywhere with keys, on this machine only without."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from legal.errors import BadRequest, Conflict

#: How an operator makes the first key of a home.
FIRST_KEY = 'phapquy keys create "Quản trị" --role admin'


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check(host: str, *, guarded: bool) -> None:
    """Raise BadRequest for an address that others can reach while no key guards it."""
    if not guarded and not is_loopback(host):
        raise BadRequest(
            f"Không mở cổng ở địa chỉ {host}: chưa có khoá API nào, nên chỉ được phục vụ trên 127.0.0.1. "
            f"Tạo khoá quản trị trước: {FIRST_KEY}"
        )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; who connects waits until it is served. Raises Conflict where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named: asyncio sets TCP_NODELAY only then, without which every answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Conflict(f"Không mở được cổng {port} ở địa chỉ {host}: {error.strerror}.") from None
    listener.listen(2048)
    listener.set_inheritable(False)
    return listener
