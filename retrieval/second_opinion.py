"""The embedder's word on statements that the words alone leave in doubt."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from legal.errors import PhapquyError
from retrieval.settings import RetrievalSettings
from retrieval.statements import Piece
from retrieval.verify import Checked, Checker
from serving.protocols import Embedder

log = logging.getLogger(__name__)


class SecondOpinion:
    """Hears a piece by its words, and by meaning where those leave a doubt. `embedder` None, or one whose scale of
    likeness is not known: by words alone."""

    def __init__(self, embedder: Embedder | None, settings: RetrievalSettings) -> None:
        self._embedder = embedder if embedder is not None and settings.similarity_of in embedder.name else None

    async def heard(self, checker: Checker, piece: Piece) -> Checked:
        """The verdict on one piece; pieces come in their order. An embedder that fails leaves it to the words."""
        one = checker.check(piece)
        if one.doubt is None or self._embedder is None:
            return one
        try:
            nearness = await self._nearness(self._embedder, piece.text, (one.doubt.own, *one.doubt.others))
        except (PhapquyError, TimeoutError) as fault:
            log.warning("embedder gave no second opinion: %s", type(fault).__name__)
            return one
        return checker.settled(one, nearness)

    async def _nearness(self, embedder: Embedder, statement: str, texts: Sequence[str]) -> list[float]:
        asked = await embedder.embed_question(statement)
        return [float(np.dot(asked, await embedder.embed_question(text))) for text in texts]
