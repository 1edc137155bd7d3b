"""What an ingest tells while it runs (`Progress`) and when it is done (`Report`), and the clock of its stages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is. `passages_total`: of the documents read so far; `reused`: vectors found in the cache."""

    files_done: int
    files_total: int
    passages_done: int = 0
    passages_total: int = 0
    failed: int = 0
    reused: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that did not become a document: the error's code and its reason for a person."""

    file: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """A document that is kept but not searched until a person accepts it: its key, and why."""

    file: str
    key: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did, file by file counted once.

    `added`, `replaced`: documents that answer now, new or in place of an older version. `unchanged`: files known
    already. `duplicates`: files whose text another file has brought. `older`: editions kept that do not answer, because
    the document came from a newer file. `held`: read with doubts, kept for review; no failures.
    `passages`: written; `embedded` of them were new to the embedding cache.
    `seconds`: of the caller's time by stage (`wait` for reading, `chunk`, `embed`, `lexical`, `index`, `catalogue`,
    `total`), and the children's work that ran beside it (`load`, `read`).
    """

    files: int
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    duplicates: int = 0
    older: int = 0
    failures: tuple[Failure, ...] = ()
    passages: int = 0
    embedded: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    stopped: bool = False
    held: tuple[Held, ...] = ()

    @property
    def outside_embedder(self) -> float:
        """The share of the time that was not spent in the embedder, 0 to 1."""
        total = self.seconds.get("total", 0.0)
        return 1.0 - self.seconds.get("embed", 0.0) / total if total > 0 else 0.0


class Stages:
    """A clock for stages; times of one name add up."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._begun = time.perf_counter()

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Count the time inside as this stage's."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - begun)

    def add(self, name: str, seconds: float) -> None:
        """Count seconds measured elsewhere."""
        self.seconds[name] += seconds  # type: ignore[assignment]

    def total(self) -> dict[str, float]:
        """All stages with `total`, the time since the clock was made."""
        return {**self.seconds, "total": time.perf_counter() - self._begun}
