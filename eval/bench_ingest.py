"""Reading of documents: speed and what was kept, beside plain `unstructured.partition` of the same files.

    python -m eval.bench_ingest FOLDER [--laws LAWS.jsonl] [--articles ARTICLES.jsonl] [--dates DATES.jsonl]
                                [--formats FOLDER ...] [--scans FOLDER --texts FOLDER] [--workers N] [--limit N]
                                [--no-unstructured] [--output FILE.json]

Nothing is embedded or stored. `--laws`: rows `number, issuer, issued` (and others), the truth for what documents say of
themselves. `--articles`: rows `document, article, text`, the truth for their articles. `--dates`: rows `number,
effective_from, parts`, by default the set in eval/sets, which was checked by reading. `--formats`: folders with the same
documents in other formats, by name: their trees must be equal. `--scans`: `NAME.scan.pdf`, read by OCR and compared with
the first pages of `NAME.pdf` in `--texts`. Procedures are measured by `eval.procedures`. `unstructured` reads in one
process, so compare it with `--workers 1`; the formats that it cannot read here count as failed.
"""

from __future__ import annotations

import api.quiet  # noqa: F401  isort: skip

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from eval.reading_truths import (
    DATES,
    ArticlesFound,
    ScanRead,
    articles_found,
    dates_right,
    equal_formats,
    facts_right,
    rows_of,
    scans_read,
)
from ingest.files import found_files
from ingest.reading import Reading
from ingest.reading_ahead import AheadReader
from legal.document import LegalDocument
from legal.errors import DocumentError
from legal.text import words


@dataclass(frozen=True, slots=True)
class Read:
    """How fast files were read. `cpu_seconds`: of this process and the reading ones, their start included. `words`: in
    all texts that came out. `coverage`: of the files' words, where measured."""

    files: int
    failed: int
    megabytes: float
    seconds: float
    cpu_seconds: float
    documents_per_s: float
    megabytes_per_s: float
    words: int
    coverage_mean: float | None = None
    coverage_min: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`failures`: reasons by file name. `facts`: by field (right, rows). `formats`: (documents equal in all their formats,
    documents that have several, what differs)."""

    ours: Read
    failures: dict[str, str]
    unstructured: Read | None
    articles: ArticlesFound | None
    facts: dict[str, tuple[int, int]]
    formats: tuple[int, int, list[str]] | None
    scans: list[ScanRead]


def measure(
    files: Sequence[Path],
    *,
    laws: Path | None = None,
    articles: Path | None = None,
    dates: Path = DATES,
    formats: Sequence[Path] = (),
    scans: Path | None = None,
    texts: Path | None = None,
    workers: int = 1,
    unstructured: bool = True,
) -> Report:
    """Read all files by the way of ingest, then by `unstructured`."""
    began, cpu = time.perf_counter(), _cpu()
    readings: list[Reading] = []
    failures: dict[str, str] = {}
    for file, result in zip(files, AheadReader(workers=workers).read(files), strict=True):
        if isinstance(result, DocumentError):
            failures[file.name] = result.reason
        else:
            readings.append(result)
    seconds, cpu = time.perf_counter() - began, _cpu() - cpu
    documents = {reading.document.metadata.number or "": reading.document for reading in readings}
    coverages = [reading.coverage for reading in readings]
    ours = _read(files, len(failures), seconds, cpu, sum(_words(reading.document) for reading in readings))
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
        articles=articles_found(rows_of(articles), documents) if articles else None,
        facts={
            **(facts_right(_rows_of(files, rows_of(laws)), documents) if laws else {}),
            **dates_right(rows_of(dates), documents),
        },
        formats=equal_formats({file.stem: file for file in files}, formats) if formats else None,
        scans=scans_read(scans, texts) if scans and texts else [],
    )


def _by_unstructured(files: Sequence[Path]) -> Read:
    """`unstructured.partition.auto.partition` with its defaults, in this process; Vietnamese named as the language."""
    import ingest.unstructured_offline  # noqa: F401

    from unstructured.partition.auto import partition  # isort: skip

    failed = counted = 0
    began, cpu = time.perf_counter(), _cpu()
    for file in files:
        try:
            elements = partition(filename=str(file), languages=["vie"])
        except Exception:  # whatever the library raises: a file that it cannot read
            failed += 1
            continue
        counted += sum(len(words(str(element))) for element in elements)
    return _read(files, failed, time.perf_counter() - began, _cpu() - cpu, counted)


def _cpu() -> float:
    """Seconds of processor time of this process and of its children that have ended."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _read(files: Sequence[Path], failed: int, seconds: float, cpu: float, counted: int) -> Read:
    megabytes = sum(file.stat().st_size for file in files) / 2**20
    return Read(
        files=len(files),
        failed=failed,
        megabytes=round(megabytes, 2),
        seconds=round(seconds, 2),
        cpu_seconds=round(cpu, 2),
        documents_per_s=round((len(files) - failed) / seconds, 2),
        megabytes_per_s=round(megabytes / seconds, 2),
        words=counted,
    )


def _words(document: LegalDocument) -> int:
    around = (document.title_block, document.preamble, document.signature, document.recipients, document.furniture)
    outside = sum(len(words(line)) for lines in around for line in lines)
    return outside + sum(len(words(f"{node.title_line} {node.own_text}")) for node in document.walk())


def _rows_of(files: Sequence[Path], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of these files, where rows say which file they are about."""
    names = {file.name for file in files}
    return [row for row in rows if "file" not in row or Path(str(row["file"])).name in names]


def print_tables(report: Report) -> None:
    """For people."""
    console = Console()
    table = Table(
        "reader", "files", "failed", "MB", "s", "CPU s", "docs/s", "MB/s", "words", "coverage mean", "min", box=None
    )
    for name, read in (("phapquy", report.ours), ("unstructured", report.unstructured)):
        if read is not None:
            table.add_row(name, *("–" if value is None else str(value) for value in asdict(read).values()))
    console.print(table)
    if report.articles:
        one = report.articles
        share = one.found / one.rows if one.rows else 0.0
        console.print(
            f"articles with the words of the truth: {one.found} of {one.rows} ({share:.2%}); {one.absent} not read"
        )
        if one.title_at_end:
            found = one.found + one.title_at_end
            console.print(f"  with the next division's title cut off the truth's end: {found} ({found / one.rows:.2%})")
        for why, times in one.why.items():
            console.print(f"  not found, {why}: {times}")
    for name, (right, counted) in report.facts.items():
        console.print(f"{name}: {right} of {counted} right")
    if report.formats:
        equal, several, different = report.formats
        console.print(f"equal trees in all formats: {equal} of {several}")
        for line in different:
            console.print(f"  {line}", highlight=False)
    for scan in report.scans:
        seen, there = scan.headings
        console.print(
            f"{scan.file}: {scan.wrong:.2%} of characters wrong, {seen} of {there} Điều; doubts: {len(scan.doubts)}"
        )
    for name, reason in report.failures.items():
        console.print(f"failed: {name}: {reason}", highlight=False)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="eval.bench_ingest", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--laws", type=Path, default=None)
    parser.add_argument("--articles", type=Path, default=None)
    parser.add_argument("--dates", type=Path, default=DATES)
    parser.add_argument("--formats", type=Path, nargs="*", default=[])
    parser.add_argument("--scans", type=Path, default=None)
    parser.add_argument("--texts", type=Path, default=None, help="text PDF of the scanned documents")
    parser.add_argument("--workers", type=int, default=2)
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
        dates=options.dates,
        formats=options.formats,
        scans=options.scans,
        texts=options.texts,
        workers=options.workers,
        unstructured=not options.no_unstructured,
    )
    print_tables(report)
    if options.output:
        options.output.write_text(json.dumps(asdict(report), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
