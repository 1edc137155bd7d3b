"""What the door does with too much: calls, wrong keys, headers, slow and big bodies, more at once than it can serve."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest


@pytest.fixture(scope="module")
def guarded(copied: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, str]]]:
    """A server with tight limits, and keys: plain, two calls a minute, three a day."""
    from tests.api.conftest import phapquy, start_server

    home = copied(tmp_path_factory.mktemp("guarded"))
    keys = {
        name: phapquy(home, "keys", "create", name, *options, "--json").json["key"]
        for name, options in {
            "plain": ["--role", "integrator"], "minute": ["--per-minute", "2"], "day": ["--per-day", "3"],
        }.items()
    }  # fmt: skip
    server = start_server(
        home,
        PHAPQUY_LIMITS__FAILURES="5",
        PHAPQUY_SERVER__BODY_TIMEOUT="1",
        PHAPQUY_SERVER__MAX_HEADERS="4096",
        PHAPQUY_SERVER__MAX_BODY="20000",
        PHAPQUY_SERVER__CORS_ORIGINS="https://dichvucong.example, https://noibo.example",
        PHAPQUY_SERVER__TRUSTED_PROXIES="127.0.0.1",
    )
    yield server, keys
    server.stop()


def bearer(key: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **more}


def test_calls_a_minute_and_a_day(guarded: Any) -> None:
    server, keys = guarded
    with server.client() as client:
        for name in ("minute", "day"):
            codes = [client.get("/v1/documents", headers=bearer(keys[name])).status_code for _ in range(5)]
            allowed = 2 if name == "minute" else 3
            assert codes == [200] * allowed + [429] * (5 - allowed), name
            refused = client.get("/v1/documents", headers=bearer(keys[name]))
            assert refused.json()["code"] == "too_many_requests"
            assert 1 <= int(refused.headers["retry-after"]) <= (60 if name == "minute" else 86_400)
        assert client.get("/v1/documents", headers=bearer(keys["plain"])).status_code == 200


def test_wrong_keys_are_slowed_by_address_and_right_ones_go_on(guarded: Any) -> None:
    server, keys = guarded
    with server.client() as client:
        away = {"X-Forwarded-For": "203.0.113.9"}
        guesses = [f"pq_0000000000_{n:064x}" for n in range(8)]
        codes = [client.get("/v1/documents", headers=bearer(guess, **away)).status_code for guess in guesses]
        assert codes == [401] * 5 + [429] * 3
        other = client.get("/v1/documents", headers=bearer(guesses[0], **{"X-Forwarded-For": "203.0.113.10"}))
        assert other.status_code == 401
        assert client.get("/v1/documents", headers=bearer(keys["plain"], **away)).status_code == 200


def test_big_headers_and_bodies_are_refused(guarded: Any) -> None:
    server, keys = guarded
    with server.client() as client:
        fat = client.get("/v1/documents", headers=bearer(keys["plain"], **{"X-Fat": "x" * 5000}))
        assert fat.status_code == 431 and fat.json()["code"] == "headers_too_large"
        big = {"query": "x" * 30_000}
        assert client.post("/v1/search", json=big, headers=bearer(keys["plain"])).status_code == 413

        def pieces() -> Iterator[bytes]:
            yield from [b'{"query": "', *[b"x" * 5000] * 6, b'"}']

        headers = bearer(keys["plain"], **{"Content-Type": "application/json"})
        assert client.post("/v1/search", content=pieces(), headers=headers).status_code == 413


def test_a_body_that_does_not_come_is_not_waited_for(guarded: Any) -> None:
    server, keys = guarded
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.putrequest("POST", "/v1/search")
    connection.putheader("Authorization", f"Bearer {keys['plain']}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "100")
    connection.endheaders(b'{"query"')
    reply = connection.getresponse()
    assert reply.status == 408 and json.loads(reply.read())["code"] == "too_slow"
    connection.close()


def test_only_listed_pages_may_call_from_a_browser(guarded: Any) -> None:
    server, keys = guarded
    with server.client() as client:
        ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        allowed = client.options("/v1/search", headers={"Origin": "https://noibo.example", **ask})
        assert allowed.headers["access-control-allow-origin"] == "https://noibo.example"
        refused = client.options("/v1/search", headers={"Origin": "https://xau.example", **ask})
        assert refused.status_code == 400 and "access-control-allow-origin" not in refused.headers
        plain = client.get("/v1/documents", headers=bearer(keys["plain"], Origin="https://xau.example"))
        assert "access-control-allow-origin" not in plain.headers


def test_more_at_once_than_it_serves_wait_and_then_are_turned_away(start: Any, copied: Any, tmp_path: Path) -> None:
    home = copied(tmp_path)
    server = start(
        home, PHAPQUY_LIMITS__ACTIVE="1", PHAPQUY_LIMITS__WAITING="1", PHAPQUY_LIMITS__PATIENCE="1",
    )  # fmt: skip
    # One call holds the only turn: its body is not finished.
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as holding:
        head = (
            f"POST /v1/search HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n"
        )
        holding.sendall(head.encode())
        time.sleep(0.5)
        replies: list[httpx.Response] = []

        def ask() -> None:
            with server.client() as client:
                replies.append(client.get("/v1/documents"))

        asking = [threading.Thread(target=ask) for _ in range(3)]
        for one in asking:
            one.start()
        for one in asking:
            one.join()
        assert [reply.status_code for reply in replies] == [503] * 3
        assert all(reply.json()["code"] == "busy" and int(reply.headers["retry-after"]) >= 1 for reply in replies)
        assert httpx.get(server.url + "/healthz", trust_env=False).status_code == 200
    with server.client() as client:
        assert client.get("/v1/documents").status_code == 200
