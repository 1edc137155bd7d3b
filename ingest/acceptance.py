"""Whether another index finds at least as well: the agency's stored questions asked of both."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ir_measures

from legal.errors import BadRequest, Conflict
from legal.number import DocumentNumber

_MEASURE = ir_measures.nDCG @ 10
#: Questions asked at most, evenly taken out of the file.
_MOST = 200

#: A question to what was found: (document number, article), best first.
Ask = Callable[[str], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question with the articles that answer it: (number's key, article)."""

    text: str
    relevant: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """nDCG@10 over the questions, of the index in use and of the one that is to take over."""

    questions: int
    before: float
    after: float


def stored_questions(file: Path) -> list[StoredQuestion]:
    """The questions of `questions.jsonl`, rows as `phapquy eval retrieval` takes them; none without the file.

    Raises BadRequest for a file that cannot be used.
    """
    try:
        lines = [line for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError):
        raise BadRequest("Không đọc được questions.jsonl trong thư mục của kho; tệp phải là văn bản UTF-8.") from None
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            relevant = frozenset((_key(one["document"]), str(one["article"])) for one in row["relevant"])
            found.append(StoredQuestion(str(row["question"]), relevant))
        except (ValueError, KeyError, TypeError):
            raise BadRequest(f"questions.jsonl dòng {number} không đúng dạng.") from None
    usable = [question for question in found if question.relevant]
    return usable[:: max(1, -(-len(usable) // _MOST))]


def accept(questions: Sequence[StoredQuestion], before: Ask, after: Ask, tolerance: float) -> Acceptance | None:
    """Ask both; None without questions. `tolerance`: by how much nDCG@10 may fall. Raises Conflict when it falls more."""
    if not questions:
        return None
    scores = [_score(questions, ask) for ask in (before, after)]
    found = Acceptance(len(questions), round(scores[0], 4), round(scores[1], 4))
    if scores[1] < scores[0] - tolerance - 1e-9:
        raise Conflict(
            f"Chỉ mục mới tìm kém hơn trên {found.questions} câu hỏi mẫu (nDCG@10 {found.after:.4f}, hiện nay "
            f"{found.before:.4f}); chỉ mục cũ vẫn được dùng."
        )
    return found


def _score(questions: Sequence[StoredQuestion], ask: Ask) -> float:
    wanted: dict[str, Mapping[str, int]] = {}
    given: dict[str, Mapping[str, float]] = {}
    for number, question in enumerate(questions):
        wanted[str(number)] = {"\n".join(one): 1 for one in question.relevant}
        ranked = dict.fromkeys(f"{_key(document)}\n{article}" for document, article in ask(question.text))
        given[str(number)] = {one: 1.0 / rank for rank, one in enumerate(ranked, start=1)}
    return float(ir_measures.calc_aggregate([_MEASURE], wanted, given)[_MEASURE])


def _key(number: str) -> str:
    known = DocumentNumber.try_parse(number)
    return known.key if known is not None else number
