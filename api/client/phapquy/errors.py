"""What can go wrong with a call, and whether trying again may help."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
from pydantic import ValidationError

from phapquy.models import Problem


class ServerError(Exception):
    """The server said no. `problem`: in its words; `request_id`: what its operator finds it by."""

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(f"{problem.status} {problem.code}: {problem.detail or problem.title}")
        self.problem = problem
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def code(self) -> str:
        """The stable code, such as `not_found`."""
        return self.problem.code

    @property
    def request_id(self) -> str | None:
        """What its operator finds the request by."""
        return self.problem.request_id


class NotAllowed(ServerError):
    """401, 403: no key, a wrong one, or one that may not do this."""


class NotFound(ServerError):
    """404: not there, or not to be seen with this key."""


class TooManyRequests(ServerError):
    """429: over the key's rate; `retry_after` says for how many seconds."""


class Unavailable(ServerError):
    """502, 503, 504: not ready or too busy now."""


_KINDS: dict[int, type[ServerError]] = {
    401: NotAllowed, 403: NotAllowed, 404: NotFound, 429: TooManyRequests, 502: Unavailable, 503: Unavailable,
    504: Unavailable,
}  # fmt: skip


def error_of(reply: httpx.Response) -> ServerError:
    """The error that a reply (read whole) tells."""
    try:
        problem = Problem.model_validate_json(reply.content)
    except ValidationError:
        problem = Problem(title=reply.reason_phrase or "error", status=reply.status_code, code="unknown")
    after = reply.headers.get("retry-after", "")
    return _KINDS.get(reply.status_code, ServerError)(problem, float(after) if after.isdecimal() else None)


def trying_again(patience: float) -> Callable[[Exception], bool | float]:
    """For the retries of one call that may take `patience` seconds in all: whether, or after how many seconds."""
    until = time.monotonic() + patience

    def decide(fault: Exception) -> bool | float:
        if isinstance(fault, (TooManyRequests, Unavailable)):
            if fault.retry_after is None:
                return True
            return fault.retry_after if time.monotonic() + fault.retry_after < until else False
        return isinstance(fault, httpx.TransportError)

    return decide
