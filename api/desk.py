"""`Desk`: what the command line asks for, done in this process or by the server that already runs on the home."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from api.running import living_record
from api.schemas import AnswerRequest, AnswerResponse, SearchRequest, TimedSearch
from api.schemas_home import RollbackOut, StatusOut
from api.schemas_intake import AcceptedOut, AccessOut, IngestOut, ProgressOut, RemovalOut
from api.schemas_resolve import ResolveRequest, ResolveResponse
from api.settings import Settings

OnProgress = Callable[[ProgressOut], None]


class Desk(Protocol):
    """One home's work, whoever does it. All raise PhapquyError."""

    def search(self, body: SearchRequest) -> TimedSearch: ...
    def answer(self, body: AnswerRequest) -> AnswerResponse: ...
    def resolve(self, body: ResolveRequest) -> ResolveResponse: ...
    def ingest(
        self, paths: Sequence[Path], on_progress: OnProgress, access: Sequence[str] | None = None
    ) -> IngestOut: ...
    def reindex(self, on_progress: OnProgress) -> IngestOut: ...
    def rollback(self) -> RollbackOut: ...
    def drop_previous(self) -> bool: ...
    def remove(self, number: str) -> RemovalOut: ...
    def accept(self, number: str) -> AcceptedOut: ...
    def relabel(self, number: str, labels: Sequence[str]) -> AccessOut: ...
    def status(self) -> StatusOut: ...


@contextmanager
def open_desk(settings: Settings) -> Iterator[Desk]:
    """The desk of the settings' home: the embedded engine is one process's, so a running server does the work."""
    if living_record(settings.home) is not None:
        from api.remote import find_server

        server = find_server(settings.home)
        if server is not None:
            with server:
                yield server
            return
    from api import logs
    from api.local import LocalDesk

    logs.set_up(settings.log_level, json=False)
    with LocalDesk(settings) as desk:
        yield desk
