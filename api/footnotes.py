"""An answer as one readable text: its words, then a block of footnotes that names and quotes each citation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from api.schemas import AnswerResponse, CitationOut
from retrieval.addresses import document_name

#: Opens the block; what follows it in an earlier turn is ours, not the speaker's.
RULE = "\n\n---\n**Căn cứ**"

_MARK = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A `[n]` in a text, with the citation it stands for; `start` and `end` in characters of the text."""

    start: int
    end: int
    citation: CitationOut


def place_name(citation: CitationOut) -> str:
    """A citation as an official writes it: "khoản 1 Điều 8 Luật Hôn nhân và gia đình số 52/2014/QH13"."""
    return f"{citation.provision.label} {document_name(citation.document)}"


def footnotes(answer: AnswerResponse) -> str:
    """The block below an answer's text, "" where it has neither citations nor warnings. Starts with a blank line."""
    lines = [f"[{c.n}] {place_name(c)}: “{' '.join(c.quote.split())}”" for c in answer.citations]
    block = RULE + "".join(f"\n\n{line}" for line in lines) if lines else ""
    return block + "".join(f"\n\n*Lưu ý: {warning}*" for warning in (*answer.query.notes, *answer.warnings))


def marks(text: str, citations: Iterable[CitationOut]) -> list[Mark]:
    """Every `[n]` of the text that a citation stands for, in order; one mark for each citation of that number."""
    by_number: dict[int, list[CitationOut]] = {}
    for citation in citations:
        by_number.setdefault(citation.n, []).append(citation)
    return [
        Mark(match.start(), match.end(), citation)
        for match in _MARK.finditer(text)
        for citation in by_number.get(int(match[1]), ())
    ]


def without_footnotes(text: str) -> str:
    """An answer of ours, as a chat client sends it back, without its block."""
    return text.partition(RULE)[0]
