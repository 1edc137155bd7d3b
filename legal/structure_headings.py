"""Texts without articles (procedures, notices, schedules): numbered and capital headings become nested sections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from legal.numerals import POINT_LETTERS, roman_value
from legal.structure_body import BodyReader
from legal.structure_lines import Line, decimal
from legal.structure_tree import Node, Tree

_NUMBERED = re.compile(r"(?!V\s?/\s?v\b)(?P<number>[IVXLC]+|\d{1,2}|[A-Zđa-z])\s?(?P<mark>[./)])(?!\d)\s*(?P<rest>.*)")
# "c Đối tượng thực hiện: Cá nhân": the full stop was forgotten.
_UNMARKED = re.compile(r"(?P<number>[a-zđ]) (?P<rest>[A-ZĐÀ-Ỹ][^:.;]{4,80}:.*)")
_MOTTO = re.compile(r"CỘNG H[OÒ][AÀ] XÃ HỘI|ĐỘC LẬP")
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class _Title:
    """A line that may be a heading: `style` of its number ("I", "A", "1", "a", "" for capitals without one)."""

    style: str
    number: str
    marker: str
    rest: str


class HeadingReader:
    """Reads `lines[start:end]` into sections below the innermost open node of the tree."""

    def __init__(self, tree: Tree, lines: Sequence[Line], items: BodyReader) -> None:
        self.tree = tree
        self.lines = lines
        self.items = items
        self.base = len(tree.stack)
        self.outside = Node("block")  # where lists stand that have no section above them; never part of the tree

    def read(self, start: int, end: int) -> None:
        """Place every line exactly once."""
        self.items.end = end
        for at in range(start, end):
            line = self.lines[at]
            if line.table is not None:
                self.tree.add_table(line)
                continue
            title = _title(line)
            level = self._level(title, line) if title is not None else None
            if title is None or level is None or self._continues_list(at, title, line):
                host = self.tree.nearest("heading", "appendix") or self.outside
                if not self.items.list_item(at, host):
                    self.tree.add_text(line.text)
                continue
            heading, text = _cut(title.rest, line)
            node = self.tree.open("heading", title.number, title.marker, heading, glyph=title.style, level=level)
            if text:
                node.lines.append(text)

    def _continues_list(self, at: int, title: _Title, line: Line) -> bool:
        """Whether it is the next item of the open list of clauses, not set off as a heading or divided (2.1, 2.2)."""
        item = self.tree.nearest("clause")
        if item is None or line.bold or line.capitals or title.style != "1":
            return False
        below = self.lines[at + 1].text if at + 1 < self.items.end else ""
        if below.startswith(f"{title.number}.1"):
            return False
        return item.number.isdigit() and int(title.number) == int(item.number) + 1

    def _level(self, title: _Title, line: Line) -> int | None:
        """The depth the section gets; None when the line is no heading here."""
        opened = [node for node in self.tree.stack[self.base :] if node.kind == "heading"]
        same = next((node for node in opened if node.glyph == title.style), None)
        if title.style == "1.1":
            depth = title.number.count(".")
            above = title.number.rsplit(".", 1)[0]
            parent = next((n for n in opened if n.number == above or n.number.endswith("." + above)), None)
            if parent is not None:
                return parent.level + 1
            return None if not _prominent(line) else depth
        if same is not None and _follows(same, title):
            return same.level
        if title.style == "a" and title.marker == title.number:
            return None
        if not (_prominent(line) or (line.capitals and len(line.text) < _LONGEST)):
            return None
        if title.style in {"", "1"} and line.capitals:
            mate = next((node for node in opened if node.glyph in {"", "1"} and node.heading.isupper()), None)
            if mate is not None:
                return mate.level
        if same is not None:
            return same.level
        if title.style and title.number not in {"1", "I", "A", "a"} and opened and title.style == "a":
            return opened[-1].level + 1 if title.number in POINT_LETTERS else None
        return opened[-1].level + 1 if opened else 0


def first_heading(lines: Sequence[Line], start: int, end: int) -> int:
    """The first line that is plainly a numbered heading, `end` when there is none."""
    for at in range(start, end):
        line = lines[at]
        title = _title(line) if line.table is None else None
        if title is not None and title.style and _prominent(line):
            return at
    return end


def _title(line: Line) -> _Title | None:
    text = line.text
    if (dotted := decimal(text)) is not None and dotted.rest:
        return _Title("1.1", dotted.number, dotted.printed, dotted.rest)
    match = _NUMBERED.fullmatch(text)
    if match is not None and match["rest"] and match["rest"][0] not in ".,…_-":
        number = match["number"]
        value = roman_value(number)
        if number.isdigit():
            style = "1" if match["mark"] != ")" else "1)"
        elif value is not None and (len(number) > 1 or number in "IVX"):
            style = "I"
        elif len(number) == 1:
            style = "A" if number.isupper() else "a"
        else:
            return None
        return _Title(style, number, text[: match.start("rest")].strip(), match["rest"])
    if (label := _UNMARKED.match(text)) is not None:
        return _Title("a", label["number"], label["number"], label["rest"])
    if (
        line.capitals
        and line.bold
        and 3 < len(text) < _LONGEST
        and not text.endswith((",", ";"))
        and not _MOTTO.match(text)
    ):
        return _Title("", "", "", text)
    return None


def _prominent(line: Line) -> bool:
    """Whether it looks like a heading: bold or capitals, short, no sentence."""
    text = line.text
    if len(text) > _LONGEST:
        return False
    return line.bold or line.capitals or (len(text) < 80 and text[-1] not in ".;,")


def _follows(last: Node, title: _Title) -> bool:
    """Whether the number is the next of its list."""
    if not last.number or not title.number:
        return True
    if title.style in {"1", "1)"}:
        return int(title.number) in range(int(last.number) + 1, int(last.number) + 3)
    if title.style == "I":
        return (roman_value(title.number) or 0) - (roman_value(last.number) or 0) in (1, 2)
    order = POINT_LETTERS + "fjwz"
    return 0 < order.find(title.number.lower()) - order.find(last.number.lower()) <= 2


def _cut(rest: str, line: Line) -> tuple[str, str]:
    """Heading and first text: `Thời hạn giải quyết: 05 ngày` is cut after the colon; a sentence is text only."""
    head, colon, tail = rest.partition(":")
    if colon and tail.strip() and len(head) <= 100:
        return f"{head}:", tail.strip()
    if len(rest) > _LONGEST and not line.bold:
        return "", rest
    return rest, ""
