"""A file becomes a Source: paragraphs and tables in reading order, or a typed refusal that says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ingest.docx import read_docx
from ingest.html import read_html
from ingest.kinds import kind_of
from ingest.limits import Limits
from legal.blocks import Source
from legal.errors import DocumentError, EncryptedDocument, LimitExceeded, UnreadableDocument, UnsupportedFormat

DEFAULT_LIMITS = Limits()


def _html(path: Path, limits: Limits) -> Source:
    return read_html(path.read_bytes())


_READERS: dict[str, Callable[[Path, Limits], Source]] = {"html": _html, "docx": read_docx}


def load(path: Path, limits: Limits = DEFAULT_LIMITS) -> Source:
    """Read one file of any supported kind (told by content).

    Raises DocumentError's kinds: UnsupportedFormat, UnreadableDocument (broken, truncated, empty, no text),
    EncryptedDocument, ScannedDocument, LegacyEncoding, LimitExceeded, MissingProgram.
    """
    try:
        size = path.stat().st_size
        if size > limits.file:
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
    reader = _READERS.get(kind)
    if reader is None:
        raise UnsupportedFormat(f"Chưa đọc được định dạng này ({kind}).")
    return reader(path, limits)


def load_many(paths: Iterable[Path], limits: Limits = DEFAULT_LIMITS) -> Iterator[tuple[Path, Source | DocumentError]]:
    """Read many files; a file that cannot be read gives its error in place of a Source and never stops the others."""
    for path in paths:
        try:
            yield path, load(path, limits)
        except DocumentError as error:
            yield path, error
