"""After a crash: what the journal holds is finished, and index and catalogue are made to agree.

The catalogue is right about which version answers; the index is made to hold exactly that. Nothing is read from files
and, thanks to the cache, hardly anything embedded: a version is journalled only after its passages were.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from ingest.catalogue_records import Intent
from ingest.catalogue_writing import CatalogueWriting, changes_of
from ingest.writer import Writer
from legal.errors import NotFound
from retrieval.index import IndexWriter


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was mended. `finished`: intents of the journal; `rewritten`: documents put into the index again; `dropped`:
    documents that were in the index only."""

    finished: int = 0
    rewritten: int = 0
    dropped: int = 0

    def __bool__(self) -> bool:
        return bool(self.finished or self.rewritten or self.dropped)


def recover(writing: CatalogueWriting, index: IndexWriter, writer: Writer) -> Recovery:
    """Make index and catalogue agree. Cheap when they do. Raises ModelUnavailable when something must be embedded and
    cannot."""
    there = index.versions()
    intents = writing.journal()
    for intent in intents:
        _finish(intent, there, writing, index, writer)
    if intents:
        there = index.versions()
    live = writing.live()
    rewritten = dropped = 0
    for key in there.keys() - live.keys():
        index.remove(key)
        dropped += 1
    for key, entry in live.items():
        right = there.get(key, set()) == ({entry.version} if entry.passages else set())
        if not right or index.count(key, version=entry.version) != entry.passages:
            writer.rewrite(key, entry.version)
            rewritten += 1
    return Recovery(len(intents), rewritten, dropped)


def _finish(
    intent: Intent, there: Mapping[str, set[str]], writing: CatalogueWriting, index: IndexWriter, writer: Writer
) -> None:
    key, version = intent.key, intent.version
    if intent.operation == "write" and version is not None:
        whole = version in there.get(key, set()) and index.count(key, version=version) == writing.passages_of(version)
        if whole:
            index.publish(key, version)
        else:
            writer.rewrite(key, version)
        writing.finish_write(key, version)
    elif intent.operation == "remove":
        index.remove(key)
        writing.finish_remove(key, intent.id)
    else:
        with suppress(NotFound):  # removed since
            writer.set_card(key, changes_of(intent.details))
        writing.finish(intent.id)
