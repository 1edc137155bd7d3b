"""Provisions that apply from or to days of their own, as the closing articles of their document say.

"2. Điều 190 và Điều 248 của Luật này có hiệu lực thi hành từ ngày 01 tháng 4 năm 2024."; "..., trừ quy định tại khoản 2
Điều 2 thì có hiệu lực từ ngày ..."; "Các quy định sau đây có hiệu lực từ ngày ...: a) Khoản 1 Điều 5; ...".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from legal.document import Evidence, PartValidity, Provision
from legal.metadata_validity import closing_units, first_day, is_quoted, last_day
from legal.references import find_references, locate
from legal.references_documents import THIS
from legal.text import collapse, fold

_BEGINS = re.compile(
    r"(?:được |sẽ |bắt đầu |chỉ )?(?:có hiệu lực(?: thi hành| áp dụng)?|(?:được )?áp dụng|(?:được )?(?:thi hành|thực hiện))"
    r",?\s+(?=(?:kể )?(?:từ|sau)\b|đến (?:hết )?ngày)",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"(?:hết hiệu lực(?: thi hành)?|chấm dứt hiệu lực|ngừng (?:áp dụng|có hiệu lực)),?\s+(?=(?:kể )?(?:từ|sau)\b)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.;])\s+(?=[A-ZĐÀ-Ỹ])|\n")
#: The sentence is about provisions: it opens with them, or with what is laid down in them.
_SUBJECT = re.compile(
    r"^(?:\d+[a-z]?[.)]\s*|[a-zđ]\)\s*|-\s*)?(?:Riêng |Đối với )?(?:Các |Những )?(?:Quy định|Nội dung|Việc |Điều kiện|Yêu cầu"
    r"|Điều|Khoản|Điểm|Chương|Mục|Phần|Phụ lục|Trường hợp)",
    re.IGNORECASE,
)
_EXCEPT = re.compile(r"\b(?:trừ|ngoại trừ|riêng)\b", re.IGNORECASE)
_SPLIT = re.compile(r",?\s*\b(?:trừ|ngoại trừ)\b|;|\.(?=\s|$)", re.IGNORECASE)
_OTHER_DOCUMENT = re.compile(r"\btiếp tục (?:có hiệu lực|được áp dụng|áp dụng|thực hiện)\b", re.IGNORECASE)


def read_parts(provisions: Sequence[Provision], issued: date | None, title: str | None) -> tuple[PartValidity, ...]:
    """The provisions with days of their own, outer before inner; none where only the whole document is spoken of.

    `title`: the document's, for a text that calls itself by name. A sentence that names no provision of this document,
    or no day and no event, tells nothing.
    """
    known = {node.eid: node for root in provisions for node in root.walk()}
    found: dict[str, PartValidity] = {}
    for node, text, closing in closing_units(provisions):
        if not closing:
            continue
        position = 0
        for sentence in _SENTENCE.split(text):
            at = text.find(sentence, position)
            position = max(position, at)
            if is_quoted(text, at):
                continue
            for part in _parts(sentence, node, known, issued, title):
                found.setdefault(part.eid, part)
    return tuple(sorted(found.values(), key=lambda part: part.eid.count("__")))


def _parts(
    sentence: str, node: Provision, known: Mapping[str, Provision], issued: date | None, title: str | None
) -> Iterator[PartValidity]:
    evidence = Evidence(collapse(sentence), node.eid)
    for subject, when, ends in _statements(sentence):
        since = None if ends else first_day(when, issued)
        if ends:
            last = first_day(when, issued)
        else:
            until = last_day(when)
            last = until + timedelta(days=1) if until is not None else None
        eids = list(_named(subject, node.eid, known, title))
        if sentence.rstrip().endswith(":"):
            for child in node.children:
                eids += _named(child.full_text, child.eid, known, title)
        for eid in dict.fromkeys(eids):
            yield PartValidity(eid, since, last, evidence)


def _statements(sentence: str) -> Iterator[tuple[str, str, bool]]:
    """(what it is said of, the words of the day, whether it is an end)."""
    exception = _EXCEPT.search(sentence)
    for pattern, ends in ((_BEGINS, False), (_ENDS, True)):
        for match in pattern.finditer(sentence):
            inside = exception is not None and exception.end() <= match.start()
            subject = sentence[exception.end() : match.start()] if exception and inside else sentence[: match.start()]
            if not inside and not _SUBJECT.match(sentence):
                continue
            if _OTHER_DOCUMENT.search(sentence[: match.end()]):
                continue
            if not ends and re.search(r"\bhết\s*$|\bchưa\s*$|\bđã\s*$", sentence[: match.start()], re.IGNORECASE):
                continue
            when = sentence[match.end() :]
            cut = _SPLIT.search(when)
            yield subject, when[: cut.start()] if cut else when, ends
            break


def _named(text: str, eid: str, known: Mapping[str, Provision], title: str | None) -> Iterator[str]:
    """The provisions of this document that the words name."""
    own = fold(title or "")
    for reference in find_references(text, eid):
        itself = reference.document == THIS or (reference.document and fold(reference.document) in own)
        if not itself:
            continue
        for named in reference.eids:
            here = locate(named, known)
            if here is not None:
                yield here
