"""Coverage tells an administrator which words a reading lost or doubled."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from legal.blocks import Block, Cell, Paragraph, Table
from legal.coverage import coverage
from legal.document import LegalDocument
from legal.structure import read

BLOCKS: tuple[Block, ...] = (
    Paragraph("QUY ĐỊNH"),
    Paragraph("Điều 1. Trông coi đèn biển"),
    Paragraph("1. Người gác đèn thắp đèn lúc 18 giờ."),
    Table(((Cell(("Ca trực",)), Cell(("Một đêm",))),)),
)


def test_a_whole_reading_covers_everything() -> None:
    document = read(BLOCKS, ["Trang 1"])
    found = coverage(BLOCKS, ["Trang 1"], document)
    assert (found.share, found.missing, found.doubled) == (1.0, Counter(), Counter())
    assert found.enough


def test_lost_and_doubled_words_are_named() -> None:
    document = read(BLOCKS)
    blocks = (*BLOCKS, Paragraph("mưa mưa"))
    lost = coverage(blocks, (), document)
    assert lost.missing == Counter({"mưa": 2}) and not lost.doubled and not lost.enough
    doubled = coverage(BLOCKS, (), replace(document, furniture=("Ca trực",)))
    assert doubled.doubled == Counter({"ca": 1, "trực": 1}) and not doubled.missing
    assert doubled.share < 1.0


@pytest.mark.parametrize("document", [LegalDocument(read(()).metadata, ())])
def test_nothing_read_of_something_is_no_coverage(document: LegalDocument) -> None:
    assert coverage(BLOCKS, (), document).share == 0.0
    assert coverage((), (), document).share == 1.0
