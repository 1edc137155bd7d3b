"""`/v1/keys`: administrators make, list, rotate and revoke API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from api.acts import note_target
from api.auth import Administering
from api.caller import Caller
from api.dependencies import PartsOf
from api.guard import Guard
from api.key_requests import draft_of, key_made, key_out
from api.keys import Key, KeyDraft, unknown_key
from api.parts import Workshop
from api.schemas import Problem
from api.schemas_keys import KeyList, KeyMade, KeyOut, KeyRequest, RotateRequest
from legal.errors import BadRequest

_MISSING: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "Không có khoá này"}}
_ENDED: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "Khoá không còn dùng được"}}
router = APIRouter(prefix="/v1/keys", tags=["Khoá API"])

KeyId = Annotated[str, Path(description="Phần công khai của khoá", examples=["pq_0123456789"], max_length=100)]


@router.post("", status_code=201, summary="Tạo khoá")
def create(body: KeyRequest, request: Request, caller: Administering, parts: PartsOf) -> KeyMade:
    """Tạo một khoá API. Khoá chỉ hiện trong trả lời này; kho chỉ giữ dấu vết không đảo ngược được của nó."""
    draft = draft_of(body)
    if not _may_hold(caller, draft):
        raise BadRequest("Khoá chỉ thấy một phần văn bản chỉ tạo được khoá không rộng hơn mình.")
    key, whole = parts.keys().create(draft, caller.id)
    note_target(key.id)
    _forget(request)
    return key_made(key, whole)


@router.get("", summary="Danh sách khoá")
def keys(caller: Administering, parts: PartsOf) -> KeyList:
    """Mọi khoá không rộng hơn khoá của mình, mới trước, kể cả khoá đã hết hạn hay thu hồi."""
    return KeyList(keys=[key_out(key) for key in parts.keys().all() if _may_hold(caller, key)])


@router.post("/{key_id}/rotate", status_code=201, summary="Đổi khoá", responses={**_MISSING, **_ENDED})
def rotate(key_id: KeyId, body: RotateRequest, request: Request, caller: Administering, parts: PartsOf) -> KeyMade:
    """Tạo khoá mới giống khoá cũ; khoá cũ còn dùng được thêm `grace_hours` giờ."""
    _found(parts, key_id, caller)
    key, whole = parts.keys().rotate(key_id, timedelta(hours=body.grace_hours), caller.id)
    _forget(request, key_id)
    return key_made(key, whole)


@router.delete("/{key_id}", summary="Thu hồi khoá", responses=_MISSING)
def revoke(key_id: KeyId, request: Request, caller: Administering, parts: PartsOf) -> KeyOut:
    """Khoá ngừng dùng được ngay; không hoàn lại."""
    _found(parts, key_id, caller)
    key = parts.keys().revoke(key_id)
    _forget(request, key_id)
    return key_out(key)


def _may_hold(caller: Caller, key: Key | KeyDraft) -> bool:
    """Whether a key opens nothing that its maker's does not: an auditor's opens the log of everybody."""
    if caller.labels is None:
        return True
    return key.role != "auditor" and key.labels is not None and key.labels <= caller.labels


def _found(parts: Workshop, key_id: str, caller: Caller) -> None:
    """Raises NotFound for a key that is not there or is wider than the caller's."""
    stored = parts.keys().find(key_id)
    if stored is None or not _may_hold(caller, stored.key):
        raise unknown_key()


def _forget(request: Request, key_id: str | None = None) -> None:
    guard: Guard = request.app.state.guard
    guard.gate.forget(key_id)
