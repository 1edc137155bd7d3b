"""`QuestionMeaning`: a question's vector, computed beside everything that can be done without it."""

from __future__ import annotations

import asyncio
import logging

from legal.errors import ServiceUnavailable
from retrieval.settings import RetrievalSettings
from serving.protocols import Embedder, Vectors

log = logging.getLogger(__name__)


class QuestionMeaning:
    """The embedder as the question's path asks it. `embedder` None: every question is searched by words only."""

    def __init__(self, embedder: Embedder | None, settings: RetrievalSettings) -> None:
        self._embedder = embedder
        self._patience = settings.embed_timeout

    @property
    def name(self) -> str | None:
        """The embedder's; None where there is none."""
        return self._embedder.name if self._embedder is not None else None

    async def begin(self, question: str) -> asyncio.Task[Vectors | None]:
        """The model at work on a question; None where it does not answer in time. Whoever has it cancels or awaits it.

        Returns when the model has begun: an embedder in this process needs the interpreter for a moment, and would wait
        for it until the caller next rests.
        """
        vector = asyncio.create_task(self._embed(question))
        try:
            await asyncio.sleep(0.001)
        except BaseException:
            vector.cancel()
            raise
        return vector

    async def _embed(self, question: str) -> Vectors | None:
        if self._embedder is None:
            return None
        try:
            async with asyncio.timeout(self._patience):
                return await self._embedder.embed_question(question)
        except (ServiceUnavailable, TimeoutError) as fault:
            log.warning("embedder failed, searching by words only: %s", type(fault).__name__)
            return None
