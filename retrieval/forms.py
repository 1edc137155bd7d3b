"""The kinds of answers that an official needs, as what is told to the model and how the verified text is set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from retrieval.addresses import printed
from retrieval.answer import AnswerCitation, Format
from retrieval.statements import split

#: The prompt that says what to write, by format; a summary has two of its own.
PROMPTS: dict[Format, str] = {
    "answer": "answer.v2",
    "brief": "brief.v1",
    "letter": "letter.v1",
    "table": "table.v1",
    "summary": "summary-part.v1",
}

LETTER_OPENS = "Về nội dung công dân hỏi, căn cứ quy định của pháp luật, cơ quan trả lời như sau:"
LETTER_BASIS = "Căn cứ:"
BRIEF_POINTS = 3
FEWER_POINTS = "Chỉ có {n} ý có căn cứ trong nguồn; không thêm ý cho đủ ba."

_MARK = re.compile(r"\[(\d{1,3})\]")
_BULLET = re.compile(r"^\s*(?:[-*•+–]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Set:
    """An answer's text as it is set, the citations that it uses, and what the reader should know of it."""

    text: str
    citations: tuple[AnswerCitation, ...]
    warnings: tuple[str, ...] = ()


def set_as(form: Format, text: str, citations: Sequence[AnswerCitation]) -> Set:
    """A verified text with `[n]`, set as that format; verification has the last word, nothing is added to it."""
    if form == "brief":
        return brief([piece.raw for piece in split(text) if piece.kind == "statement"], citations)
    if form == "letter":
        body = " ".join(_BULLET.sub("", piece.raw).strip() for piece in split(text) if piece.kind != "blank")
        return letter(body, citations)
    return Set(text, tuple(citations))


def brief(points: Sequence[str], citations: Sequence[AnswerCitation]) -> Set:
    """The first three points, each a line."""
    lines = [f"- {_BULLET.sub('', point).strip()}" for point in points][:BRIEF_POINTS]
    text = "\n".join(lines)
    warnings = (FEWER_POINTS.format(n=len(lines)),) if len(lines) < BRIEF_POINTS else ()
    return Set(text, used(citations, text), warnings)


def letter(body: str, citations: Sequence[AnswerCitation]) -> Set:
    """A paragraph of reply to a citizen, with the provisions that it rests on listed below it."""
    cited = used(citations, body)
    return Set(f"{LETTER_OPENS}\n\n{body}\n\n{LETTER_BASIS}\n{basis(cited)}", cited)


def basis(citations: Iterable[AnswerCitation]) -> str:
    """The provisions cited, a line each, as an official writes them, with their numbers."""
    places: dict[str, list[int]] = {}
    for one in citations:
        places.setdefault(printed(one.label, one.document), []).append(one.n)
    lines = []
    for place, numbers in places.items():
        marks = "".join(f"[{n}]" for n in dict.fromkeys(numbers))
        lines.append(f"- {place[:1].upper()}{place[1:]} {marks}")
    return "\n".join(lines)


def used(citations: Sequence[AnswerCitation], text: str) -> tuple[AnswerCitation, ...]:
    """Those of the citations whose number stands in the text."""
    numbers = {int(number) for number in _MARK.findall(text)}
    return tuple(one for one in citations if one.n in numbers)
