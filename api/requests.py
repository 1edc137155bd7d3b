"""From what a caller typed to a question: request bodies for the command line, `Question`s for the question's path."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from api.acts import note_question
from api.caller import Caller
from api.schemas import AnswerFormat, AnswerRequest, Filters, SearchRequest
from api.schemas_resolve import ResolveRequest
from legal.errors import BadRequest
from legal.number import DocumentNumber
from legal.text import nfc
from retrieval.answer import Question, Turn
from retrieval.index import SearchFilter

_LABEL = re.compile(r"[\w:.-]{1,100}")
Body = TypeVar("Body", bound=BaseModel)
#: A number as typed, and the caller's labels, to the spelling in which the home knows it.
Spelling = Callable[[str, Collection[str] | None], str]


def search_request(query: str, *, limit: int = 10, as_of: date | None = None) -> SearchRequest:
    """A search as the HTTP door would have validated it; raises BadRequest."""
    return _checked(SearchRequest, query=query, limit=limit, as_of=as_of)


def answer_request(query: str, *, as_of: date | None = None, form: AnswerFormat = "answer") -> AnswerRequest:
    """A question as the HTTP door would have validated it; raises BadRequest."""
    return _checked(AnswerRequest, query=query, as_of=as_of, format=form)


def resolve_request(citation: str, *, as_of: date | None = None) -> ResolveRequest:
    """A citation as the HTTP door would have validated it; raises BadRequest."""
    return _checked(ResolveRequest, citation=citation, as_of=as_of)


def search_question(body: SearchRequest, caller: Caller, spelt: Spelling) -> Question:
    """The question of a search; `spelt` as below for numbers among the filters."""
    note_question(body.query)
    return Question(text=body.query, where=_where(body.filters, body.as_of, caller, spelt), limit=body.limit)


def answer_question(body: AnswerRequest, caller: Caller, spelt: Spelling) -> Question:
    """The question to be answered."""
    note_question(body.query)
    return Question(
        text=body.query,
        where=_where(body.filters, body.as_of, caller, spelt),
        history=tuple(Turn(role=turn.role, content=turn.content) for turn in body.history),
        format=body.format,
        strict=body.strict,
    )


def access_labels(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """Access labels as typed, each once; None where none are given. Raises BadRequest for what is no label."""
    if not given:
        return None
    labels = tuple(dict.fromkeys(nfc(label).strip() for label in given))
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise BadRequest("Nhãn quyền xem chỉ gồm chữ, số và các dấu : . _ - , tối đa 100 ký tự, ví dụ unit:so-tu-phap.")
    return labels


def may_give(caller: Caller, access: Collection[str] | None) -> None:
    """Who sees only some documents may not put one out of their own sight or give labels that are not theirs; a new
    document's are `public` where none are given. Raises BadRequest."""
    if caller.labels is not None and not caller.labels.issuperset(access if access is not None else {"public"}):
        raise BadRequest("Chỉ gắn được những nhãn mà khoá này có.")


def reach_of(caller: Caller) -> list[str] | None:
    """The labels by which a caller's job may touch documents; None for all documents."""
    return None if caller.labels is None else sorted(caller.labels)


def day_start(typed: str | None) -> datetime | None:
    """The first moment of a day on this machine's clock; raises BadRequest."""
    if typed is None:
        return None
    try:
        return datetime.strptime(typed.strip(), "%Y-%m-%d").astimezone()
    except ValueError:
        raise BadRequest("Ngày phải viết theo dạng YYYY-MM-DD.") from None


def canonical_number(typed: str) -> str:
    """A document number in its one spelling; what cannot be read as a number stays as typed."""
    return str(DocumentNumber.try_parse(typed) or typed.strip())


def _where(filters: Filters | None, as_of: date | None, caller: Caller, spelt: Spelling) -> SearchFilter:
    filters = filters or Filters()
    return SearchFilter(
        as_of=as_of,
        access=caller.labels,
        numbers=tuple(spelt(number, caller.labels) for number in filters.numbers),
        types=tuple(filters.types),
        issuers=tuple(filters.issuers),
        issued_from=filters.issued_from,
        issued_to=filters.issued_to,
    )


def _checked(model: type[Body], **values: object) -> Body:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        words = {"query": "Câu hỏi phải có từ 1 đến 2000 ký tự.", "citation": "Viện dẫn phải có từ 1 đến 500 ký tự."}
        raise BadRequest(words.get(field, f"Giá trị của “{field}” không dùng được.")) from None
