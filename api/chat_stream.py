"""A streamed answer as chat completion chunks: only statements that passed verification are ever sent."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi.sse import format_sse_event

from api.chat import Address, annotated, completion_id, usage
from api.footnotes import footnotes
from api.present import answer_out
from api.schemas import as_json
from legal.errors import PhapquyError
from retrieval.answer import Answer, Event, Statement

RETRACTED = "*Các câu trên không thành câu trả lời; nội dung dưới đây thay cho chúng.*"


class ChatChunks:
    """Turns the events of one answer into chunks. `content`: all that was sent so far."""

    def __init__(self, model: str, created: int, address: Address, *, with_usage: bool) -> None:
        self._head = {"id": "", "object": "chat.completion.chunk", "created": created, "model": model}
        self._address = address
        self._with_usage = with_usage
        self.content = ""

    async def of(self, events: AsyncGenerator[Event | None]) -> AsyncIterator[bytes]:
        """The chunks as server-sent events, `[DONE]` last; a failure is a chunk with `error`; None keeps alive."""
        yield self._chunk({"role": "assistant", "content": ""})
        async with aclosing(events):
            async for event in events:
                if event is None:
                    yield format_sse_event(comment="…")
                elif event.name == "statement" and (said := _said(event.data)):
                    yield self._say(f"{said}\n")
                elif event.name == "error":
                    yield _event(error_body(event.data))
                    return
                elif event.name == "done":
                    for chunk in self._end(event.data):
                        yield chunk
        yield format_sse_event(data_str="[DONE]")

    def _end(self, answer: Answer) -> list[bytes]:
        shown = answer_out(answer)
        chunks: list[bytes] = []
        stands = 0  # from where on the content is the answer
        self._head["id"] = completion_id(answer.id)
        if not self.content:
            chunks.append(self._say(answer.text))
        elif answer.mode != "generative":
            stands = len(self.content)
            chunks.append(self._say(f"\n{RETRACTED}\n\n{answer.text}"))
        marked = annotated(self.content, shown.citations, self._address, stands)
        if block := footnotes(shown):
            chunks.append(self._say(block))
        chunks.append(self._chunk({"annotations": [as_json(one) for one in marked]}, "stop", {"answer_id": answer.id}))
        if self._with_usage:
            body = {**self._head, "choices": [], "usage": as_json(usage(shown))}
            chunks.append(_event(body))
        return chunks

    def _say(self, words: str) -> bytes:
        self.content += words
        return self._chunk({"content": words})

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, more: dict[str, Any] | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _event({**self._head, "choices": [choice], **(more or {})})


def error_body(error: PhapquyError) -> dict[str, Any]:
    """An error as chat clients read it."""
    return {"error": {"message": error.reason, "type": error.code, "code": error.code, "param": None}}


def _said(statement: Statement) -> str:
    if statement.verdict == "unsupported":
        return ""
    return " ".join((statement.text, "".join(f"[{n}]" for n in statement.citations))).strip()


def _event(body: dict[str, Any]) -> bytes:
    return format_sse_event(data_str=json.dumps(body, ensure_ascii=False))
