"""`/v1/audit`: auditors and administrators read the audit log and check its chain."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Auditing
from api.dependencies import PartsOf
from api.present_audit import verdict_out
from api.schemas_audit import AuditEntry, AuditPage, AuditVerdict
from api.schemas_values import Moment

router = APIRouter(prefix="/v1/audit", tags=["Nhật ký kiểm toán"])


@router.get("", summary="Nhật ký kiểm toán")
def audit(
    caller: Auditing,
    parts: PartsOf,
    after: Annotated[int, Query(ge=0, le=2**62, description="`next` của trang trước")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    who: Annotated[str | None, Query(max_length=300, description="Khoá hoặc người")] = None,
    action: Annotated[str | None, Query(max_length=200, description="Việc, ví dụ `POST /v1/search`")] = None,
    since: Annotated[Moment | None, Query(description="Từ lúc")] = None,
    until: Annotated[Moment | None, Query(description="Đến trước lúc")] = None,
) -> AuditPage:
    """Ai hỏi, ai đổi gì, lúc nào, từ đâu; cũ trước. Việc vừa xong hiện ra sau chưa đến một giây."""
    found = list(parts.audit().chain.records(after, limit, who=who, action=action, since=since, until=until))
    return AuditPage(
        entries=[AuditEntry(**asdict(record)) for record in found],
        next=found[-1].seq if len(found) == limit else None,
    )


@router.get("/verification", summary="Kiểm tra chuỗi nhật ký")
def verification(caller: Auditing, parts: PartsOf) -> AuditVerdict:
    """Tính lại niêm phong của mọi mục: một mục bị sửa, xoá, thêm hay đổi chỗ đều lộ ra."""
    return verdict_out(parts.audit().chain.verify())
