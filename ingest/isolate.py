"""Work on files one does not trust, in child processes with limits: a crash, a hang or a bomb ends the child, not us.

A child lives on from file to file (a start costs more than most files), and is replaced after it was ended, after it
grew too large, or after many files. The work is named by import path, so that a caller can run its whole chain
(load, read structure, find metadata) in the child and get one pickled result back.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import pickle
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from ingest.limits import DEFAULT_LIMITS, Limits
from legal.errors import DocumentError, PhapquyError, ReaderDied, UnreadableDocument

T = TypeVar("T")
_MANY_FILES = 500
_STARTING = 60.0  # seconds that a new child may take to be ready, on a machine that has much to do
_LOOK = 0.3  # seconds between two looks at whether to stop
_TEXT = "Tệp làm hỏng tiến trình đọc; đã bỏ qua tệp này."


_parent: Connection | None = None  # in a child: the pipe to the one who gave it the file


def ask_for_time(seconds: float) -> None:
    """Called while a file is read: it will take this much longer than usual (pages to recognise). Else no effect."""
    if _parent is not None:
        _parent.send(("time", seconds))


def resolve(name: str) -> Callable[..., Any]:
    """The function named `package.module:function`. Raises ValueError when there is none."""
    module, _, attribute = name.partition(":")
    found = getattr(importlib.import_module(module), attribute, None)
    if not callable(found):
        raise ValueError(f"no function named {name}")
    return found  # type: ignore[no-any-return]


def _child(name: str, pipe: Connection, memory: int) -> None:
    """Body of a child: take (path, arguments), answer ("value" | "error", pickled)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    global _parent
    _parent = pipe
    function = resolve(name)
    _limit_memory(memory)
    pipe.send(("ready", 0.0))  # from here on the file's own time runs
    while True:
        try:
            path, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer = ("value", pickle.dumps(function(path, *arguments), pickle.HIGHEST_PROTOCOL))
        except MemoryError:
            answer = ("memory", b"")
        except PhapquyError as error:
            answer = ("error", pickle.dumps(error))
        except RecursionError:
            answer = ("error", pickle.dumps(UnreadableDocument("Tệp lồng nhau quá sâu.")))
        except Exception as error:  # a reader's fault on one file must not stop the batch; its text is not told
            answer = ("fault", type(error).__name__.encode())
        with contextlib.suppress(BrokenPipeError, OSError):
            pipe.send(answer)


def _limit_memory(memory: int) -> None:
    """Bound the child's address space to what it has now plus `memory` bytes; file sizes to as much."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    total = pages * resource.getpagesize() + memory
    for what, value in ((resource.RLIMIT_AS, total), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):
            _, hard = resource.getrlimit(what)
            resource.setrlimit(what, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    deadline: float = 0.0
    path: Path | None = None
    at: int = -1
    files: int = 0


@dataclass(slots=True)
class Isolated(Generic[T]):
    """Runs `function` (named `module:function`) in up to `workers` children, called with a path and more arguments.

    `T`: what the function returns; it must be picklable. `stop`: asked a few times a second while children work; True
    ends them and the iteration. Use as a context manager, or call `close`.
    """

    function: str
    limits: Limits = DEFAULT_LIMITS
    workers: int = 2
    stop: Callable[[], bool] = lambda: False
    _idle: list[_Worker] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all children."""
        while self._idle:
            _end(self._idle.pop())

    def run(self, path: Path, *arguments: Any) -> T:
        """The function's result for one file. Raises its DocumentError, or ReaderDied, UnreadableDocument."""
        ((_, result),) = self.map([(path, *arguments)])
        if isinstance(result, DocumentError):
            raise result
        return result

    def map(self, calls: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Path, T | DocumentError]]:
        """Results for calls (path, *arguments) in their order; a file that fails gives its error.

        Only a few files are taken ahead of what has been given back.
        """
        waiting = enumerate(calls)
        busy: list[_Worker] = []
        done: dict[int, tuple[Path, T | DocumentError]] = {}
        given = 0
        exhausted = False
        try:
            while True:
                while not exhausted and len(busy) < self.workers and len(done) < 8 * self.workers:
                    following = next(waiting, None)
                    if following is None:
                        exhausted = True
                        break
                    at, (path, *arguments) = following
                    busy.append(self._start(at, path, tuple(arguments)))
                while given in done:
                    yield done.pop(given)
                    given += 1
                if self.stop() or (not busy and exhausted and not done):
                    return
                if busy:
                    self._collect(busy, done)
        finally:
            for worker in busy:
                _end(worker)

    def _start(self, at: int, path: Path, arguments: tuple[Any, ...]) -> _Worker:
        while True:
            worker = self._idle.pop() if self._idle else self._spawn()
            starting = 0.0 if worker.files else _STARTING
            worker.at, worker.path, worker.deadline = at, path, time.monotonic() + self.limits.seconds + starting
            worker.files += 1
            try:
                worker.pipe.send((path, arguments))
            except (BrokenPipeError, OSError):
                _end(worker)
                continue
            return worker

    def _spawn(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_child, args=(self.function, theirs, self.limits.memory), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _collect(self, busy: list[_Worker], done: dict[int, tuple[Path, T | DocumentError]]) -> None:
        """Wait for the next answer, death or timeout among the busy children."""
        now = time.monotonic()
        soonest = min(worker.deadline for worker in busy)
        ready = set(wait([worker.pipe for worker in busy], min(max(soonest - now, 0.0), _LOOK)))
        now = time.monotonic()
        for worker in list(busy):
            if worker.pipe in ready:
                answer = self._answer(worker)
                if answer is None:
                    continue
                result = answer[0]
            elif now >= worker.deadline:
                _end(worker)
                result = ReaderDied(f"Đọc tệp quá {self.limits.seconds:g} giây.")
            else:
                continue
            busy.remove(worker)
            assert worker.path is not None
            done[worker.at] = (worker.path, result)

    def _answer(self, worker: _Worker) -> tuple[T | DocumentError] | None:
        """What the child says of its file; None when it only asked for time."""
        try:
            kind, data = worker.pipe.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            _end(worker)
            return (ReaderDied("Tiến trình đọc tệp bị dừng (hết bộ nhớ hoặc tệp làm hỏng trình đọc)."),)
        if kind == "ready":
            worker.deadline = time.monotonic() + self.limits.seconds
            return None
        if kind == "time":
            worker.deadline += min(float(data), self.limits.ocr_page_seconds * self.limits.pages)
            return None
        if kind == "memory":
            _end(worker)
            return (ReaderDied(f"Đọc tệp cần hơn {self.limits.memory >> 20} MB bộ nhớ."),)
        if worker.files >= _MANY_FILES:
            _end(worker)
        else:
            self._idle.append(worker)
        if kind == "fault":
            return (UnreadableDocument(_TEXT),)
        result = pickle.loads(data)
        if isinstance(result, PhapquyError) and not isinstance(result, DocumentError):
            return (UnreadableDocument(result.reason),)
        return (result,)


def _end(worker: _Worker) -> None:
    """End a child and every program it started (LibreOffice, Tesseract run in sessions of their own)."""
    worker.pipe.close()
    pid = worker.process.pid
    if pid is not None and worker.process.is_alive():
        started = _descendants(pid)
        worker.process.kill()
        for process in started:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
    worker.process.join(5)


def _descendants(pid: int) -> list[int]:
    """Processes below `pid`, where /proc tells (Linux)."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            after_name = entry.read_text(errors="replace").rpartition(")")[2].split()
            children.setdefault(int(after_name[1]), []).append(int(entry.parent.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.extend(below)
        waiting.extend(below)
    return found
