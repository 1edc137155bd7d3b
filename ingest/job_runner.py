"""`JobRunner`: jobs as durable workflows: each step is remembered, and after a crash a job goes on at the step cut off.

The catalogue's table of jobs says what is to be done and is the only thing others look at; the workflow engine (dbos)
remembers in a database of its own which steps of a running job were finished. It calls nobody: no telemetry, no console.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from dbos import DBOS, DBOSConfig, SetWorkflowID

from ingest.catalogue_open import database_address
from ingest.job_work import GROUP, Cancelled, JobWork
from ingest.jobs import LONG, Job
from legal.errors import DatabaseAway, PhapquyError

#: A job begun by one release is finished by the next: steps keep their meaning, or this changes.
_VERSION = "phapquy-jobs-1"
_LOOK = 0.3
_AWAY = 1.0  # seconds between two tries while the database does not answer
_FAULT = "Lỗi bên trong khi làm công việc này; hãy xem nhật ký rồi làm lại."

#: Measures how well questions are answered, until told to stop; gives the result. It is above this room.
Evaluate = Callable[[Callable[[], None]], dict[str, Any]]

_T = TypeVar("_T")

_runner: JobRunner | None = None


@DBOS.workflow(name="phapquy_job", max_recovery_attempts=None)
def _run_job(id: str) -> str:
    assert _runner is not None
    return _runner.run(id)


class JobRunner:
    """The jobs of one worker process; one of these at a time in a process, and on a home."""

    def __init__(self, work: JobWork, database_url: str, evaluate: Evaluate, on_fault: Callable[..., None]):
        """`database_url`: where steps are remembered, SQLite or PostgreSQL. `on_fault`: told of exceptions that are
        nobody's fault but ours."""
        global _runner
        self._work, self._evaluate, self._on_fault = work, evaluate, on_fault
        self._begun: set[str] = set()
        for name in ("dbos", "dbos._logger"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        config: DBOSConfig = {
            "name": "phapquy",
            "system_database_url": database_address(database_url).render_as_string(hide_password=False),
            "application_version": _VERSION,
            "executor_id": "phapquy-worker",
            "enable_otlp": False,
            "log_level": "CRITICAL",
            "use_listen_notify": False,
        }
        _runner = self
        DBOS(config=config)

    def serve(self, stop: threading.Event, idle: float | None) -> None:
        """Do jobs until told to stop, or until there was nothing to do for `idle` seconds."""
        DBOS.launch()
        last = time.monotonic()
        try:
            while not stop.is_set():
                try:
                    jobs = self._work.jobs.unfinished()
                except DatabaseAway:
                    stop.wait(_AWAY)
                    continue
                if jobs:
                    last = time.monotonic()
                self._start(jobs)
                if idle is not None and time.monotonic() - last > idle:
                    return
                stop.wait(_LOOK)
        finally:
            DBOS.destroy(workflow_completion_timeout_sec=0)

    def _start(self, jobs: list[Job]) -> None:
        """Begin what may begin: one long job at a time, the oldest, and short ones beside it, one at a time."""
        for kinds in (LONG, frozenset({"delete", "change"})):
            waiting = [job for job in jobs if job.kind in kinds]
            running = [job for job in waiting if job.state == "running"]
            following = running or waiting
            if following and following[0].id not in self._begun:
                self._begin(following[0].id)

    def _begin(self, id: str) -> None:
        self._begun.add(id)
        known = DBOS.get_workflow_status(id)
        if known is None:
            with SetWorkflowID(id):
                DBOS.start_workflow(_run_job, id)
        elif known.status not in ("PENDING", "ENQUEUED"):  # else the engine takes it up again by itself
            _when_there(self._work.jobs.end, id, "failed", code="internal", reason=_FAULT)

    def run(self, id: str) -> str:
        """A whole job; called by the engine, again after a crash. Faults end the job, not the worker."""
        self._begun.add(id)
        jobs = self._work.jobs
        try:
            job = _when_there(jobs.get, id)
            if job.ended:
                return job.state
            _when_there(jobs.begin, id)
            _when_there(self._work.check, id)
            self._do(job)
        except Cancelled:
            _when_there(jobs.end, id, "cancelled")
        except PhapquyError as error:
            _when_there(jobs.end, id, "failed", code=error.code, reason=error.reason)
        except Exception as error:
            self._on_fault(error)
            _when_there(jobs.end, id, "failed", code="internal", reason=_FAULT)
        state = _when_there(jobs.get, id).state
        _step("clear", self._clear, id)
        return state

    def _do(self, job: Job) -> None:
        jobs = self._work.jobs
        if job.kind == "ingest":
            total = _step("list", self._work.list_files, job.id)
            for start in range(0, total, GROUP):
                positions = range(start, min(start + GROUP, total))
                _step(f"prepare {start}", self._work.prepare, job.id, positions)
                _step(f"write {start}", self._work.apply, job.id, positions)
            failed = _when_there(jobs.get, job.id).failed
            _when_there(jobs.end, job.id, "failed" if total and failed == total else "done")
        else:
            _when_there(jobs.update, job.id, result=self._result(job))
            _when_there(jobs.end, job.id, "done")

    def _result(self, job: Job) -> dict[str, Any]:
        """What a job gives that is not a list of files."""
        work = self._work
        if job.kind in ("reindex", "rollback"):
            before = _step("generation", work.generation, job.id)
            if job.kind == "reindex":
                _step("embed", work.embed_all, job.id)
            return _step("succeed", work.succeed, job.id, before)
        if job.kind == "delete":
            return _step("remove", work.remove, job.id)
        if job.kind == "change":
            return _step("correct", work.correct, job.id)
        _when_there(work.jobs.update, job.id, stage="checking")
        return _step("evaluate", self._evaluate, lambda: work.check(job.id))

    def _clear(self, id: str) -> None:
        """Files that failed or were not reached are kept for another try."""
        left = [one for one in self._work.jobs.files(id) if one.outcome in ("failed", "cancelled")]
        job = self._work.jobs.get(id)
        self._work.staging(id).clear(files=not left and not (job.state == "cancelled" and not job.total))
        for one in self._work.jobs.files(id):
            if one not in left and one.file.known_as.startswith("upload:"):
                one.file.path.unlink(missing_ok=True)
        self._work.holder.settle()


def _when_there(work: Callable[..., _T], *given: Any, **named: Any) -> _T:
    """Do something, again from its beginning as long as the database does not answer: each may be taken again."""
    while True:
        try:
            return work(*given, **named)
        except DatabaseAway:
            time.sleep(_AWAY)


def _step(name: str, work: Callable[..., _T], *given: Any) -> _T:
    """A step that is remembered once it is done."""
    return DBOS.run_step({"name": name}, _when_there, work, *given)
