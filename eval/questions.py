"""Question files: rows `id, question, kind, relevant: [{document, article}]`; those without an answer need no gold."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from api.requests import canonical_number
from legal.errors import BadRequest

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with its gold articles as (document number, article) pairs, and its answer where the set has one:
    "Đúng", "Sai", or the letter of a choice."""

    id: str
    text: str
    kind: str
    relevant: frozenset[tuple[str, str]]
    answer: str = ""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that the documents cannot answer."""

    id: str
    text: str
    kind: str


def read_questions(path: Path) -> list[GoldQuestion]:
    """Questions with gold articles; raises BadRequest naming the line that is not one."""
    return read_rows(path, _gold)


def read_unanswerable(path: Path) -> list[OpenQuestion]:
    """Questions without an answer; raises BadRequest naming the line that is not one."""
    return read_rows(path, lambda row: OpenQuestion(str(row["id"]), str(row["question"]), str(row.get("kind", ""))))


def read_rows(path: Path, make: Callable[[dict[str, Any]], Row]) -> list[Row]:
    """The rows of a JSON Lines file; raises BadRequest naming the line that does not fit."""
    rows: list[Row] = []
    with path.open(encoding="utf-8") as file:
        for place, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                rows.append(make(json.loads(line)))
            except (ValueError, KeyError, TypeError):
                raise BadRequest(f"Dòng {place} của tệp câu hỏi không đúng dạng.") from None
    if not rows:
        raise BadRequest("Tệp câu hỏi không có câu nào.")
    return rows


def _gold(row: dict[str, Any]) -> GoldQuestion:
    pairs = {(canonical_number(str(gold["document"])), str(gold["article"])) for gold in row["relevant"]}
    return GoldQuestion(
        str(row["id"]), str(row["question"]), str(row.get("kind", "")), frozenset(pairs), str(row.get("answer") or "")
    )


def without_marks(text: str) -> str:
    """The question as typed without diacritics: marks removed, đ as d, letters' case kept."""
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare).replace("đ", "d").replace("Đ", "D")
