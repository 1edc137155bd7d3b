"""What a summary is of: the passages of the document, chapter or article that a question names."""

from __future__ import annotations

import re
from dataclasses import replace

from legal.text import fold
from retrieval.addresses import printed
from retrieval.answer import Hit
from retrieval.index import Searched, SearchFilter
from retrieval.named import CitedProvision, place_label
from retrieval.passage import Passage
from retrieval.settings import RetrievalSettings
from retrieval.trail import Trail

NEAREST = "Câu hỏi không nêu rõ văn bản cần tóm tắt; đã tóm tắt văn bản gần nhất: {name}."
SHORTENED = "Chỉ nêu {shown} trên {all} điều khoản trong phạm vi tóm tắt."

_GROUPS = re.compile(r"(?:^|__)(?:part|chp|sec|subsec)_[^_]+$")


async def scope(index: Searched, trail: Trail, settings: RetrievalSettings) -> tuple[tuple[Hit, ...], tuple[str, ...]]:
    """What is to be summarised: the passages of the place that the question names, in reading order, and warnings.

    A named article or clause, a named chapter (of the document named with it), a whole document; without any the
    document of the best hit.
    """
    named = next((one for one in trail.cited if one.keys), None)
    warn, why = tuple[str, ...](), "cited"
    if named is None:
        if not trail.hits:
            return (), ()
        card = trail.hits[0].passage.document
        named = CitedProvision(next((one.eid for one in trail.cited if one.eid), ""), card.number or "", (card.key,))
        warn, why = (NEAREST.format(name=printed("", card)),), "match"
    where = replace(trail.where, documents=named.keys[:1])
    passages = await _inside(index, where, named.eid, settings.summary_most + 1)
    if len(passages) > settings.summary_most:
        shown = passages[: settings.summary_most]
        warn = (*warn, SHORTENED.format(shown=len(shown), all=f"hơn {len(shown)}"))
        passages = shown
    return tuple(Hit(rank, 1.0, one, why) for rank, one in enumerate(passages, start=1)), warn


async def _inside(index: Searched, where: SearchFilter, eid: str, limit: int) -> list[Passage]:
    if not eid:
        return await index.fetch(where, limit=limit)
    found = await index.fetch(replace(where, eids=(eid,)), limit=limit)
    if found or not _GROUPS.search(eid):
        return found
    # Chapters have no passage of their own: their articles know them by the title lines above them.
    steps = [fold(place_label(step)) for step in eid.split("__")]
    every = await index.fetch(where, limit=10 * limit)
    return [one for one in every if all(any(_opens(line, step) for line in one.path) for step in steps)][:limit]


def _opens(line: str, label: str) -> bool:
    return re.match(rf"{re.escape(label)}(?!\w)", fold(line)) is not None
