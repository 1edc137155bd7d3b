"""The server process: where it binds, how it shares its home, how it ends."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from api.running import living_record


def test_it_refuses_other_addresses_without_a_key(run: Any, tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::"):
        done = run(tmp_path / "home", "serve", "--host", host, "--port", "0")
        assert done.code == 2
        assert done.out == ""
        assert "phapquy keys create" in done.err and "127.0.0.1" in done.err
    assert run(tmp_path / "home", "serve", PHAPQUY_SERVER__HOST="0.0.0.0").code == 2
    assert not (tmp_path / "home" / "doors.sqlite3").exists()


def test_commands_go_through_the_running_server(
    start: Any, run: Any, documents: Path, later: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server = start(home)
    record = home / "run" / "serve.json"
    assert record.stat().st_mode & 0o777 == 0o600
    assert json.loads(record.read_text(encoding="utf-8"))["pid"] == server.process.pid

    first = run(home, "ingest", str(documents), "--json")
    assert first.code == 0 and first.json["added"] == 2
    with server.client() as client:
        stop, failures, searches = threading.Event(), [], 0

        def keep_asking() -> None:
            nonlocal searches
            while not stop.is_set():
                reply = client.post("/v1/search", json={"query": "thời hạn giải quyết hồ sơ mở bến đò"})
                if reply.status_code != 200 or not reply.json()["results"]:
                    failures.append(reply.status_code)
                searches += 1

        asking = threading.Thread(target=keep_asking)
        asking.start()
        time.sleep(0.2)
        more = run(home, "ingest", str(later), "--json")
        stop.set()
        asking.join()
        assert more.code == 0 and more.json["added"] == 1
        assert searches > 3 and failures == []

        status = run(home, "status", "--json").json
        rebuilt = run(home, "reindex", "--json")
        assert rebuilt.code == 0 and rebuilt.json["passages"] == status["passages"] > 0
        assert run(home, "status", "--json").json == status

        found = client.post("/v1/search", json={"query": "khoảng cách đặt đàn ong với khu dân cư"}).json()["results"]
        assert found[0]["document"]["number"] == "31/2024/QĐ-UBND"
        gone = run(home, "remove", "31/2024/QĐ-UBND", "--json")
        assert gone.code == 0 and gone.json["left"] == 0 and gone.json["removed"] > 0
        assert client.get("/v1/documents/31~2024~QĐ-UBND").status_code == 404

    bad = later.with_name("rong.html")
    bad.write_bytes(b"")
    failed = run(home, "ingest", str(bad), "--json")
    assert failed.code == 1 and failed.json["failed"][0]["code"] == "unreadable_document"

    second = run(home, "serve", "--port", "0")
    assert second.code == 3 and server.url in second.err

    # An open stream is finished before the process ends.
    asked = {"json": {"query": "phí vườn chim"}, "headers": {"Accept": "text/event-stream"}}
    with server.client() as client, client.stream("POST", "/v1/answers", **asked) as reply:
        server.process.terminate()
        text = "".join(reply.iter_text())
    assert "event: done" in text
    assert server.process.wait(timeout=60) == 0
    assert not record.exists()
    assert run(home, "search", "bến đò", "--json").json["results"]


def test_a_record_left_by_a_dead_server_does_no_harm(run: Any, start: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = start(home)
    server.process.kill()
    server.process.wait()
    record = home / "run" / "serve.json"
    assert record.exists() and living_record(home) is None
    # The number of the dead process now belongs to another one.
    values = json.loads(record.read_text(encoding="utf-8"))
    record.write_text(json.dumps({**values, "pid": os.getpid()}), encoding="utf-8")
    assert run(home, "search", "bến đò", "--json").code == 0


def test_a_port_in_use_is_said(run: Any, server: Any, tmp_path: Path) -> None:
    port = server.url.rsplit(":", 1)[1]
    done = run(tmp_path / "home", "serve", "--port", port)
    assert done.code == 3 and port in done.err
