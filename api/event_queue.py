"""The events of one streamed answer, with a sign of life while the model is silent; leaving stops the generation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

import structlog

from api.faults import fault_place
from legal.errors import PhapquyError
from retrieval.answer import Answer, Event, Question

if TYPE_CHECKING:
    from retrieval.pipeline import QuestionPath

log = structlog.get_logger("phapquy.http")

#: Seconds of silence after which a comment is sent, so that proxies keep the connection.
KEEP_ALIVE = 15.0

#: Answers being broken off: the event loop itself would not keep them alive.
_ending: set[asyncio.Task[None]] = set()


async def answer_events(
    path: QuestionPath, question: Question, finished: Callable[[Answer], Awaitable[None]]
) -> AsyncGenerator[Event | None]:
    """The events in order; None after each `KEEP_ALIVE` seconds without one. A failure is the last event, `error`.

    `finished` is told the whole answer before its event is given. Closing it cancels the answer, which closes the stream
    to the model server.
    """
    queue: asyncio.Queue[Event | None] = asyncio.Queue(maxsize=256)
    task = asyncio.create_task(_fill(path, question, queue))
    try:
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), KEEP_ALIVE)
            except TimeoutError:
                yield None
                continue
            if event is None:
                return
            if event.name == "done":
                await finished(event.data)
            yield event
    finally:
        task.cancel()
        # A web server that lost its reader cancels whoever waits here, again and again: unlike `gather`, `wait` does not
        # hand that on to the task, which is closing the stream to the model server.
        _ending.add(task)
        task.add_done_callback(_ending.discard)
        await asyncio.wait({task})


async def _fill(path: QuestionPath, question: Question, queue: asyncio.Queue[Event | None]) -> None:
    try:
        async with aclosing(cast("AsyncGenerator[Event]", path.stream(question))) as events:
            async for event in events:
                await queue.put(event)
    except PhapquyError as error:
        await queue.put(Event("error", error))
    except Exception as error:
        log.error("fault_in_stream", **fault_place(error))
        await queue.put(Event("error", PhapquyError("Lỗi bên trong hệ thống; hãy thử lại.")))
    await queue.put(None)
