"""Zip containers (docx, odt, xlsx, zip) looked over before anything is unpacked: sizes, ratios, locks, XML tricks."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from ingest.limits import Limits
from legal.errors import EncryptedDocument, LimitExceeded, UnreadableDocument

_SMALL = 4 << 20


def check_package(path: Path, limits: Limits) -> tuple[str, ...]:
    """The member names of a sound container.

    Raises LimitExceeded for too many or too large members or a suspicious ratio, EncryptedDocument for locked
    members, UnreadableDocument for a broken directory.
    """
    try:
        with zipfile.ZipFile(path) as package:
            members = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableDocument("Tệp nén bị hỏng hoặc bị cắt cụt.") from error
    if len(members) > limits.members:
        raise LimitExceeded(f"Tệp nén có hơn {limits.members} thành phần.")
    if sum(member.file_size for member in members) > limits.unpacked:
        raise LimitExceeded(f"Tệp nén bung ra lớn hơn giới hạn {limits.unpacked >> 20} MB.")
    for member in members:
        if member.flag_bits & 1:
            raise EncryptedDocument("Tệp nén được bảo vệ bằng mật khẩu; hãy gỡ mật khẩu rồi nạp lại.")
        if member.file_size > _SMALL and member.file_size > limits.ratio * max(member.compress_size, 1):
            raise LimitExceeded("Tệp nén có thành phần nén bất thường (nghi là bom nén).")
    return tuple(member.filename for member in members)


def read_member(package: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """One member's bytes, at most `limit` whatever its directory entry promises.

    Raises UnreadableDocument when it is damaged, LimitExceeded when it is longer than `limit`.
    """
    try:
        with package.open(name) as member:
            data = member.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, KeyError) as error:
        raise UnreadableDocument("Một thành phần trong tệp nén bị hỏng.") from error
    if len(data) > limit:
        raise LimitExceeded("Một thành phần trong tệp nén bung ra quá lớn.")
    return data


def refuse_doctype(data: bytes) -> bytes:
    """`data` unless it declares a document type: office files never do, XML bombs and external entities must."""
    if b"<!DOCTYPE" in data[:8192] or b"<!ENTITY" in data:
        raise UnreadableDocument("Tệp chứa khai báo DOCTYPE/ENTITY trong XML, không được phép.")
    return data
