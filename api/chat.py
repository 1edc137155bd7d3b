"""Chat messages to a question, and an answer to what a chat client reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import get_args

from pydantic import ValidationError

from api.footnotes import footnotes, marks, place_name, without_footnotes
from api.schemas import AnswerFormat, AnswerRequest, AnswerResponse, CitationOut, TurnIn
from api.schemas_openai import (
    ChatAnnotation,
    ChatAnswerMessage,
    ChatChoice,
    ChatCompletion,
    ChatMessage,
    ChatRequest,
    ChatUsage,
    UrlCitation,
)
from legal.errors import BadRequest, NotFound

#: The model's name for a plain answer; the other formats are `phapquy-brief`, `phapquy-letter` ...
MODEL = "phapquy"
MODELS = tuple(MODEL if name == "answer" else f"{MODEL}-{name}" for name in get_args(AnswerFormat))

_TURNS, _TURN_LENGTH = 20, 8000

#: A citation's address in this server.
Address = Callable[[CitationOut], str]


def question_of(body: ChatRequest) -> AnswerRequest:
    """The question of a chat: its last message, the turns before it as history. Raises BadRequest, NotFound (model)."""
    if body.model not in MODELS:
        raise NotFound(f"Không có mô hình này; các mô hình: {', '.join(MODELS)}.")
    *before, last = body.messages
    if last.role != "user":
        raise BadRequest("Tin nhắn cuối phải là câu hỏi của người dùng (role: user).")
    turns = [
        TurnIn(role="user" if turn.role == "user" else "assistant", content=words[:_TURN_LENGTH])
        for turn in before
        if turn.role in {"user", "assistant"} and (words := without_footnotes(_words(turn)).strip())
    ]
    try:
        return AnswerRequest.model_validate(
            {
                "query": _words(last),
                "as_of": body.as_of,
                "filters": body.filters,
                "history": turns[-_TURNS:],
                "format": body.model.removeprefix(MODEL).removeprefix("-") or "answer",
            }
        )
    except ValidationError:
        raise BadRequest("Câu hỏi phải có từ 1 đến 2000 ký tự.") from None


def completion(answer: AnswerResponse, model: str, created: int, address: Address) -> ChatCompletion:
    """A whole answer as a chat completion."""
    message = ChatAnswerMessage(
        content=answer.text + footnotes(answer), annotations=annotated(answer.text, answer.citations, address)
    )
    return ChatCompletion(
        id=completion_id(answer.id),
        created=created,
        model=model,
        choices=[ChatChoice(message=message)],
        usage=usage(answer),
        answer_id=answer.id,
        mode=answer.mode,
        as_of=answer.as_of,
    )


def annotated(text: str, citations: Sequence[CitationOut], address: Address, stands: int = 0) -> list[ChatAnnotation]:
    """One annotation for each `[n]` of the text, from the character `stands` on, and each citation it stands for."""
    return [
        ChatAnnotation(
            url_citation=UrlCitation(
                start_index=mark.start,
                end_index=mark.end,
                title=place_name(mark.citation),
                url=address(mark.citation),
                quote=mark.citation.quote,
                document=mark.citation.document.number,
                eid=mark.citation.provision.eid,
            )
        )
        for mark in marks(text, citations)
        if mark.start >= stands
    ]


def usage(answer: AnswerResponse) -> ChatUsage:
    """The tokens of an answer."""
    asked, written = (answer.usage.prompt_tokens, answer.usage.completion_tokens) if answer.usage else (0, 0)
    return ChatUsage(prompt_tokens=asked, completion_tokens=written, total_tokens=asked + written)


def completion_id(answer_id: str) -> str:
    """The completion's id: the answer's, for feedback, with the prefix that clients expect."""
    return f"chatcmpl-{answer_id}"


def _words(message: ChatMessage) -> str:
    if not isinstance(message.content, list):
        return message.content or ""
    if any(part.type not in {"text", "input_text", "output_text"} for part in message.content):
        raise BadRequest("Chỉ nhận tin nhắn chữ; hình ảnh và âm thanh không được hỗ trợ.")
    return "\n".join(part.text for part in message.content)
