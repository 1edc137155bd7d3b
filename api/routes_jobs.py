"""`/v1/jobs`: what is being done to the home's documents, for administrators: started, watched, stopped, tried again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.responses import Response as RawResponse
from fastapi.sse import EventSourceResponse, format_sse_event

from api.auth import Administering
from api.caller import Caller
from api.dependencies import PartsOf
from api.parts import Workshop
from api.present_jobs import job_detail, job_out
from api.requests import may_give, reach_of
from api.schemas import Problem
from api.schemas_jobs import JobDetail, JobOut, JobPage, JobRequest
from ingest.jobs import Job, Jobs
from legal.errors import BadRequest, NotFound

router = APIRouter(prefix="/v1/jobs", tags=["Công việc"])

_MISSING: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "Không tìm thấy"}}
CONFLICT: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "Trạng thái không cho phép"}}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Sự kiện `progress`* rồi `end`, mỗi sự kiện là một công việc như `GET /v1/jobs/{id}` trả về",
        "content": {"text/event-stream": {}},
    }
}
_LOOK = 0.3
_KEEP_ALIVE = 15.0
#: Files shown with a job.
_MOST_FILES = 5000

IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, description="Gửi lại cùng khoá không làm hai lần"),
]


def jobs_of(parts: PartsOf) -> Jobs:
    """The jobs of the home."""
    return Jobs(parts.catalogue())


JobsOf = Annotated[Jobs, Depends(jobs_of)]
JobId = Annotated[str, Path(max_length=64)]


def seen(jobs: Jobs, id: str, caller: Caller) -> Job:
    """A job that the caller may see: all for who sees all documents, else their own. Raises NotFound."""
    job = jobs.get(id)
    if caller.labels is not None and job.owner != caller.name:
        raise NotFound("Không có công việc này.")
    return job


def accepted(job: Job, response: Response) -> JobOut:
    """The answer to a request that made a job."""
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job_out(job)


@router.get("", summary="Danh sách công việc")
def listed(
    caller: Administering,
    jobs: JobsOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=64, description="`next` của trang trước")] = None,
    state: Annotated[list[Literal["queued", "running", "done", "failed", "cancelled"]] | None, Query()] = None,
    kind: Annotated[
        list[Literal["ingest", "reindex", "rollback", "delete", "change", "evaluate"]] | None, Query()
    ] = None,
) -> JobPage:
    """Công việc, mới nhất trước; người chỉ thấy một phần văn bản chỉ thấy công việc của mình."""
    owner = None if caller.labels is None else caller.name
    found, following = jobs.page(states=state or (), kinds=kind or (), owner=owner, limit=limit, cursor=cursor)
    return JobPage(jobs=[job_out(job) for job in found], next=following)


@router.post("", status_code=202, summary="Bắt đầu một công việc", responses=CONFLICT)
def made(
    body: JobRequest,
    caller: Administering,
    parts: PartsOf,
    jobs: JobsOf,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> JobOut:
    """Tạo lại chỉ mục, quay về chỉ mục trước, hoặc đo chất lượng tìm kiếm trên bộ câu hỏi của kho."""
    _may_all(caller)
    if body.kind == "evaluate" and not parts.parts.home.questions.is_file():
        raise BadRequest("Chưa có bộ câu hỏi: đặt tệp questions.jsonl vào thư mục của kho rồi thử lại.")
    params = {"tolerance": body.tolerance} if body.kind == "reindex" else {}
    job, _ = jobs.add(body.kind, caller.name, params, idempotency=idempotency_key)
    return accepted(job, response)


def _may_all(caller: Caller) -> None:
    """What touches every document is for those who may see every document."""
    if caller.labels is not None:
        raise BadRequest("Việc này chạm tới mọi văn bản; cần khoá quản trị thấy mọi văn bản.")


@router.get("/{id}", summary="Một công việc", responses=_MISSING)
def shown(
    id: JobId,
    caller: Administering,
    jobs: JobsOf,
    files: Annotated[Literal["all", "failed", "none"], Query(description="Kèm những tệp nào")] = "all",
) -> JobDetail:
    """Trạng thái, giai đoạn, tiến độ, tốc độ, thời gian còn lại và kết quả từng tệp với lý do."""
    job = seen(jobs, id, caller)
    found = [] if files == "none" else jobs.files(id, range(_MOST_FILES), visible=caller.labels)
    return job_detail(job, [one for one in found if files == "all" or one.outcome == "failed"])


@router.get("/{id}/events", summary="Theo dõi một công việc", response_model=None, responses={**_EVENTS, **_MISSING})
async def events(id: JobId, caller: Administering, jobs: JobsOf) -> RawResponse:
    """Tiến độ theo dòng sự kiện, đến khi công việc kết thúc."""
    await asyncio.to_thread(seen, jobs, id, caller)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventSourceResponse(_follow(jobs, id), headers=headers)


async def _follow(jobs: Jobs, id: str) -> AsyncIterator[bytes]:
    said, last = "", time.monotonic()
    while True:
        job = await asyncio.to_thread(jobs.get, id)
        shown = job_out(job)
        now = shown.model_dump_json(exclude={"rate", "seconds_left"})
        if now != said or job.ended:
            said, last = now, time.monotonic()
            yield format_sse_event(event="end" if job.ended else "progress", data_str=shown.model_dump_json())
        elif time.monotonic() - last > _KEEP_ALIVE:
            last = time.monotonic()
            yield format_sse_event(comment="…")
        if job.ended:
            return
        await asyncio.sleep(_LOOK)


@router.post("/{id}/cancel", status_code=202, summary="Dừng một công việc", responses={**_MISSING, **CONFLICT})
def cancelled(id: JobId, caller: Administering, jobs: JobsOf) -> JobOut:
    """Dừng thật: tiến trình đọc tệp bị kết thúc; những gì đã ghi thì giữ nguyên."""
    seen(jobs, id, caller)
    return job_out(jobs.cancel(id))


@router.post("/{id}/retry", status_code=202, summary="Làm lại các tệp lỗi", responses={**_MISSING, **CONFLICT})
def retried(id: JobId, caller: Administering, jobs: JobsOf, response: Response) -> JobOut:
    """Một công việc mới chỉ cho những tệp lỗi hoặc chưa tới lượt của công việc này."""
    job = seen(jobs, id, caller)
    if job.kind == "ingest":
        may_give(caller, job.params.get("access"))
    elif access := job.params.get("changes", {}).get("access"):
        may_give(caller, access)
    return accepted(jobs.retry(id, caller.name, reach_of(caller)), response)


def waited(parts: Workshop, jobs: Jobs, id: str, seconds: float) -> Job:
    """The job, when it has ended or after some seconds."""
    until = time.monotonic() + seconds
    while not (job := jobs.get(id)).ended and time.monotonic() < until:
        time.sleep(0.1)
    return job
