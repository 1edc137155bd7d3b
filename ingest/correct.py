"""A document corrected by a person after it came in: its metadata in a new version of the same text, its labels."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from ingest.catalogue import Catalogue
from ingest.catalogue_files import follow_corrections
from ingest.catalogue_records import NewVersion
from ingest.catalogue_writing import CatalogueWriting
from ingest.chunk import passages
from ingest.embedding import points
from ingest.pipeline_steps import card_from
from ingest.said_json import pack_said
from ingest.side_car import CORRECTED, Given
from ingest.tree_json import pack
from ingest.writer import Writer
from legal.said import said_by


@dataclass(frozen=True, slots=True)
class Correction:
    """`embedded`: passages whose words changed and were not in the embedding cache."""

    key: str
    number: str | None
    passages: int
    embedded: int


def correct(catalogue: Catalogue, writing: CatalogueWriting, writer: Writer, key: str, given: Given) -> Correction:
    """Write the correction of a document that answers. The caller is the home's one writer."""
    live = writing.live()[key]
    if given.access is not None:
        writing.give_labels(key)
    document = catalogue.tree(key, live.version)
    metadata = given.over(document.metadata, CORRECTED)
    embedded = 0
    if metadata != document.metadata:
        entry = catalogue.original(key, live.version)
        access = given.access or writing.labels(key)
        card = card_from(key, str(uuid.uuid4()), metadata, access)
        document = document.with_metadata(metadata)
        embedder = writer.embedder.embedder
        found = passages(document, card, embedder.count_tokens, embedder.window)

        def count(done: int, reused: int) -> None:
            nonlocal embedded
            embedded += done - reused

        vectors = writer.embedder.embed(found, count)
        new = NewVersion(
            card=card,
            metadata=metadata,
            sha256=live.sha256,
            text_hash=live.text_hash,
            file_name=entry.file_name,
            file_time=live.file_time,
            kind=entry.kind,
            size=entry.size,
            tree=pack(document),
            said=pack_said(said_by(document)),
            provisions=entry.provisions,
            passages=len(found),
            coverage=entry.coverage,
            notes=entry.notes,
        )
        writer.write(new, None, points(found, vectors))
    elif given.access is not None and set(given.access) != set(writing.labels(key)):
        writer.change(key, {"access": given.access})
    card = writing.card(key)
    follow_corrections(catalogue, key, card.version)
    return Correction(key, card.number, writing.passages_of(card.version), embedded)
