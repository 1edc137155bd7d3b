"""What an answer needs beside the best hits: the clause that defines the term asked for, and the provisions that the
hits refer to, of their own document or another one. Each says why it is there (`Hit.why`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace

from retrieval.answer import Hit
from retrieval.definitions import HEADING, asked_term, defining_place
from retrieval.fusion import provision_of
from retrieval.index import Searched, SearchFilter
from retrieval.lexical import question_vector
from retrieval.passage import Passage
from retrieval.settings import RetrievalSettings

#: The provisions that passages name, (document key, eid as told), in the order printed; for a caller with these labels.
Named = Callable[[Sequence[Passage], Collection[str] | None], Awaitable[Sequence[tuple[str, str]]]]

#: Passages looked at in search of a definition: the best by words, of the documents of the first hits.
_DEFINITION_CANDIDATES = 20


async def expansions(
    index: Searched,
    hits: Sequence[Hit],
    where: SearchFilter,
    settings: RetrievalSettings,
    *,
    question: str = "",
    named: Named | None = None,
) -> tuple[Hit, ...]:
    """What the first `settings.expand_from` hits need: at most `settings.expand_most` provisions, of together at most
    `settings.expand_characters` characters, those that are hits already left out.

    `question`: as read; where it asks for a term, the definition in the hits' documents comes first (why "definition").
    Then the provisions referred to, in the order printed (why "reference"). `named`: says which the hits name, as it was
    resolved when documents came and went; without it none. The caller's filter holds here too. Scores are 0.
    """
    first = hits[: settings.expand_from]
    found = [
        *[Hit(0, 0.0, passage, "definition") for passage in await _definitions(index, first, where, question)],
        *[Hit(0, 0.0, passage, "reference") for passage in await _referred(index, first, where, settings, named)],
    ]
    have = {provision_of(hit.passage) for hit in hits}
    left = settings.expand_characters
    kept: list[Hit] = []
    for hit in found:
        place = provision_of(hit.passage)
        if place in have or len(hit.passage.text) > left or len(kept) == settings.expand_most:
            continue
        have.add(place)
        left -= len(hit.passage.text)
        kept.append(hit)
    return tuple(kept)


async def _definitions(index: Searched, hits: Sequence[Hit], where: SearchFilter, question: str) -> list[Passage]:
    """Where the hits' documents say what the term is that the question asks for."""
    term = asked_term(question) if hits else None
    if term is None:
        return []
    keys = tuple(dict.fromkeys(hit.passage.document.key for hit in hits))
    sparse = question_vector(f"{HEADING}. {term}")
    found = await index.search(None, sparse, replace(where, documents=keys), limit=_DEFINITION_CANDIDATES)
    defining = [one.passage for one in found.lexical if defining_place(one.passage, term) is not None]
    return sorted(defining, key=lambda passage: keys.index(passage.document.key))


async def _referred(
    index: Searched, hits: Sequence[Hit], where: SearchFilter, settings: RetrievalSettings, named: Named | None
) -> list[Passage]:
    """The passages of articles, and of what is in them, that the hits name, one fetch a document, in the order printed."""
    if named is None:
        return []
    have = {provision_of(hit.passage) for hit in hits}
    wanted: list[tuple[str, str]] = []
    for key, eid in await named([hit.passage for hit in hits], where.access):
        place = (key, eid.split("__para_")[0].split("__point_")[0])
        if "art_" in eid and place not in have and len(wanted) < settings.expand_most:
            have.add(place)
            wanted.append((key, eid))
    found: dict[tuple[str, str], Passage] = {}
    for key in dict.fromkeys(key for key, _ in wanted):
        eids = tuple(eid for of, eid in wanted if of == key)
        attached = tuple(f"att_1__{eid}" for eid in eids)  # "Điều 5" of a decision may be one of what is attached to it
        passages = await index.fetch(replace(where, documents=(key,), eids=(*eids, *attached)), limit=40)
        for eid, inside in zip(eids, attached, strict=True):
            passage = next((one for form in (eid, inside) for one in passages if _holds(one, form)), None)
            if passage is not None:
                found[key, eid] = passage
    return [found[place] for place in wanted if place in found]


def _holds(passage: Passage, eid: str) -> bool:
    return passage.eid == eid or any(span.eid == eid for span in passage.spans)
