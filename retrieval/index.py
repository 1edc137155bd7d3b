"""The port to the vector engine. Two adapters: `retrieval/embedded.py` (on `edge.py`) and `retrieval/server.py`.

A point is a passage with a dense vector and a sparse (lexical) one. Points of a document appear and disappear as a
whole: `replace` makes the new version visible and drops the old one; a search never sees half of a document.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from legal.errors import ServiceUnavailable
from retrieval.passage import Passage
from serving.protocols import Vectors


@dataclass(frozen=True, slots=True)
class Sparse:
    """A sparse vector: term ids (unsigned 32 bit, unique) and their weights. The engine multiplies by IDF."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A passage with its vectors; either vector may be missing."""

    passage: Passage
    dense: Vectors | None
    sparse: Sparse | None


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """What may be found. All given conditions must hold; they are applied inside the engine's query.

    `as_of`: only passages in force and not suspended that day; an unknown start or end of validity counts as in force.
    `access`: the caller's labels: a passage needs at least one of them; None for an unrestricted caller.
    The others: any of the values. `eids`: passages that hold the provision or lie inside it.
    """

    as_of: date | None = None
    access: frozenset[str] | None = None
    documents: Collection[str] = ()  # keys
    numbers: Collection[str] = ()
    types: Collection[str] = ()
    issuers: Collection[str] = ()
    eids: Collection[str] = ()
    articles: Collection[str] = ()
    issued_from: date | None = None
    issued_to: date | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage with the raw score of one search."""

    passage: Passage
    score: float


#: A passage in an adapter's own terms; ids sort as `Passage.id` does.
Id = str | int
#: An id with the raw score of one search.
Found = tuple[Id, float]
#: A question's dense vector, or the model at work on it: a search by words need not wait for it.
Meaning = Vectors | asyncio.Future[Vectors | None] | None


class IndexMoved(ServiceUnavailable):
    """What a search found is no longer there, or the index is another one by now: search again."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What one round trip brings: the best by meaning and the best by words, best first, raw scores, not fused.

    `read` gives the passages of some of the ids: most candidates are never looked at, and an engine takes longer to read
    a passage than to find it. Of a search that was not `whole` it raises `IndexMoved` when one has been replaced since.
    """

    by_meaning: tuple[Found, ...]
    by_words: tuple[Found, ...]
    read: Callable[[Collection[Id]], Mapping[Id, Passage]]

    @classmethod
    def of(cls, dense: Sequence[Scored], lexical: Sequence[Scored]) -> Candidates:
        """Candidates whose passages have been read."""
        passages: dict[Id, Passage] = {one.passage.id: one.passage for one in (*dense, *lexical)}
        sides = [tuple([(one.passage.id, one.score) for one in side]) for side in (dense, lexical)]
        return cls(sides[0], sides[1], lambda _: passages)

    @property
    def dense(self) -> tuple[Scored, ...]:
        """The best by meaning with their passages."""
        return self._read(self.by_meaning)

    @property
    def lexical(self) -> tuple[Scored, ...]:
        """The best by words with their passages."""
        return self._read(self.by_words)

    def _read(self, side: Sequence[Found]) -> tuple[Scored, ...]:
        passages = self.read([identity for identity, _ in side])
        return tuple([Scored(passages[identity], score) for identity, score in side])


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index was made with. An index is searched only with the embedder that made it."""

    embedder: str
    dimension: int
    schema: int


class IndexWriter(Protocol):
    """What changes an index: the index itself, or what its `bulk()` gives."""

    def replace(self, key: str, version: str, points: Iterable[Point]) -> int:
        """Write all points of a document's version, make them visible, drop every other version; the number written."""
        ...

    def publish(self, key: str, version: str) -> int:
        """Make a version that is already written visible, drop every other one; the number of its points.

        For recovery, when the catalogue says which version holds. Raises NotFound when it has no points.
        """
        ...

    def remove(self, key: str) -> int:
        """Drop every point of a document; the number of points that were there."""
        ...

    def set_card(self, key: str, version: str, changes: dict[str, object]) -> None:
        """Change fields of the document's card in all its points (status, validity, access) without new vectors.

        Raises BadRequest for a field that a card has not, and for `key` and `version`.
        """
        ...

    def count(self, key: str | None = None, *, version: str | None = None) -> int:
        """Exact number of points, of all versions unless one is named."""
        ...

    def versions(self) -> dict[str, set[str]]:
        """Which versions of which documents have points (visible or not): what recovery compares with the catalogue."""
        ...


class Searched(Protocol):
    """What questions need of an index."""

    async def search(
        self, dense: Meaning, sparse: Sparse | None, where: SearchFilter, *, limit: int, whole: bool = True
    ) -> Candidates:
        """Both searches of one state of the index, each with the filter and its own `limit`.

        `whole`: with all passages as they are in that state; else an adapter may leave reading them to `Candidates.read`.
        """
        ...

    async def fetch(self, where: SearchFilter, *, limit: int = 100) -> list[Passage]:
        """Passages by exact conditions, in reading order (document key, then position)."""
        ...


class Successor(Protocol):
    """A generation that is to take the place of the one in use; until `switch` nothing of it is seen."""

    @property
    def manifest(self) -> Manifest: ...
    @property
    def writer(self) -> IndexWriter:
        """Changes it; another one after `ready`."""
        ...

    def ready(self) -> Searched:
        """The bulk is written: open it, so that it can be tried before it is used. Writing goes on."""
        ...

    def switch(self) -> None:
        """Answer from it from now on, in one step; the generation before is kept for going back to."""
        ...


class Index(IndexWriter, Searched, Protocol):
    """An index. Methods are safe to call from several threads; writes are serialised by the adapter."""

    @property
    def manifest(self) -> Manifest: ...
    def pinned(self) -> Searched:
        """This index for questions embedded by its present embedder: it goes on answering from the present generation
        for a minute after another one took its place."""
        ...

    def bulk(self) -> AbstractContextManager[IndexWriter]:
        """For loads of many documents: what is written to the writer appears when the block ends without an error.

        An adapter that can write much without slowing answers gives itself; then it appears at once.
        """
        ...

    def successor(self, manifest: Manifest, name: str) -> AbstractContextManager[Successor]:
        """A fresh generation beside this one, dropped when the block ends without `switch`. `name`: 12 hex digits; while
        `generation` is that name it has been switched to already."""
        ...

    def previous(self) -> AbstractContextManager[Successor]:
        """The generation that was in use before, to be caught up and switched back to. Raises NotFound."""
        ...

    def drop_previous(self) -> bool:
        """Give up the generation before; whether there was one."""
        ...

    @property
    def generation(self) -> str:
        """The name of the generation in use, 12 hex digits."""
        ...

    @property
    def succeeding(self) -> bool:
        """Whether another generation is being made just now."""
        ...

    def flush(self) -> None: ...
    def close(self) -> None: ...
