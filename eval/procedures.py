"""What is read of working procedures against a set annotated by hand: title block, papers, deadline, fee, steps.

    python -m eval.procedures FOLDER [--set eval/sets/procedures.jsonl] [--output FILE.json]

A row of the set: `file, code, revision, issued, deadline, fee, papers, steps`; values are the first or the telling words
of what the document prints, a step is `[what, who, time ...]`. An item that is missing and one too many are both wrong.
"""

from __future__ import annotations

import api.quiet  # noqa: F401  isort: skip

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ingest.files import found_files
from ingest.reading import Reading
from ingest.reading_ahead import AheadReader
from legal.document import Metadata
from legal.procedure import Procedure, Step, read_procedure
from legal.text import fold, nfc

SET = Path(__file__).parent / "sets" / "procedures.jsonl"


@dataclass(slots=True)
class Score:
    """`right` of `items` by field; `wrong`: what was wrong, by file and field. `read`: files of the set that were read."""

    read: int = 0
    rows: int = 0
    right: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of all items, those that are right."""
        return sum(self.right.values()) / max(1, sum(self.items.values()))

    def add(self, file: str, name: str, right: int, items: int) -> None:
        """Count a field of a file."""
        self.right[name] = self.right.get(name, 0) + right
        self.items[name] = self.items.get(name, 0) + items
        if right < items:
            self.wrong.append(f"{file}: {name} {right}/{items}")


def measure(folder: Path, rows: Sequence[dict[str, Any]], workers: int = 2) -> Score:
    """Read the files of the set under `folder` and compare."""
    wanted = {nfc(str(row["file"])): row for row in rows}
    files = [found.path for found in found_files([folder]) if nfc(found.path.name) in wanted]
    score = Score(rows=len(rows))
    for file, result in zip(files, AheadReader(workers=workers).read(files), strict=True):
        if isinstance(result, Reading):
            score.read += 1
            row = wanted.pop(nfc(file.name))
            compare(score, row, read_procedure(result.document), result.document.metadata)
    for row in wanted.values():
        compare(score, row, Procedure(None, None), Metadata())
    return score


def compare(score: Score, row: dict[str, Any], read: Procedure, metadata: Metadata) -> None:
    """Count one procedure."""
    file = str(row["file"])
    for name, value in (("code", read.code), ("revision", read.revision), ("issued", metadata.issued)):
        score.add(file, name, int(str(value) == row[name]), 1)
    deadline = " ".join(said.text for said in read.deadline)
    score.add(file, "deadline", sum(_has(deadline, words) for words in row["deadline"]), len(row["deadline"]))
    for name, said in (("fee", read.fee), ("papers", read.papers)):
        texts = [one.text for one in said]
        right = sum(_has(text, words) for text, words in zip(texts, row[name], strict=False))
        score.add(file, name, right, max(len(texts), len(row[name])))
    right = sum(_is_step(step, words) for step, words in zip(read.steps, row["steps"], strict=False))
    score.add(file, "steps", right, max(len(read.steps), len(row["steps"])))


def _is_step(step: Step, words: Sequence[str]) -> bool:
    what, who, *times = words
    return (
        _has(step.what, what) and _has(step.who, who) and list(map(_plain, step.how_long)) == list(map(_plain, times))
    )


def _has(text: str, words: str) -> bool:
    return _plain(words) in _plain(text)


def _plain(text: str) -> str:
    return " ".join(fold(text).split())


def rows_of(file: Path = SET) -> list[dict[str, Any]]:
    """The rows of a set."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def print_score(score: Score, console: Console) -> None:
    """For people."""
    table = Table("procedures", "right", "of", "share", box=None)
    for name, items in score.items.items():
        table.add_row(name, str(score.right[name]), str(items), f"{score.right[name] / max(1, items):.1%}")
    table.add_row("all", str(sum(score.right.values())), str(sum(score.items.values())), f"{score.share:.1%}")
    console.print(table)
    console.print(f"{score.read} of {score.rows} files read")
    for line in score.wrong:
        console.print(f"wrong: {line}", highlight=False)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="eval.procedures", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", type=Path, default=SET)
    parser.add_argument("--output", type=Path, default=None)
    options = parser.parse_args()
    score = measure(options.folder, rows_of(options.set))
    print_score(score, Console())
    if options.output:
        options.output.write_text(json.dumps(asdict(score), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
