"""Several generator endpoints as one: in turns, past those that failed lately, and at once an error when none is left.

A circuit breaker an endpoint: after some failures in a row it is left alone for a while, then one request tries it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from legal.errors import ModelUnavailable
from serving.protocols import Chunk, Generator, Message


@dataclass(slots=True)
class Circuit:
    """Whether an endpoint may be asked. `failures`: in a row until it opens; `pause`: seconds until the next trial."""

    failures: int = 3
    pause: float = 15.0
    clock: Callable[[], float] = time.monotonic
    _failed: int = 0
    _closed_until: float = 0.0

    @property
    def open(self) -> bool:
        """Asking is pointless now."""
        return self._failed >= self.failures and self.clock() < self._closed_until

    def admit(self) -> bool:
        """May this request go out? After the pause one may; the others wait for its outcome or the next pause."""
        if self._failed < self.failures:
            return True
        if self.clock() < self._closed_until:
            return False
        self._closed_until = self.clock() + self.pause
        return True

    def succeeded(self) -> None:
        """The endpoint answered, be it with a refusal."""
        self._failed = 0

    def failed(self) -> None:
        """The endpoint was unavailable."""
        self._failed += 1
        self._closed_until = self.clock() + self.pause


class FailoverGenerator:
    """`serving.protocols.Generator` over endpoints that serve the same model.

    A request goes to the next endpoint in turn; one that is unavailable before its first piece of text is replaced by
    the next. After the first piece there is no second try: the reader has seen it. Raises `ModelUnavailable` at once
    while every circuit is open.
    """

    def __init__(self, generators: Sequence[Generator], *, failures: int = 3, pause: float = 15.0) -> None:
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
        return any(not circuit.open for _, circuit in self._generators)

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
            if not circuit.admit():
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
            if circuit.open:
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

    def _in_turn(self) -> list[tuple[Generator, Circuit]]:
        self._turn = (self._turn + 1) % len(self._generators)
        return self._generators[self._turn :] + self._generators[: self._turn]


def _all_open() -> ModelUnavailable:
    return ModelUnavailable("Các máy chủ mô hình đều vừa gặp sự cố; sẽ được thử lại sau ít giây.")
