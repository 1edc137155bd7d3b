"""The state machine over the lines of a text with articles: divisions, articles, clauses, points, tiết, text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from legal.document import Kind
from legal.numerals import POINT_LETTERS
from legal.structure_articles import Candidate
from legal.structure_endings import is_adoption
from legal.structure_lines import Line, Marker, clause, decimal, division, point, subpoint
from legal.structure_tree import Node, Tree

_END_OF_SENTENCE = re.compile(r"[.;:,!?…”\"]$")
_SENTENCE = re.compile(
    r"\bnày\b.*\b(?:có|được|thay thế|quy định|do)\b|\bcó hiệu lực\b|\bquy định chi tiết\b.*\bnày\b"
    r"|\bchịu trách nhiệm\b",
    re.IGNORECASE,
)
_LOOK_AHEAD = 60
_LONGEST_HEADING = 400
_BARE_NUMBER = re.compile(r"(\d{1,3}) (?=[^\W\d_])")
_NEXT_LETTER = dict(pairwise(POINT_LETTERS))
_ALPHABET = "abcdđefghijklmnopqrstuvwxyz"


class BodyReader:
    """Reads `lines[start:end]` into a tree. `articles`: the lines that open an article."""

    def __init__(
        self, tree: Tree, lines: Sequence[Line], quoted: Sequence[bool], articles: Sequence[Candidate]
    ) -> None:
        self.tree = tree
        self.lines = lines
        self.quoted = quoted
        self.articles = {candidate.at: candidate.marker for candidate in articles}
        self.end = 0
        self.untitled: Node | None = None  # a division or article whose heading may still follow

    def read(self, start: int, end: int) -> None:
        """Place every line exactly once."""
        self.end = end
        for at in range(start, end):
            line = self.lines[at]
            if line.table is not None:
                self.untitled = None
                self.tree.add_table(line)
            elif self.quoted[at]:
                self.untitled = None
                self.tree.add_text(line.text)
            elif at in self.articles:
                self._article(at, self.articles[at])
            elif (found := division(line.text)) is not None:
                self.untitled = self.tree.open(found.kind, found.number, found.printed, found.rest)
            elif at == end - 1 and is_adoption(line.text):
                self.tree.add_closing(line.text)
            elif not self._heading(at):
                self.untitled = None
                self._numbered(at, line.text)

    def _article(self, at: int, marker: Marker) -> None:
        rest = marker.rest
        inline = clause(rest) if rest else None
        if inline is not None and inline.number == "1":
            node = self.tree.open("article", marker.number, marker.printed)
            self.untitled = None
            self.list_item(at, node, rest)
        elif rest and self._is_heading(at, rest):
            self.untitled = self.tree.open("article", marker.number, marker.printed, rest)
        else:
            node = self.tree.open("article", marker.number, marker.printed)
            self.untitled = None if rest else node
            if rest:
                node.lines.append(rest)

    def _is_heading(self, at: int, text: str) -> bool:
        """A heading is no sentence; one that ends in a full stop is one only if it is short and a text follows."""
        if len(text) > _LONGEST_HEADING or text[-1] == ":":
            return False
        if text[-1] in ",;":  # broken there: the next line is the rest of it
            below = self.lines[at + 1].text if at + 1 < self.end else ""
            return (
                below[:1].islower() and not (point(below) or _END_OF_SENTENCE.search(below)) and self._goes_on(at + 1)
            )
        if text[-1] != ".":
            return True
        if _SENTENCE.search(text):
            return False
        return len(text) < 80 and self._goes_on(at)

    def _heading(self, at: int) -> bool:
        """Take the line as (more of) the heading of the division or article that was just opened."""
        node, line = self.untitled, self.lines[at]
        if node is None or len(line.text) > _LONGEST_HEADING or line.text[0] in '“„«"-–+':
            return False
        if node.kind == "article":
            if node.heading:
                if not line.text[0].islower() or point(line.text) or _END_OF_SENTENCE.search(node.heading + line.text):
                    return False
            elif clause(line.text) or point(line.text) or line.text[-1] in ".:;," or not self._goes_on(at):
                return False
            self.untitled = None if node.heading else node
        else:
            if node.heading and not (line.capitals and node.heading.isupper()):
                return False
            if clause(line.text) and not line.capitals:
                return False
            if not line.capitals and line.text[-1] in ".;:" and not line.bold:
                return False
        node.heading = f"{node.heading} {line.text}".strip()
        return True

    def _goes_on(self, at: int) -> bool:
        """Whether the article has more text after this line: an article of one line has a text and no heading."""
        if at + 1 >= self.end or at + 1 in self.articles:
            return False
        text = self.lines[at + 1].text
        return not text or (division(text) is None and not is_adoption(text))

    def _numbered(self, at: int, text: str) -> None:
        """Open the clause, point or tiết that the line begins, or keep it as text of the open provision."""
        host = self.tree.nearest("article")
        if host is None or not (self.list_item(at, host) or self._decimal(text, host) or self._tiet(text)):
            self.tree.add_text(text)

    def list_item(self, at: int, host: Node, text: str = "") -> bool:
        """Open the clause or point of `host` that the line (or the rest of it, `text`) begins."""
        text = text or self.lines[at].text
        return self._clause(at, text, host) or self._point(at, text, host)

    def _clause(self, at: int, text: str, host: Node) -> bool:
        found = clause(text) or self._without_point(at, text, host)
        if found is None or not found.rest:
            return False
        match = re.match(r"(\d+)(.*)", found.number)
        number, suffix = (int(match[1]), match[2]) if match else (0, "")
        last = host.last_clause
        open_clause = self.tree.nearest("clause")
        expected = number in (last + 1, host.outer_clause + 1) and last > 0
        if open_clause is not None and open_clause.glyph != found.glyph and not expected:
            return False  # another style: a list inside the clause
        if last == 0:
            fits = number in (1, 2) and not suffix
        elif number == last:  # "2a." after "2.", or a "2." that should have been the next number
            fits = bool(suffix) or any(self._comes(at, str(number + more), found.glyph) for more in (1, 2))
        elif number == 1:
            fits = not suffix and (self._comes(at, "2", found.glyph) or last > 1)
            host.outer_clause = last
        else:
            fits = expected or last < number <= last + 3
        if not fits:
            return False
        host.last_clause = number
        self._open_item(at, "clause", found.number, found, "a")
        return True

    def _without_point(self, at: int, text: str, host: Node) -> Marker | None:
        """`23 Đề nghị ...` between `22.` and `24.`: the full stop was forgotten."""
        match = _BARE_NUMBER.match(text)
        if match is None or not host.last_clause or int(match[1]) != host.last_clause + 1:
            return None
        rest = text[match.end() :]
        return Marker("clause", match[1], match[1], rest, ".") if self._comes(at, str(int(match[1]) + 1), ".") else None

    def _open_item(self, at: int, kind: Kind, number: str, found: Marker, inner: str) -> None:
        """Open a clause or point; where the first (or next) point `inner` is glued to its text, open that one too."""
        node = self.tree.open(kind, number, found.printed, glyph=found.glyph)
        match = re.search(rf"(?<=[:;.]){inner}\)\s?(?=[^\W\d_])|(?<=[:;]) {inner}\) (?=[^\W\d_])", found.rest)
        following = _NEXT_LETTER.get(inner, "")
        if match is None or (match.group()[0] == " " and not self._next_is(at, following)):
            node.lines.append(found.rest)
            return
        node.lines.append(found.rest[: match.start()])
        holder = node if kind == "clause" else self.tree.stack[-2]
        holder.last_point = _ALPHABET.index(inner) + 1
        tail = Marker("point", inner, match.group().strip(), found.rest[match.end() :], ")")
        self._open_item(at, "point", inner, tail, following or "-")

    def _next_is(self, at: int, letter: str) -> bool:
        text = self.lines[at + 1].text if at + 1 < self.end else ""
        found = point(text) if text else None
        return found is not None and found.number == letter

    def _decimal(self, text: str, host: Node) -> bool:
        found = decimal(text)
        if found is None or not found.rest:
            return False
        above = found.number.rsplit(".", 1)[0]
        holder = self.tree.nearest("clause")
        upper = self.tree.nearest("point")
        if upper is not None and upper.number == above:
            node = self.tree.open("subpoint", found.number, found.printed, glyph=found.glyph)
        elif holder is not None and holder.number == above:
            node = self.tree.open("point", found.number, found.printed, glyph=found.glyph)
        elif host.number == above and (holder is None or holder.glyph == found.glyph):
            node = self.tree.open("clause", found.number, found.printed, glyph=found.glyph)
        else:
            return False
        node.lines.append(found.rest)
        return True

    def _point(self, at: int, text: str, host: Node) -> bool:
        found = point(text)
        if found is None or not found.rest:
            return False
        holder = self.tree.nearest("clause") or host
        last = holder.last_point
        letter = found.number
        if letter == "I":
            letter = "l"
            if last != _ALPHABET.index("k") + 1:
                return False
        place = _ALPHABET.index(letter) + 1
        if found.glyph == "." and last == 0 and not (letter == "a" and self._comes(at, "b", ".")):
            return False
        fits = place <= 4 if last == 0 else place >= last or letter == "a"
        if not fits:
            return False
        holder.last_point = place
        self._open_item(at, "point", letter, found, _NEXT_LETTER.get(letter, "-"))
        return True

    def _tiet(self, text: str) -> bool:
        found = subpoint(text)
        if found is None:
            found = clause(text)  # "1)" inside a clause that is itself "1."
            holder = self.tree.nearest("clause")
            if found is None or holder is None or found.glyph != ")" or holder.glyph == ")":
                return False
        if not found.rest:
            return False
        if found.glyph == "a1":
            upper = self.tree.nearest("point")
            if upper is None or upper.number != found.number[0]:
                return False
        level = 0
        for node in self.tree.stack:
            if node.kind == "subpoint":
                if node.glyph == found.glyph:
                    level = node.level
                    break
                level = min(node.level + 1, 3)
        self.tree.open("subpoint", found.number, found.printed, glyph=found.glyph, level=level).lines.append(found.rest)
        return True

    def _comes(self, at: int, number: str, glyph: str) -> bool:
        """Whether the list goes on: a line with that number in that style before the next article."""
        for other in range(at + 1, min(at + _LOOK_AHEAD, len(self.lines))):
            if other in self.articles:
                return False
            text = self.lines[other].text
            if text and not self.quoted[other]:
                found = clause(text) or point(text)
                if found is not None and found.number == number and found.glyph == glyph:
                    return True
        return False
