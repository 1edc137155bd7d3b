"""An index of a given size: built of varied passages, kept in a folder, searched beside the bare engine."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import qdrant_edge as engine

from eval.load import Timing, side_by_side
from eval.raw_engine import RawEngine
from eval.varied import documents, varied
from retrieval.answer import Question
from retrieval.edge import EdgeIndex
from retrieval.edge_requests import edge_point
from retrieval.index import Index, Manifest, Point, SearchFilter
from retrieval.pipeline import QuestionPath
from serving.protocols import Embedder

_WARMING = 20  # questions before the measured ones


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured over so many passages.

    `int8`: vectors of 8 bits in memory, the originals on disk. `index_mb`: what the process grew by through opening and
    searching the index, mapped files included; `own_mb`: of that, memory of its own, which no file stands behind.
    `dense_recall`: share of the best 30 by exact comparison that the search by meaning found.
    """

    passages: int
    int8: bool
    optimise_s: float
    disk_mb: float
    index_mb: float
    own_mb: float
    dense_recall: float
    floor: Timing
    path: Timing

    @property
    def overhead(self) -> float:
        """The whole path over the floor, at p50."""
        return round(self.path.p50 / self.floor.p50, 3) if self.floor.p50 else 0.0

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return {**asdict(self), "overhead_p50": self.overhead}


def build(shard: Path, manifest: Manifest, real: Sequence[Point], size: int) -> float:
    """Write `size` varied points into a new folder, a document at a time; seconds. Nothing is merged or indexed yet."""
    began = time.perf_counter()
    shutil.rmtree(shard, ignore_errors=True)
    index = EdgeIndex(shard, manifest, remembered=0)
    for group in documents(varied(real, size)):
        points = [edge_point(point, position, 0, live=True) for position, point in enumerate(group)]
        index._shard.update(engine.UpdateOperation.upsert_points(points))
    index.close()
    return round(time.perf_counter() - began, 1)


def optimise(shard: Path, manifest: Manifest, *, int8: bool) -> float:
    """Merge and index a built index where it lies; seconds. Vectors of 8 bits may be added later, not taken away."""
    index = EdgeIndex(shard, manifest, remembered=0)
    began = time.perf_counter()
    index.optimise(int8=int8)
    seconds = time.perf_counter() - began
    index.close()
    return round(seconds, 1)


async def measure(
    shard: Path,
    manifest: Manifest,
    embedder: Embedder,
    path_over: Callable[[Index], QuestionPath],
    questions: Sequence[str],
    requests: int,
    *,
    int8: bool,
    optimise_s: float = 0.0,
) -> Size:
    """Search an index in this process. `path_over`: the question's path over it."""
    await embedder.embed_question("khởi động")
    before = _memory()
    index = EdgeIndex(shard, manifest)
    index.warm()
    path, raw = path_over(cast(Index, index)), RawEngine(index, embedder)  # the port but bulk loads, not needed here

    async def whole(question: str) -> object:
        return await path.search(Question(text=question, where=SearchFilter(), limit=10))

    await side_by_side(raw.search, whole, questions[-_WARMING:], requests=_WARMING)
    floor, ours = await side_by_side(raw.search, whole, questions, requests=requests)
    after = _memory()
    recall = await _recall(raw, questions[:50])
    passages = index.count()
    index.close()
    return Size(
        passages=passages,
        int8=int8,
        optimise_s=optimise_s,
        disk_mb=_disk(shard),
        index_mb=round(after[0] - before[0], 1),
        own_mb=round(after[1] - before[1], 1),
        dense_recall=recall,
        floor=floor,
        path=ours,
    )


async def _recall(raw: RawEngine, questions: Sequence[str]) -> float:
    found: Callable[[str, bool], Awaitable[list[object]]] = raw.best_by_meaning
    shares = []
    for question in questions:
        exact, ours = await found(question, True), await found(question, False)
        shares.append(len(set(exact[:30]) & set(ours[:30])) / max(1, len(exact[:30])))
    return round(sum(shares) / max(1, len(shares)), 4)


def _disk(folder: Path) -> float:
    """Megabytes that the files of a folder take, holes left out."""
    return round(sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file()) / 2**20, 1)


def _memory() -> tuple[float, float]:
    """Megabytes of this process: all that is resident; of its own."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    values = {name: int(kilobytes) / 1024 for name, kilobytes in re.findall(r"(VmRSS|RssAnon):\s+(\d+) kB", status)}
    return values.get("VmRSS", 0.0), values.get("RssAnon", 0.0)
