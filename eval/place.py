"""`Place`: a home opened in this process, for measurements that need its parts and not only its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from api import logs
from api.caller import LOCAL, Caller
from api.parts import Workshop
from api.running import living_record
from api.schemas import AnswerRequest, AnswerResponse, SearchRequest, TimedSearch
from api.settings import Settings
from api.wiring import Parts
from legal.errors import Conflict
from retrieval.index import SearchFilter
from retrieval.named import look_up, named_provisions
from retrieval.passage import DocumentCard, Passage


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

    def resolve(self, citation: str) -> list[tuple[str, str]]:
        """A citation as typed: (document number or key, eid) of each provision that it names and that is there."""
        return self.runner.run(self._resolve(citation))

    async def _resolve(self, citation: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for one in named_provisions(citation, self.parts.names.names(), date.today()):
            if one.exact:
                passages = await look_up(self.parts.index, one, SearchFilter())
                found += [(card.number or card.key, eid) for card, eid in _places(passages, one.eid)]
            elif one.document:
                known = (self.parts.catalogue.document(key).card for key in one.keys)
                found += [(card.number or card.key, "") for card in known]
        return found


def _places(passages: Sequence[Passage], eid: str) -> list[tuple[DocumentCard, str]]:
    """The provision itself among those that its passages hold: as named, or in an attached regulation."""
    held = [
        (passage.document, own)
        for passage in passages
        for own in (passage.eid, *(span.eid for span in passage.spans))
        if own == eid or own.endswith(f"__{eid}")
    ]
    return list(dict.fromkeys(held))


@contextmanager
def open_place(settings: Settings) -> Iterator[Place]:
    """Open the home here. Raises Conflict while a server runs on it: the embedded engine is one process's."""
    if living_record(settings.home) is not None and not settings.qdrant.url:
        raise Conflict("phapquy serve đang chạy trên kho này; phép đo này cần dừng nó trước.")
    logs.set_up(settings.log_level, json=False)
    with asyncio.Runner() as runner, Workshop(settings) as workshop:
        yield Place(workshop, runner)
        runner.run(workshop.close())
