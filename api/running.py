"""The server that runs on a home: its record `<home>/run/serve.json`, and the client that works through it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from api.desk import OnProgress
from api.schemas import (
    AnswerRequest,
    AnswerResponse,
    IngestOut,
    ProgressOut,
    RemovalOut,
    SearchRequest,
    StatusOut,
    TimedSearch,
    as_json,
)
from legal.errors import Conflict, PhapquyError, ServiceUnavailable

#: Seconds that a living server may take to say that it is there, even while it builds an index.
PING_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Record:
    """Where a home's server listens. `port`: the internal loopback port; `public`: the URL for callers."""

    pid: int
    port: int
    token: str
    public: str


class RemoteError(PhapquyError):
    """An error that the running server gave: its code, reason and exit code are carried over."""

    def __init__(self, code: str, reason: str, exit_code: int) -> None:
        super().__init__(reason)
        self.code = code  # type: ignore[misc]
        self.exit_code = exit_code  # type: ignore[misc]


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


def find_server(home: Path) -> RunningServer | None:
    """A client of the server that runs on the home; None when there is none or its record is left over from a dead one.

    Raises ServiceUnavailable when a server is there but does not answer.
    """
    record = read_record(home)
    if record is None or not _alive(record.pid):
        return None
    server = RunningServer(record)
    if server.answers():
        return server
    server.close()
    return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class RunningServer:
    """A `Desk` that lets the running server do the work."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{record.port}/internal",
            headers={"Authorization": f"Bearer {record.token}"},
            timeout=httpx.Timeout(PING_TIMEOUT, read=None),
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def answers(self) -> bool:
        """Whether the process behind the record is that server. Raises ServiceUnavailable when it hangs."""
        try:
            reply = self._client.get("/ping", timeout=PING_TIMEOUT)
        except httpx.TimeoutException:
            raise ServiceUnavailable(
                "Máy chủ phapquy đang chạy trên kho này nhưng không phản hồi; hãy thử lại hoặc khởi động lại máy chủ."
            ) from None
        except httpx.HTTPError:
            return False
        return reply.status_code == 200 and reply.json().get("pid") == self.record.pid

    def search(self, body: SearchRequest) -> TimedSearch:
        """See `Desk`."""
        return TimedSearch.model_validate(self._post("/search", as_json(body)))

    def answer(self, body: AnswerRequest) -> AnswerResponse:
        """See `Desk`."""
        return AnswerResponse.model_validate(self._post("/answer", as_json(body)))

    def remove(self, number: str) -> RemovalOut:
        """See `Desk`."""
        return RemovalOut.model_validate(self._post("/remove", {"number": number}))

    def status(self) -> StatusOut:
        """See `Desk`."""
        return StatusOut.model_validate(self._post("/status", {}))

    def ingest(self, paths: Sequence[Path], on_progress: OnProgress) -> IngestOut:
        """See `Desk`; leaving early stops the server's work on it."""
        body = {"paths": [str(path.absolute()) for path in paths]}
        try:
            with self._client.stream("POST", "/ingest", json=body) as reply:
                if reply.status_code != 200:
                    reply.read()
                    raise _error_of(reply)
                for line in reply.iter_lines():
                    piece = json.loads(line)
                    if "progress" in piece:
                        on_progress(ProgressOut.model_validate(piece["progress"]))
                    elif "error" in piece:
                        raise RemoteError(**piece["error"])
                    elif "report" in piece:
                        return IngestOut.model_validate(piece["report"])
        except httpx.HTTPError:
            raise _gone() from None
        raise _gone()

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        try:
            reply = self._client.post(path, json=body)
        except httpx.HTTPError:
            raise _gone() from None
        if reply.status_code != 200:
            raise _error_of(reply)
        return reply.json()


def _gone() -> ServiceUnavailable:
    return ServiceUnavailable("Máy chủ phapquy ngừng giữa chừng; hãy chạy lại lệnh này.")


def _error_of(reply: httpx.Response) -> PhapquyError:
    try:
        problem = reply.json()
        reason, code = str(problem.get("detail") or problem["title"]), str(problem["code"])
    except (ValueError, KeyError):
        return Conflict("Máy chủ đang chạy trên kho này thuộc phiên bản khác; hãy khởi động lại máy chủ.")
    return RemoteError(code, reason, exit_code_of(code))


def exit_code_of(code: str) -> int:
    """The exit code of the typed error with that code."""
    pending = [PhapquyError]
    while pending:
        kind = pending.pop()
        if kind.code == code:
            return kind.exit_code
        pending.extend(kind.__subclasses__())
    return 2 if code == "validation" else 1
