"""Citations in laws against a set judged by hand: found, resolved to the right provisions, false ones.

    python -m eval.references FOLDER [--set eval/sets/law_citations.jsonl] [--workers N] [--output FILE.json]

FOLDER: the laws, in any format that is read; citations are resolved among all that it holds, as in a home with these
documents. A row of the set is one provision with all of its citations: `{"document", "eid", "text": hash, "round",
"citations": [[start, end, document, eids], ...]}`; a law that is named without number and that was older than all of
that name in the judged corpus stands there by its name.
"""

from __future__ import annotations

import api.quiet  # noqa: F401  isort: skip

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingest.files import found_files
from ingest.reading import Reading
from ingest.reading_ahead import AheadReader
from legal.document import LegalDocument
from legal.names import LawName, LawNames
from legal.references import Reference
from legal.references_placed import placed_references
from legal.references_resolved import document_cited, provisions_cited

SET = Path(__file__).parent / "sets" / "law_citations.jsonl"


@dataclass(frozen=True, slots=True)
class Judged:
    """A provision's citations as a person judged them."""

    document: str
    eid: str
    text: str
    citations: tuple[tuple[int, int, str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Score:
    """`citations`: judged, in provisions whose text is the one judged; `found`: of them; `resolved`: of those found, to
    exactly the right document and provisions; `read`: citations read in the same provisions; `false`: of them no citation.
    `changed`: provisions passed over, because their text is another one or they are not there."""

    citations: int
    found: int
    resolved: int
    read: int
    false: int
    changed: int
    mistakes: tuple[str, ...] = ()


def judged_set(path: Path = SET, only: Iterable[str] | None = None) -> list[Judged]:
    """The rows of a set; `only`: of these documents."""
    wanted = None if only is None else set(only)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Judged(
            row["document"],
            row["eid"],
            row["text"],
            tuple((a, b, doc, tuple(eids)) for a, b, doc, eids in row["citations"]),
        )
        for row in rows
        if wanted is None or row["document"] in wanted
    ]


def measure(rows: Sequence[Judged], documents: Mapping[str, LegalDocument]) -> Score:
    """Read the judged provisions anew. `documents`: all that are known, by number; what the set resolved to another one
    must stay unresolved."""
    names = LawNames(
        LawName(number, number, document.metadata.title, document.metadata.issued)
        for number, document in documents.items()
    )
    eids = {number: frozenset(node.eid for node in document.walk()) for number, document in documents.items()}
    read: dict[str, dict[str, list[Reference]]] = {}
    for number in {row.document for row in rows} & documents.keys():
        for placed in placed_references(documents[number]):
            if not placed.heading:
                read.setdefault(number, {}).setdefault(placed.eid, []).append(placed.reference)
    counts = dict.fromkeys(("citations", "found", "resolved", "read", "false", "changed"), 0)
    mistakes: list[str] = []
    for row in rows:
        document = documents.get(row.document)
        node = document.find(row.eid) if document else None
        if document is None or node is None or text_hash(node.own_text) != row.text:
            counts["changed"] += 1
            continue
        left = list(read.get(row.document, {}).get(row.eid, []))
        counts["read"] += len(left)
        for start, end, target, provisions in row.citations:
            counts["citations"] += 1
            reference = next((one for one in left if one.start < end and one.end > start), None)
            if reference is None:
                mistakes.append(f"missed {row.document} {row.eid} {start}-{end}")
                continue
            left.remove(reference)
            counts["found"] += 1
            spoken = document.metadata.issued
            key = document_cited(reference.document, reference.year, names, spoken, row.document, row.document)
            located = provisions_cited(reference.eids, eids[key]) if key else reference.eids
            there = tuple(one or said for one, said in zip(located, reference.eids, strict=True))
            wanted = target if target in documents else None
            if key == wanted and there == provisions:
                counts["resolved"] += 1
            else:
                mistakes.append(
                    f"resolved {row.document} {row.eid} {start}-{end}: {key} {there}, not {wanted} {provisions}"
                )
        counts["false"] += len(left)
        mistakes += [f"false {row.document} {row.eid} {one.start}-{one.end}" for one in left]
    return Score(**counts, mistakes=tuple(mistakes))


def text_hash(text: str) -> str:
    """What tells whether a provision's own text is the one that was judged."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="eval.references", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", type=Path, default=SET, dest="rows")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--output", type=Path, default=None)
    options = parser.parse_args()
    files = [found.path for found in found_files([options.folder]) if found.size >= 0]
    readings = [one for one in AheadReader(workers=options.workers).read(files) if isinstance(one, Reading)]
    documents = {one.document.metadata.number: one.document for one in readings if one.document.metadata.number}
    score = measure(judged_set(options.rows), documents)
    print(_told(score))
    for mistake in score.mistakes:
        print(f"  {mistake}")
    if options.output:
        values: dict[str, Any] = asdict(score)
        options.output.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def _told(score: Score) -> str:
    share = score.found / score.citations if score.citations else 0.0
    right = score.resolved / score.citations if score.citations else 0.0
    wrong = score.false / score.read if score.read else 0.0
    return (
        f"{score.citations} citations judged: found {score.found} ({share:.2%}), resolved right {score.resolved} "
        f"({right:.2%}); false {score.false} of {score.read} read ({wrong:.2%}); {score.changed} provisions passed over"
    )


if __name__ == "__main__":
    sys.exit(main())
