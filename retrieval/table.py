"""The table of a procedure: papers, fee, deadline, authority, legal basis; each cell a statement with its sources.

The model fills it as JSON by a schema; without a model the cells are the sentences of the sources that speak of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from legal.quantities import quantities
from legal.text import collapse, lexical_terms, nfc
from retrieval.addresses import cite, printed, segments
from retrieval.answer import AnswerCitation, Hit, TableCell, TableRow
from retrieval.settings import RetrievalSettings
from retrieval.statements import Piece
from retrieval.terms import informative, share_of
from retrieval.verify import UNSUPPORTED_MARK, Checked

#: Rows in their order; the last is filled from the citations of the others, never by the model.
LABELS = {
    "papers": "Giấy tờ",
    "fee": "Phí, lệ phí",
    "deadline": "Thời hạn",
    "authority": "Cơ quan giải quyết",
    "legal_basis": "Căn cứ pháp lý",
}
NOT_TOLD = "Các nguồn không nêu"
INCOMPLETE = (
    "Bảng lập bằng cách chọn câu theo từ khóa, không qua mô hình ngôn ngữ: có thể thiếu; hãy đối chiếu trích dẫn."
)

_CELL = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "maxLength": 600},
        "sources": {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 4},
    },
    "required": ["text", "sources"],
    "additionalProperties": False,
}
#: What the model must write.
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {key: {"type": "array", "items": _CELL, "maxItems": 20} for key in LABELS if key != "legal_basis"},
    "required": [key for key in LABELS if key != "legal_basis"],
    "additionalProperties": False,
}

_MOST_CELLS, _MOST_PAPERS = 2, 8
_CUES = {
    "papers": re.compile(r"(?:hồ sơ|giấy tờ)[^.;]{0,60}(?:gồm|bao gồm|sau đây|phải nộp|xuất trình)|\btờ khai\b", re.IGNORECASE),
    "fee": re.compile(r"\b(?:lệ phí|mức phí|phí|mức thu|giá dịch vụ)\b", re.IGNORECASE),
    "deadline": re.compile(r"\b(?:thời hạn|trong vòng|chậm nhất|trong)\b[^.;]{0,60}\b(?:ngày|giờ|tháng)\b", re.IGNORECASE),
    "authority": re.compile(
        r"\b(?:ủy ban nhân dân|uỷ ban nhân dân|cơ quan|sở|phòng|bộ|tòa án|công an|chủ tịch)\b[^.;]{0,160}?"
        r"\b(?:thẩm quyền|thực hiện|giải quyết|cấp|tiếp nhận|đăng ký|quyết định|xem xét)\b",
        re.IGNORECASE,
    ),
}  # fmt: skip
_NO_FEE = re.compile(r"(?:miễn|không thu)\b", re.IGNORECASE)


def cells_written(text: str) -> list[tuple[str, Piece]] | None:
    """The cells of a model's JSON as statements with their numbers, by row; None when it is no such JSON."""
    try:
        value = json.loads(text[text.index("{") : text.rindex("}") + 1])
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    return [(key, piece) for key in SCHEMA["properties"] for piece in _pieces(value.get(key))]


def _pieces(cells: Any) -> Iterator[Piece]:
    for cell in cells if isinstance(cells, list) else ():
        if not isinstance(cell, dict) or not isinstance(cell.get("text"), str):
            continue
        text = collapse(nfc(re.sub(r"\[[\d\s,;–-]*\]", "", cell["text"]))).strip(" |")
        found = cell.get("sources")
        numbers = [n for n in found if isinstance(n, int)] if isinstance(found, list) else []
        if any(c.isalnum() for c in text):
            yield Piece(f"- {text}\n", text, "statement", tuple(dict.fromkeys(numbers)))


def rows_of(checked: Iterable[tuple[str, Checked]], *, strict: bool) -> tuple[TableRow, ...]:
    """The rows that verification leaves; with `strict` unsupported cells are left out, else they are kept and marked."""
    cells: dict[str, list[TableCell]] = {key: [] for key in LABELS}
    citations: list[AnswerCitation] = []
    for key, one in checked:
        said = one.statement
        if said is None or (strict and said.verdict == "unsupported"):
            continue
        cells[key].append(TableCell(said.text, said.verdict, said.citations))
        citations += one.citations
    return _with_basis(cells, citations)


def extracted(
    question: str, hits: Sequence[Hit], settings: RetrievalSettings
) -> tuple[tuple[TableRow, ...], tuple[AnswerCitation, ...]]:
    """The table in the sources' own words: for each row the sentences that speak of it and of what is asked; the
    items of a list of papers stand each in a cell."""
    wanted = informative(question)
    cells: dict[str, list[TableCell]] = {key: [] for key in LABELS}
    citations: list[AnswerCitation] = []
    for key, cue in _CUES.items():
        found: list[tuple[float, int, Hit, list[tuple[int, int]]]] = []
        for place, hit in enumerate(hits[: settings.extract_provisions]):
            around = frozenset(lexical_terms(hit.passage.context))
            pieces = segments(hit.passage.text)
            for at, (start, end) in enumerate(pieces):
                line = hit.passage.text[start:end]
                if not cue.search(line) or (key == "fee" and not _is_fee(line)):
                    continue
                told = share_of(wanted, around | frozenset(lexical_terms(line)))
                found.append(
                    (told - 0.05 * place, -at, hit, _list_under(hit, pieces, at) if key == "papers" else [(start, end)])
                )
        for _, _, hit, spans in sorted(found, key=lambda one: one[:2], reverse=True)[
            : 1 if key == "papers" else _MOST_CELLS
        ]:
            for start, end in spans[:_MOST_PAPERS]:
                citation = cite(len(citations) + 1, hit.passage, start, end)
                same = next((one for one in citations if _place(one) == _place(citation)), None)
                if same is not None:
                    cells[key].append(TableCell(same.quote, "supported", (same.n,)))
                    continue
                citations.append(citation)
                cells[key].append(TableCell(citation.quote, "supported", (citation.n,)))
    return _with_basis(cells, citations), tuple(citations)


def _place(one: AnswerCitation) -> tuple[str, str, int, int]:
    return one.document.key, one.eid, one.start, one.end


def _is_fee(line: str) -> bool:
    """Money, or its remission; "mai táng phí" with a number of days is none."""
    return any(one.unit == "đồng" for one in quantities(line)) or _NO_FEE.search(line) is not None


def _list_under(hit: Hit, pieces: Sequence[tuple[int, int]], at: int) -> list[tuple[int, int]]:
    """The lines of the list that a line opens, or the line itself."""
    text = hit.passage.text
    if not text[pieces[at][0] : pieces[at][1]].endswith(":"):
        return [pieces[at]]
    items: list[tuple[int, int]] = []
    marker = None
    for start, end in pieces[at + 1 :]:
        match = re.match(r"(?:([a-zđ])\)|(\d+)[.)]|-)\s", text[start:end])
        kind = match and ("letter" if match[1] else "number" if match[2] else "dash")
        if not match or (marker is not None and kind != marker):
            break
        marker = kind
        items.append((start, end))
    return items or [pieces[at]]


def _with_basis(cells: dict[str, list[TableCell]], citations: Sequence[AnswerCitation]) -> tuple[TableRow, ...]:
    places: dict[str, list[int]] = {}
    for one in citations:
        places.setdefault(printed(one.label, one.document), []).append(one.n)
    cells["legal_basis"] = [
        TableCell(f"{place[:1].upper()}{place[1:]}", "supported", tuple(dict.fromkeys(numbers)))
        for place, numbers in places.items()
    ]
    return tuple(TableRow(key, label, tuple(cells[key])) for key, label in LABELS.items())


def as_text(rows: Sequence[TableRow]) -> str:
    """The table for reading, in Markdown; each cell's item carries its `[n]`."""
    lines = ["| Nội dung | Theo văn bản |", "|---|---|"]
    for row in rows:
        items = [_item(cell) for cell in row.cells]
        lines.append(f"| {row.label} | {'<br>'.join(items) if items else NOT_TOLD} |")
    return "\n".join(lines)


def _item(cell: TableCell) -> str:
    text = collapse(cell.text).replace("|", "\\|")
    marks = "".join(f"[{n}]" for n in cell.citations) or UNSUPPORTED_MARK
    return f"{text} {marks}"
