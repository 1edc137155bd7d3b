"""`Reading`: what a child process makes of a file: its document, packed as the catalogue keeps it, and what it cost."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.load import load_many
from ingest.review import doubts_of_text
from ingest.said_json import pack_said
from ingest.side_car import Given
from ingest.tree_json import pack
from legal.blocks import Source
from legal.coverage import ENOUGH, coverage
from legal.document import LegalDocument
from legal.errors import DocumentError, UnreadableDocument
from legal.reading import read_document
from legal.said import said_by
from legal.text import words


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that was read.

    `text_hash`: of its metadata and its words in order, whatever the format. `coverage`: share of the file's words that
    stand in the document once, 1.0 when none is lost or doubled. `doubts`: why a person must look at it before it is
    searched. `said`: what it says of others, packed. `load_seconds`, `read_seconds`: work of the child.
    """

    kind: str
    document: LegalDocument
    packed: bytes
    said: bytes
    text_hash: str
    provisions: int
    coverage: float
    notes: tuple[str, ...] = ()
    load_seconds: float = 0.0
    read_seconds: float = 0.0
    doubts: tuple[str, ...] = ()

    @property
    def characters(self) -> int:
        """Length of the text of the tree."""
        return sum(len(node.own_text) for node in self.document.walk())


class Reader(Protocol):
    """Reads files, ahead of the caller where it can."""

    def read(self, files: Sequence[Path]) -> Generator[Reading | DocumentError]:
        """A result for each file, in order; a file that cannot be read gives its error. Closing it ends the work."""
        ...


def read_files(
    file: Path, others: Sequence[Path] = (), limits: Limits = DEFAULT_LIMITS
) -> list[Reading | DocumentError]:
    """Load and read some files here and now; what a reading process does."""
    found: list[Reading | DocumentError] = []
    begun = time.perf_counter()
    for path, source in load_many((file, *others), limits):
        try:
            if isinstance(source, DocumentError):
                raise source
            found.append(read_source(source, path.name, time.perf_counter() - begun))
        except DocumentError as error:
            found.append(error)
        begun = time.perf_counter()
    return found


def read_source(source: Source, file_name: str, load_seconds: float = 0.0) -> Reading:
    """The reading of a loaded file. Raises UnreadableDocument when nothing in it can be searched."""
    begun = time.perf_counter()
    document = read_document(source, file_name)
    if not any(node.own_text or node.heading for node in document.walk()):
        raise UnreadableDocument("Không tìm thấy nội dung nào của văn bản trong tệp.")
    covered = coverage(source.blocks, source.furniture, document)
    doubts = source.doubts or doubts_of_text("\n".join(node.own_text for node in document.walk()))
    if not covered.enough:
        share = f"{covered.share:.1%}".replace(".", ",")
        doubts = (*doubts, f"Độ phủ {share}, dưới {ENOUGH:.1%}".replace("99.5", "99,5") + ": có chữ bị mất hoặc lặp.")
    return Reading(
        kind=source.kind,
        document=document,
        packed=pack(document),
        said=pack_said(said_by(document)),
        text_hash=text_hash(document),
        provisions=sum(1 for _ in document.walk()),
        coverage=covered.share,
        notes=source.notes,
        load_seconds=load_seconds,
        read_seconds=time.perf_counter() - begun,
        doubts=doubts,
    )


def with_given(reading: Reading, given: Given) -> Reading:
    """The reading with what a person says of the document in place of what was read."""
    document = reading.document.with_metadata(given.over(reading.document.metadata))
    said = repr((sorted(given.values.items(), key=str), given.access))
    hashed = hashlib.sha256(f"{text_hash(document)} {said}".encode("utf-8", "surrogatepass")).hexdigest()
    stated = pack_said(said_by(document))
    return replace(reading, document=document, packed=pack(document), said=stated, text_hash=hashed)


def text_hash(document: LegalDocument) -> str:
    """SHA-256 of what the document is and of the words of its tree in order: equal for the same in another format."""
    meta = document.metadata
    digest = hashlib.sha256()
    days = (meta.issued, meta.validity.effective_from, meta.validity.effective_to)
    for value in (meta.number, meta.type, meta.issuer, *days):
        digest.update(f"{value}\n".encode())
    digest.update(" ".join(words(meta.title or "")).encode("utf-8", "surrogatepass"))
    text = "\n".join(f"{node.title_line} {node.own_text}" for node in document.walk())
    digest.update("".join(f"{word} " for word in words(text)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
