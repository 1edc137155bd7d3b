"""A home as one file and back: everything that cannot be computed again, as it stood at one moment, each file hashed.

The file is a gzipped tar: `manifest.json` first, with the size and SHA-256 of every member, then the members. Writing
is held up only while the databases and the index are copied; answers go on all the while.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ingest.home import Home
from ingest.originals import sha256_of
from legal.errors import BadRequest, Conflict, NotFound, PhapquyError
from retrieval.generations import copy_index, current_generation

#: The layout of the file; a newer one is refused.
LAYOUT = 1
MANIFEST = "manifest.json"
#: Not taken: locks and addresses, and what is built again from the program itself.
_LEFT = frozenset({"run", "models", "index"})
_MANIFEST_LIMIT = 256 << 20
_BLOCK = 1 << 20


class UnusableBackup(PhapquyError):
    """A backup that is half-written, damaged, tampered with, or of a newer program."""

    code = "unusable_backup"
    status = 422
    exit_code = 1


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made or read. `code`: the SHA-256 of its manifest, which names every file's hash: whoever
    keeps it elsewhere can tell that nothing was changed. `index`: whether the index is in it."""

    code: str
    made: datetime
    files: int
    size: int
    index: bool


def back_up(
    home: Home,
    target: Path,
    *,
    flush: Callable[[], None],
    notes: Mapping[str, str],
    patience: float = 600.0,
) -> Backup:
    """Write the home to a file that appears whole or not at all.

    `flush`: makes the process that holds the index bring it to disk. `notes`: small texts kept beside (settings).
    `patience`: seconds to wait for a running ingest to let go. Raises BadRequest (the file exists, there is no home),
    Conflict (writing never stopped), OSError.
    """
    if target.exists():
        raise BadRequest("Đã có tệp mang tên này; hãy chọn tên khác.")
    if not home.path.is_dir():
        raise NotFound("Chưa có kho nào ở đây để sao lưu.")
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        staged = Path(folder)
        with _held(home, patience):
            flush()
            _copy(home, staged)
        for name, text in notes.items():
            (staged / name).write_text(text, encoding="utf-8")
        part = staged.with_name(staged.name + ".part")
        try:
            done = _write(staged, home, part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return done


def restore(file: Path, home: Home, code: str | None = None) -> Backup:
    """Make a home from a backup; there is none before, and none after a failure.

    `code`: what `back_up` gave, to be sure of the file. Raises BadRequest (no such file, the home is not empty),
    UnusableBackup.
    """
    if home.path.exists() and any(home.path.iterdir()):
        raise BadRequest("Kho ở đây không trống; chỉ khôi phục vào chỗ trống (đặt PHAPQUY_HOME khác).")
    if not file.is_file():
        raise BadRequest("Không có tệp sao lưu này.")
    home.path.absolute().parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{home.path.name}.", dir=home.path.absolute().parent))
    try:
        done = _read(file, fresh, code)
        if home.path.exists():
            home.path.rmdir()
        fresh.replace(home.path)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, json.JSONDecodeError, UnicodeDecodeError):
        raise UnusableBackup("Tệp sao lưu hỏng hoặc chưa ghi xong.") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return done


@contextmanager
def _held(home: Home, patience: float) -> Iterator[None]:
    until = time.monotonic() + patience
    while True:
        try:
            held = home.writing()
            held.__enter__()
            break
        except Conflict:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
    try:
        yield
    finally:
        held.__exit__(None, None, None)


def _copy(home: Home, staged: Path) -> None:
    """What changes while the service runs, as it is now. Originals never change: they are read later, in place."""
    for entry in sorted(home.path.iterdir()):
        if entry.name in _LEFT or entry == home.originals:
            continue
        files = [entry] if entry.is_file() else [path for path in sorted(entry.rglob("*")) if path.is_file()]
        for path in files:
            _copy_file(path, staged / path.relative_to(home.path))
    generation = current_generation(home.index)
    if generation is not None:
        copy_index(generation, staged / "index")


def _copy_file(path: Path, target: Path) -> None:
    if path.name.endswith(("-wal", "-shm", "-journal")):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".sqlite3":
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
        return
    try:
        shutil.copyfile(path, target)
    except FileNotFoundError:
        target.unlink(missing_ok=True)  # it was on its way out


def _write(staged: Path, home: Home, part: Path) -> Backup:
    sources = {path.relative_to(staged).as_posix(): path for path in sorted(staged.rglob("*")) if path.is_file()}
    for path in sorted(home.originals.rglob("*")) if home.originals.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            sources[path.relative_to(home.path).as_posix()] = path
    made = datetime.now(UTC).replace(microsecond=0)
    index = any(name.startswith("index/") for name in sources)
    members: dict[str, dict[str, Any]] = {
        name: {"size": path.stat().st_size, "sha256": sha256_of(path)} for name, path in sources.items()
    }
    manifest = json.dumps(
        {"layout": LAYOUT, "made": made.isoformat(), "index": index, "files": members}, ensure_ascii=False, indent=1
    ).encode()
    with _created(part) as stream:
        with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1, format=tarfile.PAX_FORMAT) as archive:
            archive.addfile(_member(MANIFEST, len(manifest)), io.BytesIO(manifest))
            for name, path in sources.items():
                with path.open("rb") as source:
                    archive.addfile(_member(name, members[name]["size"]), source)
        stream.flush()
        os.fsync(stream.fileno())
    total = sum(one["size"] for one in members.values())
    return Backup(hashlib.sha256(manifest).hexdigest(), made, len(members), total, index)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _read(file: Path, fresh: Path, code: str | None) -> Backup:
    with tarfile.open(file, mode="r|gz") as archive:
        members = iter(archive)
        manifest = _manifest(archive, next(members, None))
        found = hashlib.sha256(manifest).hexdigest()
        if code is not None and code.strip().lower() != found:
            raise UnusableBackup("Mã kiểm không khớp: tệp sao lưu đã bị thay đổi hoặc là bản khác.")
        said = json.loads(manifest)
        if not isinstance(said, dict) or said.get("layout") != LAYOUT:
            raise UnusableBackup("Tệp sao lưu do phiên bản phapquy khác tạo ra.")
        wanted: dict[str, Any] = dict(said["files"])
        if not all(_harmless(name) for name in wanted):
            raise UnusableBackup("Tệp sao lưu có đường dẫn không hợp lệ.")
        left = set(wanted)
        for member in members:
            if member.name not in left or not member.isreg():
                raise UnusableBackup("Tệp sao lưu có phần không khai báo.")
            left.discard(member.name)
            stream = archive.extractfile(member)
            assert stream is not None
            digest, size = _unpack(stream, fresh / member.name)
            if digest != wanted[member.name]["sha256"] or size != wanted[member.name]["size"]:
                raise UnusableBackup("Nội dung tệp sao lưu không khớp bản kê: đã bị thay đổi hoặc hỏng.")
    if left:
        raise UnusableBackup("Tệp sao lưu thiếu phần đã kê: chưa ghi xong hoặc bị cắt bớt.")
    total = sum(int(one["size"]) for one in wanted.values())
    return Backup(found, datetime.fromisoformat(said["made"]), len(wanted), total, bool(said["index"]))


def _manifest(archive: tarfile.TarFile, member: tarfile.TarInfo | None) -> bytes:
    stream = archive.extractfile(member) if member is not None and member.isreg() else None
    if member is None or stream is None or member.name != MANIFEST or member.size > _MANIFEST_LIMIT:
        raise UnusableBackup("Đây không phải tệp sao lưu của phapquy.")
    return stream.read()


def _harmless(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.as_posix() == name and name not in {"", "."}


def _unpack(stream: IO[bytes], target: Path) -> tuple[str, int]:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with _created(target) as made:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
            made.write(block)
        made.flush()
        os.fsync(made.fileno())
    return digest.hexdigest(), size


def _created(path: Path) -> IO[bytes]:
    """A new file for its owner only."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
