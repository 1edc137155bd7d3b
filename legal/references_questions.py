"""Citations as people type them in questions: "khoản 2 điều 5 NĐ 123/2020", "đ5 k2 Luật hộ tịch", "dieu 8 luat gia"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from legal.composed import compose
from legal.name_ends import name_ends
from legal.names import LawNames, name_words, public_names, title_words
from legal.number import find_all
from legal.references import Reference
from legal.references_grammar import chains, eids_of, flatten

_NUMBERED = re.compile(
    r"(?<!\w)(?P<type>nghi dinh|nd|thong tu lien tich|ttlt|thong tu|tt|quyet dinh|qd|nghi quyet|nq|chi thi|ct"
    r"|luat|bo luat|phap lenh|pl|thong bao|tb|huong dan|hd|ke hoach|kh|quy trinh)"
    r"\s*(?:so\s*:?\s*)?(?P<serial>\d{1,4}[a-z]?)(?!\w)"
    r"(?:\s?/\s?(?P<year>(?:19|20)\d\d))?(?:\s?/\s?(?P<code>[a-z][a-z-]{1,12}))?"
)
_NAMED = re.compile(r"(?<!\w)(?<!phap )(?P<type>bo luat|luat|phap lenh)\s+(?=[^\W\d_])")
#: "luật sư", "pháp luật", "luật định": a name only where a known one begins so.
_NO_NAMES = frozenset({"su", "phap", "dinh", "gia", "le"})
_CONSTITUTION = re.compile(r"(?<!\w)hien phap(?!\w)")
_SHORT = re.compile(r"(?<!\w)b?l[a-z]{2,7}(?!\w)")
_YEAR = re.compile(r"\s*,?\s*(?:nam\s+)?(?P<year>(?:19|20)\d\d)(?![\d/])")
_WORD = re.compile(r"\s*[,–-]?\s*([^\W\d_]+)")
_PAUSE = re.compile(r"[,–-]")
_LONGEST_NAME = 24  # words
_MORE = 8  # words of a name after the last that is known
_BETWEEN = re.compile(r"\s*,?\s*(?:(?:cua|thuoc|tai|trong|o|theo|thi|co|quy dinh|noi gi|cho biet|va)\s*,?\s*)*")
_CODES = {"nghi dinh": "NĐ-CP", "nd": "NĐ-CP"}
_WHOLE_TYPES = {
    "nd": "Nghị định", "nghi dinh": "Nghị định", "tt": "Thông tư", "thong tu": "Thông tư", "qd": "Quyết định",
    "quyet dinh": "Quyết định", "nq": "Nghị quyết", "nghi quyet": "Nghị quyết", "ct": "Chỉ thị", "chi thi": "Chỉ thị",
    "luat": "Luật", "bo luat": "Bộ luật", "pl": "Pháp lệnh", "phap lenh": "Pháp lệnh", "tb": "Thông báo",
    "thong bao": "Thông báo", "hd": "Hướng dẫn", "huong dan": "Hướng dẫn", "kh": "Kế hoạch", "ke hoach": "Kế hoạch",
    "ttlt": "Thông tư liên tịch", "thong tu lien tich": "Thông tư liên tịch", "quy trinh": "Quy trình",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    document: str
    year: int | None = None


def parse_question_references(text: str, names: LawNames | None = None) -> list[Reference]:
    """Every citation in a question, accented or not, in order.

    `names`: known documents: law names end where they end, abbreviations ("BLDS") are known. `Reference.document` is a
    number in normal form, a name for `LawNames.resolve` ("luật hộ tịch", "Nghị định 123"), or "" where none is named.
    """
    composed = compose(text)
    clean = composed.text
    flat = flatten(clean)
    documents = _documents(clean, flat, names)
    used: set[_Mention] = set()
    found: list[Reference] = []
    for chain in chains(clean, flat, loose=True):
        eids = tuple(dict.fromkeys(eid for item in chain.items for eid in eids_of(item)))
        if not eids:
            continue
        mention, joined = _belonging(chain.start, chain.end, flat, documents)
        if mention is None:
            found.append(Reference(chain.start, chain.end, eids, ""))
            continue
        used.add(mention)
        start, end = (
            (min(chain.start, mention.start), max(chain.end, mention.end)) if joined else (chain.start, chain.end)
        )
        found.append(Reference(start, end, eids, mention.document, mention.year))
    found.extend(Reference(m.start, m.end, (), m.document, m.year) for m in documents if m not in used)
    found.sort(key=lambda reference: (reference.start, reference.end))
    return [Reference(*composed.span(r.start, r.end), r.eids, r.document, r.year, r.relative) for r in found]


def _belonging(start: int, end: int, flat: str, documents: Sequence[_Mention]) -> tuple[_Mention | None, bool]:
    """The document of a list of provisions: right after or before it, else the only one, else the last before it.
    The flag tells whether the two stand side by side."""
    for mention in documents:
        if mention.start >= end and _BETWEEN.fullmatch(flat, end, mention.start):
            return mention, True
    for mention in documents:
        if mention.end <= start and _BETWEEN.fullmatch(flat, mention.end, start):
            return mention, True
    if len(documents) == 1:
        return documents[0], False
    before = [mention for mention in documents if mention.end <= start]
    return (before[-1], False) if before else (None, False)


def _documents(text: str, flat: str, names: LawNames | None) -> list[_Mention]:
    mentions: list[_Mention] = []

    def free(start: int, end: int) -> bool:
        return all(end <= mention.start or start >= mention.end for mention in mentions)

    for start, end, number in find_all(text):
        lead = re.search(
            r"(?:(?:luat|bo luat|nghi dinh|nd|thong tu|tt|quyet dinh|qd|nghi quyet|nq)\s+)?(?:so\s*:?\s*)?$",
            flat[:start],
        )
        mentions.append(_Mention(lead.start() if lead else start, end, str(number)))
    for match in _NUMBERED.finditer(flat):
        if not free(*match.span()) or (re.fullmatch(r"(?:19|20)\d\d", match["serial"]) and not match["year"]):
            continue
        if match["type"] in ("ct", "hd", "kh", "tb", "tt", "pl", "luat", "bo luat") and not match["year"]:
            continue
        serial = text[match.start("serial") : match.end("serial")]
        code = _CODES.get(match["type"])
        if match["year"] and code:
            document = f"{serial}/{match['year']}/{code}"
        else:
            document = f"{_WHOLE_TYPES[match['type']]} {serial}" + (f"/{match['year']}" if match["year"] else "")
        mentions.append(_Mention(*match.span(), document, int(match["year"]) if match["year"] else None))
    for match in _NAMED.finditer(flat):
        end = _name_end(text, flat, match, names)
        if end > match.end() - 1 and free(match.start(), end):
            year = _YEAR.match(flat, end)
            mentions.append(_mention(text, match.start(), end, year))
    for match in _CONSTITUTION.finditer(flat):
        mentions.append(_mention(text, match.start(), match.end(), _YEAR.match(flat, match.end())))
    for match in re.finditer(r"(?<!\w)[a-z]{3,9}(?!\w)", flat) if names else _SHORT.finditer(flat):
        printed = text[match.start() : match.end()]
        known = names.is_abbreviation(match[0]) if names else match[0].startswith("bl")
        if known and free(*match.span()) and (printed.isupper() or match[0].startswith(("bl", "lu", "l"))):
            mentions.append(_mention(text, match.start(), match.end(), _YEAR.match(flat, match.end())))
    return sorted(mentions, key=lambda mention: mention.start)


def _mention(text: str, start: int, end: int, year: re.Match[str] | None) -> _Mention:
    name = " ".join(text[start:end].split())
    return _Mention(start, year.end() if year else end, name, int(year["year"]) if year else None)


def _name_end(text: str, flat: str, match: re.Match[str], names: LawNames | None) -> int:
    """Where a law's name ends: at the longest start of it that is known, else before the first word that is no name.

    The name is said as a whole: where more of a name follows what is known, it is the longer one, known or not.
    """
    words: list[tuple[int, str]] = []
    position = match.end()
    while (word := _WORD.match(flat, position)) and len(words) < _LONGEST_NAME:
        words.append((word.end(), text[word.start(1) : word.end(1)]))
        position = word.end()
    said = [name_words(word)[0] for _, word in words]
    public = public_names().longest_at(said)
    if not public and said and said[0] in _NO_NAMES and not (names is not None and names.longest_at(said)):
        return match.start()
    known, own = _known(match["type"], said, names) if names is not None else (0, ())
    if public > known:
        return words[public - 1][0]
    if not known and (not words or (name_ends(words[0][1], bare=text.isascii()) and said[0] != "qui")):
        return match.start()
    ends = [place for place in range(max(known, 1), len(words)) if _ended(text, words, place)]
    otherwise = _otherwise(said, known, own)
    if otherwise and otherwise not in ends:  # "... về hình sự" where a law "... về dân sự" is known
        known = otherwise
    elif known and (known == len(words) or known in ends or said[known] in own):
        return words[known - 1][0]
    until = next((place for place in ends if place >= known), min(len(words), known + _MORE))
    return words[until - 1][0]


def _otherwise(said: Sequence[str], known: int, own: Sequence[str]) -> int:
    """Where a name that begins as a title does, and goes on as it does, parts from it; 0 where it does not."""
    if tuple(said[:known]) != tuple(own[:known]):
        return 0
    same = next((i for i, (a, b) in enumerate(zip(said, own, strict=False)) if a != b), 0)
    return same if same > known and said[same - 1] != "va" else 0


def _ended(text: str, words: Sequence[tuple[int, str]], place: int) -> bool:
    """Whether a name may have ended before the word at this place."""
    if _PAUSE.search(text, words[place - 1][0], words[place][0]):
        return True
    after = words[place + 1][1] if place + 1 < len(words) else ""
    return name_ends(words[place][1], after, bare=text.isascii())


def _known(type_: str, said: Sequence[str], names: LawNames) -> tuple[int, tuple[str, ...]]:
    """How many of these words are a known title, else fit one loosely (a beginning of it, slips of the keys in it), and
    the words of that title."""
    if whole := names.longest_at(said):
        return whole, ()
    for count in range(min(len(said), 16), 0, -1):
        best = names.resolve(f"{type_} {' '.join(said[:count])}")
        if best and best[0].quality >= 0.7:
            return count, title_words(best[0].entry.title or "")
    return 0, ()
