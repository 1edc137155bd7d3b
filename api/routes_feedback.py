"""`POST /v1/answers/{id}/feedback`, and `/v1/feedback` for administrators: list, export as an evaluation set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from api.auth import Administering, Asking
from api.dependencies import PartsOf
from api.feedback import Expected, Feedback, FeedbackKind, Opinion, evaluation_rows
from api.schemas import Problem
from api.schemas_feedback import CitedOut, ExpectedIn, FeedbackOut, FeedbackPage, FeedbackRequest

router = APIRouter(prefix="/v1", tags=["Phản hồi"])

_MISSING: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "Không có câu trả lời này"}}
_ROWS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Mỗi dòng một câu hỏi: `id`, `question`, `kind`, `relevant`",
        "content": {"application/jsonl": {"schema": {"type": "string"}}},
    }
}


@router.post("/answers/{answer_id}/feedback", status_code=201, summary="Phản hồi về câu trả lời", responses=_MISSING)
def give(
    answer_id: Annotated[str, Path(max_length=100, description="`id` của câu trả lời")],
    body: FeedbackRequest,
    caller: Asking,
    parts: PartsOf,
) -> FeedbackOut:
    """Hữu ích, dẫn sai, quy định đã cũ hay thiếu văn bản; kèm lời bàn. Chỉ về câu trả lời đã đưa cho chính khoá này,
    trong 30 ngày."""
    opinion = Opinion(
        kind=body.kind,
        comment=body.comment,
        question=body.question,
        expected=tuple(Expected(one.document, one.article) for one in body.expected),
    )
    return _out(parts.feedback().add(answer_id.removeprefix("chatcmpl-"), opinion, caller))


@router.get("/feedback", summary="Các phản hồi")
def listed(
    caller: Administering,
    parts: PartsOf,
    kind: Annotated[list[FeedbackKind] | None, Query()] = None,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="`next` của trang trước")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> FeedbackPage:
    """Mới trước, theo trang."""
    page, following = parts.feedback().page(kind or (), before, limit)
    return FeedbackPage(feedback=[_out(one) for one in page], next=following)


@router.get(
    "/feedback/export", summary="Xuất thành bộ câu hỏi đánh giá", response_class=StreamingResponse, responses=_ROWS
)
def export(caller: Administering, parts: PartsOf) -> StreamingResponse:
    """Những phản hồi có lời câu hỏi và điều khoản đúng, theo dạng mà `phapquy eval` đọc."""

    def lines() -> Iterator[str]:
        for row in evaluation_rows(parts.feedback().all()):
            yield json.dumps(row, ensure_ascii=False) + "\n"

    return StreamingResponse(lines(), media_type="application/jsonl")


def _out(one: Feedback) -> FeedbackOut:
    return FeedbackOut(
        id=one.id,
        answer_id=one.answer_id,
        caller=one.caller,
        said=one.said,
        kind=one.opinion.kind,
        comment=one.opinion.comment,
        question=one.opinion.question,
        expected=[ExpectedIn(document=e.document, article=e.article) for e in one.opinion.expected],
        as_of=one.as_of,
        mode=cast("Any", one.mode),
        cited=[CitedOut(number=c.number, article=c.article, eid=c.eid) for c in one.cited],
    )
