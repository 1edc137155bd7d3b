"""`Place`: a home opened in this process, for measurements that need its parts and not only its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from api import logs
from api.caller import LOCAL, Caller
from api.parts import Workshop
from api.running import living_record
from api.schemas import AnswerRequest, AnswerResponse, SearchRequest, TimedSearch
from api.schemas_resolve import ResolveRequest, ResolveResponse
from api.settings import Settings
from api.wiring import Parts
from legal.errors import Conflict


class Place:
    """A home's parts with an event loop of their own. `runner` runs what is async, always the same loop."""

    def __init__(self, workshop: Workshop, runner: asyncio.Runner) -> None:
        self._workshop = workshop
        self.runner = runner

    @property
    def parts(self) -> Parts:
        """Catalogue, index, models."""
        return self._workshop.parts

    def search(self, body: SearchRequest, caller: Caller = LOCAL) -> TimedSearch:
        """As the doors search, for this caller."""
        return self.runner.run(self._workshop.search(body, caller))

    def answer(self, body: AnswerRequest, caller: Caller = LOCAL) -> AnswerResponse:
        """As the doors answer, for this caller."""
        return self.runner.run(self._workshop.answer(body, caller))

    def resolve(self, body: ResolveRequest, caller: Caller = LOCAL) -> ResolveResponse:
        """As the doors resolve a citation, for this caller."""
        return self.runner.run(self._workshop.resolve(body.citation, body.as_of, caller))


@contextmanager
def open_place(settings: Settings) -> Iterator[Place]:
    """Open the home here. Raises Conflict while a server runs on it: the embedded engine is one process's."""
    if living_record(settings.home) is not None and not settings.qdrant.url:
        raise Conflict("phapquy serve đang chạy trên kho này; phép đo này cần dừng nó trước.")
    logs.set_up(settings.log_level, json=False)
    with asyncio.Runner() as runner, Workshop(settings) as workshop:
        yield Place(workshop, runner)
        runner.run(workshop.close())
