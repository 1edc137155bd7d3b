"""Looks after the chat model's servers while this process serves, so that questions need not find out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from api.wiring import Parts

log = structlog.get_logger("phapquy.models")

#: Seconds between two looks.
EVERY = 5.0


async def watch(parts: Parts) -> None:
    """Ask the servers for ever whether they live; a change is one line in the log. Ends when cancelled."""
    alive = True
    while True:
        if parts.built("questions") and parts.generator is not None:
            now = await parts.generator.check_health()
            if now:
                parts.questions.model_seen_alive()
            if now != alive:
                log.warning("model_alive" if now else "model_down")
            alive = now
        await asyncio.sleep(EVERY)
