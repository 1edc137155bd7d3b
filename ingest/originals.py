"""The files as they came in, kept by their SHA-256: `originals/ab/abcdef...`. Written once, never changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from legal.errors import NotFound

_BLOCK = 1 << 20


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's bytes, as hex. Raises OSError."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Originals:
    """A folder of originals. Safe for several processes: a file appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the original with that hash lies. Raises NotFound."""
        path = self._place(sha256)
        if not path.is_file():
            raise NotFound("Không còn tệp gốc của văn bản này trong kho.")
        return path

    def has(self, sha256: str) -> bool:
        """Whether the original is kept."""
        return self._place(sha256).is_file()

    def keep(self, file: Path) -> str:
        """Copy a file in, durable when this returns; its SHA-256. The hash is of the bytes that were copied."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".new-", dir=self.folder)
        temporary = Path(name)
        try:
            digest = hashlib.sha256()
            with file.open("rb") as source, os.fdopen(handle, "wb") as target:
                while block := source.read(_BLOCK):
                    digest.update(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            sha256 = digest.hexdigest()
            place = self._place(sha256)
            if place.is_file():
                temporary.unlink()
                return sha256
            place.parent.mkdir(mode=0o700, exist_ok=True)
            temporary.chmod(0o400)
            temporary.replace(place)
            _sync_folder(place.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return sha256

    def drop(self, sha256: str) -> None:
        """Forget an original; nothing happens when it is not there."""
        self._place(sha256).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what an interrupted `keep` left behind. Only when nothing else writes."""
        if self.folder.is_dir():
            for leftover in self.folder.glob(".new-*"):
                leftover.unlink(missing_ok=True)

    def _place(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise NotFound("Mã băm của tệp gốc không hợp lệ.")
        return self.folder / sha256[:2] / sha256


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; file systems that cannot are left as they are."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
