"""How a provision that is longer than the window falls into parts: at clauses, points, paragraphs, sentences, words.

A part is a slice of the provision's `full_text`. The slices in order are the whole text but for white space between.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from legal.document import Provision
from retrieval.passage import shortened

#: Tokens of each text alone, without what the model adds around a text.
Weigh = Callable[[Sequence[str]], list[int]]

_LEAD_LIMIT = 160
# Not after "15." or "a.": a marker goes with what it marks.
_SENTENCE_END = re.compile(r"(?<=[^\W\d_][^\W\d_][.;!?…])\s+|(?<=[)”\"][.;!?…])\s+")
_WORD_END = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Slice:
    """`full_text[start:end]` of the split provision. `lead`: what a reader of this slice alone would miss."""

    start: int
    end: int
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A range of the text that is kept in one part where it fits. `lead`: its opening, for parts that begin inside it.

    Of a provision (`node`), the range begins at its title line.
    """

    start: int
    end: int
    weight: int = 0
    lead: str = ""
    pieces: tuple[Piece, ...] = ()
    node: Provision | None = None


def located(owner: Provision) -> Iterator[tuple[Provision, int, int]]:
    """Each provision below `owner` that has text, outer before inner, with its range in `owner.full_text`.

    The range is the provision's own `full_text`: without its title line.
    """
    return iter(_located(owner, 0)[0])


def _located(owner: Provision, body: int) -> tuple[list[tuple[Provision, int, int]], int]:
    """The provisions below an owner whose own `full_text` begins at `body`, and where it ends."""
    found: list[tuple[Provision, int, int]] = []
    end = body + len(owner.own_text)
    for child in owner.children:
        title = len(child.title_line)
        start = end + 1 if end > body else body  # the line break before it
        inside = start + title + 1 if title else start
        below, last = _located(child, inside)
        if last > inside:
            found.append((child, inside, last))
            found += below
        elif title:  # a title alone
            last = start + title
        else:
            continue
        end = last
    return found, end


def _pieces(owner: Provision, position: int = 0, top: bool = True) -> tuple[Piece, ...]:
    """The owner's text as pieces with a line break between: title line (not of the top), own text, each child."""
    pieces: list[Piece] = []

    def start() -> int:
        return pieces[-1].end + 1 if pieces else position

    for line in ("" if top else owner.title_line, owner.own_text):
        if line:
            pieces.append(Piece(start(), start() + len(line)))
    for child in owner.children:
        below = _pieces(child, start(), top=False)
        if below:
            pieces.append(Piece(start(), below[-1].end, lead=_opening(child), pieces=below, node=child))
    return tuple(pieces)


def _opening(node: Provision) -> str:
    """What the parts of this provision share: its title and the words that its parts depend on."""
    return "\n".join(line for line in (shortened(node.title_line, _LEAD_LIMIT), _lead_in(node)) if line)


def _lead_in(node: Provision) -> str:
    """The header row of a table; the first line of a text that ends with a colon."""
    first = node.own_text.partition("\n")[0]
    if node.rows:
        return shortened(first, 2 * _LEAD_LIMIT)
    return shortened(first, _LEAD_LIMIT) if first.endswith(":") else ""


def grouped(owner: Provision, weigh: Weigh, room: int) -> list[list[Piece]]:
    """The owner's own text (a piece without `node`) and children in consecutive groups of at most `room` tokens.

    A piece that is alone larger than `room` makes a group of its own.
    """
    return list(_packed(_weighed(_pieces(owner), owner.full_text, weigh), room))


def split(owner: Provision, weigh: Weigh, room: int) -> list[Slice]:
    """Slices of `owner.full_text` of at most about `room` tokens each, lead included; at least one.

    `weigh` is called in batches. Raises ValueError when `room` is not positive.
    """
    if room < 1:
        raise ValueError("no room for text in the window")
    text = owner.full_text
    pieces = _weighed(_pieces(owner), text, weigh)
    if not pieces:
        return [Slice(0, len(text))]
    whole = Piece(0, len(text), sum(piece.weight for piece in pieces), _lead_in(owner), pieces, owner)
    return [_trimmed(part, text) for part in _split(whole, text, weigh, room, ())]


def split_again(part: Slice, text: str, weigh: Weigh, room: int) -> list[Slice]:
    """A slice that turned out too long, in at least two smaller ones of at most `room` tokens."""
    room = max(1, room)
    pieces = _finer(Piece(part.start, part.end), text, weigh)
    found = _packed_slices(pieces, text, weigh, room, ())
    while len(found) == 1 and room > 1:  # the pieces weigh less than the whole
        room //= 2
        found = _packed_slices(pieces, text, weigh, room, ())
    return [_trimmed(replace(one, lead=part.lead), text) for one in found]


def _split(piece: Piece, text: str, weigh: Weigh, room: int, leads: tuple[str, ...]) -> list[Slice]:
    if piece.weight <= room:
        return [Slice(piece.start, piece.end, "\n".join(leads))]
    inner = _with_opening(piece.pieces, room) if piece.pieces else _finer(piece, text, weigh)
    opened = (*leads, piece.lead)[-2:] if piece.lead else leads  # the innermost say most
    cost = sum(weigh(opened)) if opened else 0
    if cost > room // 3:
        opened, cost = (), 0
    slices = _packed_slices(inner, text, weigh, room - cost, opened)
    # The part that begins with the opening itself need not repeat it.
    first = slices[0]
    return [replace(first, lead="\n".join(leads)) if first.start == piece.start else first, *slices[1:]]


def _packed_slices(pieces: Sequence[Piece], text: str, weigh: Weigh, room: int, leads: tuple[str, ...]) -> list[Slice]:
    slices: list[Slice] = []
    for group in _packed(pieces, room):
        if len(group) == 1 and group[0].weight > room:
            slices += _split(group[0], text, weigh, room, leads)
        else:
            slices.append(Slice(group[0].start, group[-1].end, "\n".join(leads)))
    return slices


def _with_opening(pieces: tuple[Piece, ...], room: int) -> tuple[Piece, ...]:
    """A short opening before a child that must be split itself goes with the child's first part."""
    if len(pieces) < 2 or pieces[0].pieces or pieces[0].weight > room // 4 or pieces[1].weight <= room:
        return pieces
    opening, child = pieces[0], pieces[1]
    inner: tuple[Piece, ...] = ()
    if child.pieces:
        head = child.pieces[0]
        joined = replace(head, start=opening.start, weight=opening.weight + head.weight)
        inner = (joined, *child.pieces[1:])
    merged = replace(child, start=opening.start, weight=opening.weight + child.weight, pieces=inner)
    return (merged, *pieces[2:])


def _packed(pieces: Sequence[Piece], room: int) -> Iterator[list[Piece]]:
    """Consecutive pieces in groups of nearly equal weight, each at most `room`; a heavier piece stands alone."""
    run: list[Piece] = []
    for piece in pieces:
        if piece.weight > room:
            yield from _balanced(run, room)
            run = []
            yield [piece]
        else:
            run.append(piece)
    yield from _balanced(run, room)


def _balanced(pieces: Sequence[Piece], room: int) -> Iterator[list[Piece]]:
    total = sum(piece.weight for piece in pieces)
    target = total / max(1, math.ceil(total / room))
    group: list[Piece] = []
    weight = 0
    for piece in pieces:
        if group and (weight + piece.weight > room or weight + piece.weight / 2 > target):
            yield group
            group, weight = [], 0
        group.append(piece)
        weight += piece.weight
    if group:
        yield group


def _weighed(pieces: tuple[Piece, ...], text: str, weigh: Weigh) -> tuple[Piece, ...]:
    """The pieces with their weights, all leaves counted in one call."""
    leaves: list[Piece] = []

    def collect(found: tuple[Piece, ...]) -> None:
        for piece in found:
            if piece.pieces:
                collect(piece.pieces)
            else:
                leaves.append(piece)

    collect(pieces)
    weights = iter(weigh([text[leaf.start : leaf.end] for leaf in leaves])) if leaves else iter(())

    def fill(found: tuple[Piece, ...]) -> tuple[Piece, ...]:
        filled = []
        for piece in found:
            if piece.pieces:
                inner = fill(piece.pieces)
                filled.append(replace(piece, pieces=inner, weight=sum(below.weight for below in inner)))
            else:
                filled.append(replace(piece, weight=next(weights)))
        return tuple(filled)

    return fill(pieces)


def _finer(leaf: Piece, text: str, weigh: Weigh) -> tuple[Piece, ...]:
    """A piece of plain text in smaller ones: its paragraphs, else its sentences, words, at last two halves."""
    for bounds in (
        _between(text, leaf, re.compile(r"\n+")),
        _between(text, leaf, _SENTENCE_END),
        _between(text, leaf, _WORD_END),
    ):
        if len(bounds) > 1:
            break
    else:
        middle = (leaf.start + leaf.end) // 2
        bounds = [(leaf.start, middle), (middle, leaf.end)] if leaf.end - leaf.start > 1 else [(leaf.start, leaf.end)]
    weights = weigh([text[start:end] for start, end in bounds])
    if len(bounds) == 1:  # one character that the model spells with more tokens than there is room for
        weights = [0]
    return tuple(Piece(start, end, weight) for (start, end), weight in zip(bounds, weights, strict=True))


def _between(text: str, leaf: Piece, gap: re.Pattern[str]) -> list[tuple[int, int]]:
    bounds: list[tuple[int, int]] = []
    start = leaf.start
    for match in gap.finditer(text, leaf.start, leaf.end):
        if match.start() > start:
            bounds.append((start, match.start()))
            start = match.end()
        elif match.start() == start == leaf.start:
            start = match.end()
    if start < leaf.end:
        bounds.append((start, leaf.end))
    return bounds


def _trimmed(part: Slice, text: str) -> Slice:
    """Without white space at its ends."""
    raw = text[part.start : part.end]
    start = part.start + len(raw) - len(raw.lstrip())
    return replace(part, start=start, end=max(start, part.start + len(raw.rstrip())))
