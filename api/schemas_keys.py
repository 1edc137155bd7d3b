"""The JSON objects of `/v1/keys`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from api.caller import Role
from api.schemas import AccessLabel, Strict
from api.schemas_values import WHOLE, Moment, Whole

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=r"\S")]
#: Calls a minute or a day; no more than a database column holds.
Calls = Annotated[int, Field(ge=1, le=1_000_000_000), WHOLE]


class KeyRequest(Strict):
    """A key to be made."""

    name: Name = Field(description="Tên khoá, để nhận ra trong danh sách và nhật ký", examples=["Cổng dịch vụ công"])
    role: Role = Field(description="Vai trò", examples=["reader"])
    owner: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", description="Người, đơn vị chịu trách nhiệm"
    )
    labels: Annotated[list[AccessLabel], Field(max_length=100)] | None = Field(
        default=None,
        description="Nhãn quyền xem; bỏ trống: `public`, riêng admin thấy mọi văn bản",
        examples=[["public", "unit:so-tu-phap"]],
    )
    expires: Moment | None = Field(default=None, description="Hết hạn lúc; bỏ trống: không hết hạn")
    per_minute: Calls | None = Field(default=None, description="Số lượt mỗi phút; bỏ trống: theo cấu hình")
    per_day: Calls | None = Field(default=None, description="Số lượt mỗi ngày; bỏ trống: không giới hạn")


class RotateRequest(Strict):
    """How long the old key lives on."""

    grace_hours: Whole = Field(default=168, ge=0, le=8760, description="Số giờ khoá cũ còn dùng được")


class KeyOut(BaseModel):
    """A key, without the key."""

    id: str = Field(description="Phần công khai, mở đầu của khoá")
    name: str
    role: Role
    owner: str
    labels: list[str] | None = Field(description="null: thấy mọi văn bản")
    created: datetime
    created_by: str
    expires: datetime | None
    revoked: datetime | None
    replaced_by: str | None = Field(description="Khoá thay nó sau khi đổi khoá")
    per_minute: int | None
    per_day: int | None
    last_used: datetime | None = Field(description="Lần dùng gần nhất, chậm vài giây")
    works: bool = Field(description="Còn dùng được")


class KeyMade(KeyOut):
    """A key just made: the only time that it is shown."""

    key: str = Field(description="Khoá; chỉ hiện một lần, hãy cất ngay")


class KeyList(BaseModel):
    """The keys, newest first."""

    keys: list[KeyOut]
