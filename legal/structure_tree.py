"""The tree while it grows: nodes that can still be changed, a stack of the open ones, and the eids they get."""

from __future__ import annotations

from dataclasses import dataclass, field

from legal.document import Kind, Provision
from legal.numerals import arabic
from legal.structure_lines import Line, cell_texts

_RANKS: dict[str, int] = {
    "appendix": 0, "part": 1, "chapter": 2, "section": 3, "subsection": 4, "heading": 4, "article": 5,
    "clause": 6, "point": 7, "subpoint": 8, "table": 9, "block": 9,
}  # fmt: skip
_PREFIX: dict[str, str] = {
    "appendix": "att", "part": "part", "chapter": "chp", "section": "sec", "subsection": "subsec", "heading": "sec",
    "article": "art", "clause": "para", "point": "point", "subpoint": "item", "table": "table", "block": "blk",
}  # fmt: skip
_COUNTED = {"subpoint", "table", "block"}  # numbered by their place, whatever is printed


@dataclass(slots=True)
class Node:
    """A provision that is still open to more text. `glyph`: its style of numbering."""

    kind: Kind
    eid: str
    number: str = ""
    marker: str = ""
    heading: str = ""
    lines: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    rows: tuple[tuple[str, ...], ...] = ()
    glyph: str = ""
    level: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def frozen(self) -> Provision:
        """The finished provision with all below it."""
        return Provision(
            self.kind, self.number, self.eid, self.marker, self.heading, "\n".join(self.lines),
            tuple(child.frozen() for child in self.children), self.rows,
        )  # fmt: skip


class Tree:
    """Provisions of a document in the making. New nodes go below the innermost open node that may hold them."""

    def __init__(self) -> None:
        self.roots: list[Node] = []
        self.stack: list[Node] = []
        self._eids: set[str] = set()
        self._counts: dict[str, int] = {}

    @property
    def top(self) -> Node | None:
        """The innermost open node."""
        return self.stack[-1] if self.stack else None

    def nearest(self, *kinds: str) -> Node | None:
        """The innermost open node of one of the kinds."""
        return next((node for node in reversed(self.stack) if node.kind in kinds), None)

    def open(self, kind: Kind, number: str, marker: str, heading: str = "", *, glyph: str = "", level: int = 0) -> Node:
        """Close what cannot hold the new node, add it, leave it open. `level`: depth among nodes of the same kind."""
        rank = (_RANKS[kind], level)
        while self.stack and (_RANKS[self.stack[-1].kind], self.stack[-1].level) >= rank:
            self.stack.pop()
        node = Node(kind, self._eid(kind, number), number, marker, heading, glyph=glyph, level=level)
        self._siblings().append(node)
        self.stack.append(node)
        return node

    def add_text(self, text: str) -> None:
        """Text of the innermost open node; a block of its own where a table has come before it or nothing is open."""
        siblings = self._siblings()
        if self.stack and not siblings:
            self.stack[-1].lines.append(text)
        elif siblings and siblings[-1].kind == "block":
            siblings[-1].lines.append(text)
        else:
            siblings.append(Node("block", self._eid("block", ""), lines=[text]))

    def add_closing(self, text: str) -> None:
        """The formula that closes a law: a block of its own, below the last article."""
        while self.stack and self.stack[-1].kind in {"clause", "point", "subpoint"}:
            self.stack.pop()
        self._siblings().append(Node("block", self._eid("block", ""), lines=[text]))

    def add_table(self, line: Line) -> None:
        """A table below the innermost open node; one without any text is nothing."""
        rows = cell_texts(line.table) if line.table is not None else ()
        if rows:
            self._siblings().append(Node("table", self._eid("table", ""), rows=rows))

    def close_all(self) -> None:
        """Nothing stays open: what follows stands at the root."""
        self.stack.clear()

    def _siblings(self) -> list[Node]:
        return self.stack[-1].children if self.stack else self.roots

    def _eid(self, kind: Kind, number: str) -> str:
        counts = self.stack[-1].counts if self.stack else self._counts
        if kind == "article":  # articles are counted through, whatever chapter they stand in
            above = next((node.eid for node in self.stack if node.kind == "appendix"), "")
        else:
            above = self.stack[-1].eid if self.stack else ""
        if kind in _COUNTED or not number:
            counts[kind] = counts.get(kind, 0) + 1
            bare = str(counts[kind])
        elif kind in {"article", "clause", "point"}:
            bare = number.lower()
        else:
            bare = arabic(number)
            if bare.isdigit():
                counts[kind] = int(bare)
        if (
            kind == "appendix" and bare.isdigit()
        ):  # a schedule keeps its number where it is free, else takes the next one
            while f"att_{bare}" in self._eids:
                bare = str(int(bare) + 1)
            counts[kind] = max(counts.get(kind, 0), int(bare))
        stem = f"{above}__{_PREFIX[kind]}_{bare}" if above else f"{_PREFIX[kind]}_{bare}"
        eid, times = stem, 1
        while eid in self._eids:
            times += 1
            eid = f"{stem}-{times}"
        self._eids.add(eid)
        return eid
