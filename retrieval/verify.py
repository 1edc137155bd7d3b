"""Verification of a generated answer, without a second model: every statement against the sources that it cites.

A statement is supported when its sources have its numbers, days, addresses and names, do not deny it, and share most
of its telling words; it then carries the shortest exact quotes that say so. What is not supported is left out, or
marked when the caller wants to see it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from legal.number import find_all
from legal.quantities import covered, quantities
from legal.text import fold, lexical_terms, nfc
from retrieval.addresses import cite
from retrieval.answer import REFUSAL, AnswerCitation, Hit, Statement, Verdict
from retrieval.settings import RetrievalSettings
from retrieval.statements import Piece
from retrieval.terms import informative, share_of
from retrieval.verify_addresses import ONE, misplaced, places_of, unknown_addresses
from retrieval.verify_facts import (
    Source,
    altered_quotes,
    exchanged_numbers,
    in_order,
    opposites,
    quoted_in,
    quoted_parts,
    repeated,
    side_by_side,
    spelled_out,
    strange_code,
    turned_bounds,
    unknown_digits,
    unknown_names,
    unknown_quantities,
    unknown_units,
    widened,
    word_for_word,
)
from retrieval.verify_negation import turned_negation

UNSUPPORTED_MARK = "[chưa có căn cứ]"
PARTLY = "Một số nội dung chỉ được nguồn xác nhận một phần; hãy đối chiếu với trích dẫn."
LEFT_OUT = "Đã bỏ {n} câu của mô hình vì không có căn cứ trong nguồn được dẫn."

_PLACES = re.compile(
    r"\b(?:theo|tại|căn cứ)?\s*(?:(?:quy định\s+)?(?:tại\s+)?(?:các\s+)?"
    rf"(?:điểm|khoản|điều|chương|mục)\s+{ONE}[\s,]*(?:của\s+)?)+",
    re.IGNORECASE,
)
_LAW_NAMED = re.compile(
    r"^\s+,?\s*(?:Bộ luật|Luật|Pháp lệnh|Nghị định|Thông tư|Nghị quyết|Quyết định)\s"
    r"(?:[^.;]{2,160}?\bsố\s*,|[^,]{2,120}?,)"
)
_ABSENCE = re.compile(
    r"(?:các nguồn|nguồn|tài liệu|văn bản|kho văn bản)[^.]{0,40}(?:không|chưa)\s+(?:có\s+)?"
    r"(?:quy định|nêu|đề cập|tìm thấy|có)",
    re.IGNORECASE,
)
_ABSENCE_WORDS = 30
_TURN = re.compile(r"nhưng|tuy nhiên|song|theo|căn cứ|do đó|vì vậy|nên|[;:]", re.IGNORECASE)
_COPIED = 8  # words in one run that nobody writes by chance
_RIVALS = 3  # other sources that the embedder is asked about
_WINDOW = 8  # sentences
_WORTH = 0.04  # share that a further sentence must add


@dataclass(frozen=True, slots=True)
class Doubt:
    """A statement of which the source has too few words though nothing speaks against it: what its source says, and
    what the other sources say that come nearest. Whether it is said in other words is for the embedder to tell."""

    own: str
    others: tuple[str, ...]
    citations: tuple[AnswerCitation, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A piece of the text with what verification found. `faults`: kinds of what is wrong, Vietnamese, without
    content. `doubt`: what the words alone do not settle (`settled`)."""

    piece: Piece
    statement: Statement | None
    citations: tuple[AnswerCitation, ...] = ()
    faults: tuple[str, ...] = ()
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What is left of a generated text. `kept`: share of its statements that stay; a refusal has an empty text."""

    text: str
    statements: tuple[Statement, ...]
    citations: tuple[AnswerCitation, ...]
    warnings: tuple[str, ...]
    kept: float


@dataclass(frozen=True, slots=True)
class _Weight:
    """What sources say of a statement: the share of its telling words, what speaks against it, the quotes, and these
    with the lines that stand over them."""

    support: float
    faults: tuple[str, ...]
    citations: tuple[AnswerCitation, ...] = ()
    told: tuple[str, ...] = ()


class Checker:
    """Checks the pieces of one answer, in order, against its numbered sources (from 1)."""

    def __init__(self, sources: Sequence[Hit], settings: RetrievalSettings) -> None:
        self._sources = {n: Source.of(n, hit.passage) for n, hit in enumerate(sources, start=1)}
        self._settings = settings
        self._lead = ""

    def check(self, piece: Piece) -> Checked:
        """One piece: a blank passes, a lead unless it names what no source has, a lone yes or no never."""
        if piece.kind == "blank":
            return Checked(piece, None)
        if piece.kind == "bare":
            return Checked(piece, None, faults=("không dẫn nguồn",))
        if piece.kind == "lead":
            self._lead = piece.text
            faults = self._foreign(piece.text, list(self._sources.values()))
            return Checked(piece, None, faults=tuple(faults))
        if not _BULLETED.match(piece.raw):
            lead, self._lead = "", ""
        else:
            lead = self._lead
        cited = [self._sources[n] for n in piece.numbers if n in self._sources]
        if not piece.numbers:
            return self._uncited(piece, lead)
        if not cited:
            return _verdict(piece, "unsupported", (), ("nguồn không tồn tại",))
        return self._cited(piece, cited, lead, unknown=len(cited) < len(piece.numbers))

    def _cited(self, piece: Piece, cited: list[Source], lead: str, *, unknown: bool) -> Checked:
        weight = self._weigh(piece.text, cited, lead)
        support, faults, citations = weight.support, weight.faults, weight.citations
        if faults:
            return _verdict(piece, "unsupported", (), faults)
        if support < self._settings.doubted_support or not citations:
            return _verdict(piece, "unsupported", (), ("nội dung",))
        elsewhere = self._said_elsewhere(piece.text, cited, weight.told, support)
        if support < self._settings.min_support:
            weak = _verdict(piece, "unsupported", (), ("nội dung",))
            return weak if elsewhere else replace(weak, doubt=self._doubt(piece.text, weight, cited))
        if elsewhere:
            return _verdict(piece, "unsupported", (), ("nguồn khác mới nói điều này",))
        partly = unknown or support < self._settings.partial_support or len({c.n for c in citations}) < len(cited)
        return _verdict(piece, "partly" if partly else "supported", citations, ())

    def _doubt(self, text: str, weight: _Weight, cited: Sequence[Source]) -> Doubt:
        others: list[tuple[float, str]] = []
        for source in self._sources.values():
            if source not in cited and (window := shortest_support(text, source)) is not None:
                others.append((window[2], "\n".join(source.told(*window[:2])).strip()))
        nearest = sorted(others, reverse=True)[:_RIVALS]
        return Doubt("\n".join(weight.told).strip(), tuple(said for _, said in nearest), weight.citations)

    def settled(self, one: Checked, nearness: Sequence[float]) -> Checked:
        """A doubted piece, with how near its statement is in meaning to what its source says, then to the others: it
        counts as partly supported when it is near, and nearer to its source than to any other."""
        if one.doubt is None or nearness[0] < max(self._settings.min_nearness, *nearness[1:], 0.0):
            return replace(one, doubt=None)
        return _verdict(one.piece, "partly", one.doubt.citations, ())

    def _said_elsewhere(self, text: str, cited: Sequence[Source], told: Sequence[str], support: float) -> bool:
        """Whether a source that the statement does not cite says it clearly better than those that it does: word for
        word, or more of its telling words and more of all its words side by side."""
        lead, bare = self._settings.rival_lead, _bare(text)
        if any(quoted_in(text, one) for one in told):
            return False

        def copied(source: Source) -> bool:
            return word_for_word(text, source) or word_for_word(bare, source)

        if any(map(copied, cited)):
            return False
        others = [source for source in self._sources.values() if source not in cited]
        if len(bare.split()) >= _COPIED and any(map(copied, others)):
            return True
        own = (support + side_by_side(bare, told)) / 2
        if own + lead > 1.0:
            return False
        wanted = _wanted(text)
        for source in others:
            if share_of(wanted, source.terms) < own:
                continue
            window = shortest_support(text, source)
            if window is None or (window[2] + 1.0) / 2 < own + lead:
                continue
            if (window[2] + side_by_side(bare, source.told(*window[:2]))) / 2 >= own + lead:
                return True
        return False

    def _uncited(self, piece: Piece, lead: str) -> Checked:
        """A statement without `[n]` stays only if one source plainly says it; that source is then cited."""
        if _ABSENCE.search(piece.text) and not self._adds(piece.text):
            return _verdict(piece, "partly", (), ())
        for source in self._sources.values():
            weight = self._weigh(piece.text, [source], lead)
            if not weight.faults and weight.support >= self._settings.partial_support:
                return _verdict(piece, "supported", weight.citations, ())
        return _verdict(piece, "unsupported", (), ("không dẫn nguồn",))

    def _adds(self, text: str) -> bool:
        """Whether a sentence on what the sources leave open says anything else besides."""
        return bool(
            len(text.split()) > _ABSENCE_WORDS
            or _TURN.search(text)
            or quantities(text)
            or self._foreign(text, list(self._sources.values()))
        )

    def _weigh(self, text: str, cited: list[Source], lead: str) -> _Weight:
        """Share of the telling words that the sources have, what speaks against it, and the quotes that support it."""
        wanted = _wanted(text)
        if not wanted:  # "Không.": nothing that a source could confirm
            return _Weight(0.0, ("nội dung",))
        faults = self._foreign(text, cited)
        pooled = frozenset[str]().union(*(source.terms for source in cited))
        if faults or share_of(wanted, pooled) < self._settings.doubted_support:
            return _Weight(0.0, tuple(faults))
        quotes = [(source, window) for source in cited if (window := shortest_support(text, source)) is not None]
        best = max((share for _, (_, _, share) in quotes), default=0.0)
        # A source that adds next to nothing is not what the statement rests on.
        quotes = [(source, window) for source, window in quotes if window[2] >= 0.5 * best]
        if not quotes:
            return _Weight(0.0, ("nội dung",))
        together = "\n".join(source.passage.text[a:b] for source, (a, b, _) in quotes)
        intro = "\n".join(source.intro(a, b) for source, (a, b, _) in quotes)
        around = "\n".join(source.words_around for source, _ in quotes)
        support = share_of(wanted, frozenset(lexical_terms(f"{around}\n{intro}\n{together}")))
        have = quantities(f"{around}\n{intro}\n{together}") + tuple(d for s, _ in quotes for d in s.days)
        faults = [
            *turned_negation(lead, _PLACES.sub(" ", text), together, intro),
            *turned_bounds(text, together),
            *widened(text, f"{intro}\n{together}"),
            *opposites(text, f"{intro}\n{together}"),
            *misplaced(text, [places_of(source.passage, a, b) for source, (a, b, _) in quotes]),
            *("số liệu không phải của câu được trích" for q in quantities(text) if not covered(q, have)),
            *repeated(text, have),
            *exchanged_numbers(text, together),
        ]
        return _Weight(
            support,
            tuple(faults),
            tuple(cite(source.n, source.printed, a, b) for source, (a, b, _) in quotes),
            tuple(line for source, (a, b, _) in quotes for line in source.told(a, b)),
        )

    def _foreign(self, text: str, cited: list[Source]) -> list[str]:
        """What the text names and the sources do not have."""
        return [
            *unknown_quantities(text, cited),
            *unknown_units(text, cited),
            *unknown_digits(text, cited),
            *strange_code(text, cited),
            *unknown_addresses(text, [source.passage for source in cited]),
            *altered_quotes(text, cited),
            *unknown_names(text, cited),
        ]


_BULLETED = re.compile(r"^\s*(?:[-*•+–]|\d{1,2}[.)]|[a-zđ]\))\s+")


def _verdict(piece: Piece, verdict: Verdict, citations: tuple[AnswerCitation, ...], faults: tuple[str, ...]) -> Checked:
    numbers = tuple(dict.fromkeys(citation.n for citation in citations))
    return Checked(piece, Statement(piece.text, verdict, numbers), citations, faults)


def _bare(text: str) -> str:
    """A statement without the addresses and documents that it names: what is left is said of the matter."""
    plain = nfc(text).strip()
    for start, end, _ in reversed(find_all(plain)):
        plain = f"{plain[:start]} {plain[end:]}"
    return _LAW_NAMED.sub(" ", _PLACES.sub(" ", plain))


@lru_cache(maxsize=64)  # one statement is weighed against many sources
def _wanted(text: str) -> Mapping[str, float]:
    """The telling words of a statement. Addresses, numbers and days are left out: those are compared as what they
    mean."""
    plain = nfc(text)
    for quantity in reversed(quantities(plain)):
        plain = f"{plain[: quantity.start]} ; {plain[quantity.end :]}"
    for start, end, _ in reversed(find_all(plain)):
        plain = f"{plain[:start]} ; {plain[end:]}"
    return MappingProxyType(informative(_PLACES.sub(" ; ", spelled_out(plain))) or informative(text))


def shortest_support(text: str, source: Source) -> tuple[int, int, float] | None:
    """The sentences of a source that say most of a statement, a longer run only where each further sentence adds
    enough.

    Words that stand over the sentences anyway (title, heading, opening of the list) count as said. Offsets in the
    passage's text, and the share of the statement's words. None when no sentence adds to what stands over it.
    """
    wanted, pieces = _wanted(text), source.pieces
    quotes = quoted_parts(text)
    found: list[tuple[float, int, int, int, float, int]] = []
    for first, (start, _, _, above) in enumerate(pieces):
        terms = set(above)
        base = share_of(wanted, terms)
        for more, (_, end, here, _) in enumerate(pieces[first : first + _WINDOW]):
            terms |= here
            share = share_of(wanted, terms)
            if share > base or base == 1.0:
                found.append((share - _WORTH * more, start - end, start, end, share, more))
    if quotes:  # what is quoted stands where it stands
        said = [one for one in found if quoted_in(text, source.passage.text[one[2] : one[3]])]
        found = said or found
    if not found:
        return None
    best = max(found)
    near = [one for one in found if one[0] >= best[0] - _WORTH and one[5] <= best[5]]
    if len(near) > 1:  # "vật chia được" and "vật không chia được" differ by words that tell nothing: their order does
        bare = _bare(text)
        best = max(near, key=lambda one: (one[0] + in_order(bare, source.told(one[2], one[3])), *one))
    return best[2], best[3], best[4]


def assemble(checked: Sequence[Checked], settings: RetrievalSettings, *, strict: bool) -> Verified:
    """The answer that may be given: supported statements with their `[n]`, the others left out (strict) or marked."""
    parts: list[str] = []
    kept: list[Checked] = []
    states = [one for one in checked if one.statement is not None]
    for position, one in enumerate(checked):
        said = "\n" if one.piece.raw.endswith("\n") else ""  # what is left out still ends its line
        if one.statement is None:
            if one.piece.kind == "blank" or (not one.faults and _leads_on(checked, position, strict)):
                said = _unmarked(one.piece.raw)
        elif one.statement.verdict != "unsupported":
            kept.append(one)
            said = _marked(one.piece.raw, one.statement.citations)
        elif not strict:
            said = _marked(one.piece.raw, (), UNSUPPORTED_MARK)
        if said == "\n" and "".join(parts[-1:]).endswith("\n"):
            continue  # but leaves no empty one
        if said:
            parts.append(said)
    dropped = len(states) - len(kept)
    citations: dict[tuple[int, str, int, int], AnswerCitation] = {}
    for one in kept:
        for citation in one.citations:
            citations.setdefault((citation.n, citation.eid, citation.start, citation.end), citation)
    warnings: list[str] = []
    if dropped and strict:
        warnings.append(LEFT_OUT.format(n=dropped))
    if any(one.statement is not None and one.statement.verdict == "partly" for one in kept):
        warnings.append(PARTLY)
    share = len(kept) / len(states) if states else 0.0
    enough = bool(citations) and share >= settings.min_kept
    return Verified(
        text=re.sub(r"\n{3,}", "\n\n", "".join(parts)).strip() if enough else "",
        statements=tuple(one.statement for one in states if one.statement is not None),
        citations=tuple(sorted(citations.values(), key=lambda c: c.n)) if enough else (),
        warnings=tuple(warnings),
        kept=share if enough else 0.0,
    )


def is_refusal(text: str) -> bool:
    """Whether the model itself says that it found nothing."""
    return fold(REFUSAL).rstrip(".") in fold(text)


def _leads_on(checked: Sequence[Checked], position: int, strict: bool) -> bool:
    """A lead stays when the next statement does."""
    after = next((one.statement for one in checked[position + 1 :] if one.statement is not None), None)
    return after is not None and (after.verdict != "unsupported" or not strict)


def _unmarked(raw: str) -> str:
    return re.sub(r"\s*\[\d[\d\s,;–-]*\]", "", raw)


def _marked(raw: str, numbers: Sequence[int], note: str = "") -> str:
    """The piece as written, with exactly these marks at its end, before its last full stop."""
    bare = _unmarked(raw)
    body, tail = bare.rstrip(), bare[len(bare.rstrip()) :]
    marks = "".join(f"[{n}]" for n in numbers)
    added = " ".join(part for part in (marks, note) if part)
    if not added:
        return bare
    match = re.search(r"[.;!?…]+$", body)
    if match:
        return f"{body[: match.start()].rstrip()} {added}{match.group()}{tail}"
    return f"{body} {added}{tail}"
