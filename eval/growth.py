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
from typing import Literal

from api.settings import Settings
from eval.grown import Size, build, measure, optimise
from eval.place import open_place
from eval.raw_engine import RawEngine
from eval.varied import real_points
from retrieval.generations import copy_tree
from retrieval.index import Index
from retrieval.pipeline import QuestionPath

Kind = Literal["plain", "int8"]
KINDS: tuple[Kind, ...] = ("plain", "int8")
_DONE = "done.json"


def grow(
    settings: Settings,
    sizes: Sequence[int],
    questions: Sequence[str],
    requests: int,
    keep: Path | None = None,
    *,
    kinds: Sequence[Kind] = KINDS,
) -> list[Size]:
    """Build and measure each size in these kinds. `keep`: a folder for the indexes, else a temporary one.

    The home is only read, by one process at a time.
    """
    found = []
    held = nullcontext(str(keep)) if keep is not None else tempfile.TemporaryDirectory()
    with held as folder, multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for size in sizes:
            made = Path(folder) / str(size)
            for kind in kinds:
                if _made(made).get(kind) is None:
                    pool.apply(make_size, (settings, size, made, kind))
            found += [pool.apply(measure_size, (settings, made, kind, list(questions), requests)) for kind in kinds]
            if keep is None:
                shutil.rmtree(made, ignore_errors=True)
    return found


def make_size(settings: Settings, size: int, folder: Path, kind: Kind) -> None:
    """Build an index of `size` passages out of the home's; with int8 out of the plain one where that is there."""
    shard, made = folder / kind, _made(folder)
    with open_place(settings) as place:
        manifest = place.parts.index.manifest
        raw = RawEngine(place.parts.index, place.parts.embedder)  # type: ignore[arg-type]
        real = list(real_points(raw.shard)) if kind not in made else []
    if kind not in made:
        if kind == "int8" and made.get("plain") is not None:
            shutil.rmtree(shard, ignore_errors=True)
            copy_tree(folder / "plain", shard)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            build(shard, manifest, real, size)
        _note(folder, kind, None)
    del real
    _note(folder, kind, optimise(shard, manifest, int8=kind == "int8"))


def _made(folder: Path) -> dict[str, float | None]:
    """The kinds that lie in a size's folder, with the seconds that indexing took; None where it was not done yet."""
    done = folder / _DONE
    found: dict[str, float | None] = json.loads(done.read_text(encoding="utf-8")) if done.is_file() else {}
    return found


def _note(folder: Path, kind: Kind, seconds: float | None) -> None:
    (folder / _DONE).write_text(json.dumps({**_made(folder), kind: seconds}), encoding="utf-8")


def measure_size(settings: Settings, folder: Path, kind: Kind, questions: list[str], requests: int) -> Size:
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
        return place.runner.run(
            measure(
                folder / kind,
                manifest,
                parts.embedder,
                path_over,
                questions,
                requests,
                int8=kind == "int8",
                optimise_s=_made(folder)[kind] or 0.0,
            )
        )
