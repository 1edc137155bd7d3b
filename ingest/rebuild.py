"""The index built anew beside the one that answers, from the trees that the catalogue keeps."""

from __future__ import annotations

from collections.abc import Callable

from ingest.catalogue_writing import CatalogueWriting
from ingest.embedding import points
from ingest.report import Progress, Report, Stages
from ingest.writer import Writer
from legal.errors import Conflict
from retrieval.index import Index, Manifest
from retrieval.points import SCHEMA


def rebuild(
    writing: CatalogueWriting,
    index: Index,
    writer: Writer,
    stages: Stages,
    say: Callable[[Progress], None],
) -> Report:
    """Write the live version of every document into a fresh generation; `writer` chunks and embeds.

    Raises Conflict while intents wait in the journal: they belong to the old generation.
    """
    if writing.journal():
        raise Conflict("Lần nạp trước bị ngắt giữa chừng; hãy chạy lại lệnh nạp trước khi tạo lại chỉ mục.")
    embedder = writer.embedder.embedder
    manifest = Manifest(embedder.name, embedder.dimension, SCHEMA)
    live = writing.live()
    counts: dict[str, int] = {}
    reused = 0

    def count(done: int, cached: int) -> None:
        nonlocal reused
        reused += cached

    with index.bulk(manifest) as target:
        for key, entry in live.items():
            found = writer.chunked(key, entry.version)
            vectors = writer.embedder.embed(found, count)
            with stages.of("index"):
                target.replace(key, entry.version, points(found, vectors))
            counts[entry.version] = len(found)
            written = sum(counts.values())
            say(Progress(len(counts), len(live), written, written, 0, reused))
    with stages.of("catalogue"):
        for version, number in counts.items():
            writing.set_passages(version, number)
    written = sum(counts.values())
    return Report(
        files=len(live), replaced=len(live), passages=written, embedded=written - reused, seconds=stages.total()
    )
