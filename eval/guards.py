"""As-of and access sets: nothing out of force and nothing hidden in any result, and what must be found is found.

Rows: `id, question, as_of?, labels?, expect: [number], forbidden: [number], access?: {number: [label]}`. `labels`: of
the caller, none of them means an unrestricted one. `access`: the labels that the documents must carry for the row to
mean anything; on a home where they carry others the row is left out, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from api.caller import Caller
from api.requests import answer_request, canonical_number, search_request
from api.schemas import AnswerRequest, AnswerResponse, SearchRequest, TimedSearch
from api.schemas_resolve import ResolveRequest, ResolveResponse
from eval.questions import read_rows
from ingest.catalogue import Catalogue
from legal.errors import NotFound

Search = Callable[[SearchRequest, Caller], TimedSearch]
Ask = Callable[[AnswerRequest, Caller], AnswerResponse]
Resolve = Callable[[ResolveRequest, Caller], ResolveResponse]

_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Guarded:
    """A row of the set."""

    id: str
    text: str
    as_of: date | None
    labels: frozenset[str] | None
    expect: frozenset[str]
    forbidden: frozenset[str]
    access: dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class GuardReport:
    """`leaks`: (row, path, document) of what must not have been there; `missing`: (row, document) not found."""

    n: int
    left_out: tuple[str, ...]
    leaks: tuple[tuple[str, str, str], ...]
    missing: tuple[tuple[str, str], ...]

    @property
    def clean(self) -> bool:
        return not self.leaks and not self.missing

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return asdict(self)


def read_guards(path: Path) -> list[Guarded]:
    """The rows of a set; raises BadRequest naming the line that is not one."""
    return read_rows(path, _guarded)


def _guarded(row: dict[str, Any]) -> Guarded:
    labels = row.get("labels")
    return Guarded(
        id=str(row["id"]),
        text=str(row["question"]),
        as_of=date.fromisoformat(row["as_of"]) if row.get("as_of") else None,
        labels=None if labels is None else frozenset(map(str, labels)),
        expect=frozenset(canonical_number(number) for number in row["expect"]),
        forbidden=frozenset(canonical_number(number) for number in row["forbidden"]),
        access={canonical_number(number): frozenset(given) for number, given in row.get("access", {}).items()},
    )


def check_guards(
    search: Search, ask: Ask, resolve: Resolve, catalogue: Catalogue, rows: Sequence[Guarded]
) -> GuardReport:
    """Search, ask and resolve every row as its caller."""
    leaks: list[tuple[str, str, str]] = []
    missing: list[tuple[str, str]] = []
    left_out: list[str] = []
    for row in rows:
        if any(_labels(catalogue, number) != labels for number, labels in row.access.items()):
            left_out.append(row.id)
            continue
        caller = Caller(name="eval", role="reader", labels=row.labels)
        found = search(search_request(row.text, limit=_DEPTH, as_of=row.as_of), caller).response
        answer = ask(answer_request(row.text, as_of=row.as_of), caller)
        cited = resolve(ResolveRequest(citation=row.text, as_of=row.as_of), caller)
        paths = {
            "search": {hit.document.number or "" for hit in found.results},
            "sources": {hit.document.number or "" for hit in answer.sources},
            "citations": {citation.document.number or "" for citation in answer.citations},
            "resolve": {one.document.number or "" for one in cited.results},
        }
        if row.labels is not None:  # on another day a document out of force may be mentioned, a hidden one never
            paths["others"] = {document.number or "" for document in cited.others}
        for path, numbers in paths.items():
            leaks += [(row.id, path, number) for number in sorted(row.forbidden & numbers)]
        missing += [(row.id, number) for number in sorted(row.expect - paths["search"])]
    return GuardReport(len(rows) - len(left_out), tuple(left_out), tuple(leaks), tuple(missing))


def _labels(catalogue: Catalogue, number: str) -> frozenset[str] | None:
    try:
        return frozenset(catalogue.document(number).card.access)
    except NotFound:
        return None
