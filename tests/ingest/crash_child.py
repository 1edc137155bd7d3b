"""A process that brings documents in and dies where it is told: `crash_child.py HOME FILES POINT [SERVING]`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from ingest.catalogue_writing import CatalogueWriting
from ingest.pipeline import IngestSettings
from retrieval.embedded import EmbeddedIndex
from tests.ingest.fictional import QuickEmbedder, opened


def die(*given: Any, **named: Any) -> None:
    """As `kill -9` does it: no handler, no flush, no farewell."""
    os.kill(os.getpid(), signal.SIGKILL)


def half(points: Any) -> Any:
    """Points until the second one."""
    for number, point in enumerate(points):
        if number == 2:
            die()
        yield point


def arm(point: str) -> None:
    """Make the process die at a point of the third document that is written."""
    calls = {"begin": 0, "replace": 0, "finish": 0}
    begin, finish, replace = CatalogueWriting.begin_write, CatalogueWriting.finish_write, EmbeddedIndex.replace

    def begin_write(self: Any, *given: Any) -> None:
        begin(self, *given)
        calls["begin"] += 1
        if point == "begun" and calls["begin"] == 3:
            die()

    def replace_(self: Any, key: str, version: str, points: Any) -> int:
        calls["replace"] += 1
        if point == "half" and calls["replace"] == 3:
            points = half(points)
        return replace(self, key, version, points)

    def finish_write(self: Any, key: str, version: str) -> None:
        calls["finish"] += 1
        if point == "indexed" and calls["finish"] == 3:
            die()
        finish(self, key, version)

    CatalogueWriting.begin_write = begin_write  # type: ignore[method-assign]
    CatalogueWriting.finish_write = finish_write  # type: ignore[method-assign]
    EmbeddedIndex.replace = replace_  # type: ignore[method-assign]
    if point == "removed":
        CatalogueWriting.finish_remove = die  # type: ignore[method-assign, assignment]


def main(home: str, files: str, point: str, serving: str = "") -> None:
    """Ingest a folder; for the point `removed`, remove a document."""
    arm(point)
    embedder = QuickEmbedder(pause=0.002 if point == "slow" else 0.0)
    with opened(Path(home), embedder, IngestSettings(beside=2)) as house:
        print("open", flush=True)
        if point == "removed":
            house.ingestor.remove("3/2031/QĐ-UBND")
        report = house.ingestor.ingest([Path(files)], serving=bool(serving))
        assert not report.failures
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
