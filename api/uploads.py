"""Files that come by HTTP: a multipart body streamed to the disk of the home, part by part, within limits."""

from __future__ import annotations

import asyncio
import hashlib
import os
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath
from typing import IO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from legal.errors import BadRequest, LimitExceeded, UnsupportedFormat

MOST_FILES = 1000
_LONGEST_FIELD = 10_000
_CUT = "Nội dung multipart không đúng dạng hoặc bị cắt cụt."
_LONGEST_NAME = 180  # bytes; file systems take 255


class Upload:
    """A multipart body on its way to a folder. `fields`: what came beside the files, each a list of values.

    `fingerprint`: of names and bytes, in order: equal for the same files sent again.
    """

    def __init__(self, content_type: str, folder: Path, *, most_bytes: int) -> None:
        """`folder`: made for it. `most_bytes`: of one file. Raises UnsupportedFormat when it is no multipart form."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise UnsupportedFormat("Hãy gửi tệp theo multipart/form-data, mỗi tệp một phần có tên tệp.")
        self.fields: dict[str, list[str]] = {}
        self.files: list[Path] = []
        self._folder, self._most = folder, most_bytes
        self._digest = hashlib.sha256()
        self._header, self._value = b"", b""
        self._disposition = b""
        self._field = ""
        self._data = bytearray()
        self._out: IO[bytes] | None = None
        self._size = 0
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )
        self._ended = False

    @property
    def fingerprint(self) -> str:
        """Of all files."""
        return self._digest.hexdigest()

    async def receive(self, stream: AsyncIterator[bytes]) -> None:
        """Take the whole body. Raises BadRequest, LimitExceeded."""
        self._folder.mkdir(mode=0o700, parents=True)
        try:
            async for chunk in stream:
                if chunk:
                    await asyncio.to_thread(self._parser.write, chunk)
            self._parser.finalize()
            if not self._ended:
                raise BadRequest(_CUT)
        except FormParserError:
            raise BadRequest(_CUT) from None
        finally:
            if self._out is not None:
                self._out.close()
                self._out = None
        if not self.files:
            raise BadRequest("Yêu cầu không có tệp nào (phần `files` có tên tệp).")

    def _end(self) -> None:
        self._ended = True

    def _begin(self) -> None:
        self._disposition, self._field = b"", ""
        self._data.clear()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        if not self._field:
            raise BadRequest("Một phần của multipart không có tên.")
        if b"filename" not in options:
            return
        if self._field != "files":
            raise BadRequest("Tệp phải nằm trong phần tên `files`.")
        if len(self.files) >= MOST_FILES:
            raise LimitExceeded(f"Mỗi lần gửi tối đa {MOST_FILES} tệp; hãy chia nhỏ hoặc gửi một tệp zip.")
        place = self._place(safe_name(options[b"filename"].decode("utf-8", "replace")))
        self.files.append(place)
        self._digest.update(f"{place.name}\0".encode())
        self._out = place.open("xb")
        self._size = 0

    def _place(self, name: str) -> Path:
        """Files of one name each get a folder of their own; a side-car lies beside its document."""
        folder = self._folder
        number = 1
        while (folder / name).exists():
            number += 1
            folder = self._folder / str(number)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / name

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self._out is None:
            if len(self._data) + len(piece) > _LONGEST_FIELD:
                raise BadRequest(f"Trường “{self._field[:40]}” quá dài.")
            self._data += piece
            return
        self._size += len(piece)
        if self._size > self._most:
            raise LimitExceeded(f"Tệp lớn hơn giới hạn {self._most >> 20} MB.")
        self._digest.update(piece)
        self._out.write(piece)

    def _part_end(self) -> None:
        if self._out is None:
            values = self.fields.setdefault(self._field, [])
            if len(values) >= 100:
                raise BadRequest(f"Trường “{self._field[:40]}” lặp lại quá nhiều lần.")
            values.append(self._data.decode("utf-8", "replace"))
            return
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        self._out = None
        self._digest.update(b"\0%d\0" % self._size)


def safe_name(given: str) -> str:
    """A file's own name, made harmless: no folders, no control signs, never hidden or clutter."""
    name = PurePosixPath(unicodedata.normalize("NFC", given.replace("\\", "/"))).name
    clean = "".join(sign if sign.isprintable() and sign not in '/\\:*?"<>|' else "_" for sign in name)
    clean = clean.strip(" ").lstrip(".~")
    suffix = PurePosixPath(clean).suffix[:12]
    stem = clean.removesuffix(suffix).encode("utf-8", "replace")[:_LONGEST_NAME].decode("utf-8", "ignore").strip()
    return f"{stem or 'van-ban'}{suffix}"
