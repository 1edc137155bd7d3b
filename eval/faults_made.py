"""Made-up model outputs: true statements about real provisions, and the same ones spoilt in one place each.

Every statement starts from a sentence of a provision in the index and is told as a model might tell it. The ways of
spoiling use plain patterns of their own, none of the verifier's.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from retrieval.addresses import document_name, segments
from retrieval.passage import Passage

_ENUMERATED = re.compile(r"^\s*(?:\d+(?:\.\d+)*[.)]|[a-zđ]\))\s*")
_UNIT = r"(?:ngày làm việc|ngày|tháng|năm|tuần|giờ|phút|tuổi|đồng|%|phần trăm|lần|km|mét|m2|m²|người|bản|thành viên|triệu|tỷ)"
_NUMERAL = re.compile(rf"(?<![\w/.,-])(?P<n>\d{{1,3}}(?:\.\d{{3}})+|\d+)(?=\s*{_UNIT}(?!\w))")
_DAY = re.compile(r"(?<!\d)(?P<d>\d{1,2})(?P<a>/| tháng )(?P<m>\d{1,2})(?P<b>/| năm )(?P<y>\d{4})")
_NUMBER_WORDS = ("hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười lăm", "hai mươi", "ba mươi")
_IN_WORDS = re.compile(
    rf"(?<!\w)(?P<w>{'|'.join(sorted(_NUMBER_WORDS, key=len, reverse=True))})(?=\s+(?:ngày|tháng|tuần|giờ|tuổi|lần)(?!\w))"
)
_UNITS_ANEW = {"ngày làm việc": "tháng", "ngày": "tháng", "tháng": "năm", "năm": "tháng", "giờ": "ngày", "triệu": "tỷ"}
_DENIAL = re.compile(r"(?<!\w)(?:không được phép|không được|không phải|không có|không bị|không|chưa|nghiêm cấm)\s+")
_NO_DENIAL = re.compile(r"(?<!\w)không (?:quá|dưới|vượt|ít|kể|phân biệt|gian|khí|chỉ|những)")
#: Turns of legal language and what a model makes of them; the meaning stays.
_OTHER_WORDS = (
    ("phải", "có trách nhiệm"), ("có trách nhiệm thực hiện", "phải thực hiện"), ("trong thời hạn", "trong vòng"),
    ("kể từ ngày", "tính từ ngày"), ("thực hiện", "tiến hành"), ("bảo đảm", "đảm bảo"), ("quy định tại", "nêu tại"),
    (", trừ trường hợp pháp luật có quy định khác", ""), ("theo quy định của pháp luật", "theo pháp luật"),
    ("cơ quan nhà nước có thẩm quyền", "cơ quan có thẩm quyền"), ("gây thiệt hại", "làm thiệt hại"),
    ("người bị thiệt hại", "bên bị thiệt hại"), ("được sử dụng", "được dùng"), ("sử dụng", "dùng"),
    ("có quyền yêu cầu", "được yêu cầu"), ("khi có đủ các điều kiện", "nếu có đủ điều kiện"), ("bao gồm", "gồm"),
    ("đối với", "với"), ("hoạt động", "việc"), ("tổ chức thực hiện", "triển khai"), ("thông báo", "báo"),
    ("tiến hành giải quyết", "giải quyết"), ("xem xét, quyết định", "quyết định"), ("hằng năm", "mỗi năm"),
    ("có nghĩa vụ", "có trách nhiệm"), ("thuộc thẩm quyền", "trong thẩm quyền"), ("nhằm", "để"),
)  # fmt: skip
_INNER = re.compile(r"\b(?:này|sau đây|dưới đây)\b")


@dataclass(frozen=True, slots=True)
class Told:
    """A statement without its mark. `fact`: the sentence of `passage` that it tells, as printed."""

    text: str
    fact: str
    passage: Passage


def facts(passage: Passage) -> Iterator[str]:
    """The sentences of a provision that say something whole: a clause, or a point behind the words that open its list."""
    opening = ""
    opened: tuple[bool, str] | None = None  # the first opening line: is it numbered, its words
    for start, end in segments(passage.text):
        line = passage.text[start:end]
        bare = _ENUMERATED.sub("", line).strip()
        if bare.endswith(":"):
            opening = bare.rstrip(":").strip()
            if opened is None and start == 0:
                opened = (bool(_ENUMERATED.match(line)), opening)
            continue
        marked = re.match(r"([a-zđ])\)|(\d+)[.)]", line)
        if marked and marked[2] and opened and not opened[0]:
            opening, point = opened[1], True  # clauses under the words that open the article
        elif marked and marked[1]:
            point = True
        else:
            point = False
            opening = ""
        words = len(bare.split())
        if not 8 <= words <= 60 or not re.match(r"[A-ZĐÀ-Ỹ]", bare) or "“" in bare or '"' in bare:
            continue
        if _INNER.search(bare) or re.search(r"[A-ZĐ]\.\s", bare):
            continue
        body = bare.rstrip(" ;.,")
        yield f"{opening} {body[:1].lower()}{body[1:]}" if point and opening and len(opening.split()) < 25 else body


def told(fact: str, passage: Passage, way: int) -> Told:
    """A fact in one of six ways: as printed, with its place named, its beginning alone, numbers rewritten, in other
    words, quoted."""
    place = address(passage)
    begun = f"{fact[:1].lower()}{fact[1:]}"
    match way % 6:
        case 0:
            text = fact
        case 1:
            text = f"Theo {place}, {begun}"
        case 2:
            head = re.split(r"[,;] (?=(?:trừ|nếu|khi|để|theo|kể|mà|trong đó)\b)", fact)[0]
            text = head if len(head.split()) >= 8 and "trừ" not in fact[len(head) :][:8] else fact
        case 3:
            text = rewritten(fact)
        case 4:
            text = reworded(fact)
        case _:
            text = f"{place[:1].upper()}{place[1:]} quy định: “{_printed(fact, passage)}”"
    return Told(text, fact, passage)


def _printed(fact: str, passage: Passage) -> str:
    """The longest end of the fact that stands in the provision letter by letter."""
    words = fact.split(" ")
    for start in range(len(words)):
        part = " ".join(words[start:])
        if part in passage.text:
            return part
    return fact


def address(passage: Passage) -> str:
    """The provision as an official names it."""
    return f"{passage.label} {document_name(passage.document)}"


def rewritten(fact: str) -> str:
    """The same with small numbers in words for figures, and agencies by their abbreviations."""
    words = dict(zip((2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 30), _NUMBER_WORDS, strict=True))

    def in_words(match: re.Match[str]) -> str:
        value = int(match["n"].replace(".", ""))
        if value >= 1_000_000 and value % 100_000 == 0 and fact[match.end() :].lstrip().startswith("đồng"):
            return f"{value / 1_000_000:g}".replace(".", ",") + " triệu"
        return words.get(value, match["n"])

    text = _NUMERAL.sub(in_words, fact)
    return text.replace("Ủy ban nhân dân", "UBND").replace("Hội đồng nhân dân", "HĐND")


def reworded(fact: str) -> str:
    """The same in other words, as a model puts it: common turns of law replaced, an aside left out."""
    for pattern, other in _OTHER_WORDS:
        fact = re.sub(rf"(?<!\w){pattern}(?!\w)", other, fact, count=1)
    fact = re.sub(r"\s*\([^)]*\)", "", fact)
    return " ".join(f"{fact[:1].upper()}{fact[1:]}".split())


# ---- one thing spoilt; None where the statement has nothing of that kind

Spoil = Callable[[Told, random.Random], "str | None"]


def number_altered(one: Told, rng: random.Random) -> str | None:
    """A number, an amount, a deadline or a share changed, in figures or in words, or its unit."""
    places: list[tuple[int, int, str]] = []
    for match in _NUMERAL.finditer(one.text):
        value = int(match["n"].replace(".", ""))
        other = rng.choice([value + 1, value * 10, value * 2, max(1, value - 1) if value != 1 else 4, value + 5])
        shown = f"{other:,}".replace(",", ".") if "." in match["n"] else str(other).zfill(len(match["n"]))
        places.append((match.start(), match.end(), shown))
        unit = re.match(rf"\s*({_UNIT})", one.text[match.end() :])
        if unit and unit[1] in _UNITS_ANEW:
            places.append((match.end() + unit.start(1), match.end() + unit.end(1), _UNITS_ANEW[unit[1]]))
    for match in _IN_WORDS.finditer(one.text):
        other_word = rng.choice([word for word in _NUMBER_WORDS if word != match["w"]])
        places.append((match.start(), match.end(), other_word))
    return _replaced(one.text, places, rng)


def date_altered(one: Told, rng: random.Random) -> str | None:
    """The day, month or year of a date changed."""
    places: list[tuple[int, int, str]] = []
    for match in _DAY.finditer(one.text):
        part = rng.choice(["d", "m", "y"])
        value = int(match[part])
        other = value + rng.choice([-1, 1, 3]) if part == "y" else (value % (28 if part == "d" else 12)) + 1
        places.append((*match.span(part), str(other).zfill(len(match[part]))))
    return _replaced(one.text, places, rng)


def article_invented(one: Told, rng: random.Random) -> str | None:
    """A place that the document does not have, or a document that nobody issued."""
    begun = f"{one.fact[:1].lower()}{one.fact[1:]}"
    number = int(re.sub(r"\D", "", one.passage.article or "") or 1)
    name = document_name(one.passage.document)
    return rng.choice(
        [
            f"Theo Điều {number + 400} {name}, {begun}",
            f"Theo khoản {rng.randint(31, 60)} Điều {one.passage.article} {name}, {begun}",
            f"Theo điểm {rng.choice('qrstuvxy')} khoản {rng.randint(31, 40)} Điều {one.passage.article}, {begun}",
            f"Theo Điều {one.passage.article} Nghị định số {rng.randint(201, 399)}/2031/NĐ-CP, {begun}",
            f"Theo Điều {one.passage.article} Thông tư số {rng.randint(61, 99)}/2029/TT-BNV, {begun}",
            f"{one.fact} (khoản {rng.randint(31, 60)} Điều {number + 300})",
        ]
    )


def place_altered(one: Told, rng: random.Random) -> str | None:
    """The right text and the right source, with the address of a neighbour."""
    if not (one.passage.article or "").isdigit():
        return None
    begun = f"{one.fact[:1].lower()}{one.fact[1:]}"
    other = int(one.passage.article or 0) + rng.choice([1, 2, 3, 10])
    return f"Theo Điều {other} {document_name(one.passage.document)}, {begun}"


def negation_dropped(one: Told, rng: random.Random) -> str | None:
    """One "không", "chưa", "nghiêm cấm" taken out."""
    places = [
        (
            match.start(),
            match.end(),
            match.group().replace("không", "", 1).lstrip() if "không " in match.group() else "",
        )
        for match in _DENIAL.finditer(one.fact)
        if not _NO_DENIAL.match(one.fact, match.start())
    ]
    return _replaced(one.fact, places, rng)


def negation_added(one: Told, rng: random.Random) -> str | None:
    """A "không" before "được", "phải", "có quyền"."""
    places = [
        (match.start(), match.start(), "không ")
        for match in re.finditer(r"(?<![Kk]hông )(?<!\w)(?:được|phải|có quyền)\s+\w", one.fact)
    ]
    return _replaced(one.fact, places, rng)


def quote_altered(one: Told, rng: random.Random) -> str | None:
    """A word inside the quotation marks changed, left out or put in."""
    printed = _printed(one.fact, one.passage).split(" ")
    if len(printed) < 8:
        return None
    at = rng.randrange(1, len(printed) - 1)
    way = rng.randrange(3)
    others = [word for word in one.passage.text.split() if word.isalpha() and word.lower() != printed[at].lower()]
    if not others:
        return None
    new = [rng.choice(others)] if way == 0 else [] if way == 1 else [printed[at], rng.choice(others)]
    changed = " ".join([*printed[:at], *new, *printed[at + 1 :]])
    if changed in " ".join(one.passage.text.split()):
        return None
    return f"{address(one.passage)[:1].upper()}{address(one.passage)[1:]} quy định: “{changed}”"


def _replaced(text: str, places: Sequence[tuple[int, int, str]], rng: random.Random) -> str | None:
    if not places:
        return None
    start, end, new = rng.choice(places)
    changed = " ".join(f"{text[:start]}{new}{text[end:]}".split())
    return changed if changed != " ".join(text.split()) else None
