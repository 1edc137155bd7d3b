"""The reader on all real laws of the corpus, against the text of articles that other people took from other sources."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.load import load
from legal.blocks import Source
from legal.document import LegalDocument
from legal.labels import eid_label, find_label, label, labels, parse_label
from legal.structure import printed_words, read, source_words
from legal.structure_articles import order_of
from legal.text import words


@pytest.fixture(scope="module")
def sources(corpus: Path) -> dict[str, Source]:
    rows = [json.loads(line) for line in (corpus / "laws.jsonl").read_text(encoding="utf-8").splitlines()]
    return {row["number"]: load(corpus / row["file"]) for row in rows}


@pytest.fixture(scope="module")
def documents(sources: dict[str, Source]) -> dict[str, LegalDocument]:
    return {number: read(source.blocks, source.furniture) for number, source in sources.items()}


def test_no_law_loses_or_doubles_a_word(sources: dict[str, Source], documents: dict[str, LegalDocument]) -> None:
    assert len(documents) == 153
    for number, source in sources.items():
        assert printed_words(documents[number]) == source_words(source.blocks, source.furniture), number


def test_articles_rise_and_addresses_are_unique(documents: dict[str, LegalDocument]) -> None:
    for number, document in documents.items():
        articles = [
            order_of(node.number) for node in document.walk() if node.eid.startswith("art_") and node.kind == "article"
        ]
        assert articles, number
        assert articles[0] == (1, ""), number
        assert all(before < after for before, after in pairwise(articles)), number
        eids = [node.eid for node in document.walk()]
        assert len(eids) == len(set(eids)), number


def test_labels_lead_back_to_their_provisions(documents: dict[str, LegalDocument]) -> None:
    for number, document in documents.items():
        known = labels(document)
        assert len(set(known.values())) == len(known), number
        assert all(parse_label(eid_label(eid)) == eid for eid in known), number
        last = [*known][-1]
        assert find_label(document, label(document, last)) == last, number


def test_every_law_has_its_title_and_signature_apart(documents: dict[str, LegalDocument]) -> None:
    for number, document in documents.items():
        assert any("LUẬT" in line.upper() for line in document.title_block), number
        assert 1 <= len(document.signature) <= 8, number


def test_articles_are_those_of_other_sources(corpus: Path, documents: dict[str, LegalDocument]) -> None:
    rows = [json.loads(line) for line in (corpus / "articles.jsonl").read_text(encoding="utf-8").splitlines()]
    found = sum(_overlap(row["text"], documents[row["document"]], row["article"]) >= 0.9 for row in rows)
    assert found / len(rows) >= 0.994


def _overlap(truth: str, document: LegalDocument, article: str) -> float:
    """Jaccard overlap of the words, with or without the heading."""
    node = document.find(f"art_{article}")
    if node is None:
        return 0.0
    wanted = set(words(truth))
    texts = (node.full_text, f"{node.heading}\n{node.full_text}", f"{node.title_line}\n{node.full_text}")
    return max(len(wanted & ours) / len(wanted | ours) for ours in (set(words(text)) for text in texts))
