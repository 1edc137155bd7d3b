"""`/healthz`: the process answers; `/readyz`: questions can be answered, or which part is not ready."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.dependencies import PartsOf
from api.schemas_health import Health, Readiness

router = APIRouter(tags=["Tình trạng"])


@router.get("/healthz", summary="Tiến trình còn sống")
async def healthz() -> Health:
    """Luôn trả lời khi tiến trình còn chạy."""
    return Health(status="ok")


@router.get("/readyz", summary="Sẵn sàng trả lời", responses={503: {"model": Readiness}})
async def readyz(response: Response, parts: PartsOf) -> Readiness:
    """Từng bộ phận: "ok" hoặc lý do chưa sẵn sàng."""
    found = await parts.check()
    down = {name for name, state in found.items() if state != "ok"}
    if not down:
        return Readiness(status="ready", parts=found)
    if down == {"generator"}:
        return Readiness(status="degraded", parts=found)
    response.status_code = 503
    return Readiness(status="not_ready", parts=found)
