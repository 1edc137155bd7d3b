"""What Qdrant Edge is asked, in its own classes: filters, queries, points, the settings of a shard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import qdrant_edge as engine

from retrieval.beam import EXACT_KB
from retrieval.index import Point
from retrieval.points import DENSE, LEXICAL, AnyOf, Between, Condition, Outside, to_payload

_INT8_KB = 300_000
_INT8 = engine.ScalarQuantizationConfig(engine.ScalarType.Int8, quantile=0.99, memory=engine.Memory.Pinned)
#: Of vectors of 8 bits half as many again are taken and put in order by the originals.
_RESCORED = engine.QuantizationSearchParams(rescore=True, oversampling=1.5)
KINDS = {"keyword": engine.PayloadSchemaType.Keyword, "integer": engine.PayloadSchemaType.Integer}


def edge_condition(condition: Condition) -> Any:
    """One condition."""
    if isinstance(condition, Outside):
        begun, lasting = Between(condition.since, high=condition.day), Between(condition.until, low=condition.day + 1)
        return engine.Filter(must_not=[edge_filter([begun, lasting])])
    if isinstance(condition, AnyOf):
        match = (
            engine.MatchValue(condition.values[0])
            if len(condition.values) == 1
            else engine.MatchAny(list(condition.values))
        )
        return engine.FieldCondition(condition.field, match=match)
    return engine.FieldCondition(condition.field, range=engine.RangeFloat(gte=condition.low, lte=condition.high))


def edge_filter(asked: Iterable[Condition]) -> Any:
    """Our conditions as the engine's filter: all must hold."""
    return engine.Filter(must=[edge_condition(condition) for condition in asked])


def edge_point(point: Point, position: int, written: int, *, live: bool) -> Any:
    """A point as the engine stores it; arguments as in `to_payload`."""
    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[DENSE] = point.dense.tolist()
    if point.sparse is not None and point.sparse.indices:
        vectors[LEXICAL] = engine.SparseVector(list(point.sparse.indices), list(point.sparse.values))
    payload = to_payload(point.passage, position=position, live=live, written=written)
    return engine.Point(id=point.passage.id, vector=vectors, payload=payload)


def shard_config(dimension: int, points: int = 0, *, int8: bool | None = None) -> Any:
    """The engine's settings for so many points: no graph where it would not be used.

    `int8`: beside a graph, vectors of 8 bits in memory and the originals on disk, which order the best anew: a quarter
    of the memory. None: where the vectors take more than 300 MB.
    """
    size = points * dimension * 4 / 1024
    graph = size > EXACT_KB
    small = graph and (size > _INT8_KB if int8 is None else int8)
    return engine.EdgeConfig(
        hnsw_config=engine.HnswIndexConfig(m=16 if graph else 0, ef_construct=128, full_scan_threshold=EXACT_KB),
        optimizers=engine.EdgeOptimizersConfig(indexing_threshold=5_000),
        quantization_config=_INT8 if small else None,
        vectors={
            DENSE: engine.EdgeVectorParams(
                size=dimension, distance=engine.Distance.Cosine, memory=engine.Memory.Cold if small else None
            )
        },
        sparse_vectors={LEXICAL: engine.EdgeSparseVectorParams(modifier=engine.Modifier.Idf)},
    )


def edge_query(query: Any, condition: Any, limit: int, beam: int | None = None) -> Any:
    """One search: ids and scores alone. `beam`: see `beam_for`; None for words, which have no graph."""
    return engine.QueryRequest(
        limit=limit,
        query=query,
        filter=condition,
        params=engine.SearchParams(hnsw_ef=beam, quantization=_RESCORED),
        with_payload=False,
        with_vector=False,
    )
