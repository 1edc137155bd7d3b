"""What jobs ask of the process that holds the index: write what was read, correct, remove; for the worker's sake."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ingest.rebuild import Watch
from legal.errors import NotFound

if TYPE_CHECKING:
    from api.parts import Workshop
    from ingest.jobs import Jobs
    from ingest.pipeline import Asked
    from ingest.report import Progress


def apply_files(workshop: Workshop, job: str, first: int, end: int) -> None:
    """Write what a job has read of its files `first` to `end` (exclusive). Raises Conflict, ServiceUnavailable."""
    from ingest.job_apply import apply_files as apply
    from ingest.jobs import Jobs
    from ingest.staging import Staging

    catalogue = workshop.catalogue()
    staging = Staging(workshop.parts.home.jobs, job)
    apply(workshop.ingestor(), catalogue, Jobs(catalogue), staging, job, range(first, end))


def correct(workshop: Workshop, job: str) -> dict[str, Any]:
    """Let a person's word on a job's document hold; `accept`: and let what waits for review answer. Raises NotFound,
    Conflict."""
    from ingest.side_car import given_of

    asked, params = _asked(workshop, job)
    given = dict(params["changes"])
    ingestor = workshop.ingestor()
    if given.pop("accept", False):
        ingestor.accept(asked)
    done = ingestor.correct(asked, given_of(given))
    return {"number": done.number or done.key, "passages": done.passages, "embedded": done.embedded}


def remove(workshop: Workshop, job: str) -> dict[str, Any]:
    """Take a job's document out; once more it proves that nothing is left. Raises NotFound, Conflict."""
    asked, _ = _asked(workshop, job)
    ingestor = workshop.ingestor()
    try:
        done = ingestor.remove(asked)
    except NotFound:
        left = workshop.parts.index.count(asked.key)
        if left:  # it is there, but not for who asked
            raise
        return {"number": asked.key, "removed": 0, "left": 0}  # a worker that was cut off asks again
    return {"number": done.number or done.key, "removed": done.removed, "left": done.left}


def _asked(workshop: Workshop, job: str) -> tuple[Asked, Mapping[str, Any]]:
    """What a job is about, and all that it was given."""
    from ingest.jobs import Jobs
    from ingest.pipeline import Asked

    params = Jobs(workshop.catalogue()).get(job).params
    return Asked(params["key"], params.get("reach")), params


def generation(workshop: Workshop) -> str:
    """The generation of the index that is in use."""
    return workshop.parts.take_index().generation


def succeed(workshop: Workshop, id: str, before: str) -> dict[str, Any]:
    """Do the re-index of a job, or its way back, how far it is noted with the job; nothing where it was done already.

    Raises Conflict, NotFound, ModelUnavailable.
    """
    from api.succession import reindex, rollback
    from ingest.jobs import Jobs
    from ingest.rebuild import RebuildStopped

    jobs = Jobs(workshop.catalogue())
    job = jobs.get(id)
    watch = JobWatch(jobs, id)
    try:
        if job.kind == "rollback":
            return rollback(workshop, before, watch.watch)
        name = hashlib.sha256(id.encode()).hexdigest()[:12]
        return reindex(workshop, name, float(job.params["tolerance"]), watch.watch)
    except RebuildStopped:
        return {}


class JobWatch:
    """Notes with a job how far its re-index is, and asks whether it is to stop; a few times a second at most."""

    def __init__(self, jobs: Jobs, id: str) -> None:
        self._jobs, self._id = jobs, id
        self._said = self._asked = 0.0
        self._stopped = False
        self.watch = Watch(self._say, lambda name: jobs.update(id, stage=name), self._stop)

    def _say(self, now: Progress) -> None:
        if time.monotonic() - self._said > 0.3 or now.files_done == now.files_total:
            self._said = time.monotonic()
            self._jobs.update(self._id, done=now.files_done, total=now.files_total, passages=now.passages_done)

    def _stop(self) -> bool:
        if not self._stopped and time.monotonic() - self._asked > 0.3:
            self._stopped, self._asked = self._jobs.is_cancelled(self._id), time.monotonic()
        return self._stopped
