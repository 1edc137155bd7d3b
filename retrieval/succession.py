"""One generation of the embedded index after another: who is pinned to which, and the one that is to take over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from retrieval.builder import Builder
from retrieval.edge import EdgeIndex, IndexClosed
from retrieval.index import Candidates, IndexWriter, Manifest, Meaning, SearchFilter, Sparse
from retrieval.passage import Passage

#: Seconds for which a generation that was succeeded still answers those who began with it.
GRACE = 60.0


@dataclass(frozen=True, slots=True)
class Lineage:
    """What answers now, and what did before it. `number` goes up when another embedder may have taken over."""

    number: int
    index: EdgeIndex
    before: EdgeIndex | None


class Pinned:
    """An index as it is for questions embedded by one embedder: follows exchanges of handles, not successions."""

    def __init__(self, now: Callable[[], Lineage], number: int) -> None:
        self._now, self._number = now, number

    async def search(
        self, dense: Meaning, sparse: Sparse | None, where: SearchFilter, *, limit: int, whole: bool = True
    ) -> Candidates:
        """See `Index`."""
        while True:
            index = self._index()
            try:
                return await index.search(dense, sparse, where, limit=limit, whole=whole)
            except IndexClosed:
                if index is self._index():
                    raise

    async def fetch(self, where: SearchFilter, *, limit: int = 100) -> list[Passage]:
        """See `Index`."""
        while True:
            index = self._index()
            try:
                return await index.fetch(where, limit=limit)
            except IndexClosed:
                if index is self._index():
                    raise

    def _index(self) -> EdgeIndex:
        now = self._now()
        if now.number == self._number:
            return now.index
        if now.number == self._number + 1 and now.before is not None:
            return now.before
        raise IndexClosed("Chỉ mục đã được thay; hãy hỏi lại.")


class EmbeddedSuccessor:
    """See `retrieval.index.Successor`."""

    def __init__(
        self,
        manifest: Manifest,
        generation: Path,
        load: Callable[[Path, Manifest], EdgeIndex],
        succeed: Callable[[Path, EdgeIndex], None],
        *,
        builder: Builder | None = None,
        opened: EdgeIndex | None = None,
    ) -> None:
        self.manifest = manifest
        self._generation, self._load, self._succeed = generation, load, succeed
        self._builder, self._opened = builder, opened

    @property
    def writer(self) -> IndexWriter:
        """See `Successor`: the process that builds it, then this one."""
        return self._opened or self._building

    def ready(self) -> EdgeIndex:
        """See `Successor`."""
        if self._opened is None:
            self._building.optimise()
            self._building.finish()
            self._opened = self._load(self._generation, self.manifest)
            self._opened.warm()
        return self._opened

    def switch(self) -> None:
        """See `Successor`."""
        self._succeed(self._generation, self.ready())

    def close(self) -> None:
        """Let go of its folder."""
        if self._opened is not None:
            self._opened.close()

    @property
    def _building(self) -> Builder:
        assert self._builder is not None
        return self._builder
