"""The baselines on a few fictional documents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from math import log
from pathlib import Path

import numpy as np
import pytest

from eval.articles import Article, Plain, articles_of, plain
from eval.baseline_haystack import PlainHaystack
from eval.baselines import SyllableBm25
from ingest.cache import EmbeddingCache
from legal.document import LegalDocument, Metadata, Provision
from retrieval.passage import DocumentCard
from serving.protocols import Vectors


def article(number: str, heading: str, text: str) -> Provision:
    return Provision("article", number, f"art_{number}", f"Điều {number}.", heading, text)


CARD = DocumentCard("1/2024/QĐ-UBND", "v", "1/2024/QĐ-UBND", "Bến đò", "Quyết định", None, None)
DOCUMENT = LegalDocument(
    Metadata(),
    (
        Provision(
            "chapter",
            "I",
            "chp_1",
            "Chương I",
            "QUY ĐỊNH CHUNG",
            "",
            (article("1", "Phạm vi", "Quản lý bến đò ngang."), article("2", "Áo phao", "Chủ bến phát áo phao. " * 40)),
        ),
        article("3", "Phí", "Phí qua đò là 5.000 đồng."),
        Provision("appendix", "I", "att_1", "Phụ lục I", "BIỂU MẪU", "Mẫu đơn xin mở bến."),
    ),
    title_block=("ỦY BAN NHÂN DÂN", "QUYẾT ĐỊNH"),
)


class Counting:
    """An embedder whose vector counts a few words, and that remembers what it was given."""

    name, dimension, window = "counting", 4, 300
    words = ("phao", "phí", "mẫu", "ngang")

    def __init__(self) -> None:
        self.given: list[str] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        assert all(tokens <= self.window for tokens in self.count_tokens(texts))
        self.given += texts
        return np.array([self._vector(text) for text in texts], np.float32)

    async def embed_question(self, text: str) -> Vectors:
        return self._vector(text)

    async def close(self) -> None: ...

    def _vector(self, text: str) -> Vectors:
        counted = np.array([text.lower().count(word) + 0.01 for word in self.words], np.float32)
        return counted / np.linalg.norm(counted)


def test_articles_and_what_stands_outside_them() -> None:
    found = {one.key: one.text for one in articles_of(CARD, DOCUMENT)}
    assert list(found) == [f"1/2024/QĐ-UBND#{name}" for name in ("1", "2", "3", "att_1")]
    assert found["1/2024/QĐ-UBND#3"] == "Điều 3. Phí\nPhí qua đò là 5.000 đồng."


def test_a_plain_text_knows_where_its_articles_lie() -> None:
    text = plain(CARD, DOCUMENT)
    assert text.text.startswith("ỦY BAN NHÂN DÂN\nQUYẾT ĐỊNH\nChương I QUY ĐỊNH CHUNG\n")
    at = text.text.index("Phí qua đò")
    assert text.articles_in(at, at + 10) == ["1/2024/QĐ-UBND#3"]
    both = text.articles_in(text.text.index("Điều 1."), text.text.index("Điều 3."))
    assert both == ["1/2024/QĐ-UBND#2", "1/2024/QĐ-UBND#1"]
    assert text.articles_in(0, 10) == [""]
    assert text.articles_in(len(text.text) - 4, len(text.text)) == ["1/2024/QĐ-UBND#att_1"]


def test_bm25_by_the_book() -> None:
    ranked = SyllableBm25([Article("a", "bến đò"), Article("b", "bến xe ô tô"), Article("c", "nhà ga")])
    assert ranked("bến đò") == ["a", "b"]
    assert ranked("tàu thủy") == []
    places, weights = ranked._postings["đò"]
    length = 2 / ((2 + 4 + 2) / 3)
    assert places.tolist() == [0]
    assert weights[0] == pytest.approx(log(1 + 2.5 / 1.5) * 2.2 / (1 + 1.2 * (0.25 + 0.75 * length)))


def test_plain_haystack_maps_its_windows_back_and_embeds_once(tmp_path: Path) -> None:
    texts = [plain(CARD, DOCUMENT), Plain("other", "Giờ mở cửa vườn chim. " * 3, (0,), ("2/2024#1",))]
    cache = EmbeddingCache(tmp_path / "cache.sqlite3")
    with asyncio.Runner() as runner:
        embedder = Counting()
        first = PlainHaystack(texts, embedder, cache, runner)
        assert first.chunks == 3 == len(embedder.given)
        assert first.main("Ai phát áo phao?")[0] == "1/2024/QĐ-UBND#2"
        assert first.main("vườn chim mở cửa")[0] == "2/2024#1"
        assert {"1/2024/QĐ-UBND#1", "1/2024/QĐ-UBND#2"} <= set(first.every("Ai phát áo phao?"))
        assert set(first.main("Ai phát áo phao?")) < set(first.every("Ai phát áo phao?"))
        again = Counting()
        PlainHaystack(texts, again, cache, runner)
        assert again.given == []
        narrow = Counting()
        narrow.window, narrow.name = 30, "narrow"
        PlainHaystack(texts, narrow, cache, runner)
        assert len(narrow.given) == 3
    cache.close()
