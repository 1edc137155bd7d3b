"""Which lines are quoted: the text that an amending law puts into another law is content here, never structure.

A quotation runs from its opening mark to the mark that closes it, nested ones counted. Where the closing mark was
forgotten, the law's own next Khoản or Điều, recognised by its number and by being an amending instruction, ends it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from legal.structure_lines import Line, article, clause, point

_MARKS = re.compile(r"[“”„«»\"]")
_OPENING = '“„«"'
_OPENERS = frozenset(_OPENING)
# Past these a quotation was never closed: lines it runs over, marks open at once.
_LONGEST, _DEEPEST = 4000, 12
_INSTRUCTION = re.compile(
    r"sửa đổi|bổ sung|thay thế|bãi bỏ|h[ủu][ỷy] bỏ|thay (?:các )?(?:cụm )?từ|bỏ (?:các )?(?:cụm )?từ|đổi tên"
    r"|như sau\s*:$",
    re.IGNORECASE,
)
_CLOSING_ARTICLE = re.compile(
    r"hiệu lực|điều khoản (?:thi hành|chuyển tiếp)|quy định chuyển tiếp|tổ chức thực hiện|trách nhiệm tổ chức"
    r"|chính phủ quy định|thi hành",
    re.IGNORECASE,
)


def quoted_lines(lines: Sequence[Line]) -> list[bool]:
    """For each line whether it starts inside a quotation that an earlier line opened."""
    inside = [False] * len(lines)
    if not any(_MARKS.search(line.text) for line in lines):
        return inside
    own = _OwnPlace()
    at = 0
    while at < len(lines):
        text = lines[at].text
        if own.is_orphan(text) and (end := _end_of_orphan(lines, at, own)) is not None:
            inside[at : end + 1] = [True] * (end + 1 - at)
            at = end + 1
            continue
        own.pass_by(text)
        if text[:1] in _OPENERS:
            own.quoted_article = _quoted_number(text) or own.quoted_article
        if _depth(text, 0) > 0:
            end = _end(lines, at, own)
            for other in range(at + 1, end + 1):
                inside[other] = True
                own.quoted_article = _quoted_number(lines[other].text) or own.quoted_article
            at = end
        at += 1
    return inside


class _OwnPlace:
    """Where the document's own numbering stands: the last article, clause and point outside quotations."""

    def __init__(self) -> None:
        self.article = self.clause = self.quoted_article = 0
        self.point = ""

    def is_orphan(self, text: str) -> bool:
        """An article of the other law after a quotation closed too early: `Điều 191b` after `Điều 191a ...”`."""
        found = article(text) if self.quoted_article and text[:1] in "ĐÐ" else None
        if found is None or not self.clause:
            return False
        number = _int(found.number)
        return number > self.article + 1 and number in (self.quoted_article, self.quoted_article + 1)

    def pass_by(self, text: str) -> None:
        if not text:
            return
        if (found := article(text)) is not None:
            self.article, self.clause, self.point = _int(found.number), 0, ""
            self.quoted_article = 0
            if (inline := clause(found.rest) if found.rest else None) is not None:
                self.clause = _int(inline.number)
        elif (found := clause(text)) is not None:
            self.clause, self.point = _int(found.number), ""
        elif (found := point(text)) is not None:
            self.point = found.number

    def goes_on(self, text: str, quoted_article: int) -> bool:
        """Whether this line is this law's own next provision, and not the quoted law's."""
        if not text:
            return False
        if (found := article(text)) is not None:
            if _int(found.number) != self.article + 1:
                return False
            speaks = _INSTRUCTION.search(found.rest) or _CLOSING_ARTICLE.search(found.rest)
            return bool(speaks) or quoted_article + 1 != self.article + 1
        if not _INSTRUCTION.search(text):
            return False
        if (found := clause(text)) is not None:
            return _int(found.number) == self.clause + 1
        if self.point and (found := point(text)) is not None:
            return found.number > self.point or (self.point, found.number) == ("d", "đ")
        return False


def _end(lines: Sequence[Line], start: int, own: _OwnPlace) -> int:
    """The last line of the quotation that line `start` leaves open."""
    depth = _depth(lines[start].text, 0)
    closed: int | None = None
    nested = False
    limit = min(len(lines), start + _LONGEST)
    for at in range(start + 1, limit):
        text = lines[at].text
        if text[:1] in _OPENERS:
            nested = True
        depth = _depth(text, depth)
        if depth == 0:
            closed = at
            break
        if depth > _DEEPEST:
            limit = at
            break
    if closed is not None and not nested:
        return closed
    quoted_article = _quoted_number(lines[start].text)
    for at in range(start + 1, closed if closed is not None else limit):
        text = lines[at].text
        if own.goes_on(text, quoted_article):
            return at - 1
        quoted_article = _quoted_number(text) or quoted_article
    return closed if closed is not None else start


def _end_of_orphan(lines: Sequence[Line], start: int, own: _OwnPlace) -> int | None:
    """Where quoted text without an opening mark ends: at a closing mark, or before this law's own next provision."""
    for at in range(start + 1, min(len(lines), start + _LONGEST)):
        text = lines[at].text
        if own.goes_on(text, own.quoted_article):
            return at - 1
        if any(mark.group() in "”»" for mark in _MARKS.finditer(text)) and _balance(text) < 0:
            return at
    return None


def _balance(text: str) -> int:
    return sum((mark.group() in "“„«") - (mark.group() in "”»") for mark in _MARKS.finditer(text))


def _quoted_number(text: str) -> int:
    found = article(text.lstrip('“„«" '))
    return _int(found.number) if found else 0


def _depth(text: str, depth: int) -> int:
    """Open quotations after the text, when `depth` were open before it."""
    for match in _MARKS.finditer(text):
        mark, at = match.group(), match.start()
        before = text[at - 1] if at else " "
        after = text[at + 1] if at + 1 < len(text) else " "
        leans_right = (before.isspace() or before in '([“"') and not after.isspace() and after not in ".,;:)”"
        if mark in "“„«":
            opens = before.isspace() or before in "([" or not (after.isspace() or after in ".,;:)")
        elif mark in "”»":
            opens = at == 0 and depth == 0 and leans_right  # ”Điều 5 ...: the wrong key, but an opening
        else:
            opens = leans_right
        depth = depth + 1 if opens else max(0, depth - 1)
    return depth


def _int(number: str) -> int:
    digits = re.match(r"\d+", number)
    return int(digits.group()) if digits else 0
