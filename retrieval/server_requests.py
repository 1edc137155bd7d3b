"""What `ServerIndex` sends to a Qdrant server: filters, points and queries as the client's models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qdrant_client import models

from retrieval.index import Point
from retrieval.points import (
    DENSE,
    LEXICAL,
    SHOWN_FIELDS,
    AnyOf,
    Between,
    Condition,
    FieldKind,
    Outside,
    split_reading,
    to_payload,
)


def _condition(condition: Condition) -> models.Condition:
    if isinstance(condition, Outside):
        begun, lasting = Between(condition.since, high=condition.day), Between(condition.until, low=condition.day + 1)
        return models.Filter(must_not=[server_filter([begun, lasting])])
    if isinstance(condition, AnyOf):
        return models.FieldCondition(key=condition.field, match=models.MatchAny(any=list(condition.values)))
    return models.FieldCondition(key=condition.field, range=models.Range(gte=condition.low, lte=condition.high))


def server_filter(asked: Iterable[Condition]) -> models.Filter:
    """Our conditions as the client's filter: all must hold."""
    return models.Filter(must=[_condition(condition) for condition in asked])


def filter_of(**values: str) -> models.Filter:
    """Points whose fields have these values."""
    return server_filter(AnyOf(field, (value,)) for field, value in values.items())


def point_of(point: Point, position: int, written: int, *, live: bool) -> models.PointStruct:
    """A point as the server stores it."""
    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[DENSE] = point.dense.tolist()
    if point.sparse is not None and point.sparse.indices:
        vectors[LEXICAL] = models.SparseVector(indices=list(point.sparse.indices), values=list(point.sparse.values))
    payload = to_payload(point.passage, position=position, live=live, written=written)
    return models.PointStruct(id=point.passage.id, vector=vectors, payload=payload)


def query_of(
    query: Any, using: str, condition: models.Filter, limit: int, beam: int | None = None
) -> models.QueryRequest:
    """One search; `beam`: how widely the graph is searched, None for the server's own."""
    return models.QueryRequest(
        query=query,
        using=using,
        filter=condition,
        limit=limit,
        params=_params(beam) if beam else None,
        with_payload=list(SHOWN_FIELDS),
        with_vector=False,
    )


def _params(beam: int) -> models.SearchParams:
    """Of vectors of 8 bits half as many again are taken and put in order by the originals."""
    return models.SearchParams(
        hnsw_ef=beam, quantization=models.QuantizationSearchParams(rescore=True, oversampling=1.5)
    )


def schema_of(field: str, kind: FieldKind) -> models.PayloadSchemaType | models.KeywordIndexParams:
    """How a field is indexed."""
    if field == "access":  # callers see what their labels let them: searched together, stored together
        return models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
    return models.PayloadSchemaType.INTEGER if kind == "integer" else models.PayloadSchemaType.KEYWORD


def latest_of(payloads: Iterable[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    """Document key -> (written, reading) of its latest version among these."""
    latest: dict[str, tuple[int, str]] = {}
    for payload in payloads:
        key, _ = split_reading(payload["reading"])
        latest[key] = max(latest.get(key, (0, "")), (payload["written"], payload["reading"]))
    return latest


def holds(payload: dict[str, Any], latest: dict[str, tuple[int, str]]) -> bool:
    """Whether a hit is of that latest version."""
    return latest[split_reading(payload["reading"])[0]][1] == str(payload["reading"])
