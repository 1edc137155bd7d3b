"""What an answer needs beside the best hits: the provisions of the same document that they refer to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from retrieval.answer import Hit
from retrieval.index import Index, SearchFilter
from retrieval.settings import RetrievalSettings

#: "Điều 8 của Luật này", "khoản 2 Điều 8 Quy định này"; also bare "Điều 8" where no other document is named after it.
_REFERENCE = re.compile(
    r"\bĐiều\s+(?P<article>\d+[a-zđ]?)\b(?!\s*(?:,|và|đến)?\s*(?:của\s+)?"
    r"(?:Luật|Bộ luật|Nghị định|Thông tư|Pháp lệnh|Hiến pháp|Nghị quyết)"
    r"\s+(?!này))",
)


async def expansions(
    index: Index, hits: Sequence[Hit], where: SearchFilter, settings: RetrievalSettings
) -> tuple[Hit, ...]:
    """Provisions that the first `settings.expand_from` hits refer to, at most `settings.expand_most`, one fetch a
    document.

    The caller's filter holds here too. Hits come with score 0 and why "reference".
    """
    have = {(hit.passage.document.key, hit.passage.article) for hit in hits}
    wanted: dict[str, list[str]] = {}
    for hit in hits[: settings.expand_from]:
        key = hit.passage.document.key
        for match in _REFERENCE.finditer(hit.passage.text):
            article = match["article"]
            if (key, article) not in have and sum(map(len, wanted.values())) < settings.expand_most:
                have.add((key, article))
                wanted.setdefault(key, []).append(article)
    found: list[Hit] = []
    for key, articles in wanted.items():
        passages = await index.fetch(replace(where, documents=(key,), articles=tuple(articles)), limit=40)
        first = {passage.article: passage for passage in reversed(passages) if "att_" not in passage.eid}
        found += [Hit(0, 0.0, first[article], "reference") for article in articles if article in first]
    return tuple(found)
