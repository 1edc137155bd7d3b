"""Which files an ingest looks at: those named and those in the folders named, in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

#: What office programs and file managers leave beside documents.
_CLUTTER = frozenset({"thumbs.db", "desktop.ini"})
_CLUTTER_START = (".", "~$", "~")
_CLUTTER_END = (".tmp", ".bak", ".part", ".crdownload")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file with what tells cheaply whether it changed. `path` is absolute."""

    path: Path
    size: int
    mtime_ns: int

    @property
    def time(self) -> float:
        """When it was last written, seconds since 1970."""
        return self.mtime_ns / 1e9


def found_files(paths: Sequence[Path]) -> list[FoundFile]:
    """The files in order, each once: as named, folders walked in the order of names.

    In folders, hidden and temporary files are passed over and links to folders are not followed. A named file that is
    not there is returned with size -1, so that it is reported.
    """
    seen: dict[Path, FoundFile] = {}
    for given in paths:
        path = Path(os.path.abspath(given))  # noqa: PTH100  (`resolve` would follow links)
        for file in _walk(path) if path.is_dir() else [path]:
            if file not in seen:
                seen[file] = _looked_at(file)
    return list(seen.values())


def _walk(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.lower() in _CLUTTER or entry.name.startswith(_CLUTTER_START):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif entry.is_file() and not entry.name.lower().endswith(_CLUTTER_END):
            yield Path(entry.path)


def _looked_at(path: Path) -> FoundFile:
    try:
        status = path.stat()
    except OSError:
        return FoundFile(path, -1, 0)
    return FoundFile(path, status.st_size, status.st_mtime_ns)
