"""From jobs to the objects of the doors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from api.schemas_jobs import JobDetail, JobFileOut, JobOut

if TYPE_CHECKING:
    from ingest.jobs import Job, JobFile

STAGES = {
    "waiting": "Đang chờ tới lượt",
    "listing": "Liệt kê tệp",
    "reading": "Đọc tệp",
    "embedding": "Tính véc-tơ",
    "writing": "Ghi vào kho",
    "building": "Dựng chỉ mục mới",
    "checking": "Kiểm tra chỉ mục mới",
    "switching": "Chuyển sang chỉ mục mới",
    "ended": "Đã kết thúc",
}
_MILLI = 3


def job_out(job: Job) -> JobOut:
    """A job."""
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=job.state,
        stage=job.stage,
        stage_label=STAGES.get(job.stage, job.stage),
        owner=job.owner,
        total=job.total,
        done=job.done,
        failed=job.failed,
        passages=job.passages,
        rate=None if job.rate is None else round(job.rate, _MILLI),
        seconds_left=None if job.seconds_left is None else round(job.seconds_left, 1),
        waiting_for=job.waiting_for,
        cancelling=job.cancel and not job.ended,
        result=None if job.result is None else dict(job.result),
        code=job.code,
        reason=job.reason,
        retry_of=job.params.get("retry_of"),
        created=job.created,
        started=job.started,
        finished=job.finished,
    )


def job_detail(job: Job, files: Iterable[JobFile]) -> JobDetail:
    """A job with its files."""
    return JobDetail(**job_out(job).model_dump(), files=[file_out(one) for one in files])


def file_out(one: JobFile) -> JobFileOut:
    """A file, by the name it was given."""
    return JobFileOut(
        file=one.file.known_as.partition("/")[2] if one.file.known_as.startswith("upload:") else one.file.known_as,
        outcome=one.outcome,
        document=one.key,
        passages=one.passages,
        tries=one.tries,
        code=one.code,
        reason=one.reason,
    )
