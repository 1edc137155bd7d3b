"""`LocalDesk`: the home's work done in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import AbstractContextManager
from contextvars import copy_context
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from api.acting import acting
from api.caller import LOCAL
from api.desk import OnProgress
from api.parts import Workshop
from api.schemas import AnswerRequest, AnswerResponse, SearchRequest, TimedSearch
from api.schemas_home import RollbackOut, StatusOut
from api.schemas_intake import AcceptedOut, AccessOut, IngestOut, RemovalOut
from api.schemas_resolve import ResolveRequest, ResolveResponse
from api.settings import Settings

Result = TypeVar("Result")


class LocalDesk:
    """A `Desk` over the parts of this process; parts are built when they are first needed."""

    def __init__(self, settings: Settings) -> None:
        self._workshop = Workshop(settings)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self._workshop.close())
        self._runner.close()
        self._workshop.release()

    def warm(self) -> None:
        """Bring this process to the state of a server that has been answering for a while: for measurements."""
        self._workshop.parts.warm()

    def search(self, body: SearchRequest) -> TimedSearch:
        """See `Desk`."""
        with self._acting("search"):
            return self._run(self._workshop.search(body, LOCAL))

    def answer(self, body: AnswerRequest) -> AnswerResponse:
        """See `Desk`."""
        with self._acting("answer"):
            return self._run(self._workshop.answer(body, LOCAL))

    def resolve(self, body: ResolveRequest) -> ResolveResponse:
        """See `Desk`."""
        with self._acting("resolve"):
            return self._run(self._workshop.resolve(body.citation, body.as_of, LOCAL))

    def ingest(self, paths: Sequence[Path], on_progress: OnProgress, access: Sequence[str] | None = None) -> IngestOut:
        """See `Desk`."""
        with self._acting("ingest"):
            return self._workshop.ingest_here(paths, on_progress, access)

    def reindex(self, on_progress: OnProgress) -> IngestOut:
        """See `Desk`."""
        with self._acting("reindex"):
            return self._workshop.reindex_here(on_progress)

    def rollback(self) -> RollbackOut:
        """See `Desk`."""
        with self._acting("rollback"):
            return self._workshop.rollback()

    def drop_previous(self) -> bool:
        """See `Desk`."""
        with self._acting("drop_previous"):
            return self._workshop.drop_previous()

    def remove(self, number: str) -> RemovalOut:
        """See `Desk`."""
        with self._acting("remove", number):
            return self._run(self._workshop.remove(number))

    def accept(self, number: str) -> AcceptedOut:
        """See `Desk`."""
        with self._acting("accept", number):
            return self._run(self._workshop.accept(number))

    def relabel(self, number: str, labels: Sequence[str]) -> AccessOut:
        """See `Desk`."""
        with self._acting("relabel", number):
            return self._run(self._workshop.relabel(number, labels))

    def status(self) -> StatusOut:
        """See `Desk`."""
        return self._run(self._workshop.status())

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work, context=copy_context())  # the note of the act in hand is in it

    def _acting(self, action: str, target: str = "") -> AbstractContextManager[None]:
        return acting(self._workshop.audit, action, target)
