"""What an answer needs beside the best hits: the provisions of the same document that they refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from legal.references import find_references
from legal.references_documents import THIS
from retrieval.answer import Hit
from retrieval.fusion import provision_of
from retrieval.index import Index, SearchFilter
from retrieval.passage import Passage
from retrieval.settings import RetrievalSettings


async def expansions(
    index: Index, hits: Sequence[Hit], where: SearchFilter, settings: RetrievalSettings
) -> tuple[Hit, ...]:
    """Provisions that the first `settings.expand_from` hits refer to ("khoản 2 Điều 8 Luật này"), one fetch a document.

    At most `settings.expand_most`, in the order named; those that are hits already are left out. The caller's filter
    holds here too. They come with score 0 and why "reference".
    """
    have = {provision_of(hit.passage) for hit in hits}
    wanted: dict[str, list[str]] = {}
    for hit in hits[: settings.expand_from]:
        key = hit.passage.document.key
        for eid in _referred(hit.passage):
            place = (key, eid.split("__para_")[0].split("__point_")[0])
            if place not in have and sum(map(len, wanted.values())) < settings.expand_most:
                have.add(place)
                wanted.setdefault(key, []).append(eid)
    found: list[Hit] = []
    for key, eids in wanted.items():
        passages = await index.fetch(replace(where, documents=(key,), eids=tuple(eids)), limit=40)
        for eid in eids:
            passage = next((one for one in passages if _holds(one, eid)), None)
            if passage is not None:
                found.append(Hit(0, 0.0, passage, "reference"))
    return tuple(found)


def _referred(passage: Passage) -> list[str]:
    """The eids of provisions of its own document that a passage names, articles and what is in them."""
    return [
        eid
        for reference in find_references(passage.text, passage.eid)
        if reference.document == THIS and not reference.relative
        for eid in reference.eids
        if "art_" in eid
    ]


def _holds(passage: Passage, eid: str) -> bool:
    return passage.eid == eid or any(span.eid == eid for span in passage.spans)
