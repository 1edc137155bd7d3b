"""What operators and integrators see of the service: health, docs without internet, headers, logs without content."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urljoin

import httpx


def test_health_and_readiness(http: httpx.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
    ready = http.get("/readyz")
    assert ready.status_code == 200
    body = ready.json()
    assert body["status"] == "ready"
    assert {"catalogue", "index", "embedder"} <= body["parts"].keys()


def test_the_docs_page_needs_no_internet(http: httpx.Client) -> None:
    page = http.get("/docs")
    assert page.status_code == 200
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page.text)
    assets = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text)
    own = [asset for asset in assets if not asset.startswith("data:")]
    assert any(asset.endswith(".js") for asset in own) and any(asset.endswith(".css") for asset in own)
    for asset in own:
        reply = http.get(urljoin("/docs", asset))
        assert reply.status_code == 200, asset
        if asset.endswith(".css"):
            assert not re.findall(r"url\([\"']?(?:https?:)?//|@import", reply.text)
    policy = page.headers["content-security-policy"]
    assert "http:" not in policy and "https:" not in policy and "default-src 'none'" in policy


def test_openapi_describes_the_contract(http: httpx.Client) -> None:
    schema = http.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert {
        "/v1/search",
        "/v1/answers",
        "/v1/documents",
        "/v1/documents/{number}",
        "/v1/documents/{number}/provisions/{eid}",
        "/v1/documents/{number}/references",
        "/v1/documents/{number}/changes",
        "/v1/resolve",
        "/healthz",
        "/readyz",
    } <= set(schema["paths"])  # every further route has its row in access_table.py
    body = schema["components"]["schemas"]["SearchRequest"]["properties"]
    assert body["limit"]["maximum"] == 100 and body["limit"]["default"] == 10
    answers = schema["paths"]["/v1/answers"]["post"]["responses"]["200"]["content"]
    assert {"application/json", "text/event-stream"} <= answers.keys()
    for path in schema["paths"].values():
        for operation in path.values():
            if "422" in operation["responses"]:
                assert list(operation["responses"]["422"]["content"]) == ["application/problem+json"]


def test_security_headers_and_request_ids(http: httpx.Client) -> None:
    reply = http.get("/healthz", headers={"X-Request-ID": "abc-123"})
    assert reply.headers["x-request-id"] == "abc-123"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "server" not in reply.headers
    strange = http.get("/healthz", headers={"X-Request-ID": "bad id <script>"})
    assert re.fullmatch(r"[0-9a-f]{32}", strange.headers["x-request-id"])


def test_a_web_page_cannot_reach_in_through_another_host_name(http: httpx.Client) -> None:
    reply = http.post("/v1/search", json={"query": "a"}, headers={"Host": "attacker.example"})
    assert reply.status_code == 400
    assert reply.headers["content-type"] == "application/problem+json"


def test_internal_routes_do_not_exist_for_callers(http: httpx.Client, server: Any) -> None:
    record = json.loads((server.home / "run" / "serve.json").read_text(encoding="utf-8"))
    token = {"Authorization": f"Bearer {record['token']}"}
    assert http.get("/internal/ping").status_code == 404
    assert http.get("/internal/ping", headers=token).status_code == 404
    inside = f"http://127.0.0.1:{record['port']}/internal/ping"
    assert httpx.get(inside, trust_env=False).status_code == 404
    assert httpx.get(inside, headers=token, trust_env=False).json() == {"pid": server.process.pid}


def test_logs_are_json_without_content(http: httpx.Client, server: Any) -> None:
    marker = "xẩm-xoan-ghẹo"
    http.post("/v1/search", json={"query": f"hát {marker}"}, headers={"X-Request-ID": "log-test"})
    http.get("/v1/documents", params={"cursor": marker})
    logged = [json.loads(line) for line in server.lines if line.startswith("{")]
    mine = [line for line in logged if line.get("request_id") == "log-test"]
    assert mine and mine[0]["route"] == "/v1/search" and mine[0]["status"] == 200
    assert marker not in "".join(server.lines)
    assert "hát" not in "".join(server.lines)
