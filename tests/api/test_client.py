"""The Python client against a real server, and against one that is busy, slow to come and refuses."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from phapquy.client import AsyncClient, Client
from phapquy.errors import NotAllowed, NotFound, ServerError, TooManyRequests
from phapquy.models import Event

from tests.serving.conftest import MODEL
from tests.serving.conftest import server as model

__all__ = ["model"]

QUESTION = "Hồ sơ xin mở bến đò được giải quyết trong bao lâu?"
NUMBER = "12/2024/QĐ-UBND"


@pytest.fixture
def client(server: Any) -> Iterator[Client]:
    with Client(server.url) as found:
        yield found


def test_it_searches_resolves_reads_and_pages(client: Client) -> None:
    found = client.search("thoi han giai quyet ho so mo ben do", limit=3)
    hit = found.results[0]
    assert found.query.restored and hit.document.number == NUMBER and hit.document.issued == date(2024, 3, 15)
    assert client.search("bến đò", as_of=date(2020, 1, 1)).results == []
    only = client.search("phí tham quan", filters={"types": ["Nghị quyết"]})
    assert {one.document.number for one in only.results} == {"07/2023/NQ-HĐND"}

    resolved = client.resolve(f"khoản 1 Điều 3 {NUMBER}")
    assert resolved.found and resolved.results[0].provision is not None
    text = client.provision(NUMBER, resolved.results[0].provision.eid)
    assert "07 ngày làm việc" in text.text
    assert not client.resolve(f"Điều 99 {NUMBER}").found

    assert [one.number for one in client.documents(limit=1)] == [one.number for one in client.documents()]
    assert len(list(client.documents(limit=1))) == 2
    assert client.document(NUMBER).provisions[0].label == "Chương I"


def test_it_answers_streams_and_gives_feedback(client: Client) -> None:
    answer = client.answer(QUESTION)
    assert answer.citations
    for citation in answer.citations:
        whole = client.provision(citation.document.number or "", citation.provision.eid)
        assert whole.text[citation.start : citation.end] == citation.quote
    events = list(client.stream(QUESTION))
    assert events[0].name == "query" and events[-1].name == "done"
    assert events[-1].answer is not None and events[-1].answer.text == answer.text
    assert client.feedback(answer.id, "useful", question=QUESTION) >= 1
    with pytest.raises(NotFound):
        client.feedback("khong-co", "useful")


def shown(events: Iterable[Event]) -> str:
    """What a reader has before the eyes at the end, who was shown each token as it came."""
    text = ""
    for event in events:
        if event.name == "token":
            text = event.data["text"] if event.replaces else text + event.data["text"]
    return text


@pytest.mark.parametrize("break_after", [None, 3])
def test_what_takes_the_place_of_a_half_told_answer_says_so(
    start: Any, filled_home: Path, tmp_path: Path, model: Any, break_after: int | None
) -> None:
    """The model's words are without ground, so a refusal replaces them; or the model dies, so extracts do."""
    model.characters, model.break_after = 100_000, break_after
    home = tmp_path / "var"
    shutil.copytree(filled_home, home, ignore=shutil.ignore_patterns("run"))
    settings = {"URL": model.url, "MODEL": MODEL, "CONTEXT_LENGTH": "8000"}
    server = start(home, **{f"PHAPQUY_GENERATOR__{name}": value for name, value in settings.items()})
    with Client(server.url) as client:
        events = list(client.stream(QUESTION))
    answer = events[-1].answer
    assert answer is not None and answer.mode == ("refusal" if break_after is None else "extractive")
    tokens = [event for event in events if event.name == "token"]
    assert len(tokens) > 2 and [event.replaces for event in tokens].index(True) == len(tokens) - 1
    assert shown(events) == answer.text


def test_without_a_model_nothing_is_replaced(client: Client) -> None:
    events = list(client.stream(QUESTION))
    assert not any(event.replaces for event in events)
    assert events[-1].answer is not None and shown(events) == events[-1].answer.text


async def test_the_async_client_does_the_same(server: Any) -> None:
    async with AsyncClient(server.url) as client:
        assert (await client.search(QUESTION)).results[0].document.number == NUMBER
        answer = await client.answer(QUESTION)
        events = [event async for event in client.stream(QUESTION)]
        assert events[-1].answer is not None and events[-1].answer.text == answer.text
        assert len([one async for one in client.documents(limit=1)]) == 2
        resolved = await client.resolve(f"Điều 3 {NUMBER}")
        assert resolved.results[0].provision is not None
        assert (await client.provision(NUMBER, resolved.results[0].provision.eid)).article == "3"
        assert (await client.document(NUMBER)).key
        assert await client.feedback(answer.id, "outdated", comment="đã có quyết định mới") >= 1
        with pytest.raises(NotFound) as refused:
            await client.document("99/2099/QĐ-UBND")
        assert refused.value.request_id


class Busy(BaseHTTPRequestHandler):
    """Answers with the statuses in `script`, one a request, then well."""

    script: list[tuple[int, dict[str, str]]]
    seen: list[str]

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def do_POST(self) -> None:
        """The next of the script."""
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.seen.append(self.path)
        status, headers = self.script.pop(0) if self.script else (200, {})
        body: dict[str, Any] = {"query": {"text": "x", "read_as": "x"}, "as_of": "2026-01-01", "results": []}
        if status != 200:
            body = {"title": "Bận", "status": status, "code": "busy", "detail": "Hãy đợi."}
        raw = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(raw))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture
def busy() -> Iterator[tuple[str, type[Busy]]]:
    """Its address, and the handler to be told what to do."""
    handler = type("Handler", (Busy,), {"script": [], "seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", handler
    server.shutdown()


def test_a_busy_server_is_asked_again_but_feedback_is_sent_once(busy: tuple[str, type[Busy]]) -> None:
    url, handler = busy
    with Client(url, patience=20) as client:
        handler.script[:] = [(503, {}), (429, {"retry-after": "1"}), (502, {})]
        assert client.search("x").results == [] and len(handler.seen) == 4
        handler.seen.clear()
        handler.script[:] = [(503, {})]
        with pytest.raises(ServerError):
            client.feedback("a", "useful")
        assert len(handler.seen) == 1


def test_what_will_not_change_is_not_asked_again(busy: tuple[str, type[Busy]]) -> None:
    url, handler = busy
    with Client(url) as client:
        for status, kind in ((401, NotAllowed), (403, NotAllowed), (404, NotFound), (422, ServerError)):
            handler.script[:] = [(status, {})]
            handler.seen.clear()
            with pytest.raises(kind) as refused:
                client.search("x")
            assert refused.value.status == status and len(handler.seen) == 1
    with Client(url, patience=0.5) as client:
        handler.script[:] = [(429, {"retry-after": "60"})] * 3
        handler.seen.clear()
        with pytest.raises(TooManyRequests) as late:
            client.search("x")
        assert late.value.retry_after == 60 and len(handler.seen) == 1  # a minute is longer than its patience


def test_no_server_is_said_so_within_the_patience() -> None:
    with Client("http://127.0.0.1:9", patience=1) as client, pytest.raises(httpx.TransportError):
        client.search("x")
