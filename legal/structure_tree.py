"""The tree while it grows: nodes that can still be changed, a stack of the open ones, and the eids they get."""

from __future__ import annotations

from dataclasses import dataclass, field

from legal.document import Kind, Provision
from legal.numerals import arabic
from legal.structure_lines import Line, cell_spans, cell_texts

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
    """A provision that is still open to more text. `glyph`: its style of numbering; `level`: depth among its own kind.

    `last_clause`, `outer_clause`, `last_point`: where the lists directly below it stand.
    """

    kind: Kind
    number: str = ""
    marker: str = ""
    heading: str = ""
    lines: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    rows: tuple[tuple[str, ...], ...] = ()
    spans: tuple[tuple[tuple[int, int], ...], ...] = ()
    glyph: str = ""
    level: int = 0
    last_clause: int = 0
    outer_clause: int = -9
    last_point: int = 0

    def add_text(self, text: str) -> None:
        """More text; a block of its own where children have come before it."""
        if not self.children:
            self.lines.append(text)
        else:
            _add_block(self.children, text)


class Tree:
    """Provisions of a document in the making. New nodes go below the innermost open node that may hold them."""

    def __init__(self) -> None:
        self.roots: list[Node] = []
        self.stack: list[Node] = []

    def nearest(self, kind: str, *others: str) -> Node | None:
        """The innermost open node of one of the kinds."""
        for node in reversed(self.stack):
            if node.kind == kind or node.kind in others:
                return node
        return None

    def open(self, kind: Kind, number: str, marker: str, heading: str = "", *, glyph: str = "", level: int = 0) -> Node:
        """Close what cannot hold the new node, add it, leave it open."""
        rank = _RANKS[kind]
        while self.stack:
            last = self.stack[-1]
            above = _RANKS[last.kind]
            if above < rank or (above == rank and last.level < level):
                break
            self.stack.pop()
        node = Node(kind, number, marker, heading, glyph=glyph, level=level)
        self._siblings().append(node)
        self.stack.append(node)
        return node

    def add_text(self, text: str) -> None:
        """Text of the innermost open node, or a block at the root where nothing is open."""
        if self.stack:
            self.stack[-1].add_text(text)
        else:
            _add_block(self.roots, text)

    def add_closing(self, text: str) -> None:
        """The formula that closes a law: a block of its own, below the last article."""
        while self.stack and self.stack[-1].kind in {"clause", "point", "subpoint"}:
            self.stack.pop()
        self._siblings().append(Node("block", lines=[text]))

    def add_table(self, line: Line) -> None:
        """A table below the innermost open node; one without any text is nothing."""
        rows = cell_texts(line.table) if line.table is not None else ()
        if line.table is not None and rows:
            self._siblings().append(Node("table", rows=rows, spans=cell_spans(line.table)))

    def close_all(self) -> None:
        """Nothing stays open: what follows stands at the root."""
        self.stack.clear()

    def finish(self) -> tuple[Provision, ...]:
        """The finished provisions with their eids."""
        taken: dict[str, int] = {}
        return tuple(_frozen(node, eid, "", taken) for node, eid in _addressed(self.roots, "", "", taken))

    def _siblings(self) -> list[Node]:
        return self.stack[-1].children if self.stack else self.roots


def _add_block(siblings: list[Node], text: str) -> None:
    if siblings and siblings[-1].kind == "block":
        siblings[-1].lines.append(text)
    else:
        siblings.append(Node("block", lines=[text]))


def _frozen(node: Node, eid: str, attachment: str, taken: dict[str, int]) -> Provision:
    if node.kind == "appendix":
        attachment = eid
    children = node.children
    return Provision(
        node.kind, node.number, eid, node.marker, node.heading, "\n".join(node.lines),
        tuple(_frozen(child, below, attachment, taken) for child, below in _addressed(children, eid, attachment, taken))
        if children else (),
        node.rows, node.spans,
    )  # fmt: skip


def _addressed(siblings: list[Node], above: str, attachment: str, taken: dict[str, int]) -> list[tuple[Node, str]]:
    """Siblings with their eids: printed numbers first, then what has none takes the next free place."""
    eids: dict[int, str] = {}
    counts: dict[str, int] = {}
    for position, node in enumerate(siblings):
        if node.kind == "appendix":  # in their order: a schedule keeps its number where it is free, else takes the next
            eids[position] = _attachment_eid(node, counts, taken)
        elif node.number and node.kind not in _COUNTED:
            eids[position] = _numbered(node, attachment if node.kind == "article" else above, taken)
    for position, node in enumerate(siblings):
        if position not in eids:
            eid = ""
            while not eid or eid in taken:
                counts[node.kind] = counts.get(node.kind, 0) + 1
                eid = _joined(above, node.kind, str(counts[node.kind]))
            taken[eid] = 1
            eids[position] = eid
    return [(node, eids[position]) for position, node in enumerate(siblings)]


def _attachment_eid(node: Node, counts: dict[str, int], taken: dict[str, int]) -> str:
    bare = arabic(node.number) if node.number else str(counts.get("appendix", 0) + 1)
    while _joined("", "appendix", bare) in taken:
        bare = str(int(bare) + 1) if bare.isdigit() else f"{bare}x"
    if bare.isdigit():
        counts["appendix"] = max(counts.get("appendix", 0), int(bare))
    eid = _joined("", "appendix", bare)
    taken[eid] = 1
    return eid


def _numbered(node: Node, above: str, taken: dict[str, int]) -> str:
    if node.kind == "heading" and "." in node.number:  # "5.2" is mục 2 of mục 5, whether or not that one is printed
        *upper, bare = [arabic(part) for part in node.number.split(".")]
        missing = "__".join(_joined("", "heading", part) for part in upper)
        if missing != above and not above.endswith(f"__{missing}"):
            above = f"{above}__{missing}" if above else missing
        return _free(_joined(above, "heading", bare), taken)
    bare = node.number.lower() if node.kind in {"article", "clause", "point"} else arabic(node.number)
    return _free(_joined(above, node.kind, bare), taken)


def _free(stem: str, taken: dict[str, int]) -> str:
    """The address, with `-2`, `-3` where it is taken. `taken`: each address with the times it was asked for."""
    times = taken[stem] = taken.get(stem, 0) + 1
    eid = stem if times == 1 else f"{stem}-{times}"
    if eid != stem:
        taken[eid] = 1
    return eid


def _joined(above: str, kind: str, bare: str) -> str:
    return f"{above}__{_PREFIX[kind]}_{bare}" if above else f"{_PREFIX[kind]}_{bare}"
