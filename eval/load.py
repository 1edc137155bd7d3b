"""Load: a number of clients that ask without pause, and how long each answer took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from eval.metrics import percentile

Ask = Callable[[str], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of the answers, answers a second, and how many asks failed."""

    n: int
    p50: float
    p95: float
    p99: float
    rate: float
    failed: int = 0

    @classmethod
    def of(cls, milliseconds: Sequence[float], seconds: float, failed: int = 0) -> Timing:
        """Of single times over a stretch of `seconds`."""
        if not milliseconds:
            return cls(0, 0.0, 0.0, 0.0, 0.0, failed)
        p50, p95, p99 = (percentile(milliseconds, share) for share in (50, 95, 99))
        return cls(len(milliseconds), p50, p95, p99, round(len(milliseconds) / seconds, 2), failed)


async def drive(ask: Ask, questions: Sequence[str], *, clients: int, requests: int) -> Timing:
    """Each of the clients takes the next question as soon as it has its answer, `requests` in all."""
    times: list[float] = []
    failed = 0
    following = iter(range(requests))

    async def client() -> None:
        nonlocal failed
        for place in following:
            began = time.perf_counter()
            try:
                await ask(questions[place % len(questions)])
            except Exception:
                failed += 1
            else:
                times.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
    return Timing.of(times, time.perf_counter() - began, failed)


async def side_by_side(first: Ask, second: Ask, questions: Sequence[str], *, requests: int) -> tuple[Timing, Timing]:
    """Two ways with one client, in turns that change sides, so that a busy machine slows both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for place in range(requests):
        question = questions[place % len(questions)]
        for side in (0, 1) if place % 2 else (1, 0):
            began = time.perf_counter()
            await (first, second)[side](question)
            times[side].append((time.perf_counter() - began) * 1000)
    return Timing.of(times[0], sum(times[0]) / 1000), Timing.of(times[1], sum(times[1]) / 1000)
