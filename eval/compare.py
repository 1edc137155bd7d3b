"""`--compare`: a run against an earlier one, question by question; a significant loss fails."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.metrics import MEASURES, Interval, Values, differences
from legal.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences new - old over the questions that both runs have. `groups`: "all", then kinds."""

    n: int
    only_new: int
    only_old: int
    groups: dict[str, dict[str, Interval]]

    @property
    def losses(self) -> tuple[str, ...]:
        """The measures that fell significantly over all questions: their 95% interval lies wholly below zero."""
        return tuple(name for name, difference in self.groups["all"].items() if difference.is_loss)


def read_earlier(path: Path) -> dict[str, dict[str, float]]:
    """The values of each question out of the JSON of an earlier run. Raises BadRequest for a file without them."""
    try:
        rows: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["questions"]
        return {id: {name: float(row[name]) for name in MEASURES} for id, row in rows.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BadRequest(
            "Tệp so sánh không phải kết quả của `phapquy eval retrieval --json` có điểm từng câu."
        ) from None


def compare(new: Values, old: Values, groups: dict[str, list[str]]) -> Comparison:
    """`groups`: ids of the new run, "all" first. Raises BadRequest when no question is in both."""
    common = {group: [id for id in ids if id in old] for group, ids in groups.items()}
    if not common["all"]:
        raise BadRequest("Hai lần đo không có câu hỏi nào chung để so sánh.")
    return Comparison(
        n=len(common["all"]),
        only_new=len(new) - len(common["all"]),
        only_old=len(set(old) - set(common["all"])),
        groups={group: differences(new, old, ids) for group, ids in common.items() if ids},
    )


def in_words(comparison: Comparison) -> Sequence[str]:
    """For people, a line a measure."""
    lines = [f"So với lần trước, {comparison.n} câu chung:"]
    for name, one in comparison.groups["all"].items():
        verdict = "GIẢM có ý nghĩa" if one.is_loss else "tăng có ý nghĩa" if one.is_gain else "không khác biệt rõ"
        lines.append(f"  {name:9} {one.mean:+.4f}  [{one.low:+.4f}; {one.high:+.4f}]  {verdict}")
    return lines
