"""What jobs ask of the process that holds the index: write what was read, correct, remove; for the worker's sake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from legal.errors import NotFound

if TYPE_CHECKING:
    from api.parts import Workshop


def apply_files(workshop: Workshop, job: str, first: int, end: int) -> None:
    """Write what a job has read of its files `first` to `end` (exclusive). Raises Conflict, ServiceUnavailable."""
    from ingest.job_apply import apply_files as apply
    from ingest.jobs import Jobs
    from ingest.staging import Staging

    catalogue = workshop.catalogue()
    staging = Staging(workshop.parts.home.jobs, job)
    apply(workshop.ingestor(), catalogue, Jobs(catalogue), staging, job, range(first, end))


def correct(workshop: Workshop, number: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Let a person's word on a document hold; `accept`: and let what waits for review answer. Raises NotFound, Conflict."""
    from ingest.side_car import given_of

    given = dict(changes)
    ingestor = workshop.ingestor()
    if given.pop("accept", False):
        ingestor.accept(number)
    done = ingestor.correct(number, given_of(given))
    return {"number": done.number or done.key, "passages": done.passages, "embedded": done.embedded}


def remove(workshop: Workshop, key: str) -> dict[str, Any]:
    """Take a document out; once more it proves that nothing is left. Raises Conflict."""
    ingestor = workshop.ingestor()
    try:
        done = ingestor.remove(key)
    except NotFound:  # a worker that was cut off asks again
        return {"number": key, "removed": 0, "left": workshop.parts.index.count(key)}
    return {"number": done.number or done.key, "removed": done.removed, "left": done.left}
