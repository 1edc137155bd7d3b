"""The declared table of every route for callers: who may enter, and a call of it that is about a hidden document.

A new route needs a row here; `test_access.py` walks the table with every role and label and fails for a route without
one. `{number}` in an address stands for the hidden document's number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HIDDEN = "71~2024~QĐ-STP"
ABSENT = "72~2024~QĐ-STP"

READERS = frozenset({"reader", "integrator", "admin"})
ADMINS = frozenset({"admin"})
AUDITORS = frozenset({"auditor", "admin"})

#: Routes that need no key: they show nothing of documents, questions or keys.
PUBLIC = {
    ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/openapi.json"), ("GET", "/docs"), ("GET", "/static/{path:path}"),
    ("GET", "/metrics"),  # guards itself: see test_seen_from_outside.py
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A route. `path`: as the application has it; `url`: what is called, by default the path; `ok`: what those who may
    enter get, for the admin who sees all; `hidden`: what who may enter but not see the document gets, by default the
    same; a 404 must read as for a document that is not there."""

    method: str
    path: str
    roles: frozenset[str]
    url: str = ""
    json: Any = None
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    ok: int = 200
    hidden: int | None = None

    def at(self, number: str) -> str:
        """The address to call."""
        return (self.url or self.path).replace("{number}", number)


def _tool(name: str, **arguments: Any) -> dict[str, Any]:
    """A call of a tool of the Model Context Protocol."""
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


ROWS = [
    Row("POST", "/v1/search", READERS, json={"query": "mở két lưu hồ sơ", "limit": 100}),
    Row("POST", "/v1/answers", READERS, json={"query": "Ai giữ khóa két lưu hồ sơ?"}),
    Row("GET", "/v1/resolve", READERS, params={"citation": "Điều 1 Quyết định 71/2024/QĐ-STP"}),
    Row("GET", "/v1/documents", READERS),
    Row("GET", "/v1/documents/{number:number}", READERS, url="/v1/documents/{number}", hidden=404),
    Row("GET", "/v1/documents/{number:path}/references", READERS, url="/v1/documents/{number}/references", hidden=404),
    Row("GET", "/v1/documents/{number:path}/changes", READERS, url="/v1/documents/{number}/changes", hidden=404),
    Row(
        "GET", "/v1/documents/{number:path}/provisions/{eid}", READERS,
        url="/v1/documents/{number}/provisions/art_1", hidden=404,
    ),
    Row(
        "POST", "/v1/chat/completions", READERS,
        json={"model": "phapquy", "messages": [{"role": "user", "content": "Ai giữ khóa két lưu hồ sơ?"}]},
    ),
    Row("GET", "/v1/models", READERS),
    Row(
        "POST", "/v1/answers/{answer_id}/feedback", READERS,
        url="/v1/answers/00000000-0000-0000-0000-000000000000/feedback", json={"kind": "useful"}, ok=404,
    ),
    Row("GET", "/v1/feedback", ADMINS),
    Row("GET", "/v1/feedback/export", ADMINS),
    Row(
        "POST", "/mcp", READERS, json=_tool("search", query="mở két lưu hồ sơ"),
        headers={"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"},
    ),
    Row(
        "GET", "/v1/documents/{number:path}/original", READERS, url="/v1/documents/{number}/original", hidden=404,
    ),
    Row("POST", "/v1/documents", ADMINS, json={}, ok=415),
    Row(
        "PATCH", "/v1/documents/{number:number}", ADMINS, url="/v1/documents/{number}", json={"place": "Sơn Hà"}, ok=202,
        hidden=404,
    ),
    Row("DELETE", "/v1/documents/{number:number}", ADMINS, url="/v1/documents/{number}", ok=202, hidden=404),
    Row("GET", "/v1/jobs", ADMINS),
    Row("POST", "/v1/jobs", ADMINS, json={"kind": "evaluate"}, ok=422),
    Row("GET", "/v1/jobs/{id}", ADMINS, url="/v1/jobs/none", ok=404),
    Row("GET", "/v1/jobs/{id}/events", ADMINS, url="/v1/jobs/none/events", ok=404),
    Row("POST", "/v1/jobs/{id}/cancel", ADMINS, url="/v1/jobs/none/cancel", ok=404),
    Row("POST", "/v1/jobs/{id}/retry", ADMINS, url="/v1/jobs/none/retry", ok=404),
    Row("GET", "/v1/keys", ADMINS),
    Row("POST", "/v1/keys", ADMINS, json={"name": "bảng", "role": "reader", "labels": []}, ok=201),
    Row("POST", "/v1/keys/{key_id}/rotate", ADMINS, url="/v1/keys/pq_0000000000/rotate", json={}, ok=404),
    Row("DELETE", "/v1/keys/{key_id}", ADMINS, url="/v1/keys/pq_0000000000", ok=404),
    Row("GET", "/v1/audit", AUDITORS),
    Row("GET", "/v1/audit/verification", AUDITORS),
]  # fmt: skip
