"""A file becomes a Source: paragraphs and tables in reading order, or a typed refusal that says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ingest.docx import read_docx
from ingest.html import read_html
from ingest.kinds import kind_of
from ingest.limits import Limits
from ingest.mhtml import read_mhtml
from ingest.office import converted
from ingest.ole import check_doc
from ingest.pdf import read_pdf
from ingest.plain import read_markdown, read_text
from legal.blocks import Cell, Paragraph, Source
from legal.errors import DocumentError, EncryptedDocument, LimitExceeded, UnreadableDocument, UnsupportedFormat

DEFAULT_LIMITS = Limits()
_OFFICE = frozenset({"doc", "rtf", "odt"})
_BATCH = 40


def _html(path: Path, limits: Limits) -> Source:
    return read_html(path.read_bytes())


_READERS: dict[str, Callable[[Path, Limits], Source]] = {
    "html": _html,
    "mhtml": read_mhtml,
    "docx": read_docx,
    "pdf": read_pdf,
    "txt": read_text,
    "md": read_markdown,
}


def _checked_kind(path: Path, limits: Limits) -> str:
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
    if kind not in _READERS and kind not in _OFFICE:
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


def load(path: Path, limits: Limits = DEFAULT_LIMITS) -> Source:
    """Read one file of any supported kind (told by content).

    Raises DocumentError's kinds: UnsupportedFormat, UnreadableDocument (broken, truncated, empty, no text),
    EncryptedDocument, ScannedDocument, LegacyEncoding, LimitExceeded, MissingProgram.
    """
    ((_, result),) = load_many([path], limits)
    if isinstance(result, DocumentError):
        raise result
    return result


def load_many(paths: Iterable[Path], limits: Limits = DEFAULT_LIMITS) -> Iterator[tuple[Path, Source | DocumentError]]:
    """Read many files in order; one that cannot be read gives its error and never stops the others.

    Files that LibreOffice has to convert (.doc, .rtf, .odt) go through it in batches.
    """
    waiting = iter(paths)
    while batch := list(islice(waiting, _BATCH)):
        yield from zip(batch, _load_batch(batch, limits), strict=True)


def _load_batch(paths: list[Path], limits: Limits) -> list[Source | DocumentError]:
    results: dict[int, Source | DocumentError] = {}
    office: list[tuple[int, Path, str, tuple[str, ...]]] = []
    for at, path in enumerate(paths):
        try:
            kind = _checked_kind(path, limits)
            if kind in _OFFICE:
                office.append((at, path, kind, check_doc(path) if kind == "doc" else ()))
            else:
                results[at] = _bounded(_READERS[kind](path, limits), limits)
        except DocumentError as error:
            results[at] = error
    if office:
        try:
            with converted([(path, kind) for _, path, kind, _ in office], limits) as targets:
                for (at, _, kind, notes), target in zip(office, targets, strict=True):
                    results[at] = _from_docx(target, kind, notes, limits)
        except DocumentError as error:
            results |= {at: error for at, *_ in office if at not in results}
    return [results[at] for at in range(len(paths))]


def _from_docx(
    target: Path | DocumentError, kind: str, notes: tuple[str, ...], limits: Limits
) -> Source | DocumentError:
    if isinstance(target, DocumentError):
        return target
    try:
        source = _bounded(read_docx(target, limits), limits)
    except DocumentError as error:
        return error
    return replace(source, kind=kind, notes=(*notes, *source.notes))
