"""The generator's endpoints as one: in turns, past those that are down, and at once an error when none is left.

A circuit breaker an endpoint: after some failures in a row it is left alone for a while, then one request tries it.
Between requests `check_health` looks after them, so that a dead server is passed over before a question meets it and a
living one is used again without waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

from legal.errors import ModelUnavailable
from serving.circuit import Circuit
from serving.protocols import Chunk, Generator, Message


class Watched(Generator, Protocol):
    """A generator that can be asked whether its server lives."""

    async def is_healthy(self) -> bool | None:
        """None where nobody listens."""
        ...


class FailoverGenerator:
    """`serving.protocols.Generator` over endpoints that serve the same model.

    A request goes to the next endpoint in turn; one that is unavailable before its first piece of text is replaced by
    the next. After the first piece there is no second try: the reader has seen it. Raises `ModelUnavailable` at once
    while every circuit is open.
    """

    def __init__(self, generators: Sequence[Watched], *, failures: int = 3, pause: float = 15.0) -> None:
        if not generators:
            raise ValueError("at least one generator is needed")
        self._generators = [(generator, Circuit(failures, pause)) for generator in generators]
        self._turn = 0

    @property
    def name(self) -> str:
        """The model's name, as the first endpoint has it."""
        return self._generators[0][0].name

    @property
    def context_length(self) -> int:
        """The smallest of the endpoints that answer."""
        lengths: list[int] = []
        problem: ModelUnavailable | None = None
        for generator, _ in self._generators:
            try:
                lengths.append(generator.context_length)
            except ModelUnavailable as error:
                problem = error
        if problem is not None and not lengths:
            raise problem
        return min(lengths)

    @property
    def available(self) -> bool:
        """At least one endpoint may be asked: what readiness shows, without asking anybody."""
        return any(not circuit.is_open for _, circuit in self._generators)

    async def check_health(self) -> bool:
        """Ask every endpoint whether it lives; whether one may be asked now. Never raises."""

        async def one(generator: Watched, circuit: Circuit) -> None:
            healthy = await generator.is_healthy()
            if healthy is None:
                circuit.trip()
            elif not healthy:
                circuit.failed()  # slow or ailing: it may just be busy, so this counts once like any failure
            elif circuit.is_open:
                circuit.hope()

        await asyncio.gather(*(one(*each) for each in self._generators))
        return self.available

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Chunk]:
        """As `Generator.stream`, from the first endpoint that begins to answer."""
        problem: ModelUnavailable | None = None
        for generator, circuit in self._in_turn():
            if not circuit.allows():
                continue
            stream = generator.stream(messages, max_tokens=max_tokens, temperature=temperature, schema=schema)
            begun = False
            try:
                async for chunk in stream:
                    begun = True
                    yield chunk
            except ModelUnavailable as error:
                circuit.failed()
                if begun:
                    raise
                problem = error
                continue
            except Exception:
                circuit.succeeded()
                raise
            finally:
                await stream.aclose()  # type: ignore[attr-defined]
            circuit.succeeded()
            return
        raise problem or _all_open()

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        """As `Generator.count_tokens`, by the first endpoint that answers."""
        problem: ModelUnavailable | None = None
        for generator, circuit in self._in_turn():
            if circuit.is_open:
                continue
            try:
                return await generator.count_tokens(messages)
            except ModelUnavailable as error:
                circuit.failed()
                problem = error
        raise problem or _all_open()

    async def close(self) -> None:
        """Close every endpoint's connections."""
        for generator, _ in self._generators:
            await generator.close()

    def _in_turn(self) -> list[tuple[Watched, Circuit]]:
        self._turn = (self._turn + 1) % len(self._generators)
        return self._generators[self._turn :] + self._generators[: self._turn]


def _all_open() -> ModelUnavailable:
    return ModelUnavailable("Các máy chủ mô hình đều vừa gặp sự cố; sẽ được thử lại sau ít giây.")
