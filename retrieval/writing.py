"""One generation: the model's text as it comes, within time limits, with what it cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from retrieval.settings import RetrievalSettings
from retrieval.trail import milliseconds
from serving.protocols import Generator, Message, Usage

#: Called with each piece of text.
OnText = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Written:
    """A finished generation. `cut`: it ended at its length limit."""

    text: str
    usage: Usage | None
    cut: bool


async def _unheard(text: str) -> None:
    pass


async def write(
    generator: Generator,
    prompt: Sequence[Message],
    settings: RetrievalSettings,
    *,
    took: dict[str, float],
    begun: float,
    schema: Mapping[str, Any] | None = None,
    on_text: OnText = _unheard,
) -> Written:
    """Let the model write. `took` gets `first_token`, in milliseconds since `begun` (a `perf_counter` value), and
    `writing`, from the first to the last piece. Raises what the generator raises and TimeoutError; leaving it closes
    the stream, which stops the model."""
    text: list[str] = []
    usage: Usage | None = None
    cut = False
    first = 0.0
    stream: AsyncIterator[Any] = generator.stream(
        prompt, max_tokens=settings.answer_tokens, temperature=settings.temperature, schema=schema
    )
    try:
        waiting = settings.first_token_timeout
        while True:
            try:
                async with asyncio.timeout(waiting):
                    chunk = await anext(stream)
            except StopAsyncIteration:
                break
            waiting = settings.answer_timeout
            usage = chunk.usage or usage
            cut = cut or chunk.finish_reason == "length"
            if chunk.text:
                if not text:
                    first = perf_counter()
                    took.setdefault("first_token", milliseconds(begun))
                took["writing"] = milliseconds(first)
                text.append(chunk.text)
                await on_text(chunk.text)
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()
    return Written("".join(text), usage, cut)


def together(usages: Sequence[Usage | None]) -> Usage | None:
    """The cost of several generations; None when none of them told it."""
    told = [usage for usage in usages if usage is not None]
    if not told:
        return None
    return Usage(sum(one.prompt_tokens for one in told), sum(one.completion_tokens for one in told))
