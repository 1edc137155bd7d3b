"""Zip files of documents, read like folders: the members listed first, unpacked one by one where they must be read."""

from __future__ import annotations

import hashlib
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.files import FoundFile, is_clutter
from ingest.kinds import kind_of
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.package import check_package, read_member
from ingest.side_car import LARGEST, side_car_of
from legal.errors import DocumentError, LimitExceeded, UnreadableDocument

_MAC = "__MACOSX"
_UTF8 = 0x800
_LONGEST_NAME = 180  # bytes; file systems take 255


@dataclass(frozen=True, slots=True)
class Member:
    """A document in an archive. `file.path`: where it lies once it is unpacked. `error`: why it is not taken."""

    file: FoundFile
    member: str
    error: DocumentError | None = None


def is_archive(path: Path) -> bool:
    """Whether a file is a zip of files: by content, and no office document. False also for what cannot be opened."""
    try:
        return kind_of(path) == "zip"
    except OSError:
        return False


class Archive:
    """One zip file. Members are unpacked under `folder`, each in a numbered folder of its own."""

    def __init__(self, archive: FoundFile, folder: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        """Raises LimitExceeded, EncryptedDocument, UnreadableDocument for an archive that is not opened."""
        check_package(archive.path, limits)
        self._archive, self._folder, self._limits = archive, folder, limits
        self._unpacked = 0

    def members(self) -> Iterator[Member]:
        """The documents inside, in the archive's order, shown as `archive.zip/inner/name`. Nothing is unpacked.

        Names that are absolute, climb out or come twice, and links, are refused. Side-cars are paired as in folders.
        """
        with zipfile.ZipFile(self._archive.path) as package:
            shown: dict[str, tuple[int, zipfile.ZipInfo]] = {}
            for number, info in enumerate(package.infolist()):
                inner = PurePosixPath(_name(info))
                hidden = any(is_clutter(part) for part in inner.parts if part != "..")
                if info.is_dir() or _MAC in inner.parts or hidden:
                    continue
                error = _refused(info)
                if error is None and str(inner) in shown:
                    error = UnreadableDocument("Tệp nén có hai tệp trùng tên.")
                if error is not None:
                    yield Member(self._file(number, info, inner), info.filename, error)
                    continue
                shown[str(inner)] = (number, info)
            names = frozenset(shown)
            for place, (number, info) in shown.items():
                inner = PurePosixPath(place)
                given, aside = side_car_of(place, names)
                if aside:
                    continue
                error = None
                digest = ""
                car = None
                if given is not None:
                    try:
                        data = read_member(package, shown[given][1].filename, LARGEST)
                    except DocumentError as fault:
                        error = fault
                    else:
                        car = self._put(shown[given][0], PurePosixPath(given), data)
                        digest = hashlib.sha256(data).hexdigest()
                yield Member(self._file(number, info, inner, car, digest), info.filename, error)

    def unpack(self, member: Member) -> None:
        """Write a member to its `file.path`. Raises LimitExceeded, UnreadableDocument, OSError."""
        with zipfile.ZipFile(self._archive.path) as package:
            data = read_member(package, member.member, self._limits.file)
        self._unpacked += len(data)
        if self._unpacked > self._limits.unpacked:
            raise LimitExceeded("Tệp nén bung ra quá lớn.")
        target = member.file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        if kind_of(target) in ("zip", "broken_zip"):
            raise LimitExceeded("Tệp nén nằm trong tệp nén: không mở.")

    def _file(
        self, number: int, info: zipfile.ZipInfo, inner: PurePosixPath, car: Path | None = None, digest: str = ""
    ) -> FoundFile:
        return FoundFile(
            path=self._target(number, inner),
            size=info.file_size,
            mtime_ns=self._archive.mtime_ns,
            shown=f"{self._archive.known_as}/{inner}",
            side_car=car,
            given=digest,
        )

    def _target(self, number: int, inner: PurePosixPath) -> Path:
        """Where a member is unpacked: its own name, made harmless, in a numbered folder."""
        safe = "".join(letter if letter.isalnum() or letter in " .-_()" else "_" for letter in inner.name)
        suffix = PurePosixPath(safe).suffix[:12]
        stem = safe.removesuffix(suffix).encode()[:_LONGEST_NAME].decode(errors="ignore").strip(" .")
        return self._folder / f"{number:05d}" / f"{stem or '_'}{suffix}"

    def _put(self, number: int, inner: PurePosixPath, data: bytes) -> Path:
        target = self._target(number, inner)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return target


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name. Many programs write UTF-8 without saying so, which is then read as code page 437."""
    name = info.filename
    if not info.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _refused(info: zipfile.ZipInfo) -> DocumentError | None:
    name = _name(info)
    if name.startswith("/") or name[1:2] == ":" or ".." in PurePosixPath(name).parts or not name.isprintable():
        return UnreadableDocument("Tên tệp trong tệp nén trỏ ra ngoài hoặc không hợp lệ; không mở.")
    if stat.S_ISLNK(info.external_attr >> 16):
        return UnreadableDocument("Tệp nén chứa liên kết thay cho tệp; không mở.")
    return None
