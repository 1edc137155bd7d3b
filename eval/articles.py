"""The articles of a home, read from its catalogue: what the baselines search."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from eval.metrics import article_key
from ingest.catalogue import Catalogue
from legal.document import LegalDocument, Provision
from retrieval.passage import DocumentCard


@dataclass(frozen=True, slots=True)
class Article:
    """An article, or a section outside any article, with its title line and whole text. `key`: `metrics.article_key`."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Plain:
    """A document as a converter gives it to a user: one text. `starts`, `keys`: where which article begins in it;
    "" is a text outside all of them."""

    name: str
    text: str
    starts: tuple[int, ...]
    keys: tuple[str, ...]

    def articles_in(self, start: int, end: int) -> list[str]:
        """The articles in this range, the one with most of its words first; "" for words outside all of them."""
        counted: Counter[str] = Counter()
        for at in range(max(0, bisect_right(self.starts, start) - 1), len(self.starts)):
            if self.starts[at] >= end:
                break
            after = self.starts[at + 1] if at + 1 < len(self.starts) else len(self.text)
            counted[self.keys[at]] += len(self.text[max(start, self.starts[at]) : min(end, after)].split())
        return sorted(counted, key=lambda key: (-counted[key], key == ""))


def documents(catalogue: Catalogue, on: date) -> Iterator[tuple[DocumentCard, LegalDocument]]:
    """The documents that answer for a day: those that a search finds, so that all rankings choose among the same."""
    cursor: str | None = None
    while True:
        page = catalogue.documents(cursor=cursor, limit=500)
        for entry in page.entries:
            card = entry.card
            if (card.effective_from or on) <= on and (card.effective_to is None or card.effective_to > on):
                yield card, catalogue.tree(card.key)
        cursor = page.next
        if cursor is None:
            return


def articles_of(card: DocumentCard, document: LegalDocument) -> Iterator[Article]:
    """Each article with all that is in it; what stands outside articles as the sections that it has."""
    for node, _ in _units(document.provisions):
        yield Article(_key(card, node), f"{node.title_line}\n{node.full_text}".strip())


def plain(card: DocumentCard, document: LegalDocument) -> Plain:
    """The whole text of a document, title block and preamble in front, with the places of its articles."""
    pieces: list[tuple[str, str]] = [("", line) for line in (*document.title_block, *document.preamble)]
    for node, whole in _units(document.provisions, headings=True):
        text = f"{node.title_line}\n{node.full_text}" if whole else f"{node.title_line}\n{node.own_text}"
        pieces.append((_key(card, node) if whole else "", text.strip()))
    starts, position = [], 0
    for _, text in pieces:
        starts.append(position)
        position += len(text) + 1
    return Plain(card.key, "\n".join(text for _, text in pieces), tuple(starts), tuple(key for key, _ in pieces))


def _units(nodes: Sequence[Provision], headings: bool = False) -> Iterator[tuple[Provision, bool]]:
    """(node, whether it is taken whole): articles, and what holds none; with `headings` the nodes above them too."""
    for node in nodes:
        if node.kind == "article" or not any(below.kind == "article" for below in node.walk()):
            yield node, True
        else:
            if headings:
                yield node, False
            yield from _units(node.children, headings)


def _key(card: DocumentCard, node: Provision) -> str:
    return article_key(card.number, node.number if node.kind == "article" else node.eid)
