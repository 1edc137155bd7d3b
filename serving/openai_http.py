"""Models behind OpenAI-style servers, vLLM first of all: embeddings, reranking and chat over HTTP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from legal.errors import ModelUnavailable
from serving.endpoint import Endpoint, EndpointClient, Json, RouteMissing
from serving.protocols import Chunk, Message, PassageTooLong, Usage, Vectors
from serving.token_estimate import estimate_tokens

_SPECIAL_TOKENS = 2
_TEMPLATE_TOKENS = 8  # what a chat template puts around a message, when the server does not count for us
_DEFAULT_CONTEXT = 4096
_PARALLEL_COUNTS = 8


class HttpEmbedder:
    """`serving.protocols.Embedder` over `/v1/embeddings`.

    `window`: most tokens of a text, as the server is set up. `query_prefix`, `passage_prefix`: what the model wants
    before a question and a passage (E5: "query: ", "passage: "). `batch`: texts a request. `dimension`: expected length
    of a vector; else that of the first answer. Tokens are counted by the server (`/tokenize`, as vLLM has it), else
    estimated on the safe side.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        window: int = 512,
        query_prefix: str = "query: ",
        passage_prefix: str = "passage: ",
        batch: int = 32,
        dimension: int | None = None,
    ) -> None:
        prefixes = "+".join(prefix.strip() for prefix in (query_prefix, passage_prefix) if prefix.strip())
        self.name = f"openai/{endpoint.model}" + (f"+{prefixes}" if prefixes else "")
        self.window = window
        self._client = EndpointClient(endpoint)
        self._query_prefix, self._passage_prefix = query_prefix, passage_prefix
        self._batch, self._dimension = batch, dimension
        self._tokenizes = True

    @property
    def dimension(self) -> int:
        """Length of a vector; asks the server once when nothing has been embedded yet (blocking)."""
        if self._dimension is None:
            self._read(self._client.post("/v1/embeddings", self._request([self._passage_prefix + "a"])), 1)
        assert self._dimension is not None
        return self._dimension

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, prefix and special tokens included; blocking."""
        full = [self._passage_prefix + text for text in texts]
        if not full:
            return []
        if len(full) == 1 or not self._tokenizes:
            return [self._count(text) for text in full]
        with ThreadPoolExecutor(_PARALLEL_COUNTS) as pool:
            return list(pool.map(self._count, full))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32 unit vectors; blocking. Raises `PassageTooLong`."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        sizes = [estimate_tokens(self._passage_prefix + text) + _SPECIAL_TOKENS for text in texts]
        # The estimate is on the safe side: only what it finds long is worth asking the server about.
        doubtful = [text for text, size in zip(texts, sizes, strict=True) if size > self.window]
        counts = self.count_tokens(doubtful)
        if counts and self._tokenizes and (longest := max(counts)) > self.window:
            raise PassageTooLong(longest, self.window)
        # Texts of like length together: the server pads or packs least.
        order = sorted(range(len(texts)), key=lambda i: sizes[i])
        parts: list[Vectors] = []
        for at in range(0, len(order), self._batch):
            part = [self._passage_prefix + texts[i] for i in order[at : at + self._batch]]
            parts.append(self._read(self._client.post("/v1/embeddings", self._request(part)), len(part)))
        vectors = np.empty((len(texts), parts[0].shape[1]), np.float32)
        vectors[order] = np.concatenate(parts)
        return vectors

    async def embed_question(self, text: str) -> Vectors:
        """(dimension,) float32 of length 1; a question beyond the window is cut at it."""
        text = self._query_prefix + text
        # Only a text that could be too long is worth asking for its tokens.
        if estimate_tokens(text) + _SPECIAL_TOKENS > self.window:
            text = await asyncio.to_thread(self._cut, text)
        vectors = self._read(await self._client.post_async("/v1/embeddings", self._request([text])), 1)
        vector: Vectors = vectors[0]
        return vector

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _request(self, texts: list[str]) -> Json:
        return {"model": self._client.endpoint.model, "input": texts, "encoding_format": "float"}

    def _count(self, text: str) -> int:
        if self._tokenizes:
            try:
                body = {"model": self._client.endpoint.model, "prompt": text}
                return int(self._client.post("/tokenize", body)["count"])
            except (RouteMissing, KeyError, TypeError, ValueError):
                self._tokenizes = False
        return estimate_tokens(text) + _SPECIAL_TOKENS

    def _cut(self, text: str) -> str:
        while (tokens := self._count(text)) > self.window:
            text = text[: min(len(text) - 1, len(text) * self.window // tokens)]
        return text

    def _read(self, answer: Json, expected: int) -> Vectors:
        """The answer's vectors in the order asked, made length 1."""
        try:
            rows = sorted(answer["data"], key=lambda row: int(row["index"]))
            vectors: Vectors = np.array([row["embedding"] for row in rows], np.float32)
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        except (KeyError, TypeError, ValueError, np.exceptions.AxisError):
            raise self._wrong() from None
        if vectors.shape[0] != expected or not np.isfinite(lengths).all() or not lengths.all():
            raise self._wrong()
        if self._dimension is None:
            self._dimension = vectors.shape[1]
        if vectors.shape[1] != self._dimension:
            raise ModelUnavailable(
                f"Máy chủ {self._client.endpoint.role} trả về véc-tơ {vectors.shape[1]} chiều thay vì "
                f"{self._dimension}; có thể máy chủ đang phục vụ một mô hình khác."
            )
        unit: Vectors = vectors / lengths
        return unit

    def _wrong(self) -> ModelUnavailable:
        return ModelUnavailable(f"Máy chủ {self._client.endpoint.role} trả về véc-tơ không dùng được.")


class HttpReranker:
    """`serving.protocols.Reranker` over `/v1/rerank`, or `/rerank` where the server has only that."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = f"openai/{endpoint.model}"
        self._client = EndpointClient(endpoint)
        self._path = "/v1/rerank"

    async def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """One relevance score a text, higher is better, in the order given."""
        if not texts:
            return []
        body = {"model": self._client.endpoint.model, "query": question, "documents": list(texts)}
        try:
            answer = await self._client.post_async(self._path, body)
        except RouteMissing:
            if self._path == "/rerank":
                raise
            self._path = "/rerank"
            answer = await self._client.post_async(self._path, body)
        try:
            scores = {int(row["index"]): float(row["relevance_score"]) for row in answer["results"]}
            return [scores[i] for i in range(len(texts))]
        except (KeyError, TypeError, ValueError):
            role = self._client.endpoint.role
            raise ModelUnavailable(f"Máy chủ {role} trả về kết quả xếp hạng không dùng được.") from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


class HttpGenerator:
    """`serving.protocols.Generator` over `/v1/chat/completions`.

    `context_length`: tokens of prompt and answer together, when the server (`/v1/models`) does not tell or should not
    be believed.
    """

    def __init__(self, endpoint: Endpoint, *, context_length: int | None = None) -> None:
        self.name = endpoint.model
        self._client = EndpointClient(endpoint)
        self._context_length = context_length
        self._lock = threading.Lock()
        self._tokenizes = True

    @property
    def context_length(self) -> int:
        """Tokens of prompt and answer together; asks the server once (blocking), 4096 when it does not tell."""
        with self._lock:
            if self._context_length is None:
                self._context_length = self._ask_context_length()
            return self._context_length

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Chunk]:
        """Pieces of text as they come; the last has the reason of the end and the usage. Closing stops the server."""
        body: Json = {
            "model": self._client.endpoint.model,
            "messages": _plain(messages),
            "max_tokens": max_tokens,
            "temperature": temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if schema is not None:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": dict(schema), "strict": True},
            }
        finish_reason: str | None = None
        usage: Usage | None = None
        events = self._client.stream("/v1/chat/completions", body)
        try:
            async for event in events:
                usage = _usage(event) or usage
                for choice in event.get("choices") or ():
                    finish_reason = choice.get("finish_reason") or finish_reason
                    if text := (choice.get("delta") or {}).get("content"):
                        yield Chunk(text)
        finally:
            await events.aclose()  # type: ignore[attr-defined]
        yield Chunk(finish_reason=finish_reason or "stop", usage=usage)

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt by the model's own tokenizer and template; estimated where the server cannot count."""
        if self._tokenizes:
            body = {"model": self._client.endpoint.model, "messages": _plain(messages), "add_generation_prompt": True}
            try:
                return int((await self._client.post_async("/tokenize", body))["count"])
            except (RouteMissing, KeyError, TypeError, ValueError):
                self._tokenizes = False
        return sum(estimate_tokens(message.content) + _TEMPLATE_TOKENS for message in messages)

    async def is_healthy(self) -> bool | None:
        """Whether the server lives (`/health`, as vLLM has it; any answer of another server). None: nobody listens."""
        return await self._client.is_healthy()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _ask_context_length(self) -> int:
        try:
            served = self._client.get("/v1/models")["data"]
            lengths = [int(row["max_model_len"]) for row in served if row["id"] == self._client.endpoint.model]
        except (RouteMissing, KeyError, TypeError, ValueError):
            return _DEFAULT_CONTEXT
        return lengths[0] if lengths else _DEFAULT_CONTEXT


def _plain(messages: Sequence[Message]) -> list[Json]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _usage(event: Json) -> Usage | None:
    told = event.get("usage")
    if not isinstance(told, dict):
        return None
    return Usage(int(told.get("prompt_tokens") or 0), int(told.get("completion_tokens") or 0))
