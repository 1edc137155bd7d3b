"""`phapquy jobs list | show | cancel | retry`: what is being done to the home, with or without a running server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from api.terminal import note_console, print_json, result_console, results_only

if TYPE_CHECKING:
    from api.schemas_jobs import JobDetail, JobOut
    from ingest.jobs import Jobs

app = typer.Typer(name="jobs", help="Công việc: xem, dừng, làm lại tệp lỗi.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="In đúng một giá trị JSON ra đầu ra chuẩn.")]
JobId = Annotated[str, typer.Argument(help="Mã công việc.", show_default=False)]
#: Who asks at the command line: whoever may read the home.
BY = "cli"
_STATES = {"queued": "chờ", "running": "đang chạy", "done": "xong", "failed": "lỗi", "cancelled": "đã dừng"}
_OUTCOMES = {
    "added": "mới", "replaced": "thay thế", "unchanged": "không đổi", "duplicate": "trùng", "older": "bản cũ hơn",
    "needs_review": "chờ duyệt", "failed": "lỗi", "cancelled": "chưa nạp",
}  # fmt: skip


@app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, max=200, help="Số công việc.")] = 20,
    json: AsJson = False,
) -> None:
    """Các công việc, mới nhất trước."""
    from api.present_jobs import job_out
    from api.schemas import as_json

    with _jobs() as jobs:
        found = [job_out(job) for job in jobs.page(limit=limit)[0]]
    if json:
        print_json([as_json(job) for job in found])
        return
    from rich.table import Column, Table

    table = Table(Column("Mã", no_wrap=True), "Loại", "Trạng thái", "Tệp", "Lỗi", "Lúc", box=None)
    for job in found:
        when = job.created.astimezone().strftime("%d/%m/%Y %H:%M")
        counts = (f"{job.done}/{job.total}", str(job.failed))
        table.add_row(job.id, job.kind, _STATES[job.state], *counts, when)
    result_console().print(table)


@app.command()
def show(
    id: JobId,
    wait: Annotated[bool, typer.Option("--wait", help="Đợi đến khi công việc kết thúc.")] = False,
    json: AsJson = False,
) -> None:
    """Một công việc: tiến độ, kết quả từng tệp với lý do."""
    with _jobs() as jobs:
        found = _followed(jobs, id) if wait else _detail(jobs, id)
    _print(found, json)
    if found.state == "failed" or found.failed:
        raise typer.Exit(1)


@app.command()
def cancel(id: JobId, json: AsJson = False) -> None:
    """Dừng một công việc; những gì đã ghi thì giữ nguyên."""
    with _jobs() as jobs:
        jobs.cancel(id)
        found = _detail(jobs, id)
    _print(found, json)


@app.command()
def retry(id: JobId, json: AsJson = False) -> None:
    """Làm lại chỉ những tệp lỗi hoặc chưa tới lượt, trong một công việc mới."""
    with _jobs() as jobs:
        found = _detail(jobs, jobs.retry(id, BY).id)
    _print(found, json)


def _print(job: JobDetail, json: bool) -> None:
    from api.schemas import as_json

    if json:
        print_json(as_json(job))
    else:
        _show(job)


def _followed(jobs: Jobs, id: str) -> JobDetail:
    """The job when it has ended; how far it is on standard error meanwhile."""
    from api.present_jobs import job_out

    with note_console().status("") as line:
        while not (job := jobs.get(id)).ended:
            line.update(_line(job_out(job)))
            time.sleep(0.3)
    return _detail(jobs, id)


def _line(job: JobOut) -> str:
    left = "" if job.seconds_left is None else f" · còn khoảng {job.seconds_left:.0f} giây"
    waiting = f" · {job.waiting_for}" if job.waiting_for else ""
    return f"{_STATES[job.state]} · {job.stage_label} · {job.done}/{job.total} · {job.failed} lỗi{left}{waiting}"


def _detail(jobs: Jobs, id: str) -> JobDetail:
    from api.present_jobs import job_detail

    return job_detail(jobs.get(id), jobs.files(id))


def _show(job: JobDetail) -> None:
    from rich.table import Table
    from rich.text import Text

    console = result_console()
    console.print(Text(f"{job.id}  {job.kind}  {_line(job)}"))
    if job.reason:
        console.print(Text(job.reason))
    for name, value in (job.result or {}).items():
        console.print(Text(f"{name}: {value}"))
    if job.files:
        table = Table("Tệp", "Kết quả", "Văn bản", "Lý do", box=None)
        for one in job.files:
            outcome = _OUTCOMES.get(one.outcome or "", "chờ")
            table.add_row(Text(one.file), outcome, Text(one.document or ""), Text(one.reason or ""))
        console.print(table)


@contextmanager
def _jobs() -> Iterator[Jobs]:
    with results_only():
        from api import logs
        from api.settings import load_settings
        from api.wiring import Parts
        from ingest.jobs import Jobs

        settings = load_settings()
        logs.set_up(settings.log_level, json=False)
        parts = Parts(settings)
        try:
            yield Jobs(parts.catalogue)
        finally:
            parts.close()
