"""What a worker does for a job: reads its files, cuts and embeds them, and has them written; one step after the other.

Each step may be cut off anywhere and taken again. Nothing here needs the index: `Holder` stands for who has it.
"""

from __future__ import annotations

import faulthandler
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from ingest.archive import Archive, is_archive
from ingest.cache import EmbeddingCache
from ingest.catalogue import Catalogue
from ingest.catalogue_writing import CatalogueWriting
from ingest.chunk import passages
from ingest.embedding import CachedEmbedder
from ingest.files import FoundFile, found_files
from ingest.home import Home
from ingest.identity import Known
from ingest.jobs import JobFile, Jobs
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.originals import sha256_of
from ingest.pipeline_steps import card_from
from ingest.reading import Reader, Reading, with_given
from ingest.report import Stages
from ingest.side_car import Given, given_of, read_side_car
from ingest.staging import Staging
from legal.errors import (
    BadRequest,
    Conflict,
    DocumentError,
    NotFound,
    ReaderDied,
    ServiceUnavailable,
    UnreadableDocument,
)
from retrieval.passage import Passage
from serving.protocols import Embedder

#: Files of a step: few, so that a death costs little; enough for LibreOffice to convert together.
GROUP = 8
#: After so many tries in which its reading process died, a file is left out.
TRIES = 3
_LONGEST_CUT = 120.0  # seconds for cutting one document into passages
_PAUSE = 1.0  # seconds between two tries of what cannot be done just now

_ISOLATED = (
    f"Tệp làm hỏng hoặc treo tiến trình đọc {TRIES} lần; đã cách ly tệp này, các tệp khác vẫn được nạp. "
    "Hãy mở tệp, lưu lại bản mới rồi nạp lại."
)


def blame(jobs: Jobs, id: str, position: int) -> bool:
    """A process died with this file in hand: count it, leave the file out after the third time; whether it is out."""
    if jobs.note_try(id, position) < TRIES:
        return False
    jobs.note_outcome(id, position, "failed", code="isolated", reason=_ISOLATED)
    return True


class Cancelled(Exception):
    """The job was told to stop."""


class Holder(Protocol):
    """The process that has the index. All raise PhapquyError; ServiceUnavailable and Conflict mean: again later."""

    def apply(self, job: str, first: int, end: int) -> None:
        """Write what was read of these files of the job."""
        ...

    def remove(self, job: str) -> Mapping[str, Any]:
        """Take a job's document out: number, removed, left."""
        ...

    def change(self, job: str) -> Mapping[str, Any]:
        """Change what a person says of a job's document."""
        ...

    def generation(self) -> str:
        """The generation of the index in use."""
        ...

    def succeed(self, job: str, before: str) -> Mapping[str, Any]:
        """Do the re-index of a job, or its way back; `before`: the generation in use when it began. Empty where another
        one is in use by now."""
        ...

    def settle(self) -> None:
        """A job has ended: what questions are read with is brought up to date."""
        ...


class JobWork:
    """The work of one worker process."""

    def __init__(
        self,
        home: Home,
        catalogue: Catalogue,
        embedder: Callable[[], Embedder],
        target: Callable[[], Embedder],
        holder: Holder,
        reader: Callable[[Callable[[], bool]], Reader],
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        """`embedder`: had when something is to be embedded; `target`: that of a re-index.
        `reader`: a reader that ends when its argument says so. `limits`: of an archive."""
        self._limits = limits
        self.jobs = Jobs(catalogue)
        self.holder = holder
        self._home, self._catalogue = home, catalogue
        self._embedder, self._target, self._reader = embedder, target, reader
        self._writing = CatalogueWriting(catalogue)
        self._cache = EmbeddingCache(home.cache / "embeddings.sqlite3")

    def staging(self, id: str) -> Staging:
        """A job's folder."""
        return Staging(self._home.jobs, id)

    def list_files(self, id: str) -> int:
        """Find the job's files, zips opened; how many there are. Raises Cancelled."""
        job = self.jobs.get(id)
        if job.total:
            return job.total
        self.jobs.update(id, stage="listing")
        # A job that was stopped before it listed its files is tried again with what lies in its folder.
        staging = self.staging(job.params.get("retry_of") or id)
        found: list[FoundFile] = []
        failures: dict[int, DocumentError] = {}
        # Named one by one, so that nothing that was uploaded is passed over without a word.
        uploaded = sorted(path for path in staging.files.rglob("*") if path.is_file())
        for number, file in enumerate(found_files(uploaded)):
            self.check(id)
            shown = _shown(file, staging, id)
            if not is_archive(file.path):
                found.append(shown)
                continue
            try:
                archive = Archive(shown, staging.unpacked / f"{number:06d}", self._limits)
                for member in archive.members():
                    if member.error is not None:
                        failures[len(found)] = member.error
                    else:
                        with suppress(DocumentError):
                            archive.unpack(member)  # what cannot be unpacked is said when it is read
                    found.append(member.file)
            except DocumentError as error:
                failures[len(found)] = error
                found.append(shown)
        total = self.jobs.put_files(id, found)
        for position, failure in failures.items():
            self.jobs.note_outcome(id, position, "failed", code=failure.code, reason=failure.reason)
        return total

    def prepare(self, id: str, positions: range) -> None:
        """Read and embed the files at these positions that wait. Raises Cancelled."""
        staging = self.staging(id)
        self.jobs.update(id, stage="reading")
        known = Known(self._writing)
        together: list[JobFile] = []
        alone: list[list[JobFile]] = []
        for one in self.jobs.files(id, positions):
            if one.state != "waiting":
                continue
            self.check(id)
            try:
                sha256 = sha256_of(one.file.path)
            except OSError:
                error = UnreadableDocument("Không mở được tệp.")
                self.jobs.note_outcome(id, one.position, "failed", code=error.code, reason=error.reason)
                continue
            self.jobs.note_hash(id, one.position, sha256)
            if known.same_bytes(one.file, sha256) is None:
                alone.append([one]) if one.tries else together.append(one)
        for batch in (together, *alone):
            staging.take([one.position for one in batch])
            self._read(id, [one for one in batch if staging.kept(one.position) is None], staging)
            self._embed(id, batch, staging)
            staging.take(())

    def apply(self, id: str, positions: range) -> None:
        """Have the files at these positions written. Raises Cancelled."""
        while any(one.state == "waiting" for one in self.jobs.files(id, positions)):
            self.check(id)
            self.jobs.update(id, stage="writing")
            self.patiently(id, lambda: self.holder.apply(id, positions.start, positions.stop))
            if any(one.state == "waiting" for one in self.jobs.files(id, positions)):
                self.prepare(id, positions)

    def generation(self, id: str) -> str:
        """The generation of the index in use. Raises Cancelled."""
        return str(self.patiently(id, self.holder.generation))

    def embed_all(self, id: str) -> None:
        """Bring the vectors of every document into the cache, by the embedder of a re-index. Raises Cancelled."""
        live = self._writing.live()
        self.jobs.update(id, stage="embedding", total=len(live))
        embedder = self._target()
        for done, (key, entry) in enumerate(live.items()):
            self.jobs.update(id, done=done)
            document = self._catalogue.tree(key, entry.version)
            card = card_from("", "", document.metadata, ())
            found = list(passages(document, card, embedder.count_tokens, embedder.window))
            self.patiently(id, partial(self.embed, id, found, embedder))

    def succeed(self, id: str, before: str) -> dict[str, Any]:
        """Have the other generation built and switched to. Raises Cancelled, Conflict, NotFound."""
        self.check(id)
        while True:
            try:
                result = dict(self.holder.succeed(id, before))
            except ServiceUnavailable as error:
                self.jobs.update(id, waiting_for=error.reason)
                self.pause(id)
                continue
            self.jobs.update(id, waiting_for=None)
            if not result:
                self.check(id)
            return result

    def remove(self, id: str) -> dict[str, Any]:
        """Have a document taken out; with the count of what is left. Raises Cancelled."""
        return dict(self.patiently(id, lambda: self.holder.remove(id)))

    def correct(self, id: str) -> dict[str, Any]:
        """Have a person's word on a document written, what must be embedded anew embedded here. Raises NotFound."""
        params = self.jobs.get(id).params
        key, changes = params["key"], params["changes"]
        embedded = 0
        given = given_of({name: value for name, value in changes.items() if name != "accept"})
        with suppress(NotFound):  # it waits for review: what it takes is embedded when it is accepted
            document = self._catalogue.tree(key)
            if given.values:
                metadata = given.over(document.metadata)
                embedder, card = self._embedder(), card_from(key, "", metadata, ())
                found = passages(document.with_metadata(metadata), card, embedder.count_tokens, embedder.window)
                embedded = self.patiently(id, lambda: self.embed(id, list(found)))
        done = self.patiently(id, lambda: self.holder.change(id))
        return {**done, "embedded": embedded + done["embedded"]}

    def patiently(self, id: str, work: Callable[[], Any]) -> Any:
        """Do something that needs a service or the right to write, as soon as it can be had. Raises Cancelled."""
        said = None
        while True:
            try:
                result = work()
            except (ServiceUnavailable, Conflict) as error:
                if error.reason != said:
                    self.jobs.update(id, waiting_for=(said := error.reason))
                self.pause(id)
            else:
                if said is not None:
                    self.jobs.update(id, waiting_for=None)
                return result

    def pause(self, id: str) -> None:
        """Wait before another try. Raises Cancelled."""
        until = time.monotonic() + _PAUSE
        while time.monotonic() < until:
            self.check(id)
            time.sleep(0.1)

    def check(self, id: str) -> None:
        """Raises Cancelled when the job was told to stop."""
        if self.jobs.is_cancelled(id):
            raise Cancelled

    def _read(self, id: str, unread: Sequence[JobFile], staging: Staging) -> None:
        """Read files together; one whose process died again by itself, up to three times in all."""
        again = self._read_once(id, unread, staging)
        while again:
            again = [one for suspect in again for one in self._read_once(id, [suspect], staging)]

    def _read_once(self, id: str, unread: Sequence[JobFile], staging: Staging) -> list[JobFile]:
        died: list[JobFile] = []
        if not unread:
            return died
        looked = time.monotonic()
        stopped = False

        def stop() -> bool:
            nonlocal looked, stopped
            if not stopped and time.monotonic() - looked > 0.3:
                stopped, looked = self.jobs.is_cancelled(id), time.monotonic()
            return stopped

        results = self._reader(stop).read([one.file.path for one in unread])
        for one, result in zip(unread, results, strict=False):  # fewer results when told to stop
            if isinstance(result, ReaderDied):
                if not blame(self.jobs, id, one.position):
                    died.append(one)
                continue
            try:
                if isinstance(result, DocumentError):
                    raise result
                given = read_side_car(one.file.side_car) if one.file.side_car is not None else None
            except DocumentError as error:
                self.jobs.note_outcome(id, one.position, "failed", code=error.code, reason=error.reason)
            else:
                staging.keep(one.position, result, given)
        self.check(id)
        return died

    def _embed(self, id: str, files: Sequence[JobFile], staging: Staging) -> None:
        """Bring the vectors of what was read into the cache."""
        found: list[Passage] = []
        for one in files:
            kept = staging.kept(one.position)
            if kept is not None:
                faulthandler.dump_traceback_later(_LONGEST_CUT, exit=True)  # a hang becomes a crash, which is counted
                with suppress(BadRequest):  # said when it is written
                    found += self._passages(*kept)
                faulthandler.cancel_dump_traceback_later()
        if not found:
            return
        self.jobs.update(id, stage="embedding")
        self.patiently(id, lambda: self.embed(id, found))

    def embed(self, id: str, found: Sequence[Passage], embedder: Embedder | None = None) -> int:
        """Bring the vectors of passages into the cache; how many were new. Raises Cancelled, ModelUnavailable."""
        new = 0

        def count(done: int, reused: int) -> None:
            nonlocal new
            new += done - reused
            self.check(id)

        CachedEmbedder(embedder or self._embedder(), self._cache, Stages()).embed(found, count)
        return new

    def _passages(self, reading: Reading, given: Given | None) -> Sequence[Passage]:
        if given is not None:
            reading = with_given(reading, given)
        embedder = self._embedder()
        card = card_from("", "", reading.document.metadata, ())
        return list(passages(reading.document, card, embedder.count_tokens, embedder.window))


def _shown(file: FoundFile, staging: Staging, id: str) -> FoundFile:
    """A file under the name that it keeps after its job's folder is gone."""
    place = Path(file.known_as).relative_to(staging.files)
    return FoundFile(file.path, file.size, file.mtime_ns, f"upload:{id}/{place}", file.side_car, file.given)
