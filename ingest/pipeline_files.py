"""Which files of an ingest must be read: zips opened into their members, side-cars read, the unchanged passed over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.archive import Archive, Member, is_archive
from ingest.catalogue_records import KnownFile
from ingest.files import FoundFile
from ingest.limits import Limits
from ingest.originals import sha256_of
from ingest.pipeline_batch import Run
from ingest.side_car import Given, read_side_car
from legal.errors import BadSideCar, DocumentError, UnreadableDocument


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that must be read, with its hash and what a person says of it."""

    file: FoundFile
    sha256: str
    given: Given | None = None


def files_to_read(files: Sequence[FoundFile], run: Run, work: Path, limits: Limits) -> list[Wanted]:
    """The files that must be read; the others are counted in `run`, which is told of those that cannot be opened.

    `work`: an empty folder for what archives hold; the caller removes it when the files have been read.
    """
    wanted: list[Wanted] = []
    for file in _opened(files, run, work, limits):
        run.check()
        try:
            labels = run.labels(file)
        except BadSideCar as error:
            run.failed(file, "", error)
            continue
        if run.known.is_unchanged(file):
            stays(file, run.known.files[file.known_as].version, labels, run)
            run.finished("unchanged")
            continue
        try:
            if file.size < 0:
                raise OSError
            sha256 = sha256_of(file.path)
        except OSError:
            run.failed(file, "", UnreadableDocument("Không mở được tệp."))
            continue
        version = run.known.same_bytes(file, sha256)
        if version is not None:
            known = run.known.files.get(file.known_as)
            run.writer.writing.note_file(KnownFile.of(file, sha256, version))
            stays(file, version, labels, run)
            run.finished("unchanged" if known is not None and known.version == version else "duplicates")
            continue
        try:
            given = read_side_car(file.side_car) if file.side_car is not None else None
        except BadSideCar as error:
            run.failed(file, sha256, error)
        else:
            wanted.append(Wanted(file, sha256, given))
    return wanted


def stays(file: FoundFile, version: str | None, labels: tuple[str, ...] | None, run: Run) -> None:
    """A version stays as it is; its labels too, where a side-car names them."""
    if labels is not None and file.side_car is not None and read_side_car(file.side_car).access is not None:
        return
    run.stay(version, labels)


def _opened(files: Sequence[FoundFile], run: Run, work: Path, limits: Limits) -> Iterator[FoundFile]:
    """The files, members in the place of their archives; only those members unpacked that may have changed."""
    run.files = len(files)
    for number, file in enumerate(files):
        if file.size < 0 or run.known.is_unchanged(file) or not is_archive(file.path):
            yield file
            continue
        try:
            archive = Archive(file, work / f"{number:06d}", limits)
            members = list(archive.members())
        except DocumentError as error:
            run.failed(file, "", error)
            continue
        run.files += len(members) - 1
        if file.known_as in run.known.files:  # it could not be opened the last time
            run.writer.writing.forget_file(file.known_as)
        for member in members:
            refusal = member.error or (None if run.known.is_unchanged(member.file) else _unpacked(archive, member))
            if refusal is not None:
                run.failed(member.file, "", refusal)
            else:
                yield member.file


def _unpacked(archive: Archive, member: Member) -> DocumentError | None:
    try:
        archive.unpack(member)
    except DocumentError as error:
        return error
    except OSError:
        return UnreadableDocument("Không bung được tệp trong tệp nén; hãy kiểm tra dung lượng đĩa.")
    return None
