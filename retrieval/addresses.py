"""Where words of a passage stand: the finest provision around them, their offsets in it, and how an official cites
it."""

from __future__ import annotations

import re
from typing import Protocol

from retrieval.answer import AnswerCitation
from retrieval.passage import DocumentCard, Passage, Span

#: Provisions whose text begins where their span begins (the marker is part of it), so that offsets carry over.
_INLINE = re.compile(r"(?:^|__)(?:para|point|item)_[^_]+$")
_NAMED_BY_TITLE = ("hiến pháp", "bộ luật", "luật", "pháp lệnh")
_ENUMERATOR = re.compile(r"\s*(?:\d+(?:\.\d+)*|[IVXLC]+|[A-Za-zđĐ])\.")
_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+(?=[“\"(]?[A-ZĐÀ-Ỹ])")


def segments(text: str) -> list[tuple[int, int]]:
    """The lines of a text and, in long lines, their sentences, as offsets; blanks at the ends left out."""
    found: list[tuple[int, int]] = []
    start = 0
    for line in text.split("\n"):
        at = 0
        for match in [*_SENTENCE_END.finditer(line), None]:
            end = match.start() if match else len(line)
            piece = line[at:end]
            if match and _ENUMERATOR.fullmatch(piece):
                continue
            if piece.strip():
                left = start + at + len(piece) - len(piece.lstrip())
                found.append((left, start + at + len(piece.rstrip())))
            at = match.end() if match else end
        start += len(line) + 1
    return found


def spans_around(passage: Passage, start: int, end: int) -> list[Span]:
    """The provisions inside the passage that contain `text[start:end]`, finest first (offsets in the passage's
    text)."""
    first, last = passage.start + start, passage.start + end
    around = [s for s in passage.spans if s.start <= first and last <= s.end and _INLINE.search(s.eid)]
    return sorted(around, key=lambda s: (s.end - s.start, -len(s.eid)))


def cite(n: int, passage: Passage, start: int, end: int) -> AnswerCitation:
    """The citation of `passage.text[start:end]`, addressed to the finest provision that contains it."""
    around = spans_around(passage, start, end)
    eid, label, shift = passage.eid, passage.label, passage.start
    if around:
        eid, label, shift = around[0].eid, around[0].label, passage.start - around[0].start
    return AnswerCitation(
        n=n,
        document=passage.document,
        eid=eid,
        label=label,
        article=passage.article,
        heading=passage.heading,
        path=passage.path,
        quote=passage.text[start:end],
        start=start + shift,
        end=end + shift,
    )


class Named(Protocol):
    """What a document is named by: its card, or what the doors show of it."""

    @property
    def type(self) -> str | None: ...
    @property
    def title(self) -> str | None: ...
    @property
    def number(self) -> str | None: ...


def document_name(card: Named) -> str:
    """A document as an official names it: "Luật Hôn nhân và gia đình số 52/2014/QH13", "Quyết định số 715/QĐ-UBND"."""
    kind, title, number = card.type or "", card.title or "", card.number
    if not number:
        return title or kind or "văn bản không số"
    if kind.lower() in _NAMED_BY_TITLE and title:
        named = title if title.lower().startswith(_NAMED_BY_TITLE) else f"{kind} {title}"
        return f"{named} số {number}"
    return f"{kind or 'Văn bản'} số {number}"


def printed(label: str, card: DocumentCard) -> str:
    """A full address: "điểm a khoản 1 Điều 8 Luật Hôn nhân và gia đình số 52/2014/QH13"."""
    return f"{label} {document_name(card)}".strip()
