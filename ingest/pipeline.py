"""`Ingestor`: documents into a home and out of it. One Haystack pipeline is a document's way:

    read -> chunk -> embed -> write

It runs once for each batch of documents, so that passages of different documents are embedded together, sorted by
length; each document is written by itself, whole or not at all. Loading and reading happen in child processes ahead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ingest.cache import EmbeddingCache
from ingest.catalogue import Catalogue
from ingest.catalogue_records import KnownFile
from ingest.catalogue_writing import CatalogueWriting
from ingest.correct import Correction, correct
from ingest.embedding import CachedEmbedder
from ingest.files import found_files
from ingest.held import held_document
from ingest.home import Home
from ingest.identity import Known
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.originals import Originals
from ingest.pipeline_batch import Arrival, Run, Stopped, Unread, Written
from ingest.pipeline_files import Wanted, files_to_read, stays
from ingest.pipeline_steps import ChunkDocuments, EmbedPassages, ReadFiles, WriteDocuments, card_from
from ingest.reading import Reader, Reading
from ingest.reading_ahead import AheadReader
from ingest.rebuild import Check, Rebuild, Rebuilt, Watch
from ingest.recover import Recovery, recover
from ingest.relations import settle
from ingest.report import Progress, Report, Stages
from ingest.side_car import Given
from ingest.writer import Writer
from legal.errors import BadSideCar, Conflict, DocumentError, NotFound, OutOfReach, PhapquyError
from retrieval.haystack_quiet import Pipeline
from retrieval.index import Index, IndexWriter, Successor
from retrieval.passage import DocumentCard
from serving.protocols import Embedder

_EMBEDDER = "embedder"


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """`workers`: reading processes. `beside`: from so many files on, a load is built beside an index that serves.
    `limits`: what reading one file may take. `secret`: take in documents that bear a mark of secrecy."""

    workers: int = max(1, min(4, os.cpu_count() or 1))
    beside: int = 20
    limits: Limits = DEFAULT_LIMITS
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """A removal and its proof. `left`: points of the document in the index afterwards, counted: 0."""

    key: str
    number: str | None
    removed: int
    left: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The document of exactly this key, as far as one of the labels `reach` opens it (None opens all): what a job is
    about. Meanwhile the document may have gone, or been hidden from who asked, and another one may bear its number."""

    key: str
    reach: Collection[str] | None = None


class Ingestor:
    """The writing side of a home. Calls from several threads or processes exclude each other (Conflict)."""

    def __init__(
        self,
        home: Home,
        catalogue: Catalogue,
        index: Index,
        embedder: Embedder,
        reader: Reader | None = None,
        settings: IngestSettings | None = None,
    ) -> None:
        """`index` must have been made by `embedder`, or writing raises Conflict; the parts stay the caller's to close."""
        home.prepare()
        self.settings = settings or IngestSettings()
        self._home, self._catalogue, self._index, self._embedder = home, catalogue, index, embedder
        self._reader = reader or AheadReader(self.settings.limits, self.settings.workers)
        self._writing = CatalogueWriting(catalogue)
        self._cache = EmbeddingCache(home.cache / "embeddings.sqlite3")
        self._originals = Originals(home.originals)
        self._pipeline = Pipeline()
        for name, hop in (
            ("read", ReadFiles(self._originals, self.settings.secret)),
            ("chunk", ChunkDocuments(embedder)),
            ("embed", EmbedPassages()),
            ("write", WriteDocuments(self._originals)),
        ):
            self._pipeline.add_component(name, hop)
        for sender, receiver in (("read", "chunk"), ("chunk", "embed"), ("embed", "write")):
            self._pipeline.connect(f"{sender}.batch", f"{receiver}.batch")

    def ingest(
        self,
        paths: Sequence[Path],
        progress: Callable[[Progress], None] | None = None,
        access: Sequence[str] | None = None,
        *,
        serving: bool = False,
        stop: Callable[[], bool] | None = None,
    ) -> Report:
        """Bring files and folders in. Files that did not change cost a look at their size and time.

        `access`: labels of the documents that come in; None takes those of the folder's rule (`ingest.folder_rule`) where
        nobody decided on a document's labels, else keeps what it has, `public` for new ones; what a side-car says goes
        before all.
        `serving`: answers are being given from the index, so a large load is built beside it and switched in at the
        end. `stop`: asked between steps; True ends the ingest, what was written stays. A file that fails is in the
        report and never stops the others. Raises Conflict (another one is writing), ServiceUnavailable and its kinds.
        """
        stages = Stages()
        with self._home.writing():
            self._check_embedder()
            self._recover(stages)
            self._originals.sweep()
            known = Known(self._writing)
            run = Run(
                arrivals=iter(()),
                known=known,
                writer=self._writer(self._index, stages),
                stages=stages,
                access=None if access is None else tuple(access),
                files=0,
                say=progress or (lambda now: None),
                stop=stop or (lambda: False),
            )
            with self._home.unpacking() as work:
                with stages.of("files"):
                    wanted = files_to_read(found_files(paths), run, work, self.settings.limits)
                    self._relabel(run)
                if not wanted:
                    run.tell()
                    self._settle(stages, again=True)
                    return run.report(stopped=False)
                beside = serving and len(wanted) >= self.settings.beside and not self._index.succeeding
                stopped = self._run_beside(run, wanted) if beside else self._run(run, wanted)
            self._settle(stages, again=True)
            with stages.of("index"):
                self._index.flush()
            return run.report(stopped)

    def write_readings(
        self,
        arrivals: Sequence[Arrival | Unread],
        access: Sequence[str] | None = None,
        reach: Collection[str] | None = None,
    ) -> list[Written]:
        """Bring in files that were read and whose passages were embedded elsewhere; what became of each, in order.

        Takes as long as writing takes, if the embedding cache knows the passages. An arrival that needs reading and has
        none is not touched ("unread"). Doing it twice changes nothing. `reach`: labels of whoever brings the files; one
        that would change a document that none of them opens fails (`OutOfReach`); None: all. Raises as `ingest` does.
        """
        stages = Stages()
        with self._home.writing():
            self._check_embedder()
            if self._writing.journal():
                self._recover(stages)
            run = Run(
                arrivals=iter(()),
                known=Known(self._writing),
                writer=self._writer(self._index, stages),
                stages=stages,
                access=None if access is None else tuple(access),
                files=len(arrivals),
                say=lambda now: None,
                stop=lambda: False,
                reach=None if reach is None else frozenset(reach),
            )
            found = [self._write_one(run, arrival) for arrival in arrivals]
            self._relabel(run)
            self._settle(stages)
            return found

    def _write_one(self, run: Run, arrival: Arrival | Unread) -> Written:
        file = arrival.file
        version = run.known.same_bytes(file, arrival.sha256)
        try:
            labels = run.labels(file)
            if version is not None:
                run.touch(run.known.key_of(version))
        except (BadSideCar, OutOfReach) as error:
            run.failed(file, arrival.sha256, error)
            return Written("failed", run.failures[-1])
        if version is not None:
            known = run.known.files.get(file.known_as)
            run.writer.writing.note_file(KnownFile.of(file, arrival.sha256, version))
            stays(file, version, labels, run)
            same = known is not None and known.version == version
            return Written("unchanged" if same else "duplicate")
        if isinstance(arrival, Unread):
            return Written("unread")
        before, held, failed = dict(run.counts), len(run.held), len(run.failures)
        run.arrivals, run.exhausted = iter((arrival,)), False
        self._drive(run)
        if len(run.failures) > failed:
            return Written("failed", run.failures[-1])
        if len(run.held) > held:
            return Written("needs_review")
        counted: dict[str, Literal["added", "replaced", "duplicate", "older"]] = {
            "added": "added", "replaced": "replaced", "duplicates": "duplicate", "older": "older"
        }  # fmt: skip
        return Written(next(outcome for name, outcome in counted.items() if run.counts[name] > before[name]))

    def remove(self, asked: str | Asked) -> Removal:
        """Take a document out, by its number in any spelling or its key. Its versions stay on record as removed; if its
        file is given to `ingest` again, it comes back. Raises NotFound, Conflict."""
        with self._home.writing():
            try:
                card = self._live(asked)
            except NotFound:
                card = self._held(asked)
            gone, left = self._writer(self._index, Stages()).remove(card.key)
            self._settle(Stages())
            return Removal(card.key, card.number, gone, left)

    def accept(self, asked: str | Asked) -> DocumentCard:
        """Let the version of a document that waits for review answer: a person has looked at it. By number in any
        spelling or key; the card it answers with. Raises NotFound, Conflict, ModelUnavailable."""
        with self._home.writing():
            self._check_embedder()
            self._recover(Stages())
            held = self._held(asked)
            metadata = self._catalogue.tree(held.key, held.version).metadata
            card = card_from(held.key, held.version, metadata, self._writing.labels(held.key))
            self._writer(self._index, Stages()).accept(card, metadata)
            self._settle(Stages())
            self._index.flush()
            return self._catalogue.document(card.key).card

    def correct(self, asked: str | Asked, given: Given) -> Correction:
        """Let what a person says of a document stand in place of what was read of it, by number in any spelling or key.

        Labels change in place. Other values make a new version of the same text; passages whose words stay as they were
        are not embedded again. Doing it twice changes nothing. Raises NotFound, Conflict, ModelUnavailable.
        """
        stages = Stages()
        with self._home.writing():
            self._check_embedder()
            self._recover(stages)
            key = self._live(asked).key
            correction = correct(self._catalogue, self._writing, self._writer(self._index, stages), key, given)
            self._settle(stages)
            self._index.flush()
            return correction

    def change(self, number: str, **changes: Any) -> None:
        """Change `status`, `effective_from`, `effective_to` or `access` of a document, in the catalogue and in all its
        passages, without embedding. Labels are then a person's decision.

        Raises NotFound, Conflict, BadRequest.
        """
        with self._home.writing():
            key = self._catalogue.document(number).card.key
            if "access" in changes:
                self._writing.give_labels(key)
            self._writer(self._index, Stages()).change(key, changes)

    def recover(self) -> Recovery:
        """Finish what a crash cut off, make index and catalogue agree; for the opening of a home. Raises Conflict."""
        with self._home.writing():
            self._check_embedder()
            found = self._recover(Stages())
            self._settle(Stages())
            return found

    def rebuild(self, successor: Successor, embedder: Embedder, watch: Watch, check: Check) -> Rebuilt:
        """Fill another generation of the index from the stored trees, or catch it up, try it and switch to it.

        The way to another embedder, another cutting into passages, another layout, and back. `embedder`: that of the
        successor. Texts that the cache knows are not embedded again. Documents come and go meanwhile; writing is held
        up at the end, for moments. Raises Conflict, ModelUnavailable, RebuildStopped.
        """
        stages = Stages()
        if self._index.manifest.embedder == self._embedder.name:  # else passages could not be written, only read
            with self._home.writing():
                self._settle(stages, again=True)
        cached = CachedEmbedder(embedder, self._cache, stages)
        return Rebuild(self._catalogue, successor, cached, stages, watch).run(self._home.writing, check)

    def close(self) -> None:
        """Close the embedding cache; the other parts are the caller's."""
        self._cache.close()

    def _live(self, asked: str | Asked) -> DocumentCard:
        """The document that answers. Raises NotFound."""
        if isinstance(asked, str):
            return self._catalogue.document(asked).card
        return self._exactly(asked, self._catalogue.document(asked.key, asked.reach).card)

    def _held(self, asked: str | Asked) -> DocumentCard:
        """The document of which a version waits for review. Raises NotFound."""
        if isinstance(asked, str):
            return held_document(self._catalogue, asked).card
        return self._exactly(asked, held_document(self._catalogue, asked.key).card)

    def _exactly(self, asked: Asked, card: DocumentCard) -> DocumentCard:
        if card.key != asked.key or self._writing.is_hidden(card.key, asked.reach):
            raise NotFound("Không có văn bản này trong kho.")
        return card

    def _check_embedder(self) -> None:
        made_by = self._index.manifest.embedder
        if made_by != self._embedder.name:
            raise Conflict(
                f"Chỉ mục do mô hình nhúng {made_by} tạo ra, cấu hình hiện dùng {self._embedder.name}; "
                "hãy chạy `phapquy reindex` hoặc đặt lại cấu hình cũ."
            )

    def _recover(self, stages: Stages) -> Recovery:
        if self._catalogue.meta(_EMBEDDER) != self._embedder.name:
            self._writing.set_meta(_EMBEDDER, self._embedder.name)
        with stages.of("recover"):
            return recover(self._writing, self._index, self._writer(self._index, Stages()))

    def _settle(self, stages: Stages, *, again: bool = False) -> None:
        """Let what is here now decide which documents are in force: replaced, repealed, amended by whom, from when.
        `again`: what an older program read of that is read anew."""
        with stages.of("relations"):
            settle(self._catalogue, self._writer(self._index, stages).change, again=again)

    def _writer(self, index: IndexWriter, stages: Stages, deferred: bool = False) -> Writer:
        embedder = CachedEmbedder(self._embedder, self._cache, stages)
        return Writer(self._catalogue, self._writing, index, embedder, stages, deferred)

    def _relabel(self, run: Run) -> None:
        """Give the documents whose files did not change the access labels that the caller or a folder's rule names."""
        keys = {live.version: key for key, live in run.known.live.items()}
        for version, labels in run.staying:
            key = keys.get(version)
            if key is not None and set(self._writing.labels(key)) != set(labels) and not run.outranked(key):
                run.writer.change(key, {"access": labels})

    def _run_beside(self, run: Run, wanted: Sequence[Wanted]) -> bool:
        with self._index.bulk() as target:
            run.writer = self._writer(target, run.stages, deferred=True)
            stopped = self._run(run, wanted)
        run.writer.finish()
        return stopped

    def _run(self, run: Run, wanted: Sequence[Wanted]) -> bool:
        """The pipeline, batch after batch; whether it was stopped before the end."""
        results = self._reader.read([one.file.path for one in wanted])
        with closing(_arrivals(wanted, results)) as arrivals:
            run.arrivals = arrivals
            try:
                self._drive(run)
            except Stopped:
                return True
        return False

    def _drive(self, run: Run) -> None:
        try:
            while not run.exhausted:
                self._pipeline.run({"read": {"run": run}})
        except Exception as fault:
            raise _cause(fault) from None


def _arrivals(wanted: Sequence[Wanted], results: Generator[Reading | DocumentError]) -> Generator[Arrival]:
    with closing(results):
        for one, result in zip(wanted, results, strict=True):
            yield Arrival(one.file, one.sha256, result, one.given)


def _cause(fault: BaseException) -> BaseException:
    """What really went wrong: Haystack wraps it and attaches what the hops were given."""
    while fault.__cause__ is not None and not isinstance(fault, (PhapquyError, Stopped)):
        fault = fault.__cause__
    return fault
