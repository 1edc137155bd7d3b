"""Search over many passages: indexes made of a home's own, of several sizes, with and without vectors of 8 bits.

Each step runs in a process of its own, so that memory is its own. Kept indexes are measured again without being built.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from api.settings import Settings
from eval.grown import Size, build, measure, optimise
from eval.place import open_place
from eval.raw_engine import RawEngine
from eval.varied import real_points
from retrieval.generations import copy_tree
from retrieval.index import Index
from retrieval.pipeline import QuestionPath


def grow(
    settings: Settings, sizes: Sequence[int], questions: Sequence[str], requests: int, keep: Path | None = None
) -> list[Size]:
    """Build and measure each size, plain and with int8. `keep`: a folder for the indexes, else a temporary one.

    The home is only read, by one process at a time.
    """
    found = []
    held = nullcontext(str(keep)) if keep is not None else tempfile.TemporaryDirectory()
    with held as folder, multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for size in sizes:
            made = Path(folder) / str(size)
            if not (made / "done.json").is_file():
                pool.apply(make_size, (settings, size, made))
            for int8 in (False, True):
                found.append(pool.apply(measure_size, (settings, made, int8, list(questions), requests)))
            if keep is None:
                shutil.rmtree(made, ignore_errors=True)
    return found


def make_size(settings: Settings, size: int, folder: Path) -> None:
    """Build an index of `size` passages out of the home's, in both kinds."""
    with open_place(settings) as place:
        real = list(real_points(RawEngine(place.parts.index, place.parts.embedder).shard))  # type: ignore[arg-type]
        manifest = place.parts.index.manifest
    folder.mkdir(parents=True, exist_ok=True)
    plain, int8 = folder / "plain", folder / "int8"
    build(plain, manifest, real, size)
    del real
    times = [optimise(plain, manifest, int8=False)]
    shutil.rmtree(int8, ignore_errors=True)
    copy_tree(plain, int8)
    times.append(optimise(int8, manifest, int8=True))
    (folder / "done.json").write_text(json.dumps(times), encoding="utf-8")


def measure_size(settings: Settings, folder: Path, int8: bool, questions: list[str], requests: int) -> Size:
    """Search a made index with all that the home's questions are read with: names, syllables, lexicon."""
    with open_place(settings) as place:
        parts = place.parts

        def path_over(index: Index) -> QuestionPath:
            return QuestionPath(
                index,
                parts.embedder,
                syllables=parts.syllables.model,
                names=parts.names.names,
                lexicon=parts.lexicon,
            )

        parts.names.refresh()
        parts.syllables.model()
        manifest = parts.index.manifest
        parts.index.close()
        shard = folder / ("int8" if int8 else "plain")
        times = json.loads((folder / "done.json").read_text(encoding="utf-8"))
        return place.runner.run(
            measure(shard, manifest, parts.embedder, path_over, questions, requests, int8=int8, optimise_s=times[int8])
        )
