"""Folders and zip files opened into the files inside them, without letting an archive write where it wants."""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from ingest.kinds import kind_of
from ingest.limits import Limits
from ingest.package import check_package, read_member
from legal.errors import DocumentError, LimitExceeded, UnreadableDocument

_JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


def files_in(paths: Iterable[Path], work: Path, limits: Limits) -> Iterator[tuple[Path, str, DocumentError | None]]:
    """(file, name to show, error that refuses it or None) for files, all files below folders, and members of zips.

    Members are unpacked under `work` (an empty folder of the caller, who removes it) by number, never by their own
    names; a name that is absolute or climbs out is only shown. A zip inside a zip is refused. Order is stable.
    """
    unpacked = 0
    for path in paths:
        for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
            if file.name.startswith((".", "~$")) or file.name in _JUNK:
                continue
            try:
                is_zip = kind_of(file) == "zip"
            except OSError:
                yield file, str(file), UnreadableDocument("Không mở được tệp.")
                continue
            if not is_zip:
                yield file, str(file), None
                continue
            unpacked += 1
            yield from _members(file, work / f"{unpacked:04d}", limits)


def _members(archive: Path, folder: Path, limits: Limits) -> Iterator[tuple[Path, str, DocumentError | None]]:
    try:
        check_package(archive, limits)
    except DocumentError as error:
        yield archive, str(archive), error
        return
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    with zipfile.ZipFile(archive) as package:
        for number, member in enumerate(package.infolist()):
            inner = PurePosixPath(unicodedata.normalize("NFC", member.filename.replace("\\", "/")))
            if member.is_dir() or inner.name.startswith((".", "~$")) or set(inner.parts) & set(_JUNK):
                continue
            shown = f"{archive}!{inner}"
            target = folder / f"{number:05d}{inner.suffix[:8] if inner.suffix.isascii() else ''}"
            try:
                data = read_member(package, member.filename, limits.file)
                total += len(data)
                if total > limits.unpacked:
                    raise LimitExceeded("Tệp nén bung ra quá lớn.")
                target.write_bytes(data)
                if kind_of(target) in ("zip", "broken_zip"):
                    raise LimitExceeded("Tệp nén nằm trong tệp nén: không mở.")
            except DocumentError as error:
                yield target, shown, error
                continue
            yield target, shown, None
