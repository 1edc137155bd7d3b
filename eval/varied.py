"""Many passages out of a few: real ones, varied until there are enough.

Varied means: the dense vector turned by noise to a cosine of about 0.95 with the real one, the lexical weights each
changed by up to a tenth, the document another one. No text is invented and nothing is embedded anew, so such an index
measures the engine's and the path's speed at that size, not quality.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from retrieval.index import Point, Sparse
from retrieval.points import DENSE, LEXICAL, SHOWN_FIELDS, from_payload
from serving.protocols import Vectors

_COSINE = 0.95
_NAMESPACE = uuid.UUID("0b0f2a4e-5f43-5f0e-8a53-0d5a4c5f7b21")
DOCUMENT = 500  # passages of a made document


def real_points(shard: Any) -> Iterator[Point]:
    """The points of an index with their vectors."""
    import qdrant_edge as engine

    offset = None
    while True:
        request = engine.ScrollRequest(
            offset=offset, limit=500, with_payload=list(SHOWN_FIELDS), with_vector=[DENSE, LEXICAL]
        )
        records, offset = shard.scroll(request)
        for record in records:
            sparse = record.vector.get(LEXICAL)
            yield Point(
                from_payload(record.id, record.payload),
                np.asarray(record.vector[DENSE], np.float32),
                None if sparse is None else Sparse(tuple(sparse.indices), tuple(sparse.values)),
            )
        if offset is None:
            return


def varied(real: Sequence[Point], size: int) -> Iterator[Point]:
    """`size` points, the real ones first, then variations of them in turn; the same every time."""
    chance = np.random.default_rng(11)
    for number in range(size):
        point = real[number % len(real)]
        turn = number // len(real)
        if turn:
            point = Point(
                point.passage,
                None if point.dense is None else _turned(point.dense, chance),
                None if point.sparse is None else _jittered(point.sparse, chance),
            )
        group = number // DOCUMENT
        card = replace(point.passage.document, key=f"made-{group}", version="1")
        identity = str(uuid.uuid5(_NAMESPACE, str(number)))
        yield replace(point, passage=replace(point.passage, id=identity, document=card))


def _turned(vector: Vectors, chance: np.random.Generator) -> Vectors:
    noise = chance.standard_normal(len(vector)).astype(np.float32)
    noise -= vector * float(noise @ vector)
    noise /= float(np.linalg.norm(noise)) or 1.0
    turned: Vectors = (_COSINE * vector + np.sqrt(1 - _COSINE**2) * noise).astype(np.float32)
    return turned


def _jittered(sparse: Sparse, chance: np.random.Generator) -> Sparse:
    factors = chance.uniform(0.9, 1.1, len(sparse.values))
    return Sparse(sparse.indices, tuple(float(value) for value in np.asarray(sparse.values) * factors))


def documents(points: Iterator[Point]) -> Iterator[list[Point]]:
    """The points of one made document after the other."""
    group: list[Point] = []
    for point in points:
        group.append(point)
        if len(group) == DOCUMENT:
            yield group
            group = []
    if group:
        yield group
