"""One file read for `phapquy parse`: as JSON, as Akoma Ntoso, as a page; needs neither home nor models."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.page import FileRead
    from ingest.limits import Limits


def file_read(file: Path) -> FileRead:
    """The file's document with how well it was read, by a child process within the limits that are set; raises
    DocumentError, SecretDocument for a mark of secrecy that the settings do not allow."""
    from api.settings import load_settings
    from api.wiring import limits_of
    from ingest.isolate import Isolated
    from legal.errors import SecretDocument

    settings = load_settings()
    limits = limits_of(settings)
    children: Isolated[FileRead] = Isolated("api.reading:read_here", limits, 1)
    with children:
        read = children.run(file, limits)
    mark = read.document.metadata.secrecy
    if mark is not None and not settings.ingest.secret:
        raise SecretDocument.marked(mark)
    return read


def read_here(file: Path, limits: Limits) -> FileRead:
    """What the child process does."""
    from api.page import FileRead
    from ingest.load import load
    from legal.coverage import coverage
    from legal.reading import read_document

    source = load(file, limits)
    document = read_document(source, file.name)
    covered = coverage(source.blocks, source.furniture, document)
    return FileRead(file.name, source.kind, document, covered, source.notes, source.doubts)


def read_file(file: Path) -> dict[str, Any]:
    """The parsed document as fixed JSON values; raises DocumentError."""
    from ingest.tree_json import parsed_json

    read = file_read(file)
    evidence = {
        name: {"sentence": found.sentence, "eid": found.eid} for name, found in read.document.metadata.evidence.items()
    }
    return {
        **parsed_json(read.document),
        "coverage": round(read.coverage.share, 6),
        "missing": dict(read.coverage.missing),
        "doubled": dict(read.coverage.doubled),
        "notes": list(read.notes),
        "doubts": list(read.doubts),
        "evidence": evidence,
    }


def akoma_file(file: Path) -> bytes:
    """The parsed document as Akoma Ntoso 3.0 XML; raises DocumentError."""
    from legal.akoma import akoma_ntoso

    return akoma_ntoso(file_read(file).document, date.today())


def page_of(file: Path) -> str:
    """The parsed document as a page for a person; raises DocumentError."""
    from api.page import page

    return page(file_read(file))
