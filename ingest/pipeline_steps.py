"""The hops of a document's way: `ReadFiles`, `ChunkDocuments`, `EmbedPassages`, `WriteDocuments`.

Each is thin: the work is done elsewhere. A document that fails leaves the batch with its reason; the others go on.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from ingest.catalogue_records import KnownFile, NewVersion
from ingest.catalogue_tables import NEEDS_REVIEW
from ingest.chunk import passages
from ingest.embedding import points
from ingest.originals import Originals
from ingest.pipeline_batch import Arrival, Batch, Item, Run
from ingest.reading import with_given
from ingest.report import Held
from legal.document import Metadata
from legal.errors import BadRequest, BadSideCar, DocumentError, OutOfReach, SecretDocument, UnreadableDocument
from retrieval.haystack_quiet import component
from retrieval.passage import DocumentCard
from serving.protocols import Embedder

log = logging.getLogger(__name__)

#: Characters of text in a batch, about 400 passages: some ten seconds of embedding, and enough to sort by length.
_BATCH_CHARACTERS = 320_000


@component
class ReadFiles:
    """Takes what the reading processes have ready until a batch is full, and decides what becomes of each document."""

    def __init__(self, originals: Originals, secret: bool = False) -> None:
        """`secret`: take in what bears a mark of secrecy."""
        self._originals = originals
        self._secret = secret

    @component.output_types(batch=Batch)
    def run(self, run: Run) -> dict[str, Batch]:
        """The next batch; empty when only failures and duplicates came."""
        items: list[Item] = []
        characters = 0
        while characters < _BATCH_CHARACTERS:
            run.check()
            with run.stages.of("wait"):
                arrival = next(run.arrivals, None)
            if arrival is None:
                run.exhausted = True
                break
            item = _received(run, arrival, self._originals, self._secret)
            if item is not None:
                items.append(item)
                characters += item.reading.characters
        return {"batch": Batch(run, tuple(items))}


@component
class ChunkDocuments:
    """Cuts the documents into passages that fit the embedder."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @component.output_types(batch=Batch)
    def run(self, batch: Batch) -> dict[str, Batch]:
        """The batch with passages."""
        with batch.run.stages.of("chunk"):
            items = tuple(self._chunked(batch))
        batch.run.passages_total += sum(len(item.passages) for item in items)
        return {"batch": replace(batch, items=items)}

    def _chunked(self, batch: Batch) -> Iterator[Item]:
        for item in batch.items:
            try:
                found = passages(item.reading.document, item.card, self._embedder.count_tokens, self._embedder.window)
            except BadRequest as error:
                batch.run.lost(item, error)
            else:
                yield replace(item, passages=tuple(found))


@component
class EmbedPassages:
    """Embeds the passages of all documents of the batch together, through the cache."""

    @component.output_types(batch=Batch)
    def run(self, batch: Batch) -> dict[str, Batch]:
        """The batch with vectors. Raises ModelUnavailable, ModelRefused."""
        found = [passage for item in batch.items for passage in item.passages]
        vectors = batch.run.writer.embedder.embed(found, batch.run.embedded) if found else None
        return {"batch": replace(batch, vectors=vectors)}


@component
class WriteDocuments:
    """Keeps the original and writes document by document, each whole or not at all."""

    def __init__(self, originals: Originals) -> None:
        self._originals = originals

    @component.output_types(written=int)
    def run(self, batch: Batch) -> dict[str, int]:
        """How many documents were written."""
        run, at = batch.run, 0
        for item in batch.items:
            run.check()
            vectors = batch.vectors[at : at + len(item.passages)] if batch.vectors is not None else None
            at += len(item.passages)
            try:
                _keep(run, item, self._originals)
            except DocumentError as error:
                run.lost(item, error)
                continue
            with run.stages.of("lexical"):
                made = points(item.passages, vectors) if vectors is not None else []
            run.writer.write(_new_version(item), _known_file(item), made)
            if item.misnamed is not None:
                run.writer.remove(item.misnamed)
            run.counts["passages"] += len(made)
            run.finished("replaced" if item.decision.action == "replace" else "added")
        return {"written": len(batch.items)}


def _keep(run: Run, item: Item, originals: Originals) -> None:
    """Raises UnreadableDocument when the file is not the one that was read any more."""
    with run.stages.of("catalogue"):
        try:
            kept = originals.keep(item.file.path)
        except OSError:
            raise UnreadableDocument("Không mở được tệp.") from None
    if kept != item.sha256:
        raise UnreadableDocument("Tệp bị thay đổi trong lúc đọc; hãy chạy lại lệnh nạp.")


def _received(run: Run, arrival: Arrival, originals: Originals, secret: bool) -> Item | None:
    """A document to be written; None for a failure, for what waits for review and for what needs no writing."""
    file, sha256, reading = arrival.file, arrival.sha256, arrival.result
    if isinstance(reading, DocumentError):
        run.failed(file, sha256, reading)
        return None
    run.stages.add("load", reading.load_seconds)
    run.stages.add("read", reading.read_seconds)
    given = arrival.given.access if arrival.given is not None else None
    if arrival.given is not None:
        reading = with_given(reading, arrival.given)
    if reading.document.metadata.secrecy is not None and not secret:
        run.failed(file, sha256, SecretDocument.marked(reading.document.metadata.secrecy))
        return None
    wanted = given if given is not None else run.labels(file)
    if run.reach is not None and not run.reach.issuperset(wanted or ()):
        run.failed(file, sha256, BadSideCar("Tệp mô tả đi kèm: `access` chỉ được có những nhãn mà khoá này có."))
        return None
    decision, misnamed = run.known.decide(file, reading), None
    if decision.action != "duplicate":
        misnamed = run.known.misnamed(file, sha256, decision.key)
    try:
        run.touch(decision.key, misnamed)
    except OutOfReach as error:
        run.failed(file, sha256, error)
        return None
    writing = run.writer.writing
    if decision.action == "duplicate":
        writing.note_file(KnownFile.of(file, sha256, decision.version))
        run.finished("duplicates")
        return None
    if given is None and run.outranked(decision.key):
        wanted = None
    access = wanted if wanted is not None else writing.labels(decision.key) or ("public",)
    card = card_from(decision.key, str(uuid.uuid4()), reading.document.metadata, access)
    item = Item(file, sha256, reading, decision, card, misnamed=misnamed)
    if decision.action != "older" and not reading.doubts:
        run.known.took(file, reading, sha256, decision.key, card.version)
        return item
    try:
        _keep(run, item, originals)
    except DocumentError as error:
        run.failed(file, sha256, error)
        return None
    if decision.action == "older":
        writing.keep_aside(_new_version(item), _known_file(item))
        run.finished("older")
        return None
    writing.keep_aside(_new_version(item), _known_file(item), NEEDS_REVIEW)
    if wanted is not None and decision.key in run.known.live and set(writing.labels(decision.key)) != set(wanted):
        run.writer.change(decision.key, {"access": wanted})  # who may read it does not wait for the review
    run.known.took(file, reading, sha256, decision.key, card.version)
    run.held.append(Held(file.known_as, decision.key, reading.doubts))
    run.finished()
    return None


def card_from(key: str, version: str, meta: Metadata, access: tuple[str, ...]) -> DocumentCard:
    """The card of a version, by what the document says of itself."""
    return DocumentCard(
        key=key,
        version=version,
        number=meta.number,
        title=meta.title,
        type=meta.type,
        issuer=meta.issuer,
        issued=meta.issued,
        status=meta.validity.status(date.today()),
        effective_from=meta.validity.effective_from,
        effective_to=meta.validity.effective_to,
        access=access,
        suspended_from=meta.validity.suspended_from,
        suspended_to=meta.validity.suspended_to,
    )


def _new_version(item: Item) -> NewVersion:
    reading = item.reading
    return NewVersion(
        card=item.card,
        metadata=reading.document.metadata,
        sha256=item.sha256,
        text_hash=reading.text_hash,
        file_name=item.file.name,
        file_time=item.file.time,
        kind=reading.kind,
        size=item.file.size,
        tree=reading.packed,
        said=reading.said,
        provisions=reading.provisions,
        passages=len(item.passages),
        coverage=reading.coverage,
        notes=reading.notes,
        doubts=reading.doubts,
    )


def _known_file(item: Item) -> KnownFile:
    return KnownFile.of(item.file, item.sha256, item.card.version)
