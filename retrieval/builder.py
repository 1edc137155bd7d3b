"""The process that builds a generation beside the one in use: engine calls hold the GIL, a load would stop answers.

`Builder` is the parent's side, an `IndexWriter`; the child applies each call to its own folder and replies. The child
ends when the pipe does, so it does not outlive a parent that was killed.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import asdict
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from legal.errors import PhapquyError, ServiceUnavailable
from retrieval.edge import EdgeIndex
from retrieval.index import Manifest, Point

# A clean interpreter with this one's path: a forked child would carry the parent's threads, a spawned one its imports.
_START = (
    "import json,sys;sys.path[:]=json.loads(sys.argv[1]);"
    "from retrieval.builder import serve;serve(int(sys.argv[2]),sys.argv[3],json.loads(sys.argv[4]))"
)
_GONE = "Tiến trình ghi chỉ mục đã dừng bất thường; hãy xem bộ nhớ, đĩa rồi chạy lại lệnh."


class Builder:
    """Writes to a generation in a process of its own. Each call returns when it has been applied there.

    All calls raise ServiceUnavailable when the process is gone, and what the call itself raises there.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Start the process on the engine's folder, which no other process may have open."""
        ours, theirs = Pipe()
        self._calls = ours
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _START,
                json.dumps([os.path.abspath(entry) for entry in sys.path]),  # noqa: PTH100  ("" is the current folder)
                str(theirs.fileno()),
                str(folder),
                json.dumps(asdict(manifest)),
            ],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()

    def replace(self, key: str, version: str, points: Iterable[Point]) -> int:
        return int(self._call("replace", key, version, list(points)))

    def publish(self, key: str, version: str) -> int:
        return int(self._call("publish", key, version))

    def remove(self, key: str) -> int:
        return int(self._call("remove", key))

    def set_card(self, key: str, version: str, changes: dict[str, object]) -> None:
        self._call("set_card", key, version, changes)

    def count(self, key: str | None = None, *, version: str | None = None) -> int:
        return int(self._call("count", key, version=version))

    def versions(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = self._call("versions")
        return found

    def optimise(self) -> None:
        """Merge segments and build the graph; takes seconds."""
        self._call("optimise")

    def finish(self) -> None:
        """Flush, close the folder, end the process."""
        self._call("close")
        self.abandon()

    def abandon(self) -> None:
        """End the process, whatever it does."""
        self._calls.close()
        self._process.kill()
        self._process.wait()

    def _call(self, name: str, *given: object, **named: object) -> Any:
        with self._turn:
            try:
                self._calls.send_bytes(pickle.dumps((name, given, named), protocol=pickle.HIGHEST_PROTOCOL))
                answer = pickle.loads(self._calls.recv_bytes())
            except (OSError, EOFError):
                raise ServiceUnavailable(_GONE) from None
        if isinstance(answer, PhapquyError):
            raise answer
        return answer


def serve(pipe: int, folder: str, manifest: dict[str, Any]) -> None:
    """The child: apply calls until `close`, or until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.nice(5)  # answers first
    calls = Connection(pipe)
    index = EdgeIndex(Path(folder), Manifest(**manifest), remembered=0)
    while True:
        try:
            name, given, named = pickle.loads(calls.recv_bytes())
        except (OSError, EOFError):
            return
        answer: Any
        try:
            answer = getattr(index, name)(*given, **named)
        except PhapquyError as fault:
            answer = fault
        except Exception as fault:  # the engine's own errors, which do not travel
            answer = ServiceUnavailable(f"Không ghi được chỉ mục ({type(fault).__name__}); hãy xem dung lượng đĩa.")
        try:
            calls.send_bytes(pickle.dumps(answer))
        except OSError:
            return
