"""What travels along the pipeline: a `Batch` of documents, and the `Run` that they belong to.

Haystack copies deeply what goes from hop to hop. Trees and vectors are large, never change and belong to one batch: its
`__deepcopy__` gives the batch itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from ingest.files import FoundFile
from ingest.folder_rule import FolderRules
from ingest.identity import Decision, Known
from ingest.reading import Reading
from ingest.report import Failure, Held, Progress, Report, Stages
from ingest.side_car import Given
from ingest.writer import Writer
from legal.errors import DocumentError, OutOfReach, PhapquyError
from retrieval.passage import DocumentCard, Passage
from serving.protocols import Vectors


class Stopped(Exception):
    """The caller asked to stop; what was written stays, what was embedded is in the cache."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file with its hash, what reading it gave, and what a person says of it."""

    file: FoundFile
    sha256: str
    result: Reading | DocumentError
    given: Given | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A file of which nothing was read, because a file with its bytes is known."""

    file: FoundFile
    sha256: str


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an arrival. `unread`: it is not known after all and must be read."""

    outcome: Literal["added", "replaced", "unchanged", "duplicate", "older", "needs_review", "failed", "unread"]
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A document on its way. `misnamed`: the key under which it answered until a side-car named another."""

    file: FoundFile
    sha256: str
    reading: Reading
    decision: Decision
    card: DocumentCard
    passages: tuple[Passage, ...] = ()
    misnamed: str | None = None


@dataclass(eq=False)
class Run:
    """One ingest: where documents come from and go, and what is counted. Belongs to one thread."""

    arrivals: Iterator[Arrival]
    known: Known
    writer: Writer
    stages: Stages
    access: tuple[str, ...] | None
    files: int
    say: Callable[[Progress], None]
    stop: Callable[[], bool]
    exhausted: bool = False
    done: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(
        ("added", "replaced", "unchanged", "duplicates", "older", "passages", "embedded"), 0
    ))  # fmt: skip
    failures: list[Failure] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    #: Versions whose files did not change, with the labels that somebody names for them.
    staying: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    rules: FolderRules = field(default_factory=FolderRules)
    #: Labels of whoever brings the files: only documents that one of them opens may be touched; None: all.
    reach: frozenset[str] | None = None
    passages_done: int = 0
    passages_total: int = 0
    reused: int = 0

    def __deepcopy__(self, memo: object) -> Run:
        return self

    def check(self) -> None:
        """Raises Stopped when the caller wants no more."""
        if self.stop():
            raise Stopped

    def failed(self, file: FoundFile, sha256: str, error: PhapquyError) -> None:
        """A file that does not become a document."""
        self.failures.append(Failure(file.known_as, error.code, error.reason))
        self.writer.writing.note_failure(file, sha256, error)
        self.finished()

    def lost(self, item: Item, error: PhapquyError) -> None:
        """A document on its way that cannot be written."""
        self.known.lost(item.decision.key, item.card.version)
        self.failed(item.file, item.sha256, error)

    def labels(self, file: FoundFile) -> tuple[str, ...] | None:
        """The labels that the caller names, else those of the folder's rule; None where nobody names any.

        Raises BadSideCar for a rule that cannot be used.
        """
        return self.access if self.access is not None else self.rules.labels(file.known_as)

    def outranked(self, key: str) -> bool:
        """Whether `labels` are a rule's, and a person decided on those of this document."""
        return self.access is None and self.writer.writing.are_labels_given(key)

    def touch(self, *keys: str | None) -> None:
        """Raises OutOfReach where one of these documents is hidden from whoever brings the files."""
        if any(key is not None and self.writer.writing.is_hidden(key, self.reach) for key in keys):
            raise OutOfReach

    def stay(self, version: str | None, labels: tuple[str, ...] | None) -> None:
        """A version whose file did not change."""
        if version is not None and labels is not None:
            self.staying.append((version, labels))

    def finished(self, count: str | None = None) -> None:
        """One file more is done."""
        if count is not None:
            self.counts[count] += 1
        self.done += 1
        self.tell()

    def embedded(self, done: int, reused: int) -> None:
        """Passages more have their vectors."""
        self.passages_done += done
        self.reused += reused
        self.counts["embedded"] += done - reused
        self.tell()
        self.check()

    def tell(self) -> None:
        """Say how far it is."""
        self.say(
            Progress(
                files_done=self.done,
                files_total=self.files,
                passages_done=self.passages_done,
                passages_total=self.passages_total,
                failed=len(self.failures),
                reused=self.reused,
            )
        )

    def report(self, stopped: bool) -> Report:
        """What was done."""
        return Report(
            files=self.files,
            failures=tuple(self.failures),
            held=tuple(self.held),
            seconds=self.stages.total(),
            stopped=stopped,
            **self.counts,
        )


@dataclass(frozen=True, eq=False)
class Batch:
    """Documents that are embedded together. `vectors`: one row for each passage of the items in order."""

    run: Run
    items: tuple[Item, ...] = ()
    vectors: Vectors | None = None

    def __deepcopy__(self, memo: object) -> Batch:
        return self
