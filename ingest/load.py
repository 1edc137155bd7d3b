"""A file becomes a Source: paragraphs and tables in reading order, or a typed refusal that says why."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from ingest.docx import read_docx
from ingest.html import read_html
from ingest.images import read_image
from ingest.kinds import IMAGES, kind_of
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.mhtml import read_mhtml
from ingest.office import converted
from ingest.ole import check_doc
from ingest.pdf import read_pdf
from ingest.plain import read_markdown, read_text
from ingest.xlsx import read_xlsx
from legal.blocks import Cell, Paragraph, Source
from legal.errors import DocumentError, EncryptedDocument, LimitExceeded, UnreadableDocument, UnsupportedFormat

OFFICE = frozenset({"doc", "rtf", "odt"})
"""Kinds that LibreOffice converts to .docx first."""
BATCH = 40
"""How many files share one start of LibreOffice at most."""


def _html(path: Path, limits: Limits) -> Source:
    return read_html(path.read_bytes())


_READERS: dict[str, Callable[[Path, Limits], Source]] = {
    "html": _html,
    "mhtml": read_mhtml,
    "docx": read_docx,
    "pdf": read_pdf,
    "txt": read_text,
    "md": read_markdown,
    "xlsx": read_xlsx,
    **dict.fromkeys(IMAGES, read_image),
}


def checked_kind(path: Path, limits: Limits) -> str:
    """The file's kind, if it is one that is read here and the file is not already refused by its size or lock."""
    try:
        if not path.is_file():
            raise UnreadableDocument("Không phải là một tệp.")
        if path.stat().st_size > limits.file:
            raise LimitExceeded(f"Tệp lớn hơn giới hạn {limits.file >> 20} MB.")
        kind = kind_of(path)
    except OSError as error:
        raise UnreadableDocument("Không mở được tệp.") from error
    if kind == "empty":
        raise UnreadableDocument("Tệp rỗng (0 byte).")
    if kind == "encrypted":
        raise EncryptedDocument("Tệp được bảo vệ bằng mật khẩu; hãy gỡ mật khẩu rồi nạp lại.")
    if kind == "broken_zip":
        raise UnreadableDocument("Tệp nén (docx, odt, zip) bị hỏng hoặc bị cắt cụt.")
    if kind == "zip":
        raise UnsupportedFormat("Tệp nén chứa nhiều tệp: hãy nạp nó như một thư mục.")
    if kind not in _READERS and kind not in OFFICE:
        raise UnsupportedFormat(f"Định dạng này không đọc được ({kind}).")
    return kind


def _bounded(source: Source, limits: Limits) -> Source:
    """`source` unless it has no words at all or more text than the limits allow."""
    size = 0
    for block in source.blocks:
        if isinstance(block, Paragraph):
            size += len(block.text)
        else:
            size += sum(len(text) for row in block.rows for cell in row for text in cell.paragraphs)
    if size > limits.text:
        raise LimitExceeded("Tệp có quá nhiều chữ so với giới hạn.")
    if not any(c.isalnum() for block in source.blocks for c in _some_text(block)):
        raise UnreadableDocument("Tệp không có chữ nào.")
    return source


def _some_text(block: object) -> str:
    if isinstance(block, Paragraph):
        return block.text
    rows: tuple[tuple[Cell, ...], ...] = getattr(block, "rows", ())
    return " ".join(cell.text for row in rows for cell in row)


@dataclass(frozen=True, slots=True)
class Converted:
    """A .docx that LibreOffice made of a file of `kind`; `notes` for the administrator from before the conversion."""

    docx: Path
    kind: str
    notes: tuple[str, ...] = ()


@contextlib.contextmanager
def office_batch(paths: Sequence[Path], limits: Limits) -> Iterator[dict[Path, Converted | DocumentError]]:
    """Of `paths`, those that LibreOffice has to convert first, converted in one batch for as long as the block runs.

    Other files, and those that are refused anyway, are not in the mapping. Raises nothing: a missing LibreOffice is
    the error of each file that needs it.
    """
    found: dict[Path, Converted | DocumentError] = {}
    waiting: list[tuple[Path, str, tuple[str, ...]]] = []
    for path in dict.fromkeys(paths):
        try:
            kind = checked_kind(path, limits)
            if kind in OFFICE:
                waiting.append((path, kind, check_doc(path) if kind == "doc" else ()))
        except DocumentError as error:
            found[path] = error
    if not waiting:
        yield found
        return
    with contextlib.ExitStack() as stack:
        try:
            targets = stack.enter_context(converted([(path, kind) for path, kind, _ in waiting], limits))
        except DocumentError as error:
            targets = [error] * len(waiting)
        for (path, kind, notes), target in zip(waiting, targets, strict=True):
            found[path] = target if isinstance(target, DocumentError) else Converted(target, kind, notes)
        yield found


def load(path: Path, limits: Limits = DEFAULT_LIMITS, done: Converted | None = None) -> Source:
    """Read one file of any supported kind (told by content). `done`: its .docx, when it is already converted.

    Raises DocumentError's kinds: UnsupportedFormat, UnreadableDocument (broken, truncated, empty, no text),
    EncryptedDocument, LimitExceeded, MissingProgram.
    """
    if done is not None:
        source = _bounded(read_docx(done.docx, limits), limits)
        return replace(source, kind=done.kind, notes=(*done.notes, *source.notes))
    kind = checked_kind(path, limits)
    if kind in OFFICE:
        with office_batch([path], limits) as batch:
            found = batch[path]
            if isinstance(found, DocumentError):
                raise found
            return load(path, limits, found)
    return _bounded(_READERS[kind](path, limits), limits)


def load_many(paths: Iterable[Path], limits: Limits = DEFAULT_LIMITS) -> Iterator[tuple[Path, Source | DocumentError]]:
    """Read many files in order; one that cannot be read gives its error and never stops the others.

    Files that LibreOffice has to convert (.doc, .rtf, .odt) go through it in batches.
    """
    waiting = iter(paths)
    while batch := list(islice(waiting, BATCH)):
        with office_batch(batch, limits) as before:
            for path in batch:
                done = before.get(path)
                try:
                    yield path, done if isinstance(done, DocumentError) else load(path, limits, done)
                except DocumentError as error:
                    yield path, error
