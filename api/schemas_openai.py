"""The JSON objects of the OpenAI-compatible routes: what a chat client sends and gets, with our citations in them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Filters
from api.schemas_values import Day, Flag

_QUIET = ConfigDict(extra="ignore")


class ContentPart(BaseModel):
    """A part of a message. Only `text` is read; pictures and sounds are refused."""

    model_config = _QUIET

    type: Annotated[str, Field(max_length=40)]
    text: Annotated[str, Field(max_length=100_000)] = ""


class ChatMessage(BaseModel):
    """A message. Those of the system, developers and tools are not sources and are not read."""

    model_config = _QUIET

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[str, Field(max_length=100_000)] | Annotated[list[ContentPart], Field(max_length=50)] | None = (
        None
    )


class StreamOptions(BaseModel):
    """How to stream."""

    model_config = _QUIET

    include_usage: Flag = False


class ChatRequest(BaseModel):
    """A chat completion. The last message is the question; sampling settings are accepted and not used."""

    model_config = _QUIET

    model: Annotated[str, Field(max_length=200, examples=["phapquy"])]
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=200)]
    stream: Flag = False
    stream_options: StreamOptions | None = None
    as_of: Day | None = Field(default=None, description="Mở rộng của phapquy: tính hiệu lực đến ngày này")
    filters: Filters | None = Field(default=None, description="Mở rộng của phapquy: như ở /v1/search")


class UrlCitation(BaseModel):
    """Where a `[n]` of the content leads. `quote`: the provision's words; `url`: the provision in this server."""

    start_index: int
    end_index: int
    title: str
    url: str
    quote: str
    document: str | None
    eid: str


class ChatAnnotation(BaseModel):
    """A citation, as chat clients expect it."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class ChatAnswerMessage(BaseModel):
    """The answer: its text with a block of footnotes."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: str | None = None
    annotations: list[ChatAnnotation]


class ChatChoice(BaseModel):
    """The one choice."""

    index: int = 0
    message: ChatAnswerMessage
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class ChatUsage(BaseModel):
    """Tokens; zero where no model wrote."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(BaseModel):
    """A chat completion. `mode`, `as_of` and `answer_id` are ours."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: ChatUsage
    answer_id: str
    mode: Literal["generative", "extractive", "refusal"]
    as_of: date


class ChatModel(BaseModel):
    """A model: a way to answer."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "phapquy"


class ChatModels(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[ChatModel]
