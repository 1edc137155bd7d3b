"""How true reading is: articles, facts and days against their truths, formats against each other, scans against text."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from ingest.load import load
from ingest.reading import Reading
from ingest.reading_ahead import AheadReader
from legal.blocks import Paragraph, Source
from legal.document import LegalDocument, Provision
from legal.number import DocumentNumber
from legal.text import nfc, normalise_tone, words

ENOUGH = 0.9  # word overlap (Jaccard) at which an article is the one of the truth
DATES = Path(__file__).parent / "sets" / "effective_dates.jsonl"
_TITLE = "the truth runs on into the title of the next division"
_FACTS = ("number", "type", "issuer", "signer", "issued")
_HEADING = re.compile(r"^Điều (\d+[a-zđ]?)[.:]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ArticlesFound:
    """Rows of articles: `found` of `rows`; `absent`: of documents that were not read. `why`: of those not found, how
    often which reason, as far as the words of the document tell; `title_at_end`: those found once the title of the next
    division, which their truth has at its end, is left out."""

    found: int
    rows: int
    absent: int
    why: dict[str, int]
    title_at_end: int = 0


@dataclass(frozen=True, slots=True)
class ScanRead:
    """A scan against the text of its pages. `wrong`: character error rate. `headings`: (found, there)."""

    file: str
    wrong: float
    headings: tuple[int, int]
    doubts: tuple[str, ...]


def articles_found(rows: Iterable[dict[str, Any]], documents: Mapping[str, LegalDocument]) -> ArticlesFound:
    """How many articles stand under their document and number with the same words."""
    found = counted = absent = 0
    why: Counter[str] = Counter()
    for row in rows:
        number = spelt(str(row["document"]))
        if number not in documents:
            absent += 1
            continue
        counted += 1
        document, article, text = documents[number], str(row["article"]), str(row["text"])
        if overlap(text, document, article) >= ENOUGH:
            found += 1
        else:
            why[_reason(text, document, article)] += 1
    return ArticlesFound(found, counted, absent, dict(why), why[_TITLE])


def overlap(truth: str, document: LegalDocument, article: str) -> float:
    """Jaccard overlap of the words of an article with the truth, which may or may not have its heading; 0 without it.

    Where a tone mark stands (`hoà`, `hòa`) makes no other word.
    """
    node = document.find(f"art_{article}")
    if node is None:
        return 0.0
    wanted = _words(truth) or {""}
    texts = (node.full_text, f"{node.heading}\n{node.full_text}", f"{node.title_line}\n{node.full_text}")
    return max(len(wanted & ours) / len(wanted | ours) for ours in (_words(text) for text in texts))


def _words(text: str) -> set[str]:
    return {normalise_tone(word) for word in words(text)}


def _reason(truth: str, document: LegalDocument, article: str) -> str:
    """Why a row is not found: the truth's words against ours and against what stands beside the article."""
    node = document.find(f"art_{article}")
    if node is None:
        return "no such article"
    wanted, ours = _words(truth), _words(f"{node.title_line}\n{node.full_text}")
    if wanted <= ours:
        return "the truth is a part of the article only"
    following = list(document.walk())
    at = next(place for place, one in enumerate(following) if one.eid == node.eid)
    beyond = [one for one in following[at:] if not one.eid.startswith(node.eid)]
    title = _words(" ".join(one.title_line for one in beyond[:3] if one.kind not in ("article", "clause")))
    if title and wanted - ours <= title and ours - _words(node.title_line) <= wanted:
        return _TITLE
    after = next((one for one in beyond if one.kind == "article"), None)
    if after is not None and wanted - ours <= title | _words(f"{after.title_line}\n{after.full_text}"):
        return "the truth runs on into the next article"
    around = _words("\n".join((*document.signature, *document.recipients)))
    if around and wanted - ours <= around:
        return "the truth runs on into the signature"
    return "other words"


def facts_right(rows: Iterable[dict[str, Any]], documents: Mapping[str, LegalDocument]) -> dict[str, tuple[int, int]]:
    """Field -> (documents that have it as the truth says, documents of the truth that were read).

    The number is what documents are found by: for it all rows count.
    """
    right = dict.fromkeys(_FACTS, 0)
    counted = dict.fromkeys(_FACTS, 0)
    for row in rows:
        document = documents.get(spelt(str(row["number"])))
        counted["number"] += 1
        right["number"] += document is not None
        if document is None:
            continue
        for name in _FACTS[1:]:
            if row.get(name):
                value = getattr(document.metadata, name)
                counted[name] += 1
                right[name] += value is not None and str(value).casefold() == str(row[name]).casefold()
    return {name: (right[name], counted[name]) for name in _FACTS if counted[name]}


def dates_right(rows: Iterable[dict[str, Any]], documents: Mapping[str, LegalDocument]) -> dict[str, tuple[int, int]]:
    """Days of effect against a set checked by reading: of whole documents, and of provisions with days of their own."""
    whole = parts = right_whole = right_parts = 0
    for row in rows:
        document = documents.get(spelt(str(row["number"])))
        if document is None:
            continue
        whole += 1
        right_whole += _iso(document.metadata.validity.effective_from) == row["effective_from"]
        read = {part.eid: _iso(part.effective_from) for part in document.metadata.parts if part.effective_from}
        wanted: dict[str, str] = row.get("parts", {})
        parts += len(wanted.keys() | read.keys())
        right_parts += sum(read.get(eid) == day for eid, day in wanted.items())
    return {"effective_from": (right_whole, whole), "effective_from of provisions": (right_parts, parts)}


def equal_formats(files: Mapping[str, Path], folders: Sequence[Path]) -> tuple[int, int, list[str]]:
    """(laws whose other formats give the same tree, laws that have other formats, what differs). `files`: by stem."""
    others = {stem: [file for folder in folders for file in sorted(folder.glob(f"{stem}.*"))] for stem in files}
    together = {stem: beside for stem, beside in others.items() if beside}
    wanted = [file for stem, beside in together.items() for file in (files[stem], *beside)]
    results = dict(zip(wanted, AheadReader().read(wanted), strict=True))
    different = []
    for stem, beside in together.items():
        first = results[files[stem]]
        for file in beside:
            other = results[file]
            if not (isinstance(first, Reading) and isinstance(other, Reading)):
                different.append(f"{file.name}: not read")
            elif _tree(first.document.provisions) != _tree(other.document.provisions):
                different.append(f"{file.name}: another tree")
    return len(together) - len({line.rpartition(".")[0] for line in different}), len(together), different


def _tree(nodes: Sequence[Provision]) -> list[tuple[str, str, str]]:
    """eids with titles and texts, white space left out of account."""
    return [
        (node.eid, " ".join(node.title_line.split()), " ".join(node.own_text.split()))
        for root in nodes
        for node in root.walk()
    ]


def scans_read(folder: Path, texts: Path) -> list[ScanRead]:
    """`NAME.scan.pdf` in `folder` against the first pages of `NAME.pdf` in `texts`."""
    found = []
    for scan in sorted(folder.glob("*.scan.pdf")):
        source = load(scan)
        last = max((block.page or 0 for block in source.blocks), default=0)
        truth = load(texts / scan.name.replace(".scan", ""))
        expected = _text(truth, last)
        read = _text(source, last)
        there, seen = Counter(_HEADING.findall(expected)), Counter(_HEADING.findall(read))
        wrong = Levenshtein.distance(_flat(expected), _flat(read)) / max(1, len(_flat(expected)))
        found.append(ScanRead(scan.name, wrong, ((there & seen).total(), there.total()), source.doubts))
    return found


def _text(source: Source, last: int) -> str:
    """The lines of the first pages."""
    return "\n".join(
        block.text if isinstance(block, Paragraph) else "\n".join(cell.text for row in block.rows for cell in row)
        for block in source.blocks
        if (block.page or 0) <= last
    )


def _flat(text: str) -> str:
    return " ".join(nfc(text).split())


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def spelt(number: str) -> str:
    """A number in normal form, where it is one."""
    return str(DocumentNumber.try_parse(number) or number)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
