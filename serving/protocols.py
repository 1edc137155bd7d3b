"""What a model can do for us: `Embedder`, `Reranker`, `Generator`.

Implementations raise `legal.errors.ModelUnavailable` when the model cannot be reached in time and `ModelRefused` when
it turns a request down; never anything of their library.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from legal.errors import ModelRefused

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one generation."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a streamed generation. The last carries `finish_reason` and, where the server tells it, `usage`."""

    text: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None


class Embedder(Protocol):
    """Texts to unit vectors.

    `name` identifies weights and pooling: an index made by one name is never searched with another.
    `dimension`: length of a vector. `window`: most tokens of a passage, special tokens included; longer input is an
    error of the caller (`PassageTooLong`), never cut silently.
    """

    @property
    def name(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    @property
    def window(self) -> int: ...
    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, prefix and special tokens included."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32, each row of length 1. Blocking; called in ingest's own thread or process."""
        ...

    async def embed_question(self, text: str) -> Vectors:
        """(dimension,) float32 of length 1. A question longer than the window is cut at the window."""
        ...

    async def close(self) -> None: ...


class Reranker(Protocol):
    """Scores passages against a question."""

    @property
    def name(self) -> str: ...
    async def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """One relevance score a text, higher is better, in the order given."""
        ...

    async def close(self) -> None: ...


class Generator(Protocol):
    """A chat model."""

    @property
    def name(self) -> str: ...
    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Chunk]:
        """Generate piece by piece; `schema`: a JSON schema that the output must obey. Closing it stops the model."""
        ...

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt by the model's own tokenizer."""
        ...

    @property
    def context_length(self) -> int: ...
    async def close(self) -> None: ...


class PassageTooLong(ModelRefused, ValueError):
    """A text given to `embed_passages` has more tokens than the embedder's `window`: the caller must split it."""

    code = "passage_too_long"

    def __init__(self, tokens: int, window: int) -> None:
        super().__init__(
            f"Đoạn văn bản có {tokens} đơn vị từ, vượt cửa sổ {window} của mô hình véc-tơ; cần chia nhỏ hơn."
        )
        self.tokens = tokens
        self.window = window


class PromptTooLong(ModelRefused):
    """Prompt and answer do not fit the model's context together: fewer or shorter sources are needed."""

    code = "prompt_too_long"
