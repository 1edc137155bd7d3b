"""Passages to points: vectors through the cache, in groups of equal length, and the lexical vectors beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ingest.cache import EmbeddingCache
from ingest.report import Stages
from retrieval.index import Point, Sparse
from retrieval.lexical import document_vector
from retrieval.passage import Passage
from serving.protocols import Embedder, Vectors

#: Passages given to the embedder at once: enough for its threads, few enough that a kill costs seconds.
_GROUP = 64

OnEmbedded = Callable[[int, int], None]  # passages done since the last call, how many of them from the cache


class CachedEmbedder:
    """An embedder behind the cache; each group is kept as soon as it is embedded."""

    def __init__(self, embedder: Embedder, cache: EmbeddingCache, stages: Stages) -> None:
        self.embedder = embedder
        self.cache = cache
        self.stages = stages

    def embed(self, passages: Sequence[Passage], on_embedded: OnEmbedded | None = None) -> Vectors:
        """(n, dimension) float32, a row for each passage. Raises ModelUnavailable, ModelRefused.

        Passages are embedded in the order of their length, whichever document they are of: padding costs least so.
        """
        say = on_embedded or (lambda done, reused: None)
        name, dimension = self.embedder.name, self.embedder.dimension
        texts = [passage.embedded_text for passage in passages]
        vectors = np.empty((len(texts), dimension), np.float32)
        with self.stages.of("cache"):
            found = self.cache.get(name, texts, dimension)
        missing: dict[str, list[int]] = {}  # one text may stand in several passages
        for at, vector in enumerate(found):
            if vector is None:
                missing.setdefault(texts[at], []).append(at)
            else:
                vectors[at] = vector
        reused = len(texts) - sum(map(len, missing.values()))
        if reused:
            say(reused, reused)
        wanted = sorted(missing, key=len)
        for start in range(0, len(wanted), _GROUP):
            group = wanted[start : start + _GROUP]
            with self.stages.of("embed"):
                made = self.embedder.embed_passages(group)
            with self.stages.of("cache"):
                self.cache.put(name, group, made)
            for text, vector in zip(group, made, strict=True):
                vectors[missing[text]] = vector
            say(sum(len(missing[text]) for text in group), 0)
        return vectors


def points(passages: Sequence[Passage], vectors: Vectors) -> list[Point]:
    """The passages with both vectors, as the index takes them."""
    return [Point(passage, vector, lexical_vector(passage)) for passage, vector in zip(passages, vectors, strict=True)]


def lexical_vector(passage: Passage) -> Sparse:
    """The passage's terms: of its document's title, of the headings above it and its own, of its text."""
    headings = "\n".join(line for line in (*passage.path, passage.heading) if line)
    body = f"{passage.lead}\n{passage.text}" if passage.lead else passage.text
    return document_vector(passage.document.title or "", headings, body)
