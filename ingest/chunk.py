"""The tree of a document as passages: one for each Điều that fits the embedder's window, parts of it where it does not.

An Điều with provisions that apply from days of their own is cut there. Without Điều (procedures, forms, appendices) the
largest section, table or block that fits makes a passage; small neighbours go together. Every word of the tree stands in
the text, heading or path of a passage. The preamble (căn cứ) is not embedded.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.splitting import Slice, grouped, located, split, split_again
from legal.document import LegalDocument, Provision, Validity
from legal.errors import BadRequest
from legal.labels import labels
from retrieval.passage import DocumentCard, Passage, Span, validity_in

#: Tokens of each text as a passage, with what the model adds around it: `Embedder.count_tokens`.
CountTokens = Callable[[Sequence[str]], list[int]]

#: Small neighbouring sections are put together up to this many tokens; larger ones stay apart: a hit is precise.
_TOGETHER = 256
_NAMESPACE = uuid.UUID("6f0f6d3c-2a53-5d0a-9a37-6a5f0c1a8e11")
_LEAST_ROOM = 16

Trail = tuple[Provision, ...]  # from the root down to a provision, itself included


@dataclass(frozen=True, slots=True)
class _Draft:
    """A passage to be: a slice of the text of the trail's last provision."""

    trail: Trail
    part: Slice


def passages(document: LegalDocument, card: DocumentCard, count_tokens: CountTokens, window: int) -> list[Passage]:
    """The passages of a document in reading order.

    `count_tokens`: of the embedder, called with batches. `window`: most tokens of a passage, context lines included.
    The slices of an article, in order, are its whole `full_text` but for white space between them.
    Raises BadRequest when the window has no room for text beside the headings.
    """
    return _Chunking(card, count_tokens, window).of(document)


class _Chunking:
    def __init__(self, card: DocumentCard, count_tokens: CountTokens, window: int) -> None:
        self.card = card
        self.count_tokens = count_tokens
        self.window = window
        self.around = count_tokens([""])[0]
        self.labels: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._located: dict[str, list[tuple[Provision, int, int]]] = {}

    def weigh(self, texts: Sequence[str]) -> list[int]:
        """Tokens of the texts themselves."""
        return [max(0, tokens - self.around) for tokens in self.count_tokens(texts)] if texts else []

    def of(self, document: LegalDocument) -> list[Passage]:
        self.labels = labels(document)
        self.document = document
        own = {part.eid for part in document.metadata.parts}
        self.own_days = frozenset(own | {part.eid for part in self.card.suspended_parts})
        drafts: list[_Draft] = []
        for root in document.provisions:
            drafts += self._down((root,))
        fitted = list(self._fitted(drafts))
        parts = Counter(draft.trail[-1].eid for draft in fitted)
        seen: Counter[str] = Counter()
        found: list[Passage] = []
        for draft in fitted:
            eid = draft.trail[-1].eid
            name = f"{self.card.version}/{eid}/{seen[eid]}"
            found.append(
                replace(
                    self._passage(draft),
                    id=str(uuid.uuid5(_NAMESPACE, name)),
                    part=seen[eid],
                    parts=parts[eid],
                    spans=tuple(self._spans(draft)),
                )
            )
            seen[eid] += 1
        return found

    def _down(self, trail: Trail) -> Iterator[_Draft]:
        """Drafts, not yet measured: articles whole, the text of what holds articles, sections without articles."""
        node = trail[-1]
        if node.kind == "article":
            yield from self._by_days(trail)
        elif any(below.kind == "article" for below in node.walk()):
            if node.own_text:
                yield _Draft(trail, Slice(0, len(node.own_text)))
            for child in node.children:
                yield from self._down((*trail, child))
        elif node.full_text or node.title_line:
            yield _whole(trail)

    def _by_days(self, trail: Trail) -> Iterator[_Draft]:
        """An article whole, or cut where provisions inside apply from or to days of their own: a filter by day must be
        able to tell them apart."""
        node = trail[-1]
        inside = [(start, end) for below, start, end in located(node) if below.eid in self.own_days]
        if not inside:
            yield _whole(trail)
            return
        cuts = sorted({0, len(self._text(node)), *(at for edges in inside for at in edges)})
        for start, end in pairwise(cuts):
            piece = self._text(node)[start:end]
            if piece.strip():
                yield _Draft(trail, Slice(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))

    def _validity(self, draft: _Draft) -> Validity | None:
        """When the provisions of a passage apply, where that is not when the document does."""
        if not self.own_days:
            return None
        owner = draft.trail[-1]
        around = [eid for node in draft.trail if (eid := node.eid) in self.own_days]
        around += [
            node.eid
            for node, start, end in located(owner)
            if node.eid in self.own_days and start <= draft.part.start and draft.part.end <= end
        ]
        if not around:
            return None
        return validity_in(self.document, self.card, around[-1])

    def _fitted(self, drafts: Sequence[_Draft]) -> Iterator[_Draft]:
        """The drafts that fit the window as they are, the others in parts that do."""
        sizes = self.count_tokens([self._passage(draft).embedded_text for draft in drafts]) if drafts else []
        for draft, size in zip(drafts, sizes, strict=True):
            if size <= self.window:
                yield draft
            else:
                yield from self._checked(list(self._parts(draft)))

    def _parts(self, draft: _Draft) -> Iterator[_Draft]:
        node, text = draft.trail[-1], self._text(draft.trail[-1])
        room = self._room(draft)
        if draft.part.end - draft.part.start < len(text):
            slices = split_again(draft.part, text, self.weigh, room)
        elif node.kind == "article" or not node.children:
            slices = split(node, self.weigh, room)
        else:
            yield from self._sections(draft.trail, room)
            return
        yield from (_Draft(draft.trail, part) for part in slices)

    def _sections(self, trail: Trail, room: int) -> Iterator[_Draft]:
        """A section without articles that is too long: its larger children by themselves, small ones together."""
        for group in grouped(trail[-1], self.weigh, min(room, _TOGETHER)):
            child = group[0].node
            if len(group) == 1 and child is not None:
                yield from self._fitted([_whole((*trail, child))])
            else:
                yield _Draft(trail, Slice(group[0].start, group[-1].end))

    def _room(self, draft: _Draft) -> int:
        """Tokens left for text beside the context lines."""
        bare = self._passage(replace(draft, part=Slice(0, 0)))
        return max(_LEAST_ROOM, self.window - self.count_tokens([bare.embedded_text])[0] - 2)

    def _checked(self, drafts: list[_Draft]) -> Iterator[_Draft]:
        """The parts as they are measured with their context; what is still too long (tokens do not simply add up) is
        split again, then loses its lead, then is refused."""
        sizes = self.count_tokens([self._passage(draft).embedded_text for draft in drafts])
        for draft, size in zip(drafts, sizes, strict=True):
            if size <= self.window:
                yield draft
                continue
            text = self._text(draft.trail[-1])
            own = self.weigh([text[draft.part.start : draft.part.end]])[0]
            if draft.part.lead:
                yield from self._checked([replace(draft, part=replace(draft.part, lead=""))])
            elif own > _LEAST_ROOM // 2 and draft.part.end - draft.part.start > 1:
                room = max(_LEAST_ROOM // 2, min(own - 1, own - (size - self.window)))
                slices = split_again(draft.part, text, self.weigh, room)
                yield from self._checked([_Draft(draft.trail, part) for part in slices])
            else:
                raise BadRequest(
                    f"Cửa sổ {self.window} token của mô hình nhúng quá nhỏ so với tiêu đề văn bản; hãy đổi mô hình."
                )

    def _passage(self, draft: _Draft) -> Passage:
        """The passage but for id, number and spans: enough to measure."""
        *above, node = draft.trail
        part = draft.part
        article = next((p.number for p in reversed(draft.trail) if p.kind == "article"), None)
        return Passage(
            id="",
            document=self.card,
            eid=node.eid,
            label=self.labels[node.eid],
            article=article or None,
            heading=node.heading,
            path=tuple(p.title_line for p in above if p.title_line),
            text=self._text(node)[part.start : part.end],
            start=part.start,
            lead=part.lead,
            validity=self._validity(draft),
        )

    def _text(self, node: Provision) -> str:
        """`node.full_text`, kept: the parts of a long article ask for it again and again."""
        if node.eid not in self._texts:
            self._texts[node.eid] = node.full_text
        return self._texts[node.eid]

    def _spans(self, draft: _Draft) -> Iterator[Span]:
        part, owner = draft.part, draft.trail[-1]
        if owner.eid not in self._located:
            self._located[owner.eid] = list(located(owner))
        for node, start, end in self._located[owner.eid]:
            if start < part.end and end > part.start:
                yield Span(node.eid, self.labels[node.eid], start, end)


def _whole(trail: Trail) -> _Draft:
    return _Draft(trail, Slice(0, len(trail[-1].full_text)))
