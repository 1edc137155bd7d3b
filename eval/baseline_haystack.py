"""A plain Haystack hybrid as its tutorial builds it: word windows of 200, BM25 and embeddings in memory, RRF.

Its own splitter, stores, retrievers and joiner with their defaults (`top_k` apart: recall@20 needs more than 10
chunks). Its embedder is ours. A chunk counts for the article in which most of its words lie; `every` counts it for each
article that it touches, which is more than its user is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from eval.articles import Plain
from eval.retrieval import OnDone
from ingest.cache import EmbeddingCache
from retrieval.haystack_quiet import Pipeline
from serving.protocols import Embedder

from haystack import Document  # isort: skip  # behind haystack_quiet: telemetry is decided at the first import
from haystack.components.joiners import DocumentJoiner  # isort: skip
from haystack.components.preprocessors import DocumentSplitter  # isort: skip
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever  # isort: skip
from haystack.document_stores.in_memory import InMemoryDocumentStore  # isort: skip

_WORDS = 200
_TOP_K = 100
_GROUP = 32


class PlainHaystack:
    """The pipeline over some documents."""

    def __init__(
        self,
        texts: Sequence[Plain],
        embedder: Embedder,
        cache: EmbeddingCache,
        runner: asyncio.Runner,
        on_embedded: OnDone = lambda done: None,
    ) -> None:
        """Split, embed (through `cache`, in groups: a killed run goes on where it stopped) and store."""
        self._embedder = embedder
        self._runner = runner
        by_name = {text.name: text for text in texts}
        splitter = DocumentSplitter(split_by="word", split_length=_WORDS, split_overlap=0)
        splitter.warm_up()
        whole = [Document(content=text.text, meta={"name": text.name}) for text in texts]
        chunks = splitter.run(documents=whole)["documents"]
        self.chunks = len(chunks)
        vectors = _embedded([chunk.content or "" for chunk in chunks], embedder, cache, on_embedded)
        self._articles: dict[str, list[str]] = {}
        self._found: dict[str, list[str]] = {}
        stored = []
        for chunk, vector in zip(chunks, vectors, strict=True):
            start = int(chunk.meta["split_idx_start"])
            end = start + len(chunk.content or "")
            self._articles[chunk.id] = by_name[chunk.meta["name"]].articles_in(start, end)
            stored.append(Document(id=chunk.id, content=chunk.content, meta=chunk.meta, embedding=vector))
        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        store.write_documents(stored)
        self._pipeline = Pipeline()
        self._pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=_TOP_K))
        self._pipeline.add_component("embedding", InMemoryEmbeddingRetriever(store, top_k=_TOP_K))
        self._pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
        self._pipeline.connect("bm25.documents", "joiner.documents")
        self._pipeline.connect("embedding.documents", "joiner.documents")

    def main(self, question: str) -> list[str]:
        """Article keys, best first: of each chunk the one with most of its words."""
        keys = (self._articles[chunk][0] for chunk in self._chunks(question) if self._articles[chunk])
        return list(dict.fromkeys(key for key in keys if key))

    def every(self, question: str) -> list[str]:
        """Article keys, best first: of each chunk all that it touches."""
        keys = (key for chunk in self._chunks(question) for key in self._articles[chunk])
        return list(dict.fromkeys(key for key in keys if key))

    def _chunks(self, question: str) -> list[str]:
        if question not in self._found:
            vector = self._runner.run(self._embedder.embed_question(question)).tolist()
            found = self._pipeline.run({"bm25": {"query": question}, "embedding": {"query_embedding": vector}})
            self._found[question] = [document.id for document in found["joiner"]["documents"]]
        return self._found[question]


def _embedded(
    texts: Sequence[str], embedder: Embedder, cache: EmbeddingCache, on_embedded: OnDone
) -> list[list[float]]:
    fitted = _fitted(texts, embedder)
    known = cache.get(embedder.name, fitted, embedder.dimension)
    missing = sorted({text for text, vector in zip(fitted, known, strict=True) if vector is None}, key=len)
    done = len(fitted) - len(missing)
    on_embedded(done)
    for start in range(0, len(missing), _GROUP):
        group = missing[start : start + _GROUP]
        cache.put(embedder.name, group, embedder.embed_passages(group))
        on_embedded(done := done + len(group))
    vectors = cache.get(embedder.name, fitted, embedder.dimension)
    return [vector.tolist() for vector in vectors if vector is not None]


def _fitted(texts: Sequence[str], embedder: Embedder) -> list[str]:
    """Texts cut at the embedder's window, as an embedder of the tutorial cuts them without saying so."""
    found = [" ".join(text.split()) or "-" for text in texts]
    over = [at for at, tokens in enumerate(embedder.count_tokens(found)) if tokens > embedder.window]
    while over:
        for at in over:
            cut = found[at].rsplit(" ", max(1, found[at].count(" ") // 10))[0]
            found[at] = cut if cut != found[at] and cut else found[at][: len(found[at]) * 9 // 10]
        counts = embedder.count_tokens([found[at] for at in over])
        over = [at for at, tokens in zip(over, counts, strict=True) if tokens > embedder.window]
    return found
