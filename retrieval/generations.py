"""Generations of the embedded index on disk: a folder each, and `current`, the pointer that names the one in use.

    index/lock               held by the one process that may open the index
    index/current            the name of a generation, replaced atomically
    index/previous           the one before, kept for going back to
    index/g-<random>/        manifest.json, shard/

Whatever a crash leaves, `current` names a whole generation; the other folders but the one
kept for going back are swept away when the index is opened.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import time
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import IO

from legal.errors import Conflict
from retrieval.index import Manifest

_ORPHAN_SECONDS = 5.0
_PREFIX = "g-"


class Generations:
    """The folder of an embedded index. The lock is held from construction to `close`."""

    def __init__(self, folder: Path) -> None:
        """Raises Conflict at once when another process (or another handle of this one) has the index open."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock: IO[str] | None = (folder / "lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise Conflict(
                "Chỉ mục đang được một tiến trình phapquy khác sử dụng; hãy dùng dịch vụ đang chạy hoặc dừng nó trước."
            ) from None

    def current(self) -> Path | None:
        """The generation in use; None in a new folder. Raises Conflict when the pointer names nothing."""
        return current_generation(self.folder)

    def previous(self) -> Path | None:
        """The generation before the one in use, if it is kept."""
        try:
            generation = self.folder / (self.folder / "previous").read_text().strip()
        except FileNotFoundError:
            return None
        there = generation.name.startswith(_PREFIX) and (generation / "manifest.json").is_file()
        return generation if there and generation != self.current() else None

    def make(self, manifest: Manifest, name: str | None = None) -> Path:
        """A new generation without points, not in use yet."""
        generation = self.folder / f"{_PREFIX}{name or uuid.uuid4().hex[:12]}"
        self.drop(generation)
        generation.mkdir()
        (generation / "manifest.json").write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
        return generation

    def use(self, generation: Path, *, keep: Path | None = None) -> None:
        """Make a generation the current one: on disk after this returns, in full, or not at all. `keep`: the one that
        is kept as the previous one from now on."""
        sync_tree(generation)
        if keep is not None:
            self._point("previous", keep.name)
        self._point("current", generation.name)

    def _point(self, pointer: str, name: str) -> None:
        written = self.folder / f"{pointer}.new"
        with written.open("w") as file:
            file.write(name)
            file.flush()
            os.fsync(file.fileno())
        written.replace(self.folder / pointer)
        _sync(self.folder)

    def drop(self, generation: Path) -> None:
        """Delete a generation that is not in use."""
        shutil.rmtree(generation, ignore_errors=True)

    def sweep(self) -> None:
        """Delete what crashes left behind: every generation but the current one and the one before.

        The child of a process that was killed while building writes on until it notices: its folder is deleted again
        for a few seconds, and by the next opening at the latest.
        """
        kept = (self.current(), self.previous())
        for entry in self.folder.glob(f"{_PREFIX}*"):
            deadline = time.monotonic() + _ORPHAN_SECONDS
            while entry not in kept and entry.exists() and time.monotonic() < deadline:
                self.drop(entry)
                if entry.exists():
                    time.sleep(0.05)

    def close(self) -> None:
        """Let another process in."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def current_generation(folder: Path) -> Path | None:
    """The generation in use in an index folder, whoever has it open; None in a new one. Raises Conflict when the
    pointer names nothing."""
    try:
        name = (folder / "current").read_text().strip()
    except FileNotFoundError:
        return None
    generation = folder / name
    if not name.startswith(_PREFIX) or not (generation / "manifest.json").is_file():
        raise Conflict("Chỉ mục bị hỏng hoặc thiếu tệp; hãy khôi phục từ bản sao lưu hoặc nạp lại các văn bản.")
    return generation


def name_of(generation: Path) -> str:
    """The name of a generation, 12 hex digits."""
    return generation.name.removeprefix(_PREFIX)


def stored_manifest(generation: Path) -> Manifest:
    """The manifest of a generation."""
    return Manifest(**json.loads((generation / "manifest.json").read_text()))


def shard(generation: Path) -> Path:
    """The folder of a generation that the engine owns."""
    return generation / "shard"


def copy_index(generation: Path, target: Path) -> None:
    """An index folder that holds a copy of one generation, in use. `target` must not exist; nothing may write meanwhile."""
    target.mkdir(parents=True)
    copy_tree(generation, target / generation.name)
    (target / "current").write_text(generation.name)


def copy_tree(source: Path, target: Path) -> None:
    """A copy of a folder whose files keep their holes: the engine sets aside far more than it fills."""
    shutil.copytree(source, target, copy_function=_copy_sparse)


def _copy_sparse(source: str, target: str) -> None:
    with Path(source).open("rb") as given, Path(target).open("wb") as made:
        size = os.fstat(given.fileno()).st_size
        made.truncate(size)
        at = 0
        while at < size:
            try:
                at = os.lseek(given.fileno(), at, os.SEEK_DATA)
            except OSError as fault:
                if fault.errno == errno.ENXIO:  # nothing but a hole up to the end
                    return
                raise
            end = os.lseek(given.fileno(), at, os.SEEK_HOLE)
            os.lseek(made.fileno(), at, os.SEEK_SET)
            while at < end:
                at += os.sendfile(made.fileno(), given.fileno(), at, end - at)


def sync_tree(folder: Path) -> None:
    """fsync of every file and folder below, the folder itself included."""
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
