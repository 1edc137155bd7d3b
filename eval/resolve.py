"""Citations as typed against the provisions that they mean; a wrong one must say so, never give a neighbour."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from api.requests import canonical_number
from api.schemas_resolve import ResolveRequest, ResolveResponse
from eval.metrics import percentile
from eval.questions import read_rows

Resolve = Callable[[ResolveRequest], ResolveResponse]


@dataclass(frozen=True, slots=True)
class TypedCitation:
    """A row: `id, citation, expect: {document, eid} | null`. `expect` None: it must not resolve."""

    id: str
    text: str
    expect: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class ResolveReport:
    """`wrong`: (row, what came) for each row that came out otherwise than expected."""

    right: int
    right_n: int
    refused: int
    refused_n: int
    wrong: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    latency_ms: dict[str, float]

    @property
    def clean(self) -> bool:
        return not self.wrong

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return asdict(self)


def read_citations(path: Path) -> list[TypedCitation]:
    """The rows of a set; raises BadRequest naming the line that is not one."""
    return read_rows(path, _citation)


def _citation(row: dict[str, Any]) -> TypedCitation:
    expect = row["expect"]
    pair = None if expect is None else (canonical_number(str(expect["document"])), str(expect["eid"]))
    return TypedCitation(str(row["id"]), str(row["citation"]), pair)


def check_citations(resolve: Resolve, rows: Sequence[TypedCitation]) -> ResolveReport:
    """Right means: exactly the provision expected and nothing beside it; nothing at all for a wrong citation."""
    wrong: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    times: list[float] = []
    for row in rows:
        began = time.perf_counter()
        response = resolve(ResolveRequest(citation=row.text))
        times.append((time.perf_counter() - began) * 1000)
        found = tuple(dict.fromkeys(_named(response)))
        if found != (() if row.expect is None else (row.expect,)) or response.found != (row.expect is not None):
            wrong.append((row.id, found))
    failed = {id for id, _ in wrong}
    real = [row for row in rows if row.expect is not None]
    return ResolveReport(
        right=sum(row.id not in failed for row in real),
        right_n=len(real),
        refused=sum(row.id not in failed for row in rows if row.expect is None),
        refused_n=len(rows) - len(real),
        wrong=tuple(wrong),
        latency_ms={"p50": percentile(times, 50), "p95": percentile(times, 95)},
    )


def _named(response: ResolveResponse) -> Iterator[tuple[str, str]]:
    """(document number, eid, "" for the whole document) of each result."""
    for one in response.results:
        yield one.document.number or "", one.provision.eid if one.provision else ""
