"""`EdgeIndex`: the index port on Qdrant Edge, the engine inside the process; one folder, one handle.

Edge calls hold the GIL, so calling one directly from the event loop costs nothing that a thread would save. Two locks:
`_writing` keeps writers apart, for as long as a document takes; `_gate` makes a few calls one step for readers, for
milliseconds.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import qdrant_edge as engine

from legal.errors import NotFound
from retrieval.beam import beam_for
from retrieval.edge_requests import KINDS, edge_condition, edge_filter, edge_point, edge_query, shard_config
from retrieval.index import Candidates, Found, Id, IndexMoved, Manifest, Meaning, Point, SearchFilter, Sparse
from retrieval.passage import Passage
from retrieval.points import (
    DENSE,
    HIDDEN,
    INDEXED,
    LEXICAL,
    SHOWN,
    SHOWN_FIELDS,
    AnyOf,
    Payload,
    card_changes,
    conditions,
    from_payload,
    now,
    reading,
    split_reading,
)
from retrieval.resident import map_ahead

#: Points a call: readers get their turn between two calls.
_BATCH = 16
_WARM = 64  # passages read at one go: a few milliseconds in which searches wait
_PAGE = 1000
_SOON_READ = 64  # of the best by words: read while the question is being embedded
_ALL = 10_000_000

_READ = ["key", "position", *SHOWN_FIELDS]


def _of(key: str, version: str | None = None) -> Any:
    return edge_filter([AnyOf("key", (key,)) if version is None else AnyOf("reading", (reading(key, version),))])


class IndexClosed(IndexMoved):
    """The handle was closed: at shutdown, or because another generation took its place."""


class EdgeIndex:
    """One generation in one folder. The folder belongs to this process alone; `EmbeddedIndex` sees to that."""

    def __init__(self, folder: Path, manifest: Manifest, *, remembered: int = 16_384) -> None:
        """Open the generation in `folder`, or make an empty one there.

        `remembered`: passages kept in memory (about 3 kB each), because reading one takes longer than finding it.
        """
        self._most_remembered = remembered
        self._remembered: OrderedDict[Id, Passage] = OrderedDict()  # by the id as a number, quick to hash
        self._manifest = manifest
        self._folder = folder
        self._writing = threading.RLock()
        self._gate = threading.Lock()
        self._closed = False
        self._changes = 0  # of points: two searches of one number saw the same points
        if (folder / "edge_config.json").exists():
            self._shard = engine.EdgeShard.load(str(folder))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self._shard = engine.EdgeShard.create(str(folder), shard_config(manifest.dimension))
        info = self._shard.info()
        self.beam, known = beam_for(info.points_count), info.payload_schema
        for field, kind in INDEXED.items():
            if field not in known:
                self._shard.update(engine.UpdateOperation.create_field_index(field, KINDS[kind]))

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    async def search(
        self, dense: Meaning, sparse: Sparse | None, where: SearchFilter, *, limit: int, whole: bool = True
    ) -> Candidates:
        """Both searches in one call of the engine; the one by words first and alone while a model works on the other.

        A missing vector gives an empty list on its side.
        """
        condition = edge_filter(conditions(where))
        words = None
        if sparse is not None and sparse.indices:
            vector = engine.SparseVector(list(sparse.indices), list(sparse.values))
            words = edge_query(engine.Query.Nearest(vector, using=LEXICAL), condition, limit)
        by_words: tuple[Found, ...] = ()
        read: dict[Id, Passage] = {}
        state = None
        if isinstance(dense, asyncio.Future):
            if words is not None and not dense.done():
                with self._opened():
                    state, (by_words,) = self._changes, self._ask([words])
                    read = dict(self._passages([identity for identity, _ in by_words[:_SOON_READ]]))
            dense = await dense
        meaning = None
        if dense is not None:
            meaning = edge_query(engine.Query.Nearest(dense.tolist(), using=DENSE), condition, limit, self.beam)
        with self._opened():
            if state != self._changes:  # not asked yet, or of another state than the search to come
                by_words, read = (), {}
                found = self._ask([one for one in (meaning, words) if one is not None])
                by_words = found.pop() if words is not None else ()
            else:
                found = self._ask([meaning] if meaning is not None else [])
            if whole:
                missing = {identity for side in (*found, by_words) for identity, _ in side if identity not in read}
                read.update(self._passages(missing))
        return Candidates(found[0] if found else (), by_words, partial(self._read_some, read))

    async def fetch(self, where: SearchFilter, *, limit: int = 100) -> list[Passage]:
        """Passages by exact conditions, in reading order (document key, then position)."""
        condition = edge_filter(conditions(where))
        with self._opened():
            records, more = self._page(condition, limit, _READ)
            if more is not None:
                places = [
                    (record.payload["key"], record.payload["position"], record.id)
                    for record in self._scroll(condition, ["key", "position"])
                ]
                wanted = [place[2] for place in sorted(places, key=lambda place: place[:2])[:limit]]
                records = self._shard.retrieve(wanted, _READ, False)
        records = sorted(records, key=lambda record: (record.payload["key"], record.payload["position"]))
        return [from_payload(record.id, record.payload) for record in records]

    def replace(self, key: str, version: str, points: Iterable[Point]) -> int:
        """Write the version unseen, then show it and drop every other in one step.

        A version that is shown already is written over in one call, so that it never answers in part.
        """
        with self._writing:
            if self._counted(_live(key, version, SHOWN)):
                return self._rewrite(key, version, points)
            # Leftovers of a write of the same version that was cut off.
            self._update(key, engine.UpdateOperation.delete_points_by_filter(_live(key, version, HIDDEN)))
            written: set[str] = set()
            numbered, begun = enumerate(points), now()
            try:
                while batch := list(islice(numbered, _BATCH)):
                    made = [edge_point(point, position, begun, live=False) for position, point in batch]
                    self._update(key, engine.UpdateOperation.upsert_points(made))
                    written.update(point.passage.id for _, point in batch)
            except BaseException:
                self._update(key, engine.UpdateOperation.delete_points_by_filter(_live(key, version, HIDDEN)))
                raise
            if written:
                self._show(key, version)
            else:
                self.remove(key)
            return len(written)

    def publish(self, key: str, version: str) -> int:
        """Show a version that is already written and drop every other one; the number of its points.

        For recovery after a crash, when the catalogue says which version holds. Raises NotFound when it has no points.
        """
        with self._writing:
            number = self.count(key, version=version)
            if not number:
                raise NotFound("Chỉ mục không có phiên bản này của văn bản; hãy nạp lại văn bản.")
            self._show(key, version)
            return number

    def mend(self) -> None:
        """Where a crash left two versions of a document shown, keep the one written last."""
        with self._writing:
            for key, versions in self._facet(edge_filter([AnyOf("live", (SHOWN,))])).items():
                if len(versions) > 1:
                    self.publish(key, max(versions, key=lambda version: self._written(key, version)))

    def remove(self, key: str) -> int:
        with self._writing:
            number = self.count(key)
            if number:
                self._update(key, engine.UpdateOperation.delete_points_by_filter(_of(key)))
            return number

    def count(self, key: str | None = None, *, version: str | None = None) -> int:
        with self._opened():
            return self._count(None if key is None else _of(key, version))

    def versions(self) -> dict[str, set[str]]:
        return self._facet(None)

    def set_card(self, key: str, version: str, changes: dict[str, object]) -> None:
        put, drop = card_changes(changes)
        operations = [engine.UpdateOperation.set_payload_by_filter(_of(key, version), put)] if put else []
        if drop:
            operations.append(engine.UpdateOperation.delete_payload_by_filter(_of(key, version), drop))
        with self._writing:
            self._update(key, *operations)

    def optimise(self, *, int8: bool | None = None) -> bool:
        """Merge segments, build their indexes. Freezes the process for seconds: for processes of its own only.

        `int8`: as in `shard_config`.
        """
        with self._writing, self._opened():
            points = self._count(None)
            self.beam = beam_for(points)
            self._shard.flush()
            self._shard.close()
            self._shard = engine.EdgeShard.load(
                str(self._folder), shard_config(self._manifest.dimension, points, int8=int8)
            )
            return bool(self._shard.optimize())

    def flush(self) -> None:
        with self._writing, self._opened():
            self._shard.flush()

    def close(self, *, flush: bool = True) -> None:
        """Flush and let go of the folder; later calls raise `IndexClosed`. Closing twice does nothing."""
        with self._writing, self._gate:
            if self._closed:
                return
            self._closed = True
            if flush:
                self._shard.flush()
            self._shard.close()

    @contextmanager
    def _opened(self) -> Iterator[None]:
        with self._gate:
            if self._closed:
                raise IndexClosed("Chỉ mục đã đóng; hãy thử lại sau khi dịch vụ khởi động xong.")
            yield

    def _show(self, key: str, version: str) -> None:
        others = engine.Filter(must=[edge_condition(AnyOf("key", (key,)))], must_not=list(_of(key, version).must))
        show: Payload = {"live": SHOWN}
        self._update(  # the new version first: a crash between the two leaves both, never none
            key,
            engine.UpdateOperation.set_payload_by_filter(_of(key, version), show),
            engine.UpdateOperation.delete_points_by_filter(others),
        )

    def _facet(self, condition: Any) -> dict[str, set[str]]:
        with self._opened():
            request = engine.FacetRequest(key="reading", limit=_ALL, exact=True, filter=condition)
            answer = self._shard.facet(request)
        found: dict[str, set[str]] = {}
        for hit in answer.hits:
            if hit.count:  # a value whose points are gone is still listed
                key, version = split_reading(str(hit.value))
                found.setdefault(key, set()).add(version)
        return found

    def _written(self, key: str, version: str) -> int:
        with self._opened():
            records, _ = self._page(_of(key, version), 1, ["written"])
        return int(records[0].payload["written"]) if records else 0

    def _rewrite(self, key: str, version: str, points: Iterable[Point]) -> int:
        begun = now()
        made = [edge_point(point, position, begun, live=True) for position, point in enumerate(points)]
        kept = {point.id for point in made}
        if not made:
            self.remove(key)
            return 0
        stale = engine.Filter(must=list(_of(key).must), must_not=[engine.HasIdCondition(kept)])
        self._update(
            key, engine.UpdateOperation.upsert_points(made), engine.UpdateOperation.delete_points_by_filter(stale)
        )
        return len(kept)

    def _counted(self, condition: Any) -> int:
        with self._opened():
            return self._count(condition)

    def _ask(self, queries: list[Any]) -> list[tuple[Found, ...]]:
        """Ids and scores of each query, in one call. The gate is held."""
        if not queries:
            return []
        answers = self._shard.query_batch(engine.QueryBatchRequest(queries))
        return [tuple([(_number(hit.id), hit.score) for hit in answer]) for answer in answers]

    def _read_some(self, read: dict[Id, Passage], ids: Collection[Id]) -> dict[Id, Passage]:
        """The passages of these points; `read`: those that the search has read already."""
        missing = [one for one in ids if one not in read]
        if missing:
            with self._opened():
                read.update(self._passages(missing))
        return read

    def _passages(self, ids: Collection[Id]) -> dict[Id, Passage]:
        """The passages of these points; raises IndexMoved when one is gone. The gate is held."""
        known = self._remembered
        found = {one: known[one] for one in ids if one in known}
        missing = [one for one in ids if one not in found]
        if missing:
            for record in self._shard.retrieve([UUID(int=int(one)) for one in missing], _READ, False):
                number = _number(record.id)
                found[number] = known[number] = from_payload(record.id, record.payload or {})
            while len(known) > self._most_remembered:
                known.popitem(last=False)
            if len(found) < len(ids):
                raise IndexMoved("Văn bản vừa được thay trong lúc tìm; hãy thử lại.")
        return found

    def warm(self) -> int:
        """Read passages into memory until it is full or all are in; their number. Searches go on in between.

        The rest, and the vectors that order the best anew, are brought near (`map_ahead`).
        """
        for part in ("payload_storage", f"vector_storage-{DENSE}"):
            map_ahead(self._folder, part)
        condition, offset = edge_filter([AnyOf("live", (SHOWN,))]), None
        while len(self._remembered) < self._most_remembered:
            with self._opened():
                records, offset = self._page(condition, _WARM, _READ, offset)
                for record in records:
                    number = _number(record.id)
                    if number not in self._remembered:
                        self._remembered[number] = from_payload(record.id, record.payload)
            if offset is None:
                break
        return len(self._remembered)

    def _update(self, key: str, *operations: Any) -> None:
        """Several operations on a document's points as one step for readers."""
        with self._opened():
            self._changes += 1
            stale = [one for one, passage in self._remembered.items() if passage.document.key == key]
            for identity in stale:
                del self._remembered[identity]
            for operation in operations:
                self._shard.update(operation)

    def _count(self, condition: Any) -> int:
        return int(self._shard.count(engine.CountRequest(exact=True, filter=condition)))

    def _page(self, condition: Any, limit: int, fields: list[str], offset: Any = None) -> tuple[list[Any], Any]:
        records, following = self._shard.scroll(
            engine.ScrollRequest(offset=offset, limit=limit, filter=condition, with_payload=fields, with_vector=False)
        )
        return records, following

    def _scroll(self, condition: Any, fields: Sequence[str]) -> Iterator[Any]:
        offset = None
        while True:
            records, offset = self._page(condition, _PAGE, list(fields), offset)
            yield from records
            if offset is None:
                return


def _number(identity: Any) -> int:
    """A point's id, which is a UUID, as a number: quicker to hash than the object that the engine makes each time."""
    return int(identity.int)


def _live(key: str, version: str, live: str) -> Any:
    return edge_filter([AnyOf("reading", (reading(key, version),)), AnyOf("live", (live,))])
