"""The reader on all real laws of the corpus, against the text of articles that other people took from other sources."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from eval.reading_truths import DATES, articles_found, dates_right, rows_of
from ingest.load import load
from legal.blocks import Source
from legal.document import LegalDocument
from legal.labels import eid_label, find_label, label, labels, parse_label
from legal.metadata import read_metadata
from legal.structure import printed_words, read, source_words
from legal.structure_articles import order_of


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
    found = articles_found(rows, documents)
    # What is left is the truth's: rows that stop after the heading or run on into the next title or article.
    assert found.found + sum(times for why, times in found.why.items() if why.startswith("the truth")) == len(rows)
    assert (found.found + found.title_at_end) / len(rows) >= 0.997


def test_days_of_effect_are_those_that_a_person_read(documents: dict[str, LegalDocument]) -> None:
    rows = rows_of(DATES)
    known = {row["number"]: documents[row["number"]] for row in rows}
    read_ones = {number: document.with_metadata(read_metadata(document)) for number, document in known.items()}
    for name, (right, counted) in dates_right(rows, read_ones).items():
        assert right == counted >= 40, name
