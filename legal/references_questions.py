"""Citations as people type them in questions: "khoản 2 điều 5 NĐ 123/2020", "đ5 k2 Luật hộ tịch", "dieu 8 luat gia"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from legal.composed import compose
from legal.names import LawNames, name_words
from legal.number import find_all
from legal.references import Reference
from legal.references_grammar import chains, eids_of, flatten

_NUMBERED = re.compile(
    r"(?<!\w)(?P<type>nghi dinh|nd|thong tu lien tich|ttlt|thong tu|tt|quyet dinh|qd|nghi quyet|nq|chi thi|ct"
    r"|luat|bo luat|phap lenh|pl|thong bao|tb|huong dan|hd|ke hoach|kh|quy trinh)"
    r"\s*(?:so\s*:?\s*)?(?P<serial>\d{1,4}[a-z]?)(?!\w)"
    r"(?:\s?/\s?(?P<year>(?:19|20)\d\d))?(?:\s?/\s?(?P<code>[a-z][a-z-]{1,12}))?"
)
_NAMED = re.compile(
    r"(?<!\w)(?<!phap )(?P<type>bo luat|luat|phap lenh)\s+(?!(?:su|phap|dinh|gia|le)(?!\w))(?=[^\W\d_])"
)
_PRICES = re.compile(r"(?<!\w)(?P<type>luat)\s+(?=gia(?!\w))")
_CONSTITUTION = re.compile(r"(?<!\w)hien phap(?!\w)")
_SHORT = re.compile(r"(?<!\w)b?l[a-z]{2,7}(?!\w)")
_YEAR = re.compile(r"\s*,?\s*(?:nam\s+)?(?P<year>(?:19|20)\d\d)(?![\d/])")
_NAME_ENDS = """
    thi co dieu khoan diem chuong muc nam la ve nhu nao duoc phai cho khong hay hoi trong theo khi neu so nay hien moi
    cu quy thuoc ai gi bao nhieu noi do de bi tu den sau truoc con hoac ap dung
    """.split()  # noqa: SIM905
_WORD = re.compile(r"\s*,?\s*([^\W\d_]+)")
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
    for match in [*_NAMED.finditer(flat), *_PRICES.finditer(flat)]:
        end = _name_end(flat, match, names)
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


def _name_end(flat: str, match: re.Match[str], names: LawNames | None) -> int:
    """Where a law's name ends: at the longest start of it that is known, else before the first word that is no name."""
    words: list[tuple[int, str]] = []
    position = match.end()
    while (word := _WORD.match(flat, position)) and len(words) < 16:
        words.append((word.end(), word[1]))
        position = word.end()
    if names is not None and words:
        known = names.longest_at([name_words(word)[0] for _, word in words])
        if known:
            return words[known - 1][0]
    ends = (place for place, (_, said) in enumerate(words) if said in _NAME_ENDS and not (said == "quy" and place == 0))
    until = next(ends, len(words))
    if until == 0:
        return match.start()
    if names is not None:
        for count in range(min(until, 10), 0, -1):
            best = names.resolve(f"{match['type']} {' '.join(word for _, word in words[:count])}")
            if best and best[0].quality >= 0.7:
                return words[count - 1][0]
    return words[min(until, 10) - 1][0]
