"""The pepper: the secret without which a stolen database holds no usable key; a setting, or a file of the home."""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from legal.errors import BadRequest, Conflict

#: Bytes of a pepper that is made here, and the fewest characters of one that is set.
SIZE = 32


@dataclass(frozen=True, slots=True, repr=False)
class Pepper:
    """The secret. Each use derives its own key from it, so that no use can stand for another."""

    secret: bytes

    def digest(self, key: str) -> str:
        """What is stored of an API key: HMAC-SHA256 in hex."""
        return hmac.new(self.derived("api-key"), key.encode("utf-8", "surrogateescape"), sha256).hexdigest()

    def derived(self, use: str) -> bytes:
        """The key of one use."""
        return hmac.new(self.secret, use.encode(), sha256).digest()

    @property
    def mark(self) -> str:
        """Tells peppers apart without telling what they are."""
        return self.derived("mark").hex()[:16]


def pepper_file(home: Path) -> Path:
    """Where a home keeps its pepper."""
    return home / "secrets" / "pepper"


def pepper_of(home: Path, given: str | None) -> Pepper:
    """The pepper that is set, else the home's own, made at the first call (mode 0600).

    Raises BadRequest for one that is too short, Conflict for a file that others can read or that is broken.
    """
    if given is not None:
        if len(given) < SIZE:
            raise BadRequest(f"PHAPQUY_PEPPER phải có ít nhất {SIZE} ký tự ngẫu nhiên.")
        return Pepper(given.encode())
    file = pepper_file(home)
    if not file.exists():
        _make(file)
    if file.stat().st_mode & 0o077:
        raise Conflict(f"Tệp bí mật {file} mở cho người dùng khác; hãy chạy: chmod 600 {file}")
    secret = file.read_bytes().strip()
    if len(secret) != 2 * SIZE:
        raise Conflict(f"Tệp bí mật {file} hỏng; hãy khôi phục từ bản sao lưu, nếu không mọi khoá phải cấp lại.")
    return Pepper(secret)


def _make(file: Path) -> None:
    """Whole or not at all, also when two processes make it at once: the first one's stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(f"pepper.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(secrets.token_hex(SIZE))
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
