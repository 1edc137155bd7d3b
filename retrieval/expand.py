"""What an answer needs beside the best hits: the clause that defines the term asked for, and the provisions that the
hits refer to, of their own document or another one. Each says why it is there (`Hit.why`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from legal.names import LawNames
from legal.references import find_references
from legal.references_documents import THIS
from retrieval.answer import Hit
from retrieval.definitions import HEADING, asked_term, defining_place
from retrieval.fusion import provision_of
from retrieval.index import Searched, SearchFilter
from retrieval.lexical import question_vector
from retrieval.named import document_meant
from retrieval.passage import Passage
from retrieval.settings import RetrievalSettings

#: Passages looked at in search of a definition: the best by words, of the documents of the first hits.
_DEFINITION_CANDIDATES = 20


async def expansions(
    index: Searched,
    hits: Sequence[Hit],
    where: SearchFilter,
    settings: RetrievalSettings,
    *,
    question: str = "",
    names: LawNames | None = None,
) -> tuple[Hit, ...]:
    """What the first `settings.expand_from` hits need: at most `settings.expand_most` provisions, of together at most
    `settings.expand_characters` characters, those that are hits already left out.

    `question`: as read; where it asks for a term, the definition in the hits' documents comes first (why "definition").
    Then the provisions referred to, in the order named (why "reference"). `names`: the documents that the caller may
    read, for references to others ("Điều 8 Luật Hộ tịch"). The caller's filter holds here too. Scores are 0.
    """
    first = hits[: settings.expand_from]
    found = [
        *[Hit(0, 0.0, passage, "definition") for passage in await _definitions(index, first, where, question)],
        *[Hit(0, 0.0, passage, "reference") for passage in await _referred(index, first, where, settings, names)],
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
    index: Searched, hits: Sequence[Hit], where: SearchFilter, settings: RetrievalSettings, names: LawNames | None
) -> list[Passage]:
    """The passages of provisions that the hits name, one fetch a document, in the order named."""
    have = {provision_of(hit.passage) for hit in hits}
    wanted: list[tuple[str, str]] = []
    for hit in hits:
        for key, eid in _named(hit.passage, names, where.as_of):
            place = (key, eid.split("__para_")[0].split("__point_")[0])
            if place not in have and len(wanted) < settings.expand_most:
                have.add(place)
                wanted.append((key, eid))
    found: dict[tuple[str, str], Passage] = {}
    for key in dict.fromkeys(key for key, _ in wanted):
        eids = tuple(eid for of, eid in wanted if of == key)
        passages = await index.fetch(replace(where, documents=(key,), eids=eids), limit=40)
        for eid in eids:
            passage = next((one for one in passages if _holds(one, eid)), None)
            if passage is not None:
                found[key, eid] = passage
    return [found[place] for place in wanted if place in found]


def _named(passage: Passage, names: LawNames | None, on: date | None) -> Iterator[tuple[str, str]]:
    """(document key, eid) of the articles, and of what is in them, that a passage names."""
    for reference in find_references(passage.text, passage.eid, names=names):
        if reference.relative or not reference.eids:
            continue
        if reference.document == THIS:
            key: str | None = passage.document.key
        else:
            key = document_meant(reference, names, on) if names is not None else None
        for eid in reference.eids if key is not None else ():
            if "art_" in eid:
                yield key or "", eid


def _holds(passage: Passage, eid: str) -> bool:
    return passage.eid == eid or any(span.eid == eid for span in passage.spans)
