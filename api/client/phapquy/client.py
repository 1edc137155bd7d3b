"""`Client` and `AsyncClient`: a phapquy server from Python.

    from phapquy.client import Client

    with Client("http://127.0.0.1:8080", key="pq_...") as phapquy:
        for hit in phapquy.search("điều kiện kết hôn").results:
            print(hit.provision.label, hit.document.number)

Calls that change nothing are tried again when the server is busy or the connection fails, as long as `patience` allows.
All raise `phapquy.errors.ServerError` or its kinds, and `httpx.TransportError` where no server answers.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import stamina

from phapquy import calls, models
from phapquy.calls import AnswerFormat, Call, FeedbackKind
from phapquy.errors import error_of, trying_again

T = TypeVar("T")
Filters = Mapping[str, Any]
History = Sequence[Mapping[str, str]]

_ATTEMPTS = 6
_STREAM = {"Accept": "text/event-stream"}


class Client:
    """A client that waits. `key`: an API key; `timeout`: seconds of one call; `patience`: seconds of all its tries."""

    def __init__(self, url: str, key: str | None = None, *, timeout: float = 60.0, patience: float = 30.0) -> None:
        self._patience = patience
        self._http = httpx.Client(base_url=url.rstrip("/"), headers=_headers(key), timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def search(
        self, query: str, *, limit: int = 10, as_of: date | None = None, filters: Filters | None = None
    ) -> models.SearchResult:
        """The provisions that fit best, in force on the day `as_of` (today)."""
        return self._send(calls.search(query, limit, as_of, filters))

    def answer(
        self,
        query: str,
        *,
        as_of: date | None = None,
        filters: Filters | None = None,
        history: History = (),
        format: AnswerFormat = "answer",
        strict: bool = True,
    ) -> models.Answer:
        """A cited answer, or a refusal where the documents have no ground. `history`: earlier turns, each with `role`
        and `content`."""
        return self._send(calls.answer(calls.answer_body(query, as_of, filters, history, format, strict)))

    def stream(
        self,
        query: str,
        *,
        as_of: date | None = None,
        filters: Filters | None = None,
        history: History = (),
        format: AnswerFormat = "answer",
        strict: bool = True,
    ) -> Iterator[models.Event]:
        """The answer while it is made; the last event is `done` or `error`. Leaving the loop stops the generation."""
        body = calls.answer_body(query, as_of, filters, history, format, strict)
        for attempt in stamina.retry_context(
            on=trying_again(self._patience), attempts=_ATTEMPTS, timeout=self._patience
        ):
            with attempt:
                reply = self._http.send(
                    self._http.build_request("POST", "/v1/answers", json=body, headers=_STREAM), stream=True
                )
                if reply.is_error:
                    reply.read()
                    raise error_of(reply)
        try:
            reader = _EventReader()
            for line in reply.iter_lines():
                if (event := reader.feed(line)) is not None:
                    yield event
        finally:
            reply.close()

    def resolve(self, citation: str, *, as_of: date | None = None) -> models.Resolution:
        """The exact provisions that a citation names, however typed."""
        return self._send(calls.resolve(citation, as_of))

    def documents(self, **filters: Any) -> Iterator[models.DocumentEntry]:
        """Every document that this key may see, page after page; filters as `GET /v1/documents` has them."""
        cursor: str | None = None
        while True:
            rows, cursor = self._send(calls.documents(cursor, filters))
            yield from rows
            if cursor is None:
                return

    def document(self, number: str) -> models.DocumentDetail:
        """A document with its tree and relations."""
        return self._send(calls.document(number))

    def provision(self, number: str, eid: str) -> models.ProvisionText:
        """A provision with its text."""
        return self._send(calls.provision(number, eid))

    def feedback(
        self,
        answer_id: str,
        kind: FeedbackKind,
        *,
        comment: str = "",
        question: str | None = None,
        expected: Sequence[tuple[str, str]] = (),
    ) -> int:
        """Say what an answer is worth. `question`: its words, if they may be kept; `expected`: (number, article) of what
        should have been cited. The feedback's id. Never sent twice."""
        return self._send(calls.feedback(answer_id, kind, comment, question, expected))

    def _send(self, call: Call[T]) -> T:
        attempts = _ATTEMPTS if call.again else 1
        for attempt in stamina.retry_context(
            on=trying_again(self._patience), attempts=attempts, timeout=self._patience
        ):
            with attempt:
                reply = self._http.request(
                    call.method, call.path, json=call.json, params=call.params, headers=call.headers
                )
                if reply.is_error:
                    raise error_of(reply)
        return call.read(reply)


class AsyncClient:
    """The same for asyncio; see `Client`."""

    def __init__(self, url: str, key: str | None = None, *, timeout: float = 60.0, patience: float = 30.0) -> None:
        self._patience = patience
        self._http = httpx.AsyncClient(base_url=url.rstrip("/"), headers=_headers(key), timeout=timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def search(
        self, query: str, *, limit: int = 10, as_of: date | None = None, filters: Filters | None = None
    ) -> models.SearchResult:
        """See `Client.search`."""
        return await self._send(calls.search(query, limit, as_of, filters))

    async def answer(
        self,
        query: str,
        *,
        as_of: date | None = None,
        filters: Filters | None = None,
        history: History = (),
        format: AnswerFormat = "answer",
        strict: bool = True,
    ) -> models.Answer:
        """See `Client.answer`."""
        return await self._send(calls.answer(calls.answer_body(query, as_of, filters, history, format, strict)))

    async def stream(
        self,
        query: str,
        *,
        as_of: date | None = None,
        filters: Filters | None = None,
        history: History = (),
        format: AnswerFormat = "answer",
        strict: bool = True,
    ) -> AsyncIterator[models.Event]:
        """See `Client.stream`."""
        body = calls.answer_body(query, as_of, filters, history, format, strict)
        async for attempt in stamina.retry_context(
            on=trying_again(self._patience), attempts=_ATTEMPTS, timeout=self._patience
        ):
            with attempt:
                reply = await self._http.send(
                    self._http.build_request("POST", "/v1/answers", json=body, headers=_STREAM), stream=True
                )
                if reply.is_error:
                    await reply.aread()
                    raise error_of(reply)
        try:
            reader = _EventReader()
            async for line in reply.aiter_lines():
                if (event := reader.feed(line)) is not None:
                    yield event
        finally:
            await reply.aclose()

    async def resolve(self, citation: str, *, as_of: date | None = None) -> models.Resolution:
        """See `Client.resolve`."""
        return await self._send(calls.resolve(citation, as_of))

    async def documents(self, **filters: Any) -> AsyncIterator[models.DocumentEntry]:
        """See `Client.documents`."""
        cursor: str | None = None
        while True:
            rows, cursor = await self._send(calls.documents(cursor, filters))
            for row in rows:
                yield row
            if cursor is None:
                return

    async def document(self, number: str) -> models.DocumentDetail:
        """See `Client.document`."""
        return await self._send(calls.document(number))

    async def provision(self, number: str, eid: str) -> models.ProvisionText:
        """See `Client.provision`."""
        return await self._send(calls.provision(number, eid))

    async def feedback(
        self,
        answer_id: str,
        kind: FeedbackKind,
        *,
        comment: str = "",
        question: str | None = None,
        expected: Sequence[tuple[str, str]] = (),
    ) -> int:
        """See `Client.feedback`."""
        return await self._send(calls.feedback(answer_id, kind, comment, question, expected))

    async def _send(self, call: Call[T]) -> T:
        attempts = _ATTEMPTS if call.again else 1
        async for attempt in stamina.retry_context(
            on=trying_again(self._patience), attempts=attempts, timeout=self._patience
        ):
            with attempt:
                reply = await self._http.request(
                    call.method, call.path, json=call.json, params=call.params, headers=call.headers
                )
                if reply.is_error:
                    raise error_of(reply)
        return call.read(reply)


class _EventReader:
    """Server-sent events from lines."""

    def __init__(self) -> None:
        self._name, self._data = "", list[str]()

    def feed(self, line: str) -> models.Event | None:
        """The event that this line ends."""
        if line:
            field, _, value = line.partition(":")
            if field == "event":
                self._name = value.strip()
            elif field == "data":
                self._data.append(value.removeprefix(" "))
            return None
        name, data = self._name, "\n".join(self._data)
        self._name, self._data = "", list[str]()
        if not data:
            return None
        value = json.loads(data)
        return models.Event(
            name=name,
            data=value,
            answer=models.Answer.model_validate(value) if name == "done" else None,
            replaces=name == "token" and bool(value.get("replaces")),
        )


def _headers(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}
