"""The floor of a search: embed the question, one call of the bare engine with both vectors; nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import qdrant_edge as engine

from retrieval.edge import EdgeIndex
from retrieval.edge_requests import edge_filter, edge_query
from retrieval.embedded import EmbeddedIndex
from retrieval.index import SearchFilter
from retrieval.lexical import question_vector
from retrieval.points import DENSE, LEXICAL, conditions
from serving.protocols import Embedder

_CANDIDATES = 100  # as many as the question's path asks for


class RawEngine:
    """The engine under an embedded index, without our adapter, pipeline, fusion or reading of hits."""

    def __init__(self, index: EmbeddedIndex | EdgeIndex, embedder: Embedder) -> None:
        edge = index._index if isinstance(index, EmbeddedIndex) else index
        self.shard: Any = edge._shard
        self._beam = edge.beam
        self._embedder = embedder
        self._filter = edge_filter(conditions(SearchFilter(as_of=date.today())))

    async def search(self, question: str) -> list[Any]:
        """Ids and scores of both searches."""
        dense = await self._embedder.embed_question(question)
        sparse = question_vector(question)
        lexical = engine.SparseVector(list(sparse.indices), list(sparse.values))
        asked = [
            engine.QueryRequest(
                limit=_CANDIDATES,
                query=engine.Query.Nearest(vector, using=using),
                filter=self._filter,
                with_payload=False,
                with_vector=False,
            )
            for vector, using in ((dense.tolist(), DENSE), (lexical, LEXICAL))
        ]
        found: list[Any] = self.shard.query_batch(engine.QueryBatchRequest(asked))
        return found

    async def best_by_meaning(self, question: str, exact: bool) -> list[Any]:
        """Ids of the best by meaning: by comparing all vectors, or as the question's path asks for them."""
        dense = await self._embedder.embed_question(question)
        nearest = engine.Query.Nearest(dense.tolist(), using=DENSE)
        request = edge_query(nearest, self._filter, _CANDIDATES, self._beam)
        if exact:
            request = engine.QueryRequest(
                limit=_CANDIDATES, query=nearest, filter=self._filter, params=engine.SearchParams(exact=True)
            )
        return [hit.id for hit in self.shard.query_batch(engine.QueryBatchRequest([request]))[0]]
