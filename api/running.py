"""The record of the server that runs on a home, `<home>/run/serve.json`: where it listens, and its token."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Record:
    """Where a home's server listens. `port`: the internal loopback port; `public`: the URL for callers."""

    pid: int
    port: int
    token: str
    public: str


def record_path(home: Path) -> Path:
    """Where the record of a home's server lies."""
    return home / "run" / "serve.json"


def write_record(home: Path, port: int, public: str, token: str) -> Record:
    """Announce this process as the home's server; readable by this user only."""
    record = Record(pid=os.getpid(), port=port, token=token, public=public)
    path = record_path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"serve.{record.pid}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(record), file)
    fresh.replace(path)
    return record


def new_token() -> str:
    """A secret for one server's life."""
    return secrets.token_urlsafe(32)


def drop_record(home: Path, record: Record) -> None:
    """Take the record away, if it is still this one."""
    if read_record(home) == record:
        record_path(home).unlink(missing_ok=True)


def read_record(home: Path) -> Record | None:
    """The record, if there is a whole one."""
    try:
        values = json.loads(record_path(home).read_text(encoding="utf-8"))
        return Record(
            pid=int(values["pid"]), port=int(values["port"]), token=str(values["token"]), public=str(values["public"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def living_record(home: Path) -> Record | None:
    """The record, unless its process is gone. Its number may belong to another process by now: only a ping tells."""
    record = read_record(home)
    return record if record is not None and _alive(record.pid) else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
