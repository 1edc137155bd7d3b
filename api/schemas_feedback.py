"""The JSON objects of feedback on answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from api.feedback import FeedbackKind
from api.schemas import QueryText, Strict


class ExpectedIn(Strict):
    """A provision that should have been cited."""

    document: Annotated[str, StringConstraints(min_length=1, max_length=300)] = Field(examples=["52/2014/QH13"])
    article: Annotated[str, StringConstraints(min_length=1, max_length=20)] = Field(examples=["8"])


class FeedbackRequest(Strict):
    """What a person says of an answer."""

    kind: FeedbackKind = Field(description="Hữu ích, dẫn sai, quy định đã cũ, thiếu văn bản")
    comment: Annotated[str, StringConstraints(max_length=2000)] = ""
    question: QueryText | None = Field(
        default=None, description="Lời câu hỏi, nếu người hỏi đồng ý lưu lại; cần để xuất thành bộ câu hỏi đánh giá"
    )
    expected: Annotated[list[ExpectedIn], Field(max_length=20)] = Field(
        default_factory=list, description="Các điều đáng lẽ phải được dẫn"
    )


class CitedOut(BaseModel):
    """A provision that the answer cited."""

    number: str | None
    article: str | None
    eid: str


class FeedbackOut(BaseModel):
    """An opinion with the answer it is about."""

    id: int
    answer_id: str
    caller: str
    said: datetime
    kind: FeedbackKind
    comment: str
    question: str | None
    expected: list[ExpectedIn]
    as_of: date
    mode: Literal["generative", "extractive", "refusal"]
    cited: list[CitedOut]


class FeedbackPage(BaseModel):
    """A page, newest first; pass `next` as `before` for the following one, null at the end."""

    feedback: list[FeedbackOut]
    next: int | None
