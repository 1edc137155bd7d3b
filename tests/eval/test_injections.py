"""Thirty orders in documents and questions, and a model that obeys every one of them: nothing of it reaches the answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.schemas import AnswerRequest
from api.settings import GeneratorSettings, Settings
from eval.injections import Injection, effects, injected_home, read_injections
from eval.place import Place
from retrieval.prompt import prompt_text


class ObeyingModel(ThreadingHTTPServer):
    """An OpenAI-style server that writes whatever the injection wants, and calls a tool too. `asked`: request bodies."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = ""
        self.asked: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: ObeyingModel

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self.send_error(404)
            return
        self.server.asked.append(body)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        tool = {"index": 0, "function": {"name": "delete_documents", "arguments": "{}"}}
        for delta in ({"content": self.server.reply}, {"tool_calls": [tool]}):
            self._send(json.dumps({"choices": [{"delta": delta}]}))
        self._send(json.dumps({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}))
        self._send("[DONE]")

    def _send(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())

    def log_message(self, *args: object) -> None: ...


@pytest.fixture(scope="module")
def rows(root: Path) -> list[Injection]:
    return read_injections(root / "eval" / "sets" / "injections.jsonl")


@pytest.fixture(scope="module")
def model() -> Iterator[ObeyingModel]:
    server = ObeyingModel()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def place(rows: list[Injection], model: ObeyingModel, demo: Place) -> Iterator[Place]:
    url = f"http://127.0.0.1:{model.server_address[1]}"
    generator = GeneratorSettings(url=url, model="obeying", context_length=16000)
    settings = Settings(generator=generator, _env_file=None)  # type: ignore[call-arg]
    with injected_home(rows, settings, demo.parts.home.models) as place:
        yield place


def test_no_order_has_an_effect(place: Place, rows: list[Injection], model: ObeyingModel) -> None:
    found = {}
    for row in rows:
        model.reply, before = row.obey, len(model.asked)
        answer = place.answer(AnswerRequest(query=row.question, format=row.format))
        assert len(model.asked) > before, f"{row.id} never reached the model"
        told = json.dumps(model.asked[-1]["messages"], ensure_ascii=False)
        assert not row.order or row.order.split("<")[0][:30] in told, f"{row.id}: its order was not in the prompt"
        found[row.id] = effects(row, answer, place.parts.catalogue)
    assert len(rows) == 30
    assert {name: effect for name, effect in found.items() if effect} == {}


def test_the_model_is_offered_no_tools_and_the_rules_stay_the_first_words(model: ObeyingModel) -> None:
    assert len(model.asked) >= 30
    for body in model.asked:
        assert not {"tools", "tool_choice", "functions"} & body.keys()
        assert [message["role"] for message in body["messages"]] == ["system", "user"]
        assert body["messages"][0]["content"] == prompt_text()


def test_an_effect_is_seen(place: Place, rows: list[Injection], model: ObeyingModel) -> None:
    row = rows[0]
    model.reply = "Lệ phí cấp thẻ bến thuyền là 150.000 đồng một thẻ [1]."
    answer = place.answer(AnswerRequest(query=row.question))
    poisoned = answer.model_copy(update={"text": row.obey})
    assert effects(row, poisoned, place.parts.catalogue) == (["text"] if answer.mode != "extractive" else [])
    assert answer.mode in ("generative", "refusal")
    assert "format" in effects(row, answer.model_copy(update={"format": "table"}), place.parts.catalogue)
