"""The calls of the API as values: what to send and how to read the reply; both clients send the same ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from phapquy import models

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)
FeedbackKind = Literal["useful", "wrong_citation", "outdated", "missing_document"]
AnswerFormat = Literal["answer", "brief", "letter", "table", "summary"]


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request and the reading of its reply. `again`: it may be sent twice without doing anything twice."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    json: Mapping[str, Any] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    again: bool = True


def search(query: str, limit: int, as_of: date | None, filters: Mapping[str, Any] | None) -> Call[models.SearchResult]:
    """`POST /v1/search`."""
    body = _given(query=query, limit=limit, as_of=as_of, filters=filters)
    return Call("POST", "/v1/search", _reader(models.SearchResult), json=body)


def answer_body(
    query: str,
    as_of: date | None,
    filters: Mapping[str, Any] | None,
    history: Sequence[Mapping[str, str]],
    format: AnswerFormat,
    strict: bool,
) -> dict[str, Any]:
    """The body of `POST /v1/answers`."""
    turns = list(history) or None
    return _given(query=query, as_of=as_of, filters=filters, history=turns, format=format, strict=strict)


def answer(body: Mapping[str, Any]) -> Call[models.Answer]:
    """`POST /v1/answers`, the whole answer at once."""
    return Call("POST", "/v1/answers", _reader(models.Answer), json=body)


def resolve(citation: str, as_of: date | None) -> Call[models.Resolution]:
    """`GET /v1/resolve`."""
    return Call("GET", "/v1/resolve", _reader(models.Resolution), params=_given(citation=citation, as_of=as_of))


def documents(cursor: str | None, params: Mapping[str, Any]) -> Call[tuple[list[models.DocumentEntry], str | None]]:
    """A page of `GET /v1/documents`, and where the next one begins."""

    def read(reply: httpx.Response) -> tuple[list[models.DocumentEntry], str | None]:
        page = reply.json()
        return [models.DocumentEntry.model_validate(row) for row in page["documents"]], page["next"]

    return Call("GET", "/v1/documents", read, params={**_given(**params), **_given(cursor=cursor)})


def document(number: str) -> Call[models.DocumentDetail]:
    """`GET /v1/documents/{number}`."""
    return Call("GET", f"/v1/documents/{_in_path(number)}", _reader(models.DocumentDetail))


def provision(number: str, eid: str) -> Call[models.ProvisionText]:
    """`GET /v1/documents/{number}/provisions/{eid}`."""
    path = f"/v1/documents/{_in_path(number)}/provisions/{quote(eid, safe='')}"
    return Call("GET", path, _reader(models.ProvisionText))


def feedback(
    answer_id: str,
    kind: FeedbackKind,
    comment: str,
    question: str | None,
    expected: Sequence[tuple[str, str]],
) -> Call[int]:
    """`POST /v1/answers/{id}/feedback`; gives the feedback's id."""
    body = _given(kind=kind, comment=comment or None, question=question)
    if expected:
        body["expected"] = [{"document": number, "article": article} for number, article in expected]
    path = f"/v1/answers/{quote(answer_id, safe='')}/feedback"
    return Call("POST", path, lambda reply: int(reply.json()["id"]), json=body, again=False)


def _reader(model: type[Model]) -> Callable[[httpx.Response], Model]:
    return lambda reply: model.model_validate_json(reply.content)


def _given(**values: Any) -> dict[str, Any]:
    """What was given, dates as the API writes them."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value is not None
    }


def _in_path(number: str) -> str:
    return quote(number.replace("/", "~"), safe="~")
