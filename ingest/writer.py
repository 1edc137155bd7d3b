"""`Writer`: one document into the index and the catalogue, whole or not at all; and out again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ingest.catalogue import Catalogue
from ingest.catalogue_records import KnownFile, NewVersion
from ingest.catalogue_writing import CatalogueWriting
from ingest.chunk import passages
from ingest.embedding import CachedEmbedder, points
from ingest.report import Stages
from legal.document import VALIDITY_DAYS, Metadata
from legal.errors import PhapquyError
from retrieval.index import IndexWriter, Point
from retrieval.passage import DocumentCard, Passage


class Writer:
    """Writes documents to one index. `deferred`: what is written appears in the index only later (a bulk load), so the
    catalogue changes at `finish`."""

    def __init__(
        self,
        catalogue: Catalogue,
        writing: CatalogueWriting,
        index: IndexWriter,
        embedder: CachedEmbedder,
        stages: Stages,
        deferred: bool = False,
    ) -> None:
        self.catalogue = catalogue
        self.writing = writing
        self.index = index
        self.embedder = embedder
        self.stages = stages
        self._deferred = deferred
        self._waiting: list[tuple[str, str]] = []

    def write(self, new: NewVersion, file: KnownFile | None, made: list[Point]) -> None:
        """Make a version the one that answers; until this is done the one before does."""
        key, version = new.card.key, new.card.version
        with self.stages.of("catalogue"):
            self.writing.begin_write(new, file)
        with self.stages.of("index"):
            self._put(key, version, made)
        if self._deferred:
            self._waiting.append((key, version))
        else:
            with self.stages.of("catalogue"):
                self.writing.finish_write(key, version)

    def finish(self) -> None:
        """The bulk load has appeared: say so in the catalogue."""
        with self.stages.of("catalogue"):
            for key, version in self._waiting:
                self.writing.finish_write(key, version)
        self._waiting.clear()

    def accept(self, card: DocumentCard, metadata: Metadata) -> int:
        """Let a stored version that waited for review answer from now on; the passages written."""
        document = self.catalogue.tree(card.key, card.version)
        embedder = self.embedder.embedder
        with self.stages.of("chunk"):
            found = passages(document, card, embedder.count_tokens, embedder.window)
        vectors = self.embedder.embed(found)
        with self.stages.of("catalogue"):
            self.writing.begin_accept(card, metadata, len(found))
        with self.stages.of("index"):
            self._put(card.key, card.version, points(found, vectors))
        with self.stages.of("catalogue"):
            self.writing.finish_write(card.key, card.version)
        return len(found)

    def rewrite(self, key: str, version: str) -> int:
        """Write a stored version into the index again, from its tree and the embedding cache; the passages written."""
        found = self.chunked(key, version)
        vectors = self.embedder.embed(found)
        with self.stages.of("index"):
            self._put(key, version, points(found, vectors))
        with self.stages.of("catalogue"):
            self.writing.set_passages(version, len(found))
        return len(found)

    def chunked(self, key: str, version: str) -> list[Passage]:
        """The passages of a stored version, under the card that the catalogue holds for it."""
        with self.stages.of("catalogue"):
            card = self.writing.card_of_version(key, version)
            document = self.catalogue.tree(key, version)
        embedder = self.embedder.embedder
        with self.stages.of("chunk"):
            return passages(document, card, embedder.count_tokens, embedder.window)

    def remove(self, key: str) -> tuple[int, int]:
        """Take a document out of the index; how many points went, and how many are left: 0, or a fault is raised."""
        intent = self.writing.begin_remove(key)
        gone = self.index.remove(key)
        left = self.index.count(key)
        if left:
            raise PhapquyError("Chỉ mục vẫn còn đoạn của văn bản sau khi gỡ; hãy chạy lại lệnh gỡ.")
        self.writing.finish_remove(key, intent)
        return gone, left

    def change(self, key: str, changes: Mapping[str, Any]) -> None:
        """Change a document's status, validity, suspended provisions or access in the catalogue and in all its points."""
        intent = self.writing.begin_change(key, changes)
        self.set_card(key, dict(changes))
        self.writing.finish(intent)

    def set_card(self, key: str, changes: dict[str, object]) -> None:
        """Bring what changed of a document's card into its points; points with days of their own are written anew."""
        card = self.writing.card(key)
        version = card.version
        if self.moves_days(card, changes):
            self.rewrite(key, version)
        else:
            self.index.set_card(key, version, changes)

    def moves_days(self, card: DocumentCard, changes: Collection[str]) -> bool:
        """Whether changes of these fields move days that passages have of their own: those are written anew."""
        if "suspended_parts" in changes:
            return True
        if not {*VALIDITY_DAYS} & {*changes}:
            return False
        return bool(card.suspended_parts or self.catalogue.tree(card.key, card.version).metadata.parts)

    def _put(self, key: str, version: str, made: list[Point]) -> None:
        written = self.index.replace(key, version, made)
        if written != len(made):
            raise PhapquyError("Chỉ mục nhận thiếu đoạn của văn bản; hãy chạy lại lệnh nạp.")
