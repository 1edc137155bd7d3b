"""Writing what a job has read: the step that only the process holding the index can take, short and all or nothing."""

from __future__ import annotations

from ingest.catalogue import Catalogue
from ingest.catalogue_files import brought_by
from ingest.jobs import JobFile, Jobs, Outcome
from ingest.pipeline import Ingestor
from ingest.pipeline_batch import Arrival, Unread
from ingest.staging import Staging


def apply_files(
    ingestor: Ingestor, catalogue: Catalogue, jobs: Jobs, staging: Staging, id: str, positions: range
) -> None:
    """Write the files of a job at those positions that wait, each whole or not at all, and note what became of each.

    May be cut off anywhere and called again: a file that was written but not noted is recognised by its version.
    Raises Conflict while another writes, ServiceUnavailable.
    """
    waiting = [one for one in jobs.files(id, positions) if one.state == "waiting" and one.sha256]
    began = {one.position: jobs.note_begun(id, one.position) for one in waiting}
    arrivals = [_arrival(one, staging) for one in waiting]
    params = jobs.get(id).params
    results = ingestor.write_readings(arrivals, params.get("access"), params.get("reach"))
    for one, written in zip(waiting, results, strict=True):
        if written.outcome == "unread":
            continue  # what it repeated has gone meanwhile: the next round reads it
        brought = brought_by(catalogue, one.file.known_as)
        outcome: Outcome = written.outcome
        if brought is not None and outcome == "unchanged" and brought.created >= began[one.position]:
            outcome = "needs_review" if brought.waits else "added" if brought.first else "replaced"
        doubts = brought.doubts if brought is not None and outcome == "needs_review" else ()
        jobs.note_outcome(
            id,
            one.position,
            outcome,
            key=brought.key if brought is not None else None,
            passages=brought.passages if brought is not None and outcome in ("added", "replaced") else 0,
            code=written.failure.code if written.failure is not None else None,
            reason=written.failure.reason if written.failure is not None else " ".join(doubts) or None,
        )
        staging.drop(one.position)


def _arrival(one: JobFile, staging: Staging) -> Arrival | Unread:
    kept = staging.kept(one.position)
    if kept is None:
        return Unread(one.file, one.sha256)
    reading, given = kept
    return Arrival(one.file, one.sha256, reading, given)
