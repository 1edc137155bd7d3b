"""From an ingest's own progress and report to the objects that the doors show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.schemas_intake import FailedFile, HeldFile, IngestOut, ProgressOut

if TYPE_CHECKING:
    from ingest.report import Progress, Report


def progress_out(progress: Progress) -> ProgressOut:
    """How far an ingest is."""
    return ProgressOut(
        files_done=progress.files_done,
        files_total=progress.files_total,
        passages_done=progress.passages_done,
        passages_total=progress.passages_total,
        failed=progress.failed,
        reused=progress.reused,
    )


def report_out(report: Report) -> IngestOut:
    """What an ingest did."""
    return IngestOut(
        files=report.files,
        added=report.added,
        replaced=report.replaced,
        unchanged=report.unchanged,
        duplicates=report.duplicates,
        older=report.older,
        failed=[FailedFile(file=one.file, code=one.code, reason=one.reason) for one in report.failures],
        needs_review=[HeldFile(file=one.file, key=one.key, reasons=list(one.reasons)) for one in report.held],
        passages=report.passages,
        embedded=report.embedded,
        stopped=report.stopped,
        seconds=round(report.seconds.get("total", 0.0), 3),
        stages={name: round(seconds, 3) for name, seconds in report.seconds.items() if name != "total"},
        outside_embedder=round(report.outside_embedder, 4),
    )
