"""Search over many passages: real ones of a home, varied until there are enough.

Varied means: the dense vector turned by noise to a cosine of about 0.95 with the real one, the lexical weights each
changed by up to a tenth, the document another one. No text is invented and nothing is embedded anew, so this measures
the engine's and the path's speed at that size, not quality.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from api.settings import Settings
from eval.load import Timing, side_by_side
from eval.place import open_place
from eval.raw_engine import RawEngine
from retrieval.answer import Question
from retrieval.edge import EdgeIndex
from retrieval.index import Index, Manifest, Point, SearchFilter, Sparse
from retrieval.pipeline import QuestionPath
from retrieval.points import DENSE, LEXICAL, SHOWN_FIELDS, from_payload
from serving.protocols import Embedder, Vectors

_COSINE = 0.95
_NAMESPACE = uuid.UUID("0b0f2a4e-5f43-5f0e-8a53-0d5a4c5f7b21")
_DOCUMENT = 500  # passages a write


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured over so many passages. `rss_mb`: of the whole process with the embedder, after the searches."""

    passages: int
    build_s: float
    optimise_s: float
    disk_mb: float
    rss_mb: float
    floor: Timing
    path: Timing

    @property
    def overhead(self) -> float:
        """The whole path over the floor, at p50."""
        return round(self.path.p50 / self.floor.p50, 3) if self.floor.p50 else 0.0


def grow(settings: Settings, sizes: Sequence[int], questions: Sequence[str], requests: int) -> list[Size]:
    """Each size in a process of its own, so that memory is its own. The home is only read, by one process at a time."""
    found = []
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for size in sizes:
            found.append(pool.apply(measure_size, (settings, size, list(questions), requests)))
    return found


def measure_size(settings: Settings, size: int, questions: list[str], requests: int) -> Size:
    """Build an index of `size` passages in a temporary folder and search it."""
    with open_place(settings) as place:
        real = list(real_points(RawEngine(place.parts.index, place.parts.embedder).shard))  # type: ignore[arg-type]
        embedder, manifest = place.parts.embedder, place.parts.index.manifest
        with tempfile.TemporaryDirectory() as folder:
            return place.runner.run(_measure(Path(folder), real, embedder, manifest, size, questions, requests))


async def _measure(
    folder: Path,
    real: list[Point],
    embedder: Embedder,
    manifest: Manifest,
    size: int,
    questions: list[str],
    requests: int,
) -> Size:
    shard = folder / "shard"
    index = EdgeIndex(shard, manifest)
    began = time.perf_counter()
    for place, group in enumerate(_groups(varied(real, size))):
        index.replace(f"made-{place}", "1", group)
        await asyncio.sleep(0)
    built = time.perf_counter()
    index.optimise()
    optimised = time.perf_counter()
    del real
    path = QuestionPath(cast(Index, index), embedder)  # all of the port but bulk loads, which searches do not need
    raw = RawEngine(index, embedder)

    async def whole(question: str) -> object:
        return await path.search(Question(text=question, where=SearchFilter(), limit=10))

    await side_by_side(raw.search, whole, questions, requests=min(20, requests))
    floor, ours = await side_by_side(raw.search, whole, questions, requests=requests)
    counted = index.count()
    index.flush()
    disk = sum(file.stat().st_size for file in shard.rglob("*") if file.is_file())
    index.close()
    return Size(
        passages=counted,
        build_s=round(built - began, 1),
        optimise_s=round(optimised - built, 1),
        disk_mb=round(disk / 2**20, 1),
        rss_mb=_memory_mb(),
        floor=floor,
        path=ours,
    )


def real_points(shard: Any) -> Iterator[Point]:
    """The points of an index with their vectors."""
    import qdrant_edge as engine

    offset = None
    while True:
        request = engine.ScrollRequest(
            offset=offset, limit=500, with_payload=list(SHOWN_FIELDS), with_vector=[DENSE, LEXICAL]
        )
        records, offset = shard.scroll(request)
        for record in records:
            sparse = record.vector.get(LEXICAL)
            yield Point(
                from_payload(record.id, record.payload),
                np.asarray(record.vector[DENSE], np.float32),
                None if sparse is None else Sparse(tuple(sparse.indices), tuple(sparse.values)),
            )
        if offset is None:
            return


def varied(real: Sequence[Point], size: int) -> Iterator[Point]:
    """`size` points, the real ones first, then variations of them in turn; the same every time."""
    chance = np.random.default_rng(11)
    for number in range(size):
        point = real[number % len(real)]
        turn = number // len(real)
        if turn:
            point = Point(
                point.passage,
                None if point.dense is None else _turned(point.dense, chance),
                None if point.sparse is None else _jittered(point.sparse, chance),
            )
        group = number // _DOCUMENT
        card = replace(point.passage.document, key=f"made-{group}", version="1")
        identity = str(uuid.uuid5(_NAMESPACE, str(number)))
        yield replace(point, passage=replace(point.passage, id=identity, document=card))


def _turned(vector: Vectors, chance: np.random.Generator) -> Vectors:
    noise = chance.standard_normal(len(vector)).astype(np.float32)
    noise -= vector * float(noise @ vector)
    noise /= float(np.linalg.norm(noise)) or 1.0
    turned: Vectors = (_COSINE * vector + np.sqrt(1 - _COSINE**2) * noise).astype(np.float32)
    return turned


def _jittered(sparse: Sparse, chance: np.random.Generator) -> Sparse:
    factors = chance.uniform(0.9, 1.1, len(sparse.values))
    return Sparse(sparse.indices, tuple(float(value) for value in np.asarray(sparse.values) * factors))


def _groups(points: Iterator[Point]) -> Iterator[list[Point]]:
    group: list[Point] = []
    for point in points:
        group.append(point)
        if len(group) == _DOCUMENT:
            yield group
            group = []
    if group:
        yield group


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 2**20, 1)


def as_plain(size: Size) -> dict[str, Any]:
    """For JSON."""
    return {**asdict(size), "overhead_p50": size.overhead}
