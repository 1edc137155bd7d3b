"""How a new collection lies on a Qdrant server: shards, replicas, vectors of 8 bits, the fields that are indexed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from qdrant_client import QdrantClient, models

from legal.errors import Conflict
from retrieval.beam import EXACT_KB
from retrieval.index import Manifest
from retrieval.points import DENSE, INDEXED, LEXICAL
from retrieval.server_requests import schema_of


@dataclass(frozen=True, slots=True)
class Layout:
    """How a new collection lies on the server: `docs/capacity.md` says which numbers for how many passages.

    `shards`, `replicas`: None leaves them to the server. `int8`: vectors of 8 bits in memory, the originals on disk.
    Applies to collections that are made from then on, by `phapquy reindex` for instance.
    """

    shards: int | None = None
    replicas: int | None = None
    int8: bool = True


def make_collection(
    client: QdrantClient, name: str, manifest: Manifest, layout: Layout, *, indexed: bool = True
) -> None:
    """Make a collection without points. `indexed`: with the payload indexes, which local mode has not."""
    int8 = models.ScalarQuantization(
        scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
    )
    client.create_collection(
        name,
        vectors_config={
            DENSE: models.VectorParams(size=manifest.dimension, distance=models.Distance.COSINE, on_disk=layout.int8)
        },
        quantization_config=int8 if layout.int8 else None,
        shard_number=layout.shards,
        replication_factor=layout.replicas,
        sparse_vectors_config={LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        hnsw_config=models.HnswConfigDiff(full_scan_threshold=EXACT_KB),
        metadata=asdict(manifest),
    )
    if indexed:
        index_fields(client, name)


def index_fields(client: QdrantClient, name: str) -> None:
    """Give a collection the payload indexes that it lacks."""
    known = client.get_collection(name).payload_schema
    for field, kind in INDEXED.items():
        if field not in known:
            client.create_payload_index(name, field, field_schema=schema_of(field, kind), wait=True)


def stored_manifest(metadata: Mapping[str, Any]) -> Manifest:
    """What `make_collection` stored with a collection. Raises Conflict where another program made it."""
    try:
        return Manifest(**metadata)
    except TypeError:
        raise Conflict(
            "Chỉ mục trên máy chủ Qdrant do chương trình khác tạo ra; hãy chọn tên bộ sưu tập khác."
        ) from None
