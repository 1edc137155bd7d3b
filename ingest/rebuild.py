"""The index built anew beside the one that answers, or the one before caught up, from the trees that the catalogue keeps.

Documents go on coming and going meanwhile: they are written to the index in use as ever, and what differs in the new one
at the end is caught up, the last of it while nobody may write, for moments.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from ingest.acceptance import Acceptance
from ingest.catalogue import Catalogue
from ingest.catalogue_writing import CatalogueWriting
from ingest.embedding import CachedEmbedder, points
from ingest.report import Progress, Report, Stages
from ingest.writer import Writer
from legal.errors import Conflict, NotFound
from retrieval.index import Searched, Successor
from retrieval.passage import DocumentCard

#: Tries the successor on questions before it is used; raises Conflict when it finds worse.
Check = Callable[[Searched], Acceptance | None]


class RebuildStopped(Exception):
    """The caller wants no new generation any more; the old one is as it was."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who follows a rebuild. `stage`: told of `building`, `checking`, `switching`; `stop`: asked between documents."""

    say: Callable[[Progress], None] = lambda now: None
    stage: Callable[[str], None] = lambda name: None
    stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """`report`: what was written; `acceptance`: how the new generation did on questions, None without any."""

    report: Report
    acceptance: Acceptance | None


class Rebuild:
    """One rebuild: the state of what the successor holds."""

    def __init__(
        self, catalogue: Catalogue, successor: Successor, embedder: CachedEmbedder, stages: Stages, watch: Watch
    ) -> None:
        """`embedder`: that of the successor."""
        self._catalogue, self._writing = catalogue, CatalogueWriting(catalogue)
        self._successor, self._embedder, self._stages, self._watch = successor, embedder, stages, watch
        self._cards: dict[
            str, DocumentCard | None
        ] = {}  # by key, what the successor holds; None: its card is not known
        self._versions: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._reused = self._new = 0
        self._written = 0

    def run(self, writing: Callable[[], AbstractContextManager[None]], check: Check) -> Rebuilt:
        """Fill, try, catch up, switch. `writing`: the right to write documents; raises Conflict while it is taken.

        Raises RebuildStopped; Conflict when counts differ, when questions find worse, and while an intent of a write
        that was cut off waits in the journal.
        """
        self._watch.stage("building")
        for key, versions in self._successor.writer.versions().items():
            version = self._versions[key] = next(iter(versions)) if len(versions) == 1 else ""
            self._cards[key] = None
            self._counts[version] = self._successor.writer.count(key)
        self._catch_up()
        candidate = self._successor.ready()
        self._watch.stage("checking")
        self._catch_up()
        acceptance = check(candidate)
        self._watch.stage("switching")
        with self._patiently(writing):
            if self._writing.journal():
                raise Conflict("Một lần ghi trước bị ngắt giữa chừng; hãy khởi động lại máy chủ rồi làm lại.")
            self._catch_up()
            self._compare()
            self._successor.switch()
            for version in self._versions.values():
                self._writing.set_passages(version, self._counts[version])
            self._writing.set_meta("embedder", self._embedder.embedder.name)
        report = Report(
            files=len(self._versions),
            replaced=self._written,
            passages=sum(self._counts[version] for version in self._versions.values()),
            embedded=self._new,
            seconds=self._stages.total(),
        )
        return Rebuilt(report, acceptance)

    def _catch_up(self) -> None:
        """Write, change and remove until the successor holds what answers now."""
        live = self._writing.live()
        for key in self._versions.keys() - live.keys():
            self._successor.writer.remove(key)
            del self._versions[key], self._cards[key]
        for done, (key, entry) in enumerate(live.items(), start=1):
            if self._watch.stop():
                raise RebuildStopped
            self._bring(key, entry.version)
            passages = sum(self._counts.values())
            self._watch.say(Progress(done, len(live), passages, passages, 0, self._reused))

    def _bring(self, key: str, version: str) -> None:
        try:
            card = self._writing.card(key)
        except NotFound:  # removed this moment: the next round takes it out
            return
        if card.version != version or (self._versions.get(key), self._cards.get(key)) == (version, card):
            return
        writer = self._successor.writer
        reader = Writer(self._catalogue, self._writing, writer, self._embedder, self._stages)
        before = self._cards[key] if self._versions.get(key) == version else None
        changed = {
            name: getattr(card, name)
            for name in DocumentCard.__slots__
            if before is not None and getattr(card, name) != getattr(before, name)
        }
        if changed and not reader.moves_days(card, changed):
            writer.set_card(key, version, changed)
        else:
            found = reader.chunked(key, version)
            vectors = self._embedder.embed(found, self._embedded)
            with self._stages.of("index"):
                writer.replace(key, version, points(found, vectors))
            self._counts[version] = len(found)
            self._written += 1
        self._versions[key], self._cards[key] = version, card

    def _embedded(self, done: int, reused: int) -> None:
        self._reused += reused
        self._new += done - reused
        if self._watch.stop():
            raise RebuildStopped

    def _compare(self) -> None:
        """The successor holds every document that answers, each with all its passages, and nothing else."""
        writer, live = self._successor.writer, self._writing.live()
        wanted = {key: self._counts.get(entry.version, entry.passages) for key, entry in live.items()}
        there = writer.versions()
        right = there.keys() == {key for key, number in wanted.items() if number}
        if not right or any(writer.count(key) != number for key, number in wanted.items()):
            raise Conflict("Chỉ mục mới không khớp với danh mục; chỉ mục cũ vẫn được dùng. Hãy chạy lại.")

    @contextmanager
    def _patiently(self, writing: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
        while True:
            try:
                right = writing()
                right.__enter__()
            except Conflict:
                if self._watch.stop():
                    raise RebuildStopped from None
                time.sleep(0.2)
            else:
                break
        try:
            yield
        finally:
            right.__exit__(None, None, None)
