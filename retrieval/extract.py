"""The extractive answer: the best provisions' own words, each with its citation; no model has touched them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from legal.quantities import quantities
from legal.text import lexical_terms
from retrieval.addresses import cite, printed, segments, spans_around
from retrieval.answer import AnswerCitation, Format, Hit
from retrieval.forms import BRIEF_POINTS, letter
from retrieval.named import CitedProvision, beside
from retrieval.passage import Passage
from retrieval.settings import RetrievalSettings
from retrieval.terms import informative, share_of

EXTRACTED = "Trích nguyên văn các quy định gần nhất với câu hỏi (không qua mô hình ngôn ngữ):"

VERBATIM = "Soạn từ lời trích nguyên văn, không qua mô hình ngôn ngữ; hãy biên tập trước khi dùng."

_SHORT = 300  # characters of a quote in a brief
_ASKS_NUMBER = re.compile(
    r"bao nhiêu|bao lâu|mấy|thời hạn|thời gian|mức|lệ phí|khi nào|ngày nào|độ tuổi", re.IGNORECASE
)
_NUMBER_BONUS = 1.3


@dataclass(frozen=True, slots=True)
class Extract:
    """An extractive answer: its text with `[n]`, its citations in the order of the text, what the reader should know."""

    text: str
    citations: tuple[AnswerCitation, ...]
    warnings: tuple[str, ...] = ()


def extract(
    question: str, hits: Sequence[Hit], settings: RetrievalSettings, cited: Sequence[CitedProvision] = ()
) -> Extract:
    """Quote the most telling part of the first `settings.extract_provisions` hits, one quote a provision, best first;
    a hit that scores far below the best one is no answer and is left out.

    `cited`: what the question names; of a hit found for it exactly that provision is quoted. A question that says
    nothing else gets nothing else.
    """
    named = {eid for one in cited for eid in (one.eid, f"att_1__{one.eid}") if one.exact}
    there = [hit for hit in hits if hit.why == "cited"]
    if there and not informative(beside(question, cited)):
        hits = there
    wanted = informative(question)
    asks_number = bool(_ASKS_NUMBER.search(question))
    citations: list[AnswerCitation] = []
    lines: list[str] = []
    enough = settings.extract_share * max((hit.score for hit in hits), default=0.0)
    for hit in hits[: settings.extract_provisions]:
        if hit.score < enough and hit.why != "cited":
            continue
        span = _named_span(hit, named) or best_quote(
            wanted, hit.passage, settings.extract_characters, asks_number=asks_number
        )
        if span is None:
            continue
        citation = cite(len(citations) + 1, hit.passage, *span)
        citations.append(citation)
        address = printed(citation.label, citation.document)
        lines.append(f"- {address[:1].upper()}{address[1:]}: “{citation.quote}” [{citation.n}]")
    return Extract("\n\n".join([EXTRACTED, *lines]), tuple(citations))


def extract_as(
    form: Format, question: str, hits: Sequence[Hit], settings: RetrievalSettings, cited: Sequence[CitedProvision] = ()
) -> Extract:
    """The extract as a brief (the three best quotes, short ones) or as a letter's paragraph; else as it is."""
    if form == "brief":
        short = replace(settings, extract_provisions=BRIEF_POINTS, extract_characters=_SHORT)
        found = extract(question, hits, short, cited)
        return Extract(found.text.removeprefix(EXTRACTED).strip().replace("\n\n", "\n"), found.citations, (VERBATIM,))
    found = extract(question, hits, settings, cited)
    if form == "letter" and found.citations:
        body = "; ".join(_as_said(one) for one in found.citations)
        shown = letter(f"{body[:1].upper()}{body[1:]}.", found.citations)
        return Extract(shown.text, shown.citations, (VERBATIM,))
    return found


def _as_said(one: AnswerCitation) -> str:
    return f"{printed(one.label, one.document)} quy định: “{one.quote.rstrip(' .;,')}” [{one.n}]"


def best_quote(
    wanted: Mapping[str, float], passage: Passage, limit: int, *, asks_number: bool = False
) -> tuple[int, int] | None:
    """Offsets in the passage's text of what to quote: the largest provision of at most `limit` characters around its
    most telling sentence, else that sentence with its neighbours. None for a passage without words."""
    pieces = segments(passage.text)
    if not pieces:
        return None
    scores = [_telling(wanted, passage.text[a:b], asks_number) for a, b in pieces]
    best = max(range(len(pieces)), key=lambda i: (scores[i], -i))
    start, end = pieces[best]
    whole = [(span.start - passage.start, span.end - passage.start) for span in spans_around(passage, start, end)]
    whole.append((0, len(passage.text)))
    fitting = [(max(a, 0), min(b, len(passage.text))) for a, b in whole if b - a <= limit]
    if fitting:
        start, end = max(fitting, key=lambda ab: ab[1] - ab[0])
        return _trimmed(passage.text, start, end)
    # A sentence that opens a list says nothing without it: take what follows, as far as it fits.
    last = best
    while last + 1 < len(pieces) and pieces[last + 1][1] - start <= limit:
        last += 1
    end = pieces[last][1]
    if end - start > limit:
        end = start + limit
        end = start + (passage.text[start:end].rstrip().rfind(" ") if " " in passage.text[start:end] else limit)
    return _trimmed(passage.text, start, end)


def _named_span(hit: Hit, named: Collection[str]) -> tuple[int, int] | None:
    """Where a provision that the question names stands in the passage, if it stands there as a whole."""
    passage = hit.passage
    if hit.why != "cited":
        return None
    if passage.eid in named and passage.parts == 1:
        return 0, len(passage.text)
    for span in passage.spans:
        start, end = span.start - passage.start, span.end - passage.start
        if span.eid in named and span.eid != passage.eid and start >= 0 and end <= len(passage.text):
            return _trimmed(passage.text, start, end)
    return None


def _telling(wanted: Mapping[str, float], text: str, asks_number: bool) -> float:
    share = share_of(wanted, frozenset(lexical_terms(text)))
    return share * _NUMBER_BONUS if asks_number and share and quantities(text) else share


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
