"""The JSON objects of `/v1/audit`."""

from __future__ import annotations

from pydantic import BaseModel, Field


class AuditEntry(BaseModel):
    """An entry of the audit log."""

    seq: int = Field(description="Số thứ tự, liền nhau")
    at: str = Field(description="Lúc bắt đầu, UTC", examples=["2026-03-01T08:00:00.000000Z"])
    who: str = Field(description="Khoá, người (`oidc:...`) hoặc người dùng máy (`cli:...`); trống: không vào được")
    name: str
    role: str
    address: str
    action: str = Field(examples=["POST /v1/search"])
    target: str
    status: int
    request_id: str
    question: str | None = Field(description="Chỉ khi cơ quan cho phép lưu lời câu hỏi")
    question_hash: str | None = Field(description="Dấu vết có khoá của câu hỏi: cùng câu hỏi thì cùng dấu vết")
    hash: str = Field(description="Niêm phong mục này cùng mục trước nó")


class AuditPage(BaseModel):
    """Entries in their order. `next`: give it as `after` for the next page; null at the end."""

    entries: list[AuditEntry]
    next: int | None


class AuditVerdict(BaseModel):
    """Whether the chain holds."""

    whole: bool
    entries: int = Field(description="Số mục còn lưu và đã kiểm")
    pruned: int = Field(description="Số mục đã xoá theo hạn lưu")
    broken_at: int | None = Field(description="Mục đầu tiên không khớp")
    reason: str
