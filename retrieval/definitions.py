"""Questions that ask what a term means, and the clause of "Giải thích từ ngữ" that says it: "1. Bến đò ngang là ...".

The rule is careful by its form: only a clause of a definitions article that begins with the very term asked for counts,
so that "điều kiện kết hôn là gì" lifts nothing where no such term is defined.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from legal.text import collapse, fold, nfc, normalise_tone, syllables
from retrieval.index import Scored
from retrieval.passage import Passage

#: What a question for a meaning may be searched with beside its own words.
HEADING = "giải thích từ ngữ"

_DEFINING = re.compile(r"giai thich (?:cac )?(?:tu ngu|thuat ngu|khai niem|cum tu)|\bdinh nghia\b")
_MARKER = re.compile(r"\s*(?:\d{1,3}[a-zđ]?[.)]|[a-zđ]\d?[.)]|[-–+•*])?\s*[\"“”'‘«]?\s*", re.IGNORECASE)
_SAYS = re.compile(
    r"[\"“”'’»]?\s*(?:\([^)]{1,200}\)\s*)?(?:,?\s*sau đây [^,;]{1,100}?,?\s*)?"
    r"(?:là|gồm|bao gồm|được hiểu|có nghĩa|nghĩa là|:)(?!\w)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"^(?:(?:xin |cho )?(?:cho )?(?:tôi |em |mình )?(?:hỏi|biết)[,:]?\s+|vậy\s+|theo [^,?]{1,120},\s*)+", re.IGNORECASE
)
_ASKED_LAST = re.compile(
    r"^(?P<term>.+?)\s+(?:có\s+)?(?:(?:nghĩa )?là (?:cái )?(?:gì|ai|như thế nào|thế nào)|nghĩa là sao"
    r"|được (?:hiểu|định nghĩa|giải thích|quan niệm)\b.*|có nghĩa (?:gì|như thế nào|thế nào))"
    r"(?:\s+(?:theo|trong)\b.*)?\s*[?.!]*$",
    re.IGNORECASE,
)
_ASKED_FIRST = re.compile(
    r"^(?:(?:như )?thế nào (?:là|được (?:coi|gọi|hiểu) là)|(?:nêu |tìm )?(?:khái niệm|định nghĩa)(?: (?:về|của))?"
    r"|hiểu (?:như )?thế nào (?:là|về)|giải thích (?:từ ngữ|thuật ngữ|cụm từ|khái niệm))\s+(?P<term>.+?)"
    r"(?:\s+(?:theo|trong|được|quy định|là gì)\b.*)?\s*[?.!]*$",
    re.IGNORECASE,
)
_CALLED = re.compile(r"^(?:cụm từ|thuật ngữ|từ ngữ|từ|khái niệm|định nghĩa)\s+", re.IGNORECASE)
_QUOTES = "\"“”'‘’«» "
_WORD = re.compile(r"[\s\-–/,]*([^\W_]+)")
_LONGEST = 12  # syllables of a term


def asked_term(question: str) -> str | None:
    """The term whose meaning a question asks for: "bến đò ngang" of "Bến đò ngang là gì?"; None where it asks
    something else. `question`: with diacritics, as read."""
    text = _BEFORE.sub("", collapse(nfc(question)))
    match = _ASKED_FIRST.match(text) or _ASKED_LAST.match(text)
    if match is None:
        return None
    term = _CALLED.sub("", match["term"].strip(_QUOTES + ",:")).strip(_QUOTES)
    return term if 1 <= len(syllables(term)) <= _LONGEST else None


def search_terms(question: str) -> tuple[str, ...]:
    """What to search for beside a question's own words, with little weight: the usual heading of definitions where a
    meaning is asked for, else nothing."""
    return (HEADING,) if asked_term(question) is not None else ()


def defining_place(passage: Passage, term: str) -> tuple[int, int] | None:
    """Where a passage of a definitions article says what the term is: offsets of that line in its text; else None."""
    if not _DEFINING.search(fold(" ".join((passage.heading, *passage.path[-1:], passage.lead)))):
        return None
    wanted = _toned(term)
    start = 0
    for line in passage.text.split("\n"):
        opening = _MARKER.match(line)
        at = opening.end() if opening else 0
        end = _after(line, at, wanted)
        if end is not None and _SAYS.match(line, end):
            return start, start + len(line)
        start += len(line) + 1
    return None


def lift_definitions(scored: Iterable[Scored], question: str, *, bonus: float = 0.5) -> Iterable[Scored]:
    """Fused passages, best first, with those lifted that define the term asked for.

    `scored`: scores between 0 and 1, as `fuse` gives them. `bonus`: what such a passage gains before all are scaled
    back to 0..1; the others keep their order. Without such a question or passage nothing changes.
    """
    term = asked_term(question)
    if term is None:
        return scored
    scored = list(scored)
    lifted = {one.passage.id for one in scored if defining_place(one.passage, term) is not None}
    if not lifted:
        return scored
    raised = [
        Scored(one.passage, (one.score + (bonus if one.passage.id in lifted else 0.0)) / (1.0 + bonus))
        for one in scored
    ]
    return sorted(raised, key=lambda one: (-one.score, one.passage.id))


def _toned(text: str) -> list[str]:
    return [normalise_tone(syllable) for syllable in syllables(text)]


def _after(line: str, at: int, wanted: Sequence[str]) -> int | None:
    """Where the wanted syllables end if they stand in the line at that place."""
    for word in wanted:
        match = _WORD.match(line, at)
        if match is None or _toned(match[1]) != [word]:
            return None
        at = match.end()
    return at
