"""The set of citations judged by hand, on some of its laws; and that the measure sees what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.references import judged_set, measure
from ingest.reading import Reading, read_files
from legal.document import LegalDocument

LAWS = ("23/2018/QH14", "70/2014/QH13", "21/2023/QH15", "09/2012/QH13", "48/2014/QH13", "32/2009/QH12", "53/2014/QH13")


@pytest.fixture(scope="module")
def laws(corpus: Path) -> dict[str, LegalDocument]:
    rows = [json.loads(line) for line in (corpus / "laws.jsonl").read_text(encoding="utf-8").splitlines()]
    names = {row["number"]: corpus / "laws" / Path(row["file"]).name for row in rows}
    read = [read_files(names[number])[0] for number in LAWS]
    return {one.document.metadata.number or "": one.document for one in read if isinstance(one, Reading)}


def test_judged_citations_are_found_and_resolved(laws: dict[str, LegalDocument]) -> None:
    score = measure(judged_set(only=laws), laws)
    assert score.citations > 100 and score.changed == 0
    assert score.found >= 0.98 * score.citations
    assert score.resolved >= 0.97 * score.citations
    assert score.false <= 0.02 * score.read


def test_the_measure_sees_mistakes(laws: dict[str, LegalDocument]) -> None:
    rows = judged_set(only={"23/2018/QH14"})
    row = next(one for one in rows if one.citations and one.citations[0][3])
    start, end, document, eids = row.citations[0]

    def of(*citations: tuple[int, int, str, tuple[str, ...]]) -> tuple[int, int, int, int]:
        score = measure([replace(row, citations=citations)], laws)
        return score.citations, score.found, score.resolved, score.false

    right = (start, end, document, eids)
    others = row.citations[1:]
    assert of(right, *others)[1:] == (len(row.citations), len(row.citations), 0)
    assert of((start, end, document, ("art_1",)), *others)[2] == len(row.citations) - 1
    assert of(*others)[3] == 1
    assert measure([replace(row, text="other words")], laws).changed == 1
