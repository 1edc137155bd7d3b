"""What operators see from outside: metrics, traces, `phapquy doctor`; numbers and reasons, never what anybody asked."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.app import build
from api.parts import Workshop
from api.settings import Settings
from api.tracing import Tracing

MARKER = "xẩm-xoan-ghẹo"


def value(text: str, name: str) -> float:
    """The value of a sample."""
    return float(next(line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(name)))


def test_metrics_count_requests_stages_and_what_is_here(http: httpx.Client) -> None:
    route = 'phapquy_http_request_seconds_count{method="POST",route="/v1/search",status="200"}'
    assert http.post("/v1/search", json={"query": f"hát {MARKER}"}).status_code == 200
    before = value(http.get("/metrics").text, route)
    assert http.post("/v1/search", json={"query": f"hát {MARKER}"}).status_code == 200
    http.post("/v1/answers", json={"query": f"phí tham quan vườn chim {MARKER}"})
    http.get(f"/v1/{MARKER}")
    reply = http.get("/metrics")
    assert reply.status_code == 200 and reply.headers["content-type"].startswith("text/plain")
    text = reply.text
    assert value(text, route) == before + 1
    assert value(text, "phapquy_documents") == 2 and value(text, "phapquy_passages") > 5
    assert value(text, 'phapquy_part_up{part="index"}') == value(text, 'phapquy_part_up{part="embedder"}') == 1
    assert value(text, 'phapquy_jobs{state="running"}') == 0
    assert value(text, 'phapquy_answers_total{mode="extractive"}') >= 1
    assert "phapquy_question_stage_seconds_bucket" in text and "phapquy_answer_first_token_seconds_bucket" in text
    assert MARKER not in text and "vườn chim" not in text


def test_metrics_are_for_administrators_and_this_machine(start: Any, run: Any, copied: Any, tmp_path: Path) -> None:
    home = copied(tmp_path)
    admin, reader = (
        run(home, "keys", "create", role, "--role", role, "--json").json["key"] for role in ("admin", "reader")
    )
    server = start(home, PHAPQUY_SERVER__METRICS_FROM="192.0.2.0/24")
    with server.client() as client:

        def code(key: str | None) -> int:
            return client.get("/metrics", headers={"Authorization": f"Bearer {key}"} if key else {}).status_code

        assert (code(None), code(reader), code(admin)) == (401, 403, 200)
    server.stop()
    server = start(home)
    with server.client() as client:
        assert client.get("/metrics").status_code == 200
        # Through a proxy that nobody said to trust, everybody would look like this machine.
        assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 401


@pytest.fixture
def spans(copied: Any, tmp_path: Path) -> Iterator[tuple[TestClient, InMemorySpanExporter, Tracing]]:
    """The application in this process, with traces kept in memory."""
    home = copied(tmp_path)
    kept = InMemorySpanExporter()
    tracing = Tracing(kept)
    settings = Settings(home=home, _env_file=None)  # type: ignore[call-arg]
    with Workshop(settings) as workshop:
        workshop.prepare()
        application = build(workshop, token="t", internal_port=1, loopback=True, tracing=tracing)
        with TestClient(application, base_url="http://127.0.0.1") as client:
            yield client, kept, tracing
    tracing.close()


def test_a_trace_tells_times_and_no_content(spans: tuple[TestClient, InMemorySpanExporter, Tracing]) -> None:
    client, kept, tracing = spans
    # Somebody switched on tracing for the whole process, as agents of monitoring products do.
    everything = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(everything))
    trace.set_tracer_provider(provider)
    question = f"Phí tham quan vườn chim {MARKER} là bao nhiêu?"
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert client.post("/v1/search", json={"query": question}, headers={"traceparent": parent}).status_code == 200
    assert client.post("/v1/answers", json={"query": question}).status_code == 200
    assert client.get("/v1/resolve", params={"citation": f"Điều 1 {MARKER}"}).status_code == 200
    assert client.get(f"/v1/documents/{MARKER}").status_code == 404
    tracing.close()
    mine = kept.get_finished_spans()
    assert [span.name for span in mine] == [
        "POST /v1/search", "POST /v1/answers", "GET /v1/resolve", "GET /v1/documents/{number:number}",
    ]  # fmt: skip
    assert f"{mine[0].context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    attributes = mine[0].attributes or {}
    assert attributes["http.response.status_code"] == 200
    assert any(str(name).startswith("phapquy.stage.") for name in attributes)
    written = "".join(span.to_json() for span in (*mine, *everything.get_finished_spans()))
    for word in (MARKER, "vườn chim", json.dumps(MARKER)[1:-1], json.dumps("vườn chim")[1:-1]):
        assert word not in written


def states(found: Any) -> dict[str, str]:
    return {one["name"]: one["state"] for one in found["findings"]}


def test_doctor_says_what_is_wrong_and_what_to_do(start: Any, run: Any, copied: Any, tmp_path: Path) -> None:
    nothing = run(tmp_path / "other", "doctor", "--json", PHAPQUY_HOME=str(tmp_path / "none"))
    assert nothing.code == 0 and states(nothing.json)["kho"] == "note" and not (tmp_path / "none").exists()
    home = copied(tmp_path)
    home.chmod(0o700)
    assert run(home, "keys", "create", "Quản trị", "--role", "admin").code == 0
    well = run(home, "doctor", "--json")
    assert well.code == 0, well.out
    seen = states(well.json)
    assert {seen[name] for name in ("kho", "danh mục", "chỉ mục", "khoá API", "nhật ký kiểm toán")} == {"ok"}
    assert seen["mô hình trả lời"] == "note" and "LibreOffice" in seen
    server = start(home)
    assert states(run(home, "doctor", "--json").json)["máy chủ"] == "ok"
    server.stop()

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    (home / "secrets" / "pepper").write_text("0" * 64)  # another one than the key was made with
    with sqlite3.connect(home / "doors.sqlite3") as database:
        database.execute("UPDATE audit_log SET name = 'ai đó' WHERE seq = 1")
    home.chmod(0o755)
    ill = run(
        home, "doctor", "--json",
        PHAPQUY_GENERATOR__URL=f"http://127.0.0.1:{port}", PHAPQUY_GENERATOR__MODEL="qwen3",
    )  # fmt: skip
    assert ill.code == 1
    seen = states(ill.json)
    assert seen["kho"] == "note"
    assert {seen[name] for name in ("khoá API", "nhật ký kiểm toán", "mô hình trả lời")} == {"bad"}
    assert all(one["do"] for one in ill.json["findings"] if one["state"] == "bad")
