"""`RunningServer`: the home's work done by the server that already runs on it, over loopback."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from api.caller import this_user
from api.desk import OnProgress
from api.running import Record, living_record
from api.schemas import AnswerRequest, AnswerResponse, SearchRequest, TimedSearch, as_json
from api.schemas_home import RollbackOut, StatusOut
from api.schemas_intake import AcceptedOut, AccessOut, IngestOut, ProgressOut, RemovalOut
from api.schemas_resolve import ResolveRequest, ResolveResponse
from legal.errors import Conflict, PhapquyError, ServiceUnavailable

#: Seconds that a living server may take to say that it is there, also while it starts.
PING_TIMEOUT = 30.0


class RemoteError(PhapquyError):
    """An error that the running server gave: its code, reason and exit code are carried over."""

    def __init__(self, code: str, reason: str, exit_code: int) -> None:
        super().__init__(reason)
        self.code = code  # type: ignore[misc]
        self.exit_code = exit_code  # type: ignore[misc]


def find_server(home: Path) -> RunningServer | None:
    """A client of the server that runs on the home; None when there is none or its record is left over from a dead one.

    Raises ServiceUnavailable when a server is there but does not answer.
    """
    record = living_record(home)
    if record is None:
        return None
    server = RunningServer(record)
    if server.answers():
        return server
    server.close()
    return None


class RunningServer:
    """A `Desk` that lets the running server do the work."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{record.port}/internal",
            headers={"Authorization": f"Bearer {record.token}", "X-Phapquy-User": this_user()},
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

    def resolve(self, body: ResolveRequest) -> ResolveResponse:
        """See `Desk`."""
        return ResolveResponse.model_validate(self._post("/resolve", as_json(body)))

    def remove(self, number: str) -> RemovalOut:
        """See `Desk`."""
        return RemovalOut.model_validate(self._post("/remove", {"number": number}))

    def accept(self, number: str) -> AcceptedOut:
        """See `Desk`."""
        return AcceptedOut.model_validate(self._post("/accept", {"number": number}))

    def relabel(self, number: str, labels: Sequence[str]) -> AccessOut:
        """See `Desk`."""
        return AccessOut.model_validate(self._post("/relabel", {"number": number, "access": list(labels)}))

    def status(self) -> StatusOut:
        """See `Desk`."""
        return StatusOut.model_validate(self._post("/status", {}))

    def flush(self) -> None:
        """Let the server bring its index to disk."""
        self._post("/flush", {})

    def ingest(self, paths: Sequence[Path], on_progress: OnProgress, access: Sequence[str] | None = None) -> IngestOut:
        """See `Desk`; leaving early stops the server's work on it."""
        body: dict[str, Any] = {"paths": [str(path.absolute()) for path in paths]}
        if access is not None:
            body["access"] = list(access)
        return self._follow("/ingest", body, on_progress)

    def reindex(self, on_progress: OnProgress) -> IngestOut:
        """See `Desk`."""
        return self._follow("/reindex", {}, on_progress)

    def apply(self, job: str, first: int, end: int) -> None:
        """See `ingest.job_work.Holder`, as the ones below."""
        self._post("/apply", {"job": job, "first": first, "end": end})

    def correct(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = self._post("/correct", {"job": job})
        return found

    def remove_for_good(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = self._post("/remove-for-good", {"job": job})
        return found

    def generation(self) -> str:
        return str(self._post("/generation", {})["generation"])

    def succeed(self, job: str, before: str) -> dict[str, Any]:
        found: dict[str, Any] = self._post("/succeed", {"job": job, "before": before})
        return found

    def learn(self) -> None:
        self._post("/learn", {})

    def rollback(self) -> RollbackOut:
        """See `Desk`."""
        return RollbackOut.model_validate(self._post("/rollback", {}))

    def drop_previous(self) -> bool:
        """See `Desk`."""
        return bool(self._post("/drop-previous", {})["dropped"])

    def _follow(self, path: str, body: dict[str, Any], on_progress: OnProgress) -> IngestOut:
        try:
            with self._client.stream("POST", path, json=body) as reply:
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
