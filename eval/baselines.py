"""What `--baselines` compares with: syllable BM25 over whole articles, the dense side of our index, plain Haystack."""

from __future__ import annotations

import asyncio
import functools
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from api.terminal import print_line
from eval.articles import Article, Plain, articles_of, documents, plain
from eval.metrics import article_key
from eval.place import Place
from eval.questions import GoldQuestion
from eval.retrieval import Baseline, Ranker, Report, measure_baseline
from ingest.cache import EmbeddingCache
from legal.text import syllables
from retrieval.fusion import group_by_provision
from retrieval.index import Index, SearchFilter
from serving.protocols import Embedder

#: Names of the baselines as reports show them.
BM25 = "bm25"
DENSE = "dense"
HAYSTACK = "haystack"
HAYSTACK_EVERY = "haystack_every"

_CANDIDATES = 100  # as many as the question's path takes from each search
_LEAST = 20


class SyllableBm25:
    """Okapi BM25 over syllables (Robertson, Zaragoza 2009), k1 1.2, b 0.75, one entry an article."""

    def __init__(self, articles: Sequence[Article], *, k1: float = 1.2, b: float = 0.75) -> None:
        self._keys = [article.key for article in articles]
        frequencies: defaultdict[str, dict[int, int]] = defaultdict(dict)
        lengths = np.zeros(len(articles))
        for place, article in enumerate(articles):
            for term in syllables(article.text):
                of_term = frequencies[term]
                of_term[place] = of_term.get(place, 0) + 1
                lengths[place] += 1
        norm = k1 * (1 - b + b * lengths / max(float(lengths.mean()) if len(articles) else 1.0, 1.0))
        self._postings: dict[str, tuple[NDArray[np.int32], NDArray[np.float64]]] = {}
        for term, found in frequencies.items():
            places = np.fromiter(found.keys(), np.int32, len(found))
            counts = np.fromiter(found.values(), np.float64, len(found))
            idf = np.log(1 + (len(articles) - len(found) + 0.5) / (len(found) + 0.5))
            self._postings[term] = (places, idf * counts * (k1 + 1) / (counts + norm[places]))

    def __call__(self, question: str) -> list[str]:
        """Article keys, best first."""
        scores = np.zeros(len(self._keys))
        for term in syllables(question):
            if (posting := self._postings.get(term)) is not None:
                scores[posting[0]] += posting[1]
        best = np.argsort(-scores, kind="stable")[:_CANDIDATES]
        return list(dict.fromkeys(self._keys[place] for place in best if scores[place] > 0))


class DenseOnly:
    """The index's search by meaning alone, its passages grouped to articles as the question's path does it."""

    def __init__(self, index: Index, embedder: Embedder, runner: asyncio.Runner, on: date) -> None:
        self._index = index
        self._embedder = embedder
        self._runner = runner
        self._where = SearchFilter(as_of=on)

    def __call__(self, question: str) -> list[str]:
        """Article keys, best first."""
        return self._runner.run(self._rank(question))

    async def _rank(self, question: str) -> list[str]:
        vector = await self._embedder.embed_question(question)
        limit = _CANDIDATES
        while True:
            found = await self._index.search(vector, None, self._where, limit=limit)
            hits = [hit.passage for hit in group_by_provision(found.dense)]
            keys = dict.fromkeys(article_key(one.document.number, one.article or one.eid) for one in hits)
            if len(keys) >= _LEAST or len(found.dense) < limit:
                return list(keys)
            limit *= 4  # a long article's passages may fill the list


def measure_baselines(
    place: Place, questions: Sequence[GoldQuestion], ours: Report, *, unaccented: bool = False
) -> dict[str, Baseline]:
    """All baselines over the documents that `ours` searched. The first run embeds the word windows of the plain
    Haystack pipeline, for as long as an ingest; they are kept in the home's cache."""
    from eval.baseline_haystack import PlainHaystack

    parts, today = place.parts, date.today()
    texts: list[Plain] = []
    articles: list[Article] = []
    for card, document in documents(parts.catalogue, today):
        texts.append(plain(card, document))
        articles.extend(articles_of(card, document))
    cache = EmbeddingCache(parts.home.cache / "baseline.sqlite3")

    @functools.cache
    def haystack() -> PlainHaystack:
        return PlainHaystack(
            texts, parts.embedder, cache, place.runner, lambda done: print_line(f"Haystack: {done} đoạn có véc-tơ")
        )

    make: dict[str, Callable[[], Ranker]] = {
        BM25: lambda: SyllableBm25(articles),
        DENSE: lambda: DenseOnly(parts.index, parts.embedder, place.runner, today),
        HAYSTACK: lambda: haystack().main,
        HAYSTACK_EVERY: lambda: haystack().every,
    }
    found = {}
    try:
        for name, of in make.items():
            print_line(f"Đang đo: {name}")
            found[name] = measure_baseline(of(), questions, ours.values, unaccented=unaccented)
    finally:
        cache.close()
    return found
