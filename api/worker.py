"""The worker process: does the home's jobs beside the server, so that reading and embedding never slow answers.

It ends when its parent does, and after some minutes without work; `api.keeper` starts it again when there is some.
"""

from __future__ import annotations

import api.quiet  # noqa: F401  isort: skip  before anything that may phone home

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import IO, TYPE_CHECKING, Any, TypeVar

import structlog

from api import job_desk, logs
from api.faults import fault_place
from api.remote import RemoteError, RunningServer, find_server
from api.settings import Settings, load_settings
from api.wiring import Parts, limits_of
from legal.errors import BadRequest, Conflict, NotFound, PhapquyError, ServiceUnavailable

if TYPE_CHECKING:
    from api.parts import Workshop
    from ingest.reading import Reader

T = TypeVar("T")
log = structlog.get_logger("phapquy.worker")

_PHAPQUY = "import json,sys;sys.path[:]=json.loads(sys.argv.pop(1));from api.cli import main;main()"
#: Seconds without work after which the process ends and gives its memory back.
IDLE = 300.0


class HolderOfHome:
    """Who has the index: the running server, or else this process for the moment that a step takes."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def apply(self, job: str, first: int, end: int) -> None:
        """See `ingest.job_work.Holder`."""
        self._by(lambda s: s.apply(job, first, end), lambda w: job_desk.apply_files(w, job, first, end))

    def change(self, job: str) -> Mapping[str, Any]:
        """See `ingest.job_work.Holder`."""
        return self._by(lambda s: s.correct(job), lambda w: job_desk.correct(w, job))

    def remove(self, job: str) -> Mapping[str, Any]:
        """See `ingest.job_work.Holder`."""
        return self._by(lambda s: s.remove_for_good(job), lambda w: job_desk.remove(w, job))

    def generation(self) -> str:
        """The generation of the index in use."""
        return self._by(lambda s: s.generation(), job_desk.generation)

    def succeed(self, job: str, before: str) -> Mapping[str, Any]:
        """Do the re-index of a job, or its way back; see `api.job_desk.succeed`."""
        return self._by(lambda s: s.succeed(job, before), lambda w: job_desk.succeed(w, job, before))

    def settle(self) -> None:
        """See `ingest.job_work.Holder`."""
        server = find_server(self._parts.settings.home)
        if server is not None:
            with server:
                server.learn()

    def _by(self, there: Callable[[RunningServer], T], here: Callable[[Workshop], T]) -> T:
        server = find_server(self._parts.settings.home)
        if server is not None:
            with server:
                try:
                    return there(server)
                except RemoteError as error:
                    raise _typed(error) from None
        with self._workshop() as workshop:
            return here(workshop)

    def _workshop(self) -> AbstractContextManager[Workshop]:
        from api.parts import Workshop

        workshop = Workshop(self._parts.settings)
        workshop.parts.__dict__["embedder"] = self._parts.embedder  # the model is loaded once
        return workshop


def _typed(error: RemoteError) -> PhapquyError:
    """The server's error as one of those that tell whether to try again."""
    for kind in (Conflict, NotFound, BadRequest):
        if error.code == kind.code:
            return kind(error.reason)
    return ServiceUnavailable(error.reason) if error.exit_code == 3 else error


def run(settings: Settings, stop: threading.Event, idle: float | None = IDLE) -> None:
    """Do jobs until told to stop or idle. Waits while another worker is on the home."""
    parts = Parts(settings)
    parts.home.prepare()
    with (parts.home.run / "worker.lock").open("a") as lock:
        if not _taken(lock, stop):
            return
        from ingest.job_runner import JobRunner
        from ingest.job_work import JobWork

        work = JobWork(
            parts.home,
            parts.catalogue,
            parts.embedder_now,
            parts.target_embedder,
            HolderOfHome(parts),
            _reader(settings),
            limits_of(settings),
        )
        url = settings.database_url or f"sqlite:///{parts.home.jobs.absolute() / 'steps.sqlite3'}"
        runner = JobRunner(work, url, _evaluate(parts), lambda error: log.error("fault_in_job", **fault_place(error)))
        log.info("working", pid=os.getpid())
        runner.serve(stop, idle)
    parts.close()


def _evaluate(parts: Parts) -> Callable[[Callable[[], None]], dict[str, Any]]:
    """`phapquy eval retrieval` on the home's questions: the measuring room is above this one, so by its command."""

    def evaluate(check: Callable[[], None]) -> dict[str, Any]:
        command = [sys.executable, "-c", _PHAPQUY, json.dumps(sys.path), "eval", "retrieval", "--json"]
        measuring = subprocess.Popen([*command, str(parts.home.questions)], stdout=subprocess.PIPE)
        try:
            while True:
                try:
                    out, _ = measuring.communicate(timeout=0.3)
                    break
                except subprocess.TimeoutExpired:
                    check()
        finally:
            measuring.kill()
        if measuring.returncode:
            raise BadRequest("Không đo được trên bộ câu hỏi của kho; hãy chạy `phapquy eval retrieval` để xem lý do.")
        found: dict[str, Any] = json.loads(out)
        return found

    return evaluate


def _reader(settings: Settings) -> Callable[[Callable[[], bool]], Reader]:
    from ingest.pipeline import IngestSettings
    from ingest.reading_ahead import AheadReader

    workers = settings.ingest.workers or IngestSettings().workers
    return lambda stop: AheadReader(limits_of(settings), workers, stop=stop)


def _taken(lock: IO[str], stop: threading.Event) -> bool:
    """Hold the home's worker lock; False when told to stop first."""
    while not stop.is_set():
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stop.wait(0.5)
        else:
            return True
    return False


def main() -> None:
    """The process that `api.keeper` starts: it ends when standard input does, whatever it is doing."""
    settings = load_settings()
    logs.set_up(settings.log_level, json=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a terminal is the parent's to handle
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # all is on disk at any moment
    os.nice(5)  # answers first

    def follow_parent() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=follow_parent, name="phapquy-parent", daemon=True).start()
    try:
        run(settings, threading.Event())
    except PhapquyError as error:
        log.error("worker_cannot_work", code=error.code, reason=error.reason)
        os._exit(3)
    os._exit(0)


if __name__ == "__main__":
    main()
