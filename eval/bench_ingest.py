"""Reading of documents: speed and what was kept, beside plain `unstructured.partition` of the same files.

    python -m eval.bench_ingest FOLDER [--laws LAWS.jsonl] [--articles ARTICLES.jsonl] [--workers N] [--limit N]
                                [--no-unstructured] [--output FILE.json]

Nothing is embedded or stored. `--laws`: rows `number, issuer, issued` (and others), the truth for what documents say of
themselves. `--articles`: rows `document, article, text`, the truth for their articles. `unstructured` reads in one
process, so compare it with `--workers 1`; the formats that it cannot read here count as failed.
"""

from __future__ import annotations

import api.quiet  # noqa: F401  isort: skip

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ingest.files import found_files
from ingest.reading import Reading
from ingest.reading_ahead import AheadReader
from legal.document import LegalDocument
from legal.errors import DocumentError
from legal.number import DocumentNumber
from legal.text import words

_ENOUGH = 0.9  # word overlap (Jaccard) at which an article is the one of the truth
_FACTS = ("number", "type", "issuer", "signer", "issued")


@dataclass(frozen=True, slots=True)
class Read:
    """How fast files were read. `words`: in all texts that came out. `coverage`: of the files' words, where measured."""

    files: int
    failed: int
    megabytes: float
    seconds: float
    documents_per_s: float
    megabytes_per_s: float
    words: int
    coverage_mean: float | None = None
    coverage_min: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`failures`: reasons by file name. `articles`: (found, rows, rows of documents that were not read).
    `facts`: by field (right, rows)."""

    ours: Read
    failures: dict[str, str]
    unstructured: Read | None
    articles: tuple[int, int, int] | None
    facts: dict[str, tuple[int, int]]


def measure(
    files: Sequence[Path],
    *,
    laws: Path | None = None,
    articles: Path | None = None,
    workers: int = 1,
    unstructured: bool = True,
) -> Report:
    """Read all files by the way of ingest, then by `unstructured`."""
    began = time.perf_counter()
    readings: list[Reading] = []
    failures: dict[str, str] = {}
    for file, result in zip(files, AheadReader(workers=workers).read(files), strict=True):
        if isinstance(result, DocumentError):
            failures[file.name] = result.reason
        else:
            readings.append(result)
    seconds = time.perf_counter() - began
    documents = {reading.document.metadata.number or "": reading.document for reading in readings}
    coverages = [reading.coverage for reading in readings]
    ours = _read(files, len(failures), seconds, sum(_words(reading.document) for reading in readings))
    return Report(
        ours=Read(
            **{
                **asdict(ours),
                "coverage_mean": round(statistics.fmean(coverages), 6) if coverages else None,
                "coverage_min": round(min(coverages), 6) if coverages else None,
            }
        ),
        failures=failures,
        unstructured=_by_unstructured(files) if unstructured else None,
        articles=articles_found(_rows(articles), documents) if articles else None,
        facts=facts_right(_rows_of(files, _rows(laws)), documents) if laws else {},
    )


def articles_found(rows: Iterable[dict[str, Any]], documents: dict[str, LegalDocument]) -> tuple[int, int, int]:
    """(articles found under their document and number with the same words, rows counted, rows of other documents)."""
    found = counted = absent = 0
    for row in rows:
        number = _spelt(str(row["document"]))
        if number not in documents:
            absent += 1
            continue
        counted += 1
        found += overlap(str(row["text"]), documents[number], str(row["article"])) >= _ENOUGH
    return found, counted, absent


def overlap(truth: str, document: LegalDocument, article: str) -> float:
    """Jaccard overlap of the words of an article with the truth, which may or may not have its heading; 0 without it."""
    node = document.find(f"art_{article}")
    if node is None:
        return 0.0
    wanted = set(words(truth)) or {""}
    texts = (node.full_text, f"{node.heading}\n{node.full_text}", f"{node.title_line}\n{node.full_text}")
    return max(len(wanted & ours) / len(wanted | ours) for ours in ({*words(text)} for text in texts))


def facts_right(rows: Iterable[dict[str, Any]], documents: dict[str, LegalDocument]) -> dict[str, tuple[int, int]]:
    """Field -> (documents that have it as the truth says, documents of the truth that were read).

    The number is what documents are found by: for it all rows count.
    """
    right = dict.fromkeys(_FACTS, 0)
    counted = dict.fromkeys(_FACTS, 0)
    for row in rows:
        document = documents.get(_spelt(str(row["number"])))
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


def _by_unstructured(files: Sequence[Path]) -> Read:
    """`unstructured.partition.auto.partition` with its defaults, in this process; Vietnamese named as the language."""
    import ingest.unstructured_offline  # noqa: F401

    from unstructured.partition.auto import partition  # isort: skip

    failed = counted = 0
    began = time.perf_counter()
    for file in files:
        try:
            elements = partition(filename=str(file), languages=["vie"])
        except Exception:  # whatever the library raises: a file that it cannot read
            failed += 1
            continue
        counted += sum(len(words(str(element))) for element in elements)
    return _read(files, failed, time.perf_counter() - began, counted)


def _read(files: Sequence[Path], failed: int, seconds: float, counted: int) -> Read:
    megabytes = sum(file.stat().st_size for file in files) / 2**20
    return Read(
        files=len(files),
        failed=failed,
        megabytes=round(megabytes, 2),
        seconds=round(seconds, 2),
        documents_per_s=round((len(files) - failed) / seconds, 2),
        megabytes_per_s=round(megabytes / seconds, 2),
        words=counted,
    )


def _words(document: LegalDocument) -> int:
    around = (document.title_block, document.preamble, document.signature, document.recipients, document.furniture)
    outside = sum(len(words(line)) for lines in around for line in lines)
    return outside + sum(len(words(f"{node.title_line} {node.own_text}")) for node in document.walk())


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _rows_of(files: Sequence[Path], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of these files, where rows say which file they are about."""
    names = {file.name for file in files}
    return [row for row in rows if "file" not in row or Path(str(row["file"])).name in names]


def _spelt(number: str) -> str:
    return str(DocumentNumber.try_parse(number) or number)


def print_tables(report: Report) -> None:
    """For people."""
    console = Console()
    table = Table("reader", "files", "failed", "MB", "s", "docs/s", "MB/s", "words", "coverage mean", "min", box=None)
    for name, one in (("phapquy", report.ours), ("unstructured", report.unstructured)):
        if one is not None:
            table.add_row(name, *("–" if value is None else str(value) for value in asdict(one).values()))
    console.print(table)
    if report.articles:
        found, counted, absent = report.articles
        share = found / counted if counted else 0.0
        console.print(f"articles with the words of the truth: {found} of {counted} ({share:.2%}); {absent} not read")
    for name, (right, counted) in report.facts.items():
        console.print(f"{name}: {right} of {counted} right")
    for name, reason in report.failures.items():
        console.print(f"failed: {name}: {reason}", highlight=False)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="eval.bench_ingest", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--laws", type=Path, default=None)
    parser.add_argument("--articles", type=Path, default=None)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--limit", type=int, default=None, help="only so many files")
    parser.add_argument("--no-unstructured", action="store_true")
    parser.add_argument("--output", type=Path, default=None)
    options = parser.parse_args()
    files = [found.path for found in found_files([options.folder]) if found.size >= 0][: options.limit]
    if not files:
        print(f"no files in {options.folder}", file=sys.stderr)
        return 2
    report = measure(
        files,
        laws=options.laws,
        articles=options.articles,
        workers=options.workers,
        unstructured=not options.no_unstructured,
    )
    print_tables(report)
    if options.output:
        options.output.write_text(json.dumps(asdict(report), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
