"""`ServerIndex`: the index port on a Qdrant server, through qdrant-client.

An alias names the collection in use, so that a re-index can switch. Reads run in threads: the client's calls block.
Between the two writes that show a new version and drop the old one a search may read both: the later one is kept.
"""

from __future__ import annotations

import asyncio
import copy
import re
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import asdict
from itertools import islice
from typing import Any, TypeVar

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from legal.errors import Conflict, NotFound, ServiceUnavailable
from retrieval.beam import beam_for
from retrieval.index import Candidates, IndexWriter, Manifest, Meaning, Point, Scored, SearchFilter, Sparse
from retrieval.passage import Passage
from retrieval.points import (
    DENSE,
    HIDDEN,
    LEXICAL,
    SHOWN,
    SHOWN_FIELDS,
    card_changes,
    conditions,
    from_payload,
    now,
    reading,
    split_reading,
)
from retrieval.server_layout import Layout, index_fields, make_collection, stored_manifest
from retrieval.server_requests import filter_of, holds, latest_of, point_of, query_of, server_filter
from retrieval.server_succession import ServerSuccessor

T = TypeVar("T")

_BATCH = 128
_PAGE = 1000
_ALL = 10_000_000
_READ = ["key", "position", *SHOWN_FIELDS]


class ServerIndex:
    """The index on a server. Any number of processes may read; one should write."""

    def __init__(
        self,
        client: QdrantClient,
        manifest: Manifest | None,
        *,
        collection: str = "phapquy",
        local: bool = False,
        layout: Layout | None = None,
    ) -> None:
        """Find the collection behind the alias `collection`, or make one.

        `manifest`: what it must have been made with; None takes what is stored (to rebuild it). `local`: the client is
        qdrant-client's local mode, for tests: one call at a time, no payload indexes. Raises ServiceUnavailable when the
        server does not answer and Conflict when the index was made with another manifest, or there is none to take.
        """
        self._client = client
        self._alias = collection
        self._writing = threading.RLock()
        self._turn: AbstractContextManager[Any] = threading.RLock() if local else nullcontext()
        self._local = local
        self._layout = layout or Layout()
        with self._asking():
            aliases = {alias.alias_name for alias in client.get_aliases().aliases}
            if collection not in aliases:
                if manifest is None:
                    raise Conflict("Chưa có chỉ mục nào trên máy chủ Qdrant; hãy nạp văn bản trước (phapquy ingest).")
                self._point_to(self._make(manifest))
            found = client.get_collection(collection)
        stored = found.config.metadata or {}
        self._beam = beam_for((found.points_count or 0) // (found.config.params.shard_number or 1))
        self._manifest = manifest or stored_manifest(stored)
        if manifest is not None and stored != asdict(manifest):
            raise Conflict(
                f"Chỉ mục trên máy chủ Qdrant được tạo bằng mô hình nhúng {stored.get('embedder')}, khác với cấu hình "
                f"hiện nay: {manifest.embedder}. Hãy chạy `phapquy reindex` hoặc đặt lại cấu hình như cũ."
            )
        if not local:
            with self._asking():
                index_fields(client, collection)  # an older program made it without some

    @classmethod
    def connect(
        cls,
        url: str,
        manifest: Manifest | None,
        *,
        api_key: str | None = None,
        collection: str = "phapquy",
        timeout: int = 10,
        layout: Layout | None = None,
    ) -> ServerIndex:
        """The index on the server at `url`. `timeout`: seconds a call may take."""
        client = QdrantClient(url=url, api_key=api_key, timeout=timeout, check_compatibility=False)
        return cls(client, manifest, collection=collection, layout=layout)

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    async def search(
        self, dense: Meaning, sparse: Sparse | None, where: SearchFilter, *, limit: int, whole: bool = True
    ) -> Candidates:
        """Both searches in one request of the server, passages with it. A missing vector gives an empty list on its side."""
        if isinstance(dense, asyncio.Future):
            dense = await dense
        condition = server_filter(conditions(where))
        asked: list[models.QueryRequest] = []
        if dense is not None:
            asked.append(query_of(dense.tolist(), DENSE, condition, limit, None if self._local else self._beam))
        if sparse is not None and sparse.indices:
            vector = models.SparseVector(indices=list(sparse.indices), values=list(sparse.values))
            asked.append(query_of(vector, LEXICAL, condition, limit))
        if not asked:
            return Candidates.of((), ())
        answers = await self._read(lambda: self._client.query_batch_points(self._alias, requests=asked))
        hits = [answer.points for answer in answers]
        latest = latest_of(point.payload or {} for points in hits for point in points)
        found = [
            tuple(
                Scored(from_payload(point.id, point.payload or {}), point.score)
                for point in points
                if holds(point.payload or {}, latest)
            )
            for points in hits
        ]
        by_meaning = found.pop(0) if dense is not None else ()
        return Candidates.of(by_meaning, found[0] if found else ())

    async def fetch(self, where: SearchFilter, *, limit: int = 100) -> list[Passage]:
        """Passages by exact conditions, in reading order (document key, then position)."""
        return await self._read(lambda: self._fetch(server_filter(conditions(where)), limit))

    def replace(self, key: str, version: str, points: Iterable[Point]) -> int:
        """Write the version unseen, then show it and drop every other; one that is shown is written over at once."""
        with self._writing, self._asking():
            if self._count(filter_of(reading=reading(key, version), live=SHOWN)):
                return self._rewrite(key, version, points)
            unseen = models.FilterSelector(filter=filter_of(reading=reading(key, version), live=HIDDEN))
            self._client.delete(self._alias, points_selector=unseen, wait=True)
            numbered, begun = enumerate(points), now()
            written: set[str] = set()
            try:
                while batch := list(islice(numbered, _BATCH)):
                    made = [point_of(point, position, begun, live=False) for position, point in batch]
                    self._client.upsert(self._alias, points=made, wait=True)
                    written.update(point.passage.id for _, point in batch)
            except BaseException:
                self._client.delete(self._alias, points_selector=unseen, wait=True)
                raise
            if written:
                self._show(key, version)
            else:
                self.remove(key)
            return len(written)

    def publish(self, key: str, version: str) -> int:
        with self._writing, self._asking():
            number = self._count(filter_of(reading=reading(key, version)))
            if not number:
                raise NotFound("Chỉ mục không có phiên bản này của văn bản; hãy nạp lại văn bản.")
            self._show(key, version)
            return number

    def remove(self, key: str) -> int:
        with self._writing, self._asking():
            number = self._count(filter_of(key=key))
            if number:
                self._client.delete(
                    self._alias, points_selector=models.FilterSelector(filter=filter_of(key=key)), wait=True
                )
            return number

    def set_card(self, key: str, version: str, changes: dict[str, object]) -> None:
        put, drop = card_changes(changes)
        selector = models.FilterSelector(filter=filter_of(reading=reading(key, version)))
        with self._writing, self._asking():
            if put:
                self._client.set_payload(self._alias, payload=put, points=selector, wait=True)
            if drop:
                self._client.delete_payload(self._alias, keys=drop, points=selector, wait=True)

    def count(self, key: str | None = None, *, version: str | None = None) -> int:
        with self._asking():
            if key is None:
                return self._count(None)
            return self._count(filter_of(key=key) if version is None else filter_of(reading=reading(key, version)))

    def versions(self) -> dict[str, set[str]]:
        with self._asking():
            hits = self._client.facet(self._alias, key="reading", limit=_ALL, exact=True).hits
        found: dict[str, set[str]] = {}
        for hit in hits:
            if hit.count:
                key, version = split_reading(str(hit.value))
                found.setdefault(key, set()).add(version)
        return found

    @property
    def generation(self) -> str:
        with self._asking():
            return (self._named(self._alias) or "").rpartition("-")[2]

    @property
    def succeeding(self) -> bool:
        return False  # every write goes to the collection in use at once

    def pinned(self) -> ServerIndex:
        with self._asking():
            return self._over(self._named(self._alias) or self._alias, self._manifest)

    @contextmanager
    def bulk(self) -> Iterator[IndexWriter]:
        """The index itself: the server builds its graphs beside its answers."""
        yield self

    @contextmanager
    def successor(self, manifest: Manifest, name: str) -> Iterator[ServerSuccessor]:
        """See `Index`: a new collection, which the alias names from the switch on."""
        with self._asking():
            self._sweep()
            made = self._make(manifest, name)
        following = ServerSuccessor(self._over(made, manifest), lambda: self._succeed(made, manifest))
        try:
            yield following
        finally:
            if self._manifest is not manifest:
                with suppress(ServiceUnavailable), self._asking():
                    self._client.delete_collection(made)

    @contextmanager
    def previous(self) -> Iterator[ServerSuccessor]:
        """See `Index`."""
        with self._asking():
            before = self._named(self._before)
            if before is None:
                raise NotFound("Không còn giữ chỉ mục trước đó.")
            manifest = stored_manifest(self._client.get_collection(before).config.metadata or {})
        yield ServerSuccessor(self._over(before, manifest), lambda: self._succeed(before, manifest))

    def drop_previous(self) -> bool:
        with self._writing, self._asking():
            if before := self._named(self._before):
                self._client.delete_collection(before)
            return bool(before)

    def flush(self) -> None:
        """Every write waits until the server has it."""

    def close(self) -> None:
        self._client.close()

    @property
    def _before(self) -> str:
        """The alias of the collection that was in use before."""
        return f"{self._alias}-previous"

    def _named(self, alias: str) -> str | None:
        """The collection behind an alias."""
        return {one.alias_name: one.collection_name for one in self._client.get_aliases().aliases}.get(alias)

    def _succeed(self, made: str, manifest: Manifest) -> None:
        """Both aliases move in one step; then what neither names is deleted."""
        with self._writing, self._asking():
            self._point_to(made, keep=self._named(self._alias))
            self._manifest = manifest
            self._sweep()

    def _make(self, manifest: Manifest, generation: str | None = None) -> str:
        """A new collection without points, which no alias names yet."""
        name = f"{self._alias}-{generation or uuid.uuid4().hex[:12]}"
        make_collection(self._client, name, manifest, self._layout, indexed=not self._local)
        return name

    def _point_to(self, name: str, keep: str | None = None) -> None:
        """Let the alias name this collection, and the alias of the one before `keep`, in one step."""
        known = {alias.alias_name for alias in self._client.get_aliases().aliases}
        change: list[Any] = []
        for alias, collection in ((self._before, keep), (self._alias, name)):
            if collection is not None:
                if alias in known:
                    change.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias)))
                create = models.CreateAlias(collection_name=collection, alias_name=alias)
                change.append(models.CreateAliasOperation(create_alias=create))
        self._client.update_collection_aliases(change)

    def _over(self, name: str, manifest: Manifest) -> ServerIndex:
        """This index over another collection."""
        other = copy.copy(self)
        other._alias, other._manifest = name, manifest
        return other

    def _sweep(self) -> None:
        """Delete collections of ours that no alias names: what a switch or a broken rebuild leaves behind."""
        used = {alias.collection_name for alias in self._client.get_aliases().aliases}
        for one in self._client.get_collections().collections:
            if one.name not in used and re.fullmatch(rf"{re.escape(self._alias)}-[0-9a-f]{{12}}", one.name):
                self._client.delete_collection(one.name)

    def _show(self, key: str, version: str) -> None:
        kept = filter_of(reading=reading(key, version))
        others = models.Filter(must=filter_of(key=key).must, must_not=kept.must)
        self._client.batch_update_points(
            self._alias,
            update_operations=[
                models.SetPayloadOperation(set_payload=models.SetPayload(payload={"live": SHOWN}, filter=kept)),
                models.DeleteOperation(delete=models.FilterSelector(filter=others)),
            ],
            wait=True,
        )

    def _rewrite(self, key: str, version: str, points: Iterable[Point]) -> int:
        begun = now()
        made = [point_of(point, position, begun, live=True) for position, point in enumerate(points)]
        if not made:
            self.remove(key)
            return 0
        kept = {point.id for point in made}
        stale = models.Filter(must=filter_of(key=key).must, must_not=[models.HasIdCondition(has_id=list(kept))])
        self._client.batch_update_points(
            self._alias,
            update_operations=[
                models.UpsertOperation(upsert=models.PointsList(points=made)),
                models.DeleteOperation(delete=models.FilterSelector(filter=stale)),
            ],
            wait=True,
        )
        return len(kept)

    def _fetch(self, condition: models.Filter, limit: int) -> list[Passage]:
        records, more = self._client.scroll(
            self._alias, scroll_filter=condition, limit=limit, with_payload=_READ, with_vectors=False
        )
        if more is not None:
            places = sorted(self._places(condition))[:limit]
            wanted = [identity for _, _, identity in places]
            records = self._client.retrieve(self._alias, wanted, with_payload=_READ, with_vectors=False)
        payloads = [(record.payload or {}, record.id) for record in records]
        latest = latest_of(payload for payload, _ in payloads)
        payloads.sort(key=lambda one: (one[0]["key"], one[0]["position"]))
        return [from_payload(identity, payload) for payload, identity in payloads if holds(payload, latest)]

    def _places(self, condition: models.Filter) -> Iterator[tuple[str, int, str]]:
        offset: Any = None
        while True:
            records, offset = self._client.scroll(
                self._alias,
                scroll_filter=condition,
                limit=_PAGE,
                offset=offset,
                with_payload=["key", "position"],
                with_vectors=False,
            )
            for record in records:
                payload = record.payload or {}
                yield payload["key"], payload["position"], str(record.id)
            if offset is None:
                return

    def _count(self, condition: models.Filter | None) -> int:
        return self._client.count(self._alias, count_filter=condition, exact=True).count

    async def _read(self, ask: Callable[[], T]) -> T:
        def asked() -> T:
            with self._asking():
                return ask()

        return await asyncio.to_thread(asked)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """The client's errors as ours."""
        try:
            with self._turn:
                yield
        except UnexpectedResponse as fault:
            raise ServiceUnavailable(
                f"Máy chủ Qdrant từ chối yêu cầu (mã {fault.status_code}); hãy kiểm tra khóa và trạng thái máy chủ."
            ) from None
        except (ApiException, OSError):
            raise ServiceUnavailable("Không kết nối được máy chủ Qdrant; hãy kiểm tra địa chỉ và dịch vụ.") from None
