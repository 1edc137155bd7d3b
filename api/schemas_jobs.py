"""What the doors say of jobs and take for them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from api.schemas import Strict
from api.schemas_values import Day, Flag

Label = Annotated[str, StringConstraints(pattern=r"^[\w:.-]{1,100}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True, pattern=r"\S")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True, pattern=r"\S")]


class JobFileOut(BaseModel):
    """What became of a file. `outcome`: null while it waits."""

    file: str
    outcome: str | None = Field(
        description="added, replaced, unchanged, duplicate, older, needs_review, failed, cancelled; null: chưa tới lượt"
    )
    document: str | None = Field(description="Khóa của văn bản trong kho")
    passages: int
    tries: int = Field(description="Số lần tiến trình đọc tệp này bị hỏng hoặc treo")
    code: str | None
    reason: str | None


class JobOut(BaseModel):
    """A job and how far it is."""

    id: str
    kind: Literal["ingest", "reindex", "rollback", "delete", "change", "evaluate"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str = Field(
        description="waiting, listing, reading, embedding, writing, building, checking, switching, ended"
    )
    stage_label: str = Field(description="Giai đoạn, bằng lời")
    owner: str
    total: int = Field(description="Số tệp (hoặc số văn bản khi tạo lại chỉ mục)")
    done: int
    failed: int
    passages: int
    rate: float | None = Field(description="Số tệp (văn bản) mỗi giây")
    seconds_left: float | None
    waiting_for: str | None = Field(description="Vì sao đang phải chờ")
    cancelling: bool
    result: dict[str, Any] | None
    code: str | None
    reason: str | None
    retry_of: str | None
    created: datetime
    started: datetime | None
    finished: datetime | None


class JobDetail(JobOut):
    """A job with its files."""

    files: list[JobFileOut]


class JobPage(BaseModel):
    """A page of jobs; pass `next` as `cursor` for the following page, null at the end."""

    jobs: list[JobOut]
    next: str | None


class JobRequest(Strict):
    """A job to be done. Documents come in by `POST /v1/documents`."""

    kind: Literal["reindex", "rollback", "evaluate"]
    tolerance: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="reindex: nDCG@10 trên bộ câu hỏi mẫu được phép giảm chừng này so với chỉ mục cũ",
    )


class DocumentPatch(Strict):
    """What a person says of a document in place of what was read; null: it has none. Fields left out stay."""

    number: Words | None = None
    type: Words | None = None
    title: Title | None = None
    issuer: Words | None = None
    signer: Words | None = None
    signer_title: Words | None = None
    place: Words | None = None
    issued: Day | None = None
    effective_from: Day | None = None
    effective_to: Day | None = None
    access: Annotated[list[Label], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="Nhãn được xem văn bản"
    )
    accept: Flag = Field(default=False, description="Duyệt văn bản đang chờ, để nó được tìm thấy")
