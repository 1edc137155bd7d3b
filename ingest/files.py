"""Which files an ingest looks at: those named and those in the folders named, in a fixed order, with their side-cars."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.side_car import documents_of, side_car_of

#: What office programs and file managers leave beside documents.
_CLUTTER = frozenset({"thumbs.db", "desktop.ini"})
_CLUTTER_START = (".", "~$", "~")
_CLUTTER_END = (".tmp", ".bak", ".part", ".crdownload")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file with what tells cheaply whether it changed.

    `path`: where it can be read now, absolute. `shown`: by what it is known where that is another, the place inside an
    archive. `side_car`: the file beside it with what a person says of it; `given`: the SHA-256 of that, "" without one.
    """

    path: Path
    size: int
    mtime_ns: int
    shown: str = ""
    side_car: Path | None = None
    given: str = ""

    @property
    def known_as(self) -> str:
        """The name under which the catalogue and reports know it."""
        return self.shown or str(self.path)

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.known_as.rpartition("/")[2]

    @property
    def time(self) -> float:
        """When it was last written, seconds since 1970."""
        return self.mtime_ns / 1e9


def found_files(paths: Sequence[Path]) -> list[FoundFile]:
    """The files in order, each once: as named, folders walked in the order of names.

    In folders, hidden and temporary files are passed over and links to folders are not followed. Side-cars come with
    their documents, also where only the side-car is named; one without a document is a file like any other. A named
    file that is not there is returned with size -1, so that it is reported.
    """
    seen: dict[Path, FoundFile] = {}
    names: dict[Path, frozenset[str]] = {}
    for given in paths:
        path = Path(os.path.abspath(given))  # noqa: PTH100  (`resolve` would follow links)
        for file in _walk(path) if path.is_dir() else [path]:
            if file in seen:
                continue
            if file.parent not in names:
                names[file.parent] = _names(file.parent)
            car, aside = side_car_of(file.name, names[file.parent])
            if not aside:
                seen[file] = _looked_at(file, file.parent / car if car else None)
                continue
            for one in documents_of(file.name, names[file.parent]) if file == path else ():
                document = file.parent / one
                car, _ = side_car_of(one, names[file.parent])
                seen.setdefault(document, _looked_at(document, file.parent / car if car else None))
    return list(seen.values())


def is_clutter(name: str) -> bool:
    """Whether a name is one that programs leave beside documents."""
    low = name.lower()
    return low in _CLUTTER or name.startswith(_CLUTTER_START) or low.endswith(_CLUTTER_END)


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


def _names(folder: Path) -> frozenset[str]:
    """The documents' and side-cars' names in a folder."""
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries if not is_clutter(entry.name) and entry.is_file())
    except OSError:
        return frozenset()


def _looked_at(path: Path, side_car: Path | None) -> FoundFile:
    try:
        status = path.stat()
    except OSError:
        return FoundFile(path, -1, 0)
    given = ""
    if side_car is not None:
        try:
            with side_car.open("rb") as stream:
                given = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            given = "?"  # there, but it cannot be opened: said when the document is read
    return FoundFile(path, status.st_size, status.st_mtime_ns, side_car=side_car, given=given)
