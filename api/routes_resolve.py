"""`GET /v1/resolve`: a citation, however typed, to the exact provision."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Asking
from api.dependencies import PartsOf
from api.schemas_resolve import CitationText, ResolveResponse
from api.schemas_values import Day

router = APIRouter(prefix="/v1", tags=["Tra cứu và trả lời"])


@router.get("/resolve", summary="Tìm đúng điều khoản theo viện dẫn")
async def resolve(
    citation: Annotated[CitationText, Query(description="Viện dẫn", examples=["khoản 2 Điều 8 Luật Hộ tịch"])],
    caller: Asking,
    parts: PartsOf,
    as_of: Annotated[Day | None, Query(description="Chỉ nhận văn bản có hiệu lực vào ngày này")] = None,
) -> ResolveResponse:
    """Viện dẫn gõ có dấu, không dấu hay viết tắt, thành đúng điều khoản. Không có thì `found` là false, kèm lý do (vẫn
    là 200); không bao giờ trả điều khoản gần giống. Tên chỉ nhiều văn bản: lấy văn bản đang có hiệu lực, kể các văn bản
    còn lại trong `others`."""
    return await parts.resolve(citation, as_of, caller)
