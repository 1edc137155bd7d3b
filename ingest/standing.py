"""Whether cited documents still stand when an answer is done: in the catalogue, readable by the caller, in force."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ingest.catalogue import Catalogue
from legal.errors import NotFound
from retrieval.answer import AnswerCitation
from retrieval.index import SearchFilter


class CatalogueStanding:
    """Asks the catalogue, one look-up a document."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def __call__(self, citations: Sequence[AnswerCitation], where: SearchFilter) -> frozenset[str]:
        """The keys of the cited documents that stand for this caller and day. A document replaced in the meantime
        stands while its provisions still have the words quoted."""
        return await asyncio.to_thread(self._standing, citations, where)

    def _standing(self, citations: Sequence[AnswerCitation], where: SearchFilter) -> frozenset[str]:
        by_key: dict[str, list[AnswerCitation]] = {}
        for citation in citations:
            by_key.setdefault(citation.document.key, []).append(citation)
        return frozenset(key for key, cited in by_key.items() if self._stands(key, cited, where))

    def _stands(self, key: str, cited: Sequence[AnswerCitation], where: SearchFilter) -> bool:
        try:
            card = self._catalogue.document(key, where.access).card
            if card.key != key:
                return False
            if where.as_of is not None and card.validity.status(where.as_of) not in ("in_force", "unknown"):
                return False
            if all(one.document.version == card.version for one in cited):
                return True
            tree = self._catalogue.tree(key)
        except NotFound:
            return False
        found = ((tree.find(one.eid), one) for one in cited)
        return all(node is not None and node.full_text[one.start : one.end] == one.quote for node, one in found)
