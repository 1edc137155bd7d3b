"""`EmbeddedIndex`: the default index: Qdrant Edge in this process, its generations on disk, bulk loads built beside.

One process has the index open. Small writes happen in place. `bulk()` builds the next generation in a process of its
own while this one answers, then switches to it: on disk by the pointer, here by exchanging the handle. `successor()`
does the same for another embedder or layout and keeps the generation before (`retrieval/succession.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from legal.errors import Conflict, NotFound, ServiceUnavailable
from retrieval.builder import Builder
from retrieval.edge import EdgeIndex, IndexClosed
from retrieval.generations import Generations, copy_tree, name_of, shard, stored_manifest
from retrieval.index import Candidates, IndexWriter, Manifest, Meaning, Point, SearchFilter, Sparse
from retrieval.passage import Passage
from retrieval.succession import GRACE, EmbeddedSuccessor, Lineage, Pinned

T = TypeVar("T")


class EmbeddedIndex:
    """The index in a folder of this machine."""

    def __init__(self, folder: Path, manifest: Manifest | None = None, *, remembered: int = 16_384) -> None:
        """Open the index, or make an empty one when there is none.

        `manifest`: what it must have been made with; None takes what is stored (to read it, or to rebuild it).
        `remembered`: passages kept in memory. Raises Conflict when another process has it open, when it was made with
        another embedder, dimension or layout, and when it is damaged.
        """
        self._remembered = remembered
        self._writing = threading.RLock()
        self._bulking = threading.Lock()
        self._builder: Builder | None = None
        self._generations = Generations(folder)
        try:
            self._generation = self._generations.current() or self._first(manifest)
            stored = stored_manifest(self._generation)
            if manifest is not None and manifest != stored:
                raise Conflict(_other(stored, manifest))
            self._generations.sweep()
            self._answering = Lineage(0, self.load(self._generation, stored), None)
        except BaseException:
            self._generations.close()
            raise

    @property
    def manifest(self) -> Manifest:
        return self._index.manifest

    @property
    def generation(self) -> str:
        return name_of(self._generation)

    @property
    def succeeding(self) -> bool:
        return self._bulking.locked()

    @property
    def _index(self) -> EdgeIndex:
        return self._answering.index

    async def search(
        self, dense: Meaning, sparse: Sparse | None, where: SearchFilter, *, limit: int, whole: bool = True
    ) -> Candidates:
        return await self.pinned().search(dense, sparse, where, limit=limit, whole=whole)

    async def fetch(self, where: SearchFilter, *, limit: int = 100) -> list[Passage]:
        return await self.pinned().fetch(where, limit=limit)

    def pinned(self) -> Pinned:
        return Pinned(lambda: self._answering, self._answering.number)

    def warm(self) -> int:
        """Read passages into memory, so that the first questions are as fast as later ones; how many are in memory."""
        return self._read(lambda index: index.warm())

    def count(self, key: str | None = None, *, version: str | None = None) -> int:
        return self._read(lambda index: index.count(key, version=version))

    def versions(self) -> dict[str, set[str]]:
        return self._read(lambda index: index.versions())

    def replace(self, key: str, version: str, points: Iterable[Point]) -> int:
        with self._writing:
            given = points if self._builder is None else list(points)
            return self._write(lambda writer: writer.replace(key, version, given))

    def publish(self, key: str, version: str) -> int:
        return self._write(lambda writer: writer.publish(key, version))

    def remove(self, key: str) -> int:
        return self._write(lambda writer: writer.remove(key))

    def set_card(self, key: str, version: str, changes: dict[str, object]) -> None:
        self._write(lambda writer: writer.set_card(key, version, changes))

    @contextmanager
    def bulk(self) -> Iterator[IndexWriter]:
        """Build the next generation beside this one and switch to it when the block ends; on an error nothing changes.

        It starts as a copy of what is here. Writes to the index itself meanwhile are applied to both. One load at a
        time, others wait.
        """
        with self._bulking:
            with self._writing:
                made = self._generations.make(self.manifest)
                self._index.flush()
                copy_tree(shard(self._generation), shard(made))
                builder = self._builder = Builder(shard(made), self.manifest)
            try:
                yield builder
                builder.optimise()
                with self._writing:
                    builder.finish()
                    self._switch(made)
            except BaseException:
                builder.abandon()
                if made != self._generation:
                    self._generations.drop(made)
                raise
            finally:
                self._builder = None

    @contextmanager
    def successor(self, manifest: Manifest, name: str) -> Iterator[EmbeddedSuccessor]:
        """See `Index`. Writes to the index itself meanwhile are not applied to the successor: catching up is the
        caller's, who knows what was embedded how."""
        with self._bulking:
            made = self._generations.make(manifest, name)
            builder = Builder(shard(made), manifest)
            following = EmbeddedSuccessor(manifest, made, self.load, self._succeed, builder=builder)
            try:
                yield following
            finally:
                builder.abandon()
                if made != self._generation:
                    following.close()
                    self._generations.drop(made)

    @contextmanager
    def previous(self) -> Iterator[EmbeddedSuccessor]:
        """See `Index`."""
        with self._bulking:
            before = self._generations.previous()
            if before is None:
                raise NotFound("Không còn giữ chỉ mục trước đó.")
            self._let_go()
            manifest = stored_manifest(before)
            opened = self.load(before, manifest)
            following = EmbeddedSuccessor(manifest, before, self.load, self._succeed, opened=opened)
            try:
                yield following
            finally:
                if before != self._generation:
                    following.close()

    def drop_previous(self) -> bool:
        with self._bulking:
            before = self._generations.previous()
            if before is not None:
                self._let_go()
                self._generations.drop(before)
            return before is not None

    def flush(self) -> None:
        """Force what was written to the disk (it survives the death of the process without that)."""
        with self._writing:
            self._index.flush()

    def close(self) -> None:
        """Flush and let another process in."""
        with self._bulking, self._writing:
            self._let_go()
            self._index.close()
            self._generations.close()

    def _first(self, manifest: Manifest | None) -> Path:
        if manifest is None:
            raise Conflict("Chưa có chỉ mục nào trong thư mục này; hãy nạp văn bản trước (phapquy ingest).")
        made = self._generations.make(manifest)
        self.load(made, manifest).close()
        self._generations.use(made)
        return made

    def load(self, generation: Path, manifest: Manifest) -> EdgeIndex:
        """Open a generation that no other handle has open."""
        index = EdgeIndex(shard(generation), manifest, remembered=self._remembered)
        index.mend()
        return index

    def _switch(self, made: Path) -> None:
        """Pointer first: from then on a crash finds the new generation, and it is whole."""
        opened = self.load(made, stored_manifest(made))
        self._generations.use(made)
        now, gone = self._answering, self._generation
        self._answering, self._generation = Lineage(now.number, opened, now.before), made
        now.index.close(flush=False)
        self._generations.drop(gone)

    def _succeed(self, made: Path, opened: EdgeIndex) -> None:
        """Another generation takes over; this one goes on for those who are pinned to it, and is kept on disk."""
        with self._writing:
            opened.flush()
            self._index.flush()
            dropped = self._generations.previous()
            self._generations.use(made, keep=self._generation)
            self._let_go()
            now, self._generation = self._answering, made
            self._answering = Lineage(now.number + 1, opened, now.index)
        if dropped not in (None, made):
            self._generations.drop(dropped)
        ending = threading.Timer(GRACE, now.index.close)
        ending.daemon = True
        ending.start()

    def _let_go(self) -> None:
        """Close the handle of the generation before, which had its time."""
        if self._answering.before is not None:
            self._answering.before.close()

    def _read(self, ask: Callable[[EdgeIndex], T]) -> T:
        while True:
            index = self._index
            try:
                return ask(index)
            except IndexClosed:
                if index is self._index:
                    raise

    def _write(self, change: Callable[[IndexWriter], T]) -> T:
        """Apply to the generation in use, and to the one that is being built from it."""
        with self._writing:
            done = change(self._index)
            if self._builder is not None:
                try:
                    with suppress(NotFound):  # the load has another version of it already
                        change(self._builder)
                except ServiceUnavailable:  # the load will fail by itself; this write has been done
                    self._builder = None
            return done


def _other(stored: Manifest, wanted: Manifest) -> str:
    if stored.embedder != wanted.embedder or stored.dimension != wanted.dimension:
        return (
            f"Chỉ mục được tạo bằng mô hình nhúng {stored.embedder} ({stored.dimension} chiều), khác với cấu hình "
            f"hiện nay: {wanted.embedder} ({wanted.dimension} chiều). Hãy chạy `phapquy reindex` để tạo lại chỉ mục, "
            "hoặc đặt lại cấu hình mô hình nhúng như cũ."
        )
    return (
        f"Chỉ mục có cấu trúc phiên bản {stored.schema}, chương trình này dùng phiên bản {wanted.schema}. "
        "Hãy chạy `phapquy reindex` để tạo lại chỉ mục."
    )
