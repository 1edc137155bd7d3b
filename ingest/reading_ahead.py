"""`AheadReader`: files read in child processes while the caller does something else, results in order."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from ingest.isolate import Isolated
from ingest.limits import Limits
from ingest.reading import Reading
from legal.errors import DocumentError

#: LibreOffice converts many files in little more time than one: such files go to a child in groups.
_OFFICE = frozenset({".doc", ".rtf", ".odt"})
_GROUP = 10
_AHEAD = 12  # results waiting: a law is a few megabytes as a tree

_End = None


class AheadReader:
    """A `Reader` with processes of its own for each call of `read`."""

    def __init__(
        self,
        limits: Limits | None = None,
        workers: int = 2,
        function: str = "ingest.reading:read_files",
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """`function`: what a child does with some files, see `read_files`. `stop`: True ends the children and the
        results, in the middle of a file if need be."""
        self._limits = limits or Limits()
        self._workers = workers
        self._function = function
        self._stop = stop

    def read(self, files: Sequence[Path]) -> Generator[Reading | DocumentError]:
        """A result for each file, in order. Closing the iterator ends the children."""
        results: queue.Queue[Any] = queue.Queue(_AHEAD)
        enough = threading.Event()

        def put(value: Any) -> bool:
            while not enough.is_set():
                try:
                    results.put(value, timeout=0.2)
                except queue.Full:
                    continue
                return True
            return False

        def pump() -> None:
            try:
                for result in self._results(files, lambda: enough.is_set() or self._stop()):
                    if not put(result):
                        return
                put(_End)
            except BaseException as fault:
                put(fault)

        thread = threading.Thread(target=pump, name="phapquy-reading", daemon=True)
        thread.start()
        try:
            while (result := results.get()) is not _End:
                if isinstance(result, BaseException) and not isinstance(result, DocumentError):
                    raise result
                yield result
        finally:
            enough.set()
            thread.join()

    def _results(self, files: Sequence[Path], stop: Callable[[], bool]) -> Iterator[Reading | DocumentError]:
        groups = list(_grouped(files))
        isolated: Isolated[list[Reading | DocumentError]] = Isolated(
            self._function, self._limits, min(self._workers, max(1, len(groups))), stop
        )
        with isolated:
            answers = isolated.map((group[0], group[1:], self._limits) for group in groups)
            for group, (_, answer) in zip(groups, answers, strict=False):  # fewer answers when told to stop
                if not isinstance(answer, DocumentError):
                    yield from answer
                elif len(group) == 1:
                    yield answer
                else:  # one file spoilt the group: each by itself
                    for _, alone in isolated.map([(file, (), self._limits) for file in group]):
                        yield alone if isinstance(alone, DocumentError) else alone[0]


def _grouped(files: Sequence[Path]) -> Iterator[tuple[Path, ...]]:
    group: list[Path] = []
    for file in files:
        if file.suffix.lower() in _OFFICE:
            group.append(file)
            if len(group) < _GROUP:
                continue
        elif group:
            yield tuple(group)
            group = []
        if group:
            yield tuple(group)
            group = []
        else:
            yield (file,)
    if group:
        yield tuple(group)
