"""What a worker does for a job, with real reading processes: poisoned files are left out after three tries, the rest
goes on; a job that is told to stop stops in the middle of a file."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api import keeper
from api.keeper import Keeper
from ingest.job_apply import apply_files
from ingest.job_work import TRIES, Cancelled, JobWork
from ingest.jobs import Jobs
from ingest.limits import Limits
from ingest.reading_ahead import AheadReader
from ingest.staging import Staging
from tests.ingest.fictional import House, law, opened, write


class HolderHere:
    """The index is in this process."""

    def __init__(self, house: House) -> None:
        self._house = house

    def apply(self, job: str, first: int, end: int) -> None:
        house = self._house
        staging = Staging(house.home.jobs, job)
        apply_files(house.ingestor, house.catalogue, Jobs(house.catalogue), staging, job, range(first, end))

    def remove(self, job: str) -> Mapping[str, Any]:
        raise AssertionError

    def change(self, job: str) -> Mapping[str, Any]:
        raise AssertionError

    def generation(self) -> str:
        raise AssertionError

    def succeed(self, job: str, before: str) -> Mapping[str, Any]:
        raise AssertionError

    def settle(self) -> None: ...


@contextmanager
def working(folder: Path, seconds: float) -> Iterator[tuple[House, JobWork]]:
    with opened(folder / "home") as house:

        def reader(stop: Any) -> AheadReader:
            return AheadReader(Limits(seconds=seconds), 2, "tests.ingest.poison:read", stop)

        def embedder() -> Any:
            return house.embedder

        yield house, JobWork(house.home, house.catalogue, embedder, embedder, HolderHere(house), reader)


def job_of(house: House, work: JobWork, *names: str) -> str:
    """A job for uploaded files of these names."""
    id = work.jobs.add("ingest", "thử")[0].id
    for number, name in enumerate(names, start=1):
        write(work.staging(id).files, name, law(number))
    work.list_files(id)
    return id


def test_poisoned_files_are_left_out_after_three_tries_and_the_rest_goes_on(tmp_path: Path) -> None:
    with working(tmp_path, seconds=8) as (house, work):
        id = job_of(house, work, "a.html", "crash.html", "hang.html", "z.html")
        work.prepare(id, range(4))
        work.apply(id, range(4))
        files = {one.file.name: one for one in work.jobs.files(id)}
        assert {name: (one.outcome, one.tries) for name, one in files.items()} == {
            "a.html": ("added", 0),
            "crash.html": ("failed", TRIES),
            "hang.html": ("failed", TRIES),
            "z.html": ("added", 0),
        }
        for name in ("crash.html", "hang.html"):
            assert files[name].code == "isolated" and "cách ly" in (files[name].reason or "")
        assert house.agrees() and len(house.catalogue.documents().entries) == 2
        job = work.jobs.get(id)
        assert (job.total, job.done, job.failed) == (4, 4, 2)


def test_written_but_not_noted_is_known_as_what_it_was(tmp_path: Path) -> None:
    """The process that holds the index dies between writing a file and noting what became of it."""
    with working(tmp_path, seconds=60) as (house, work):
        id = job_of(house, work, "a.html", "b.html")
        work.prepare(id, range(2))
        noted = Jobs.note_outcome
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Jobs, "note_outcome", lambda self, *given, **named: (_ for _ in ()).throw(OSError))
            with pytest.raises(OSError):
                work.holder.apply(id, 0, 2)
        assert Jobs.note_outcome is noted and len(house.catalogue.documents().entries) == 2
        work.apply(id, range(2))
        assert [one.outcome for one in work.jobs.files(id)] == ["added", "added"]
        assert work.jobs.get(id).done == 2 and house.agrees()
        (version,) = house.catalogue.versions("1/2031/QĐ-UBND")
        assert version.state == "live"


def test_a_job_stops_in_the_middle_of_a_file(tmp_path: Path) -> None:
    with working(tmp_path, seconds=60) as (house, work):
        id = job_of(house, work, "hang.html")
        work.jobs.begin(id)
        timer = threading.Timer(2.0, work.jobs.cancel, [id])
        timer.start()
        begun = time.monotonic()
        with pytest.raises(Cancelled):
            work.prepare(id, range(1))
        assert time.monotonic() - begun < 50
        work.jobs.end(id, "cancelled")
        again = work.jobs.retry(id, "thử")
        assert again.total == 1 and work.jobs.files(again.id)[0].outcome is None


def test_nothing_uploaded_is_passed_over_without_a_word(tmp_path: Path) -> None:
    with working(tmp_path, seconds=60) as (_, work):
        id = work.jobs.add("ingest", "thử")[0].id
        for name in ("x.tmp", "Thumbs.db", "a.html", "a.html.yaml"):
            write(work.staging(id).files, name, "title: Tên\n" if name.endswith("yaml") else law(1))
        assert work.jobs.cancel(id).state == "cancelled"  # before anybody looked at its files
        again = work.jobs.retry(id, "thử").id
        assert work.list_files(again) == 3
        names = [one.file.name for one in work.jobs.files(again)]
        assert sorted(names) == ["Thumbs.db", "a.html", "x.tmp"]


def test_a_file_that_ends_the_worker_itself_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keeper starts the worker again and counts against the files in hand; not when somebody killed it."""
    with working(tmp_path, seconds=60) as (house, work):
        id = job_of(house, work, "a.html")
        work.jobs.begin(id)
        work.staging(id).take([0])
        deaths: list[str] = []

        def worker() -> subprocess.Popen[bytes]:
            deaths.append(
                "import os, signal; os.kill(os.getpid(), signal.SIGKILL)" if not deaths else "import os; os.abort()"
            )
            return subprocess.Popen([sys.executable, "-c", deaths[-1]], stdin=subprocess.PIPE)

        monkeypatch.setattr(keeper, "_worker", worker)
        monkeypatch.setattr(keeper, "_LONGEST_PAUSE", 0.1)
        keeping = Keeper(house.home, lambda: work.jobs)
        keeping.start()
        until = time.monotonic() + 60
        while work.jobs.files(id)[0].outcome is None and time.monotonic() < until:
            time.sleep(0.05)
        keeping.stop()
        (one,) = work.jobs.files(id)
        assert (one.outcome, one.code, one.tries) == ("failed", "isolated", TRIES) and len(deaths) >= 1 + TRIES
