"""What the writing side of a catalogue takes and gives: files seen, readings to be written, versions, open intents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.files import FoundFile
from legal.document import Metadata
from legal.errors import PhapquyError
from retrieval.passage import DocumentCard


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as it was when it was last met. `code`, `reason`: why it did not become a document then. `given`: the
    SHA-256 of its side-car."""

    path: str
    sha256: str
    size: int
    mtime_ns: int
    version: str | None = None
    code: str | None = None
    reason: str | None = None
    given: str = ""

    @classmethod
    def of(cls, file: FoundFile, sha256: str, version: str | None, error: PhapquyError | None = None) -> KnownFile:
        """What became of a file: a version, or an error."""
        code, reason = (error.code, error.reason) if error is not None else (None, None)
        return cls(file.known_as, sha256, file.size, file.mtime_ns, version, code, reason, file.given)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A reading that is about to be written. `tree`, `said`: packed. `text_hash`: of its words in order."""

    card: DocumentCard
    metadata: Metadata
    sha256: str
    text_hash: str
    file_name: str
    file_time: float
    kind: str
    size: int
    tree: bytes
    said: bytes
    provisions: int
    passages: int
    coverage: float | None = None
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """The version of a document that answers, or that waits for review."""

    key: str
    version: str
    passages: int
    sha256: str
    text_hash: str
    file_time: float


@dataclass(frozen=True, slots=True)
class Intent:
    """A journalled intent that has not been finished."""

    id: int
    operation: str
    key: str
    version: str | None
    details: Mapping[str, Any]
