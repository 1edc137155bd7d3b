"""Many files of any kind through isolated children, in order: LibreOffice in batches beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from ingest.isolate import Isolated
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.load import BATCH, OFFICE, Converted, checked_kind, office_batch
from legal.errors import DocumentError

T = TypeVar("T")


class Reader(Generic[T]):
    """Reads files in child processes with limits.

    `function` is called in the child as `function(path, limits, done, *arguments)` (see `ingest.load.load`, the
    default; `done` is the .docx that LibreOffice made of the file, or None) and its result is given back pickled: name
    your own function there to do more in the child than loading. Not for use by several threads at once.
    """

    def __init__(
        self,
        limits: Limits = DEFAULT_LIMITS,
        workers: int = 2,
        function: str = "ingest.load:load",
        arguments: tuple[Any, ...] = (),
    ) -> None:
        self._limits = limits
        self._arguments = arguments
        self._children: Isolated[T] = Isolated(function, limits, workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the children."""
        self._children.close()

    def read(self, paths: Iterable[Path]) -> Iterator[tuple[Path, T | DocumentError]]:
        """(path, result or the error that refuses it) in the order of `paths`; never stops at a bad file."""
        waiting = iter(paths)
        with ThreadPoolExecutor(1, "office") as office:
            while batch := list(islice(waiting, BATCH)):
                yield from self._read_batch(batch, office)

    def _read_batch(self, batch: list[Path], office: ThreadPoolExecutor) -> Iterator[tuple[Path, T | DocumentError]]:
        kinds = [_kind_or_none(path, self._limits) for path in batch]
        direct = [at for at, kind in enumerate(kinds) if kind not in OFFICE]
        converting = [at for at, kind in enumerate(kinds) if kind in OFFICE]
        results: dict[int, T | DocumentError] = {}
        given = 0
        with ExitStack() as stack:
            conversion = office_batch([batch[at] for at in converting], self._limits)
            # LibreOffice converts beside the children that read the batch's other files.
            entering = office.submit(stack.enter_context, conversion) if converting else None
            try:
                for at, result in self._map(batch, direct, {}):
                    results[at] = result
                    while given in results:
                        yield batch[given], results.pop(given)
                        given += 1
            finally:
                before = entering.result() if entering else {}
            for at in converting:
                found = before.get(batch[at])
                if isinstance(found, DocumentError):
                    results[at] = found
            for at, result in self._map(batch, [at for at in converting if at not in results], before):
                results[at] = result
                while given in results:
                    yield batch[given], results.pop(given)
                    given += 1
            while given in results:
                yield batch[given], results.pop(given)
                given += 1

    def _map(
        self, batch: list[Path], places: list[int], before: dict[Path, Converted | DocumentError]
    ) -> Iterator[tuple[int, T | DocumentError]]:
        calls = ((batch[at], self._limits, before.get(batch[at]), *self._arguments) for at in places)
        for at, (_, result) in zip(places, self._children.map(calls), strict=True):
            yield at, result


def _kind_or_none(path: Path, limits: Limits) -> str | None:
    """The kind of a file that is worth opening; what is refused is refused again, with its reason, in the child."""
    try:
        return checked_kind(path, limits)
    except DocumentError:
        return None
