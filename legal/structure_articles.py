"""Which lines open an article: those whose numbers make one rising sequence, contents and mentions left aside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from legal.structure_lines import Line, Marker, article
from legal.text import fold

_WINDOW = 400  # candidates: a mention is never farther from the article it would follow
_INITIALS = frozenset("ĐÐƉD")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that looks like an article's heading. `order`: its number as something to compare (5, 5a, 5b, 6)."""

    at: int
    marker: Marker
    order: tuple[int, str]


def candidates(lines: Sequence[Line], quoted: Sequence[bool]) -> list[Candidate]:
    """Every unquoted line that has the form of an article's heading."""
    found = []
    for at, line in enumerate(lines):
        if line.text[:1] in _INITIALS and line.text and not quoted[at]:
            marker = article(line.text)
            if marker is not None:
                found.append(Candidate(at, marker, order_of(marker.number)))
    return found


def order_of(number: str) -> tuple[int, str]:
    """`93b` as (93, "b"), with đ after d."""
    match = re.match(r"(\d+)(.*)", number)
    return (int(match[1]), match[2].replace("đ", "d~")) if match else (0, number)


def runs(found: Sequence[Candidate]) -> list[list[Candidate]]:
    """The candidates cut where the numbering starts again: at a `1` that a `2` follows."""
    parts: list[list[Candidate]] = []
    for position, candidate in enumerate(found):
        again = (
            candidate.order == (1, "")
            and position + 1 < len(found)
            and found[position + 1].order in {(2, ""), (1, "a")}
        )
        if not parts or (again and parts[-1]):
            parts.append([])
        parts[-1].append(candidate)
    return parts


def is_contents(run: Sequence[Candidate], next_run: Sequence[Candidate]) -> bool:
    """Whether a run is a table of contents: most of its headings come again, with their numbers, in the next run (all of
    them, line under line, where they are few)."""
    titles = {candidate.order: _bare_title(candidate) for candidate in next_run}
    again = sum(1 for candidate in run if titles.get(candidate.order) == _bare_title(candidate))
    listed = run[-1].at - run[0].at <= 2 * len(run) and all(_bare_title(candidate) for candidate in run)
    return again * 2 > len(run) if len(run) >= 3 else listed and again == len(run) > 0


def _bare_title(candidate: Candidate) -> str:
    """The start of a heading without dots, page number and diacritics."""
    return fold(candidate.marker.rest[:300].rstrip("0123456789").rstrip(" .…"))[:40]


def rising(run: Sequence[Candidate]) -> list[Candidate]:
    """The best rising sequence of a run: as many articles as possible, steps of one preferred, the later of equals."""
    if all(a.order < b.order for a, b in pairwise(run)):
        return list(run)
    best: list[float] = []
    before: list[int] = []
    for here, candidate in enumerate(run):
        score, source = 0.0 if candidate.order[0] <= 1 else -0.5, -1
        for there in range(max(0, here - _WINDOW), here):
            step = _step(run[there].order, candidate.order)
            if step is not None and best[there] + step >= score:
                score, source = best[there] + step, there
        best.append(score + 1)
        before.append(source)
    at = max(range(len(run)), key=lambda position: (best[position], position))
    chain = []
    while at >= 0:
        chain.append(run[at])
        at = before[at]
    return chain[::-1]


def _step(a: tuple[int, str], b: tuple[int, str]) -> float | None:
    """What going from one number to the next is worth; None where it does not rise."""
    if a >= b:
        return None
    jump = b[0] - a[0]
    return 0.5 if jump <= 1 else 0.0 if jump <= 3 else -0.9
