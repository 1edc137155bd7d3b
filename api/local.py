"""`LocalDesk`: the home's work done in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from api.caller import LOCAL
from api.desk import OnProgress
from api.parts import Workshop
from api.schemas import (
    AcceptedOut,
    AnswerRequest,
    AnswerResponse,
    IngestOut,
    RemovalOut,
    SearchRequest,
    StatusOut,
    TimedSearch,
)
from api.schemas_resolve import ResolveRequest, ResolveResponse
from api.settings import Settings


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
        return self._runner.run(self._workshop.search(body, LOCAL))

    def answer(self, body: AnswerRequest) -> AnswerResponse:
        """See `Desk`."""
        return self._runner.run(self._workshop.answer(body, LOCAL))

    def resolve(self, body: ResolveRequest) -> ResolveResponse:
        """See `Desk`."""
        return self._runner.run(self._workshop.resolve(body.citation, body.as_of, LOCAL))

    def ingest(self, paths: Sequence[Path], on_progress: OnProgress, access: Sequence[str] | None = None) -> IngestOut:
        """See `Desk`."""
        return self._workshop.ingest_here(paths, on_progress, access)

    def reindex(self, on_progress: OnProgress) -> IngestOut:
        """See `Desk`."""
        return self._workshop.reindex_here(on_progress)

    def remove(self, number: str) -> RemovalOut:
        """See `Desk`."""
        return self._runner.run(self._workshop.remove(number))

    def accept(self, number: str) -> AcceptedOut:
        """See `Desk`."""
        return self._runner.run(self._workshop.accept(number))

    def status(self) -> StatusOut:
        """See `Desk`."""
        return self._runner.run(self._workshop.status())
