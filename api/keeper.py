"""`Keeper`: starts the worker process when there are jobs, starts it again when it dies, and says who is to blame."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from api.faults import fault_place
from legal.errors import NotFound, PhapquyError

if TYPE_CHECKING:
    from ingest.home import Home
    from ingest.jobs import Jobs

log = structlog.get_logger("phapquy.keeper")

_LOOK = 0.3
_LONGEST_PAUSE = 30.0
_OLD = 86_400.0
# A clean interpreter with this one's path, in the folder of this one.
_START = "import json,sys;sys.path[:]=json.loads(sys.argv[1]);from api.worker import main;main()"
#: Ends by an operator's hand, or because the machine ran short: no file is to blame.
_OTHERS = frozenset({0, 3, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})


class Keeper:
    """The worker of a home, kept by this process."""

    def __init__(self, home: Home, jobs: Callable[[], Jobs]) -> None:
        """`jobs`: asked again and again; may raise while the database is away."""
        self._home, self._jobs = home, jobs
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Keep it in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="phapquy-keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let the worker go; its jobs go on when there is one again."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(15)

    def run(self) -> None:
        """Keep it until told to stop."""
        self._sweep()
        worker: subprocess.Popen[bytes] | None = None
        pause, not_before, begun = 0.0, 0.0, 0.0
        while not self._stop.wait(_LOOK):
            try:
                if worker is not None and (code := worker.poll()) is not None:
                    worker = None
                    pause = 0.0 if code == 0 or time.monotonic() - begun > 20 else min(2 * pause + 0.5, _LONGEST_PAUSE)
                    not_before = time.monotonic() + pause
                    if code not in _OTHERS:
                        log.error("worker_died", code=code)
                        self._blame()
                if worker is None and time.monotonic() >= not_before and self._jobs().unfinished():
                    worker, begun = _worker(), time.monotonic()
            except Exception as error:  # a database that is away for a moment must not end the keeping
                log.warning("keeper", **fault_place(error))
        if worker is not None:
            _end(worker)

    def _sweep(self) -> None:
        """Remove what uploads that were cut off left behind long ago."""
        for folder in self._home.jobs.glob("*-*-*-*-*"):
            with suppress(OSError, PhapquyError):
                if time.time() - folder.stat().st_mtime > _OLD:
                    try:
                        self._jobs().get(folder.name)
                    except NotFound:
                        shutil.rmtree(folder, ignore_errors=True)

    def _blame(self) -> None:
        from ingest.job_work import blame
        from ingest.staging import Staging

        for job in self._jobs().unfinished():
            if job.state == "running" and job.kind == "ingest":
                for position in Staging(self._home.jobs, job.id).in_hand():
                    blame(self._jobs(), job.id, position)


def _worker() -> subprocess.Popen[bytes]:
    path = json.dumps([os.path.abspath(entry) for entry in sys.path])  # noqa: PTH100  ("" is the current folder)
    return subprocess.Popen([sys.executable, "-c", _START, path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    try:
        worker.wait(5)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
