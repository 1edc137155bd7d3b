"""What in a statement can be false by one word: numbers, names, quoted words, bounds. Each check names what
it misses.

All checks are pure and ask one question: does the cited source say so too? An empty list means that nothing speaks
against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from fractions import Fraction
from functools import cached_property

from legal.quantities import Quantity, covered, quantities, read_number
from legal.text import collapse, lexical_terms, nfc, normalise_tone, syllables
from retrieval.addresses import segments, spans_around
from retrieval.orders import without_orders
from retrieval.passage import Passage

_ELLIPSIS = re.compile(r"\s*(?:…|\.\.\.|\[…\]|\(…\))\s*")
_WORD = re.compile(r"[^\W_]+")
#: Words that open an address or a document's name; those are checked in `verify_addresses`.
_NO_NAME = frozenset({"điều", "khoản", "điểm", "chương", "mục", "phụ", "luật", "bộ", "nghị", "thông", "mẫu", "việt"})
_ABBREVIATIONS = {
    "UBND": "ủy ban nhân dân", "HĐND": "hội đồng nhân dân", "TAND": "tòa án nhân dân",
    "VKSND": "viện kiểm sát nhân dân",
    "BHXH": "bảo hiểm xã hội", "BHYT": "bảo hiểm y tế", "GCN": "giấy chứng nhận", "TTHC": "thủ tục hành chính",
    "CMND": "chứng minh nhân dân", "CCCD": "căn cước công dân", "QSDĐ": "quyền sử dụng đất", "GTGT": "giá trị gia tăng",
    "TNCN": "thu nhập cá nhân", "TNDN": "thu nhập doanh nghiệp", "BLDS": "bộ luật dân sự", "BLHS": "bộ luật hình sự",
}  # fmt: skip

_DIGITS = re.compile(r"\d+")
_ENUMERATOR = re.compile(r"(?m)^\s*(?:\d+(?:\.\d+)*[.)]|[a-zđ]\))\s*")
_CODE = re.compile(r"https?://[^\s)\]]+|\bwww\.[^\s)\]]+|\S+@\S+\.\w+|</?[a-zA-Z][^>]*>|!\[|```|\{\s*\"")
_ALL = re.compile(r"(?<!\w)(?:mọi|tất cả|toàn bộ|toàn thể|bất kỳ|bất cứ|bất kì|mỗi|ai cũng|đều)(?!\w)")
_SHORT = re.compile(rf"\b(?:{'|'.join(_ABBREVIATIONS)})\b")

_AT_MOST = re.compile(r"(?:tối đa|không quá|nhiều nhất|chậm nhất|không vượt quá|cao nhất)[^,;.]{0,25}$")
_AT_LEAST = re.compile(r"(?:tối thiểu|ít nhất|không dưới|không ít hơn|thấp nhất|từ đủ|sớm nhất)[^,;.]{0,25}$")
_ABOVE = re.compile(r"(?<!không )(?<!không vượt )(?:vượt quá|quá|trên|hơn)\s+(?:mức\s+)?$")
_BELOW = re.compile(r"(?<!không )dưới\s+$")
_FROM, _TO = re.compile(r"từ\s+$"), re.compile(r"(?:đến|tới)\s+$")
#: A bound in a statement, and those in a source that say it too.
_ALSO = {"max": {"max", "to", "below"}, "min": {"min", "from", "above"}, "above": {"above"}, "below": {"below"}}
_UPWARD = re.compile(r"^\s*(?:\S+\s+){0,2}trở lên")

_BEHIND = re.compile(r"\s+(?:giờ|ngày|tuần|tháng|quý|năm)(?!\w)", re.IGNORECASE)

#: Words of which a source that says the one does not say the other.
_OPPOSITES = (
    ("trước khi", "sau khi"), ("có quyền", "có nghĩa vụ"), ("tăng", "giảm"), ("được phép", "bị cấm"),
    ("bắt buộc", "tự nguyện"), ("hợp pháp", "trái pháp luật"), ("bên mua", "bên bán"), ("bên thuê", "bên cho thuê"),
    ("bên vay", "bên cho vay"), ("cấp tỉnh", "cấp huyện"), ("cấp tỉnh", "cấp xã"), ("cấp huyện", "cấp xã"),
    ("có hiệu lực", "hết hiệu lực"), ("trong nước", "nước ngoài"), ("trực tiếp", "gián tiếp"), ("đồng ý", "từ chối"),
    ("tối đa", "tối thiểu"), ("tối đa", "ít nhất"), ("nhiều nhất", "ít nhất"), ("không quá", "ít nhất"),
    ("không quá", "tối thiểu"), ("nguyên đơn", "bị đơn"), ("nam", "nữ"), ("chậm nhất", "sớm nhất"),
    ("toàn bộ", "một phần"),
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A numbered source of an answer, with what the checks need of it, each computed once.

    `passage`: what may serve as evidence; `printed`: as it is quoted. They differ where the text gives orders.
    """

    n: int
    passage: Passage
    printed: Passage

    @classmethod
    def of(cls, n: int, passage: Passage) -> Source:
        """A source without what in it gives orders."""
        text = without_orders(passage.text)
        return cls(n, passage if text == passage.text else replace(passage, text=text), passage)

    @cached_property
    def words_around(self) -> str:
        """Title, path and heading: what gives the text its subject."""
        card = self.passage.document
        return "\n".join(
            (f"{card.type or ''} {card.title or ''} {card.number or ''}", *self.passage.path, self.passage.context)
        )

    @cached_property
    def terms(self) -> frozenset[str]:
        """Lexical terms of text and headings."""
        return frozenset(lexical_terms(f"{self.words_around}\n{self.passage.text}"))

    @cached_property
    def days(self) -> tuple[Quantity, ...]:
        """The document's own days: issued, in force from and until; and the provision's, where it has others."""
        card, own = self.passage.document, self.passage.applies
        days = dict.fromkeys(
            (card.issued, card.effective_from, card.effective_to, own.effective_from, own.effective_to)
        )
        known = [f"ngày {day:%d/%m/%Y}" for day in days if day]
        return quantities("\n".join(known))

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """All that it counts or dates, the document's own days included."""
        return self.days + quantities(f"{self.words_around}\n{self.passage.text}")

    def intro(self, start: int, end: int) -> str:
        """What stands over `text[start:end]`: the heading, the lead, and the opening lines of the provisions around
        it."""
        lines = (self.passage.heading, self.passage.lead, *self.openings(start, end))
        return "\n".join(line for line in lines if line)

    def openings(self, start: int, end: int) -> list[str]:
        """The lines of the text that open the lists in which `text[start:end]` stands, outermost first."""
        passage = self.passage
        opens = [max(0, span.start - passage.start) for span in spans_around(passage, start, end)]
        lines = ((place, passage.text[place:].split("\n", 1)[0]) for place in sorted({*opens, 0} - {start}))
        return [line for place, line in lines if line.rstrip().endswith(":") and place + len(line) <= start]

    def told(self, start: int, end: int) -> tuple[str, str]:
        """`text[start:end]` behind what stands over it."""
        return self.intro(start, end), self.passage.text[start:end]

    @cached_property
    def pieces(self) -> tuple[tuple[int, int, frozenset[str], frozenset[str]], ...]:
        """Sentences of the text: offsets, own terms, terms of what stands over them."""
        text = self.passage.text
        title = lexical_terms(self.words_around)
        return tuple(
            (a, b, frozenset(lexical_terms(text[a:b])), frozenset((*title, *lexical_terms(self.intro(a, b)))))
            for a, b in segments(text)
        )

    @cached_property
    def running(self) -> tuple[str, ...]:
        """Its words in order, blanks at both ends: of the whole text, and of each sentence behind each line that opens
        its list. Enumerators are left out."""
        text = self.passage.text
        found = {start: " ".join(_plain(_ENUMERATOR.sub("", text[start:end]))) for start, end in segments(text)}
        behind = (
            f" {' '.join(_plain(_ENUMERATOR.sub('', opening)))} {found[start]} "
            for start, end in segments(text)
            for opening in self.openings(start, end)
        )
        return (f" {' '.join(found.values())} ", *behind)

    @cached_property
    def everything(self) -> str:
        """Text, headings, address and days, for what must stand somewhere."""
        card, passage = self.passage.document, self.passage
        days = " ".join(str(day) for day in (card.issued, card.effective_from, card.effective_to) if day)
        return f"{self.words_around}\n{passage.text}\n{passage.label}\n{passage.eid.replace('_', ' ')}\n{days}"

    @cached_property
    def flat(self) -> str:
        """The text with its white space collapsed."""
        return collapse(nfc(self.passage.text))


def unknown_quantities(statement: str, sources: Sequence[Source]) -> list[str]:
    """Numbers, amounts, deadlines and days that no source has."""
    known = [q for source in sources for q in source.quantities]
    return ["số liệu hoặc thời hạn" for q in quantities(statement) if not covered(q, known)]


def unknown_units(statement: str, sources: Sequence[Source]) -> list[str]:
    """A day with a unit behind it that no source has there: "ngày 31 tháng 12 tháng dương lịch" for "... năm ..."."""
    text, known = nfc(statement), frozenset[str]().union(*(source.terms for source in sources))
    dates = (q for q in quantities(text) if q.kind == "date")
    pairs = [
        lexical_terms(text[q.start : q.end + behind.end()])[-2]
        for q in dates
        if (behind := _BEHIND.match(text[q.end :]))
    ]
    return ["số liệu hoặc thời hạn" for pair in pairs if pair not in known]


def repeated(statement: str, have: Sequence[Quantity]) -> list[str]:
    """A number told more often than the quote has it: "nam đủ 60 tuổi, nữ đủ 60 tuổi" for "... nữ đủ 55 tuổi"."""
    said = quantities(statement)
    often = (sum(one.same_as(q) for one in said) > max(1, sum(one.same_as(q) for one in have)) for q in said)
    return ["số liệu không phải của câu được trích"] if any(often) else []


def exchanged_numbers(statement: str, quote: str) -> list[str]:
    """A number that stands where the quote, which agrees around it, has another: "đủ 20 năm làm nghề nặng nhọc" for
    "... 15 năm ..." where 20 years are asked for something else."""
    said, there = _plain(statement), _plain(quote)
    blocks = SequenceMatcher(None, said, there, autojunk=False).get_opcodes()
    for (_, a, b, _, _), (kind, c, d, e, f), (_, g, h, _, _) in zip(blocks, blocks[1:], blocks[2:], strict=False):
        if kind != "replace" or min(b - a, h - g) < 2:
            continue
        mine, theirs = _value(said[c:d]), _value(there[e:f])
        if mine is not None and theirs is not None and mine != theirs:
            return ["số liệu không phải của câu được trích"]
    return []


def _value(words: Sequence[str]) -> Fraction | None:
    return Fraction(words[0]) if len(words) == 1 and words[0].isdecimal() else read_number(" ".join(words))


def unknown_digits(statement: str, sources: Sequence[Source]) -> list[str]:
    """Digits that count nothing and address nothing (a telephone number, an account) and stand in no source."""
    rest = nfc(statement)
    for quantity in reversed(quantities(rest)):
        rest = f"{rest[: quantity.start]} {rest[quantity.end :]}"
    known = {run.lstrip("0") for source in sources for run in _DIGITS.findall(source.everything)}
    return ["chữ số không có trong nguồn" for run in _DIGITS.findall(rest) if run.lstrip("0") not in known]


def strange_code(statement: str, sources: Sequence[Source]) -> list[str]:
    """Links, addresses of the net and markup that no source has: an answer has no use for them."""
    found = _CODE.findall(statement)
    return ["liên kết hoặc mã" for one in found if not any(one in source.passage.text for source in sources)]


def widened(statement: str, quote: str) -> list[str]:
    """ "mọi người", "tất cả" where the quote speaks of some."""
    said, there = collapse(nfc(statement)).lower(), collapse(nfc(quote)).lower()
    return ["phạm vi áp dụng"] if _ALL.search(said) and not _ALL.search(there) else []


def turned_bounds(statement: str, quote: str) -> list[str]:
    """ "tối đa 30 ngày" where the quote says "ít nhất 30 ngày"; "quá 30 ngày" where it says "không quá 30 ngày"."""
    found = [(q, bound) for q, bound in _bounds(statement) if bound in _ALSO]
    known = list(_bounds(quote)) if found else []
    for quantity, bound in found:
        theirs = {b for q, b in known if q.same_as(quantity)}
        if theirs and not theirs & {None, *_ALSO[bound or ""]}:
            return ["mức tối đa/tối thiểu"]
    return []


def _bounds(text: str) -> Iterator[tuple[Quantity, str | None]]:
    lowered = text.lower()
    for quantity in quantities(text):
        before, after = lowered[max(0, quantity.start - 45) : quantity.start], lowered[quantity.end : quantity.end + 30]
        if _AT_MOST.search(before):
            yield quantity, "max"
        elif _AT_LEAST.search(before) or _UPWARD.search(after):
            yield quantity, "min"
        elif _ABOVE.search(before):
            yield quantity, "above"
        elif _BELOW.search(before):
            yield quantity, "below"
        elif _FROM.search(before):
            yield quantity, "from"
        elif _TO.search(before):
            yield quantity, "to"
        else:
            yield quantity, None


def unknown_names(statement: str, sources: Sequence[Source]) -> list[str]:
    """Proper names (agencies, places, people) whose words do not stand together in a source."""
    known = frozenset[str]().union(*(source.terms for source in sources))
    text = spelled_out(statement)
    found = list(_WORD.finditer(text))
    wrong: list[str] = []
    for index, match in enumerate(found):
        word = match.group()
        opens = index == 0 or text[: match.start()].rstrip().endswith((".", ":", "“", '"', "(", ";", "-", "?", "!"))
        if not word[0].isupper() or word.lower() in _NO_NAME or word.isdigit():
            continue
        term = _term(word)
        after = found[index + 1] if index + 1 < len(found) else None
        if opens:
            continue  # a capital by its place; an agency's further capitals are seen below
        if after is not None and text[match.end() : after.start()] == " ":
            if f"{term}_{_term(after.group())}" not in known:
                # The last word of a name is followed by any word: it must then follow its own predecessor.
                before = _term(found[index - 1].group())
                if after.group()[0].isupper() or f"{before}_{term}" not in known:
                    wrong.append("tên cơ quan, tổ chức hoặc tên riêng")
        elif term not in known:
            wrong.append("tên cơ quan, tổ chức hoặc tên riêng")
    return wrong


def spelled_out(text: str) -> str:
    """The text with the administration's common abbreviations written in full (lower case)."""
    return _SHORT.sub(lambda match: _ABBREVIATIONS[match[0]], nfc(text))


def altered_quotes(statement: str, sources: Sequence[Source]) -> list[str]:
    """Words in quotation marks (three or more) that stand in no source so. An ellipsis may leave something out."""
    wrong: list[str] = []
    for quoted in _quoted(nfc(statement)):
        for part in _ELLIPSIS.split(quoted):
            words = collapse(part).strip(" .,;:")
            if len(words.split()) >= 3 and not any(
                words in source.flat or words in collapse(nfc(source.words_around)) for source in sources
            ):
                wrong.append("lời trích trong ngoặc kép")
    return wrong


def quoted_parts(statement: str) -> list[str]:
    """What a statement has in quotation marks, of three words or more."""
    return [part for part in map(collapse, _quoted(nfc(statement))) if len(part.split()) >= 3]


def quoted_in(statement: str, text: str) -> bool:
    """Whether a statement quotes three words or more of a text."""
    flat = collapse(nfc(text))
    return any(part in flat for part in quoted_parts(statement))


def _quoted(text: str) -> list[str]:
    """What stands in quotation marks: the outermost of “...”, and "..." (of an odd number of those, first to last)."""
    found: list[str] = []
    depth, start = 0, 0
    for place, letter in enumerate(text):
        if letter == "“":
            start = place + 1 if depth == 0 else start
            depth += 1
        elif letter == "”" and depth:
            depth -= 1
            if depth == 0:
                found.append(text[start:place])
    marks = [place for place, letter in enumerate(text) if letter == '"']
    if len(marks) % 2 and len(marks) > 1:
        marks = [marks[0], marks[-1]]
    found += [text[a + 1 : b] for a, b in zip(marks[::2], marks[1::2], strict=False)]
    return found


def opposites(statement: str, quote: str) -> list[str]:
    """A word of the statement whose opposite, and not itself, stands in the quote."""
    said, there = f" {collapse(statement).lower()} ", f" {collapse(quote).lower()} "

    def has(text: str, words: str) -> bool:
        return re.search(rf"(?<!\w){words}(?!\w)", text) is not None

    return [
        "từ trái nghĩa với nguồn"
        for pair in _OPPOSITES
        for a, b in (pair, pair[::-1])
        if has(said, a) and not has(said, b) and has(there, b) and not has(there, a)
    ]


def in_order(statement: str, said: Sequence[str]) -> float:
    """The share of a statement's words that stand in these texts in the same order, between 0 and 1."""
    words, runs = _runs(statement, said)
    return sum(runs) / len(words) if words else 0.0


def side_by_side(statement: str, said: Sequence[str]) -> float:
    """The share of a statement's pairs of neighbouring words that are neighbours in these texts too, in the same order,
    between 0 and 1: words picked from afar tell nothing."""
    words, runs = _runs(statement, said)
    return sum(run - 1 for run in runs) / (len(words) - 1) if len(words) > 1 else float(bool(runs))


def _runs(statement: str, said: Sequence[str]) -> tuple[list[str], list[int]]:
    """The words of a statement, and how long each run of them is that stands in these texts, in the same order."""
    words, there = _plain(statement), [word for text in said for word in _plain(_ENUMERATOR.sub("", text))]
    blocks = SequenceMatcher(None, words, there, autojunk=False).get_matching_blocks()
    return words, [block.size for block in blocks if block.size]


def word_for_word(statement: str, source: Source) -> bool:
    """Whether a source has all words of a statement in one run, punctuation aside."""
    words = f" {' '.join(_plain(statement))} "
    return any(words in text for text in source.running)


def _plain(text: str) -> list[str]:
    return [normalise_tone(syllable) for syllable in syllables(spelled_out(text))]


def _term(word: str) -> str:
    return normalise_tone(word.lower())
