"""What the index on a Qdrant server promises beyond the port."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient, models

from legal.errors import Conflict, ServiceUnavailable
from retrieval.index import Manifest, SearchFilter
from retrieval.lexical import question_vector
from retrieval.points import SCHEMA, SHOWN
from retrieval.server import ServerIndex
from retrieval.server_layout import Layout
from tests.retrieval.made_points import DIMENSION, KEY, MANIFEST, direction, document


def test_a_server_that_is_down_is_said_to_be_down() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ServiceUnavailable, match="Qdrant"):
        ServerIndex.connect(f"http://127.0.0.1:{port}", MANIFEST, timeout=2)


def test_another_embedder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    client = QdrantClient(path=str(tmp_path))
    ServerIndex(client, MANIFEST, local=True).replace(KEY, "v1", document(articles=2))
    assert ServerIndex(client, MANIFEST, local=True).count() == 2
    with pytest.raises(Conflict, match="phapquy reindex"):
        ServerIndex(client, Manifest("khác/mô-hình", DIMENSION, SCHEMA), local=True)
    client.close()


class _Watched(QdrantClient):
    """The client, keeping what it was told to make."""

    made: dict[str, Any]

    def create_collection(self, *given: Any, **told: Any) -> bool:
        self.made = told
        return super().create_collection(*given, **told)


def test_a_new_collection_lies_on_the_server_as_it_was_set() -> None:
    client = _Watched(":memory:")
    index = ServerIndex(client, MANIFEST, local=True, layout=Layout(shards=6, replicas=2))
    assert (client.made["shard_number"], client.made["replication_factor"]) == (6, 2)
    assert client.made["quantization_config"].scalar.type == models.ScalarType.INT8
    assert client.made["vectors_config"]["dense"].on_disk is True
    assert index.replace(KEY, "v1", document(articles=2)) == index.count() == 2
    plain = _Watched(":memory:")
    ServerIndex(plain, MANIFEST, local=True, layout=Layout(int8=False))
    assert plain.made["quantization_config"] is None and plain.made["shard_number"] is None


def test_of_two_versions_that_a_search_meets_the_later_is_shown() -> None:
    client = QdrantClient(":memory:")
    index = ServerIndex(client, MANIFEST, local=True)
    index.replace(KEY, "v2", document(version="v2", articles=3))
    points, _ = client.scroll("phapquy", with_payload=True, with_vectors=True)
    index.replace(KEY, "v3", document(version="v3", articles=2))
    for old in points:  # the moment between showing v3 and dropping v2
        old.payload |= {"live": SHOWN, "written": old.payload["written"] - 1}
    client.upsert("phapquy", points=[models.PointStruct(id=p.id, vector=p.vector, payload=p.payload) for p in points])
    assert index.count(KEY) == 5
    both = asyncio.run(index.search(direction(0.1), question_vector("đèn"), SearchFilter(), limit=10))
    for side in (both.dense, both.lexical):
        assert [one.passage.document.version for one in side] == ["v3", "v3"]
    assert {p.document.version for p in asyncio.run(index.fetch(SearchFilter()))} == {"v3"}


OTHER = Manifest("khác/mô-hình", DIMENSION, SCHEMA)
NAME = "0123456789ab"


def test_another_generation_takes_over_and_the_one_before_comes_back() -> None:
    client = QdrantClient(":memory:")
    index = ServerIndex(client, MANIFEST, local=True)
    index.replace(KEY, "v1", document(articles=3))
    pinned = index.pinned()
    with index.successor(OTHER, NAME) as following:
        assert following.writer.replace("khác", "w1", document(key="khác", version="w1", articles=2)) == 2
        assert index.versions() == {KEY: {"v1"}}, "the old one answers meanwhile"
        following.switch()
    renewed = ServerIndex(client, OTHER, local=True)
    assert renewed.versions() == index.versions() == {"khác": {"w1"}} and index.generation == NAME
    found = asyncio.run(renewed.search(direction(0.1), question_vector("đèn"), SearchFilter(), limit=10))
    assert {one.passage.document.key for one in found.dense} == {"khác"}
    begun = asyncio.run(pinned.search(direction(0.1), None, SearchFilter(), limit=10))
    assert {one.passage.document.key for one in begun.dense} == {KEY}
    with pytest.raises(Conflict):
        ServerIndex(client, MANIFEST, local=True)
    with index.previous() as before:
        before.writer.replace("khác", "w1", document(key="khác", version="w1", articles=2))
        before.switch()
    assert index.manifest == MANIFEST and index.versions() == {KEY: {"v1"}, "khác": {"w1"}}
    assert index.drop_previous() and not index.drop_previous()
    assert len(client.get_collections().collections) == 1


def test_a_successor_that_breaks_changes_nothing() -> None:
    client = QdrantClient(":memory:")
    index = ServerIndex(client, MANIFEST, local=True)
    index.replace(KEY, "v1", document(articles=3))
    with pytest.raises(RuntimeError), index.successor(OTHER, NAME) as following:
        following.writer.replace(KEY, "v2", document(version="v2", articles=1))
        raise RuntimeError
    assert (index.versions(), index.manifest) == ({KEY: {"v1"}}, MANIFEST)
    assert len(client.get_collections().collections) == 1


def test_there_is_nothing_to_take_on_an_empty_server() -> None:
    with pytest.raises(Conflict, match="phapquy ingest"):
        ServerIndex(QdrantClient(":memory:"), None, local=True)
