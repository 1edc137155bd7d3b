"""What a job has in hand on disk: its files as they came, and what was read of each, until it is written.

jobs/<id>/files/...        as they were uploaded
jobs/<id>/unpacked/...     members of uploaded zips
jobs/<id>/read/000007      the reading of file 7, whole or not there
jobs/<id>/hand             which files are being read and embedded just now
"""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Sequence
from pathlib import Path

from ingest.reading import Reading
from ingest.side_car import Given


class Staging:
    """The folder of one job. Only this program writes readings there, so they are trusted when they are read back."""

    def __init__(self, jobs: Path, id: str) -> None:
        self.folder = jobs / id

    @property
    def files(self) -> Path:
        """The uploaded files."""
        return self.folder / "files"

    @property
    def unpacked(self) -> Path:
        """The members of uploaded zips."""
        return self.folder / "unpacked"

    def keep(self, position: int, reading: Reading, given: Given | None) -> None:
        """Keep what was read of a file, and what a person says of it."""
        place = self._place(position)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = place.with_suffix(".new")
        with fresh.open("wb") as file:
            pickle.dump((reading, given), file, pickle.HIGHEST_PROTOCOL)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(place)

    def kept(self, position: int) -> tuple[Reading, Given | None] | None:
        """What was kept; None when nothing was, or another version of this program kept it."""
        try:
            with self._place(position).open("rb") as file:
                reading, given = pickle.load(file)
        except (OSError, EOFError, pickle.UnpicklingError, AttributeError, TypeError, ImportError):
            return None
        return reading, given

    def drop(self, position: int) -> None:
        """Forget what was read of a file."""
        self._place(position).unlink(missing_ok=True)

    def take(self, positions: Sequence[int]) -> None:
        """Say which files are in hand: whoever finds the worker crashed knows whom to suspect."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / "hand").write_text(" ".join(map(str, positions)))

    def in_hand(self) -> list[int]:
        """The files that were in hand last."""
        try:
            return [int(position) for position in (self.folder / "hand").read_text().split()]
        except (OSError, ValueError):
            return []

    def clear(self, *, files: bool) -> None:
        """Remove what is not needed any more; the uploaded files too where they are not wanted for another try."""
        shutil.rmtree(self.folder if files else self.folder / "read", ignore_errors=True)

    def _place(self, position: int) -> Path:
        return self.folder / "read" / f"{position:06d}"
