"""Fault injection: made-up model outputs through the real verification, and what slipped through.

Provisions are drawn from the home; each statement stands before the sources that the real search finds for it. A fault
is caught when its statement is judged unsupported, so that an answer leaves it out.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eval.faults_made import (
    Spoil,
    Told,
    article_invented,
    date_altered,
    facts,
    negation_added,
    negation_dropped,
    number_altered,
    place_altered,
    quote_altered,
    reworded,
    told,
)
from eval.metrics import interval
from eval.place import Place
from legal.text import normalise_tone, words
from retrieval.answer import Hit, Question, Verdict
from retrieval.index import SearchFilter
from retrieval.passage import Passage
from retrieval.second_opinion import SecondOpinion
from retrieval.statements import split
from retrieval.verify import Checker

#: The sources found for a statement, best first.
Find = Callable[[str], Awaitable[Sequence[Hit]]]
#: The verdict on a text of one statement before numbered sources.
Judge = Callable[[str, Sequence[Hit]], Awaitable[Verdict]]
OnDone = Callable[[int], None]

_SOURCES = 8
_MOST_PASSAGES = 5000  # of one document
_WAYS = ("as printed", "with its place", "its beginning", "numbers rewritten", "in other words", "quoted")

_SPOILT: dict[str, Spoil] = {
    "invented provision or document": article_invented,
    "altered number": number_altered,
    "altered date": date_altered,
    "neighbour's address": place_altered,
    "altered word in a quote": quote_altered,
    "dropped negation": negation_dropped,
    "added negation": negation_added,
}
#: Of 500 faults, so many of each kind.
SHARES = {
    "invented provision or document": 80,
    "altered number": 80,
    "altered date": 20,
    "neighbour's address": 40,
    "altered word in a quote": 80,
    "swapped source, same document": 60,
    "swapped source, other document": 60,
    "source that does not exist": 10,
    "dropped negation": 45,
    "added negation": 25,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One made output: a single statement with its mark, and the sources that it stands before."""

    kind: str
    text: str
    sources: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class FaultReport:
    """What came of the cases. `slipped`: faults that were let through; `rejected`: true statements that were not;
    `same`: sources not drawn as the swapped one because they have the same sentence."""

    faults: dict[str, tuple[bool, ...]]
    true: dict[str, tuple[Verdict, ...]]
    slipped: tuple[tuple[str, str], ...]
    rejected: tuple[tuple[str, str], ...]
    same: int

    def as_json(self) -> dict[str, Any]:
        """Shares by kind, and the statements that went wrong."""
        every = [caught for kind in self.faults.values() for caught in kind]
        told_all = [verdict for way in self.true.values() for verdict in way]
        return {
            "faults": {
                "n": len(every),
                "caught": _share(every),
                "kinds": {kind: {"n": len(caught), "caught": _share(caught)} for kind, caught in self.faults.items()},
                "same_sentence_left_out": self.same,
            },
            "true": {
                "n": len(told_all),
                "rejected": _share([verdict == "unsupported" for verdict in told_all]),
                "partly": _share([verdict == "partly" for verdict in told_all]),
                "ways": {
                    way: {"n": len(found), "rejected": _share([one == "unsupported" for one in found])}
                    for way, found in self.true.items()
                },
            },
            "slipped": [{"kind": kind, "text": text} for kind, text in self.slipped],
            "rejected": [{"way": way, "text": text} for way, text in self.rejected],
        }


def _share(values: Sequence[bool]) -> dict[str, float] | None:
    if not values:
        return None
    found = interval([float(value) for value in values])
    return {"mean": found.mean, "low": found.low, "high": found.high}


async def inject(
    passages: Sequence[Passage], find: Find, judge: Judge, *, n: int = 500, seed: int = 5, on_done: OnDone | None = None
) -> FaultReport:
    """Feed `n` faults and as many true statements, made from these passages, to the verification."""
    faults: dict[str, list[bool]] = {}
    true: dict[str, list[Verdict]] = {}
    slipped: list[tuple[str, str]] = []
    rejected: list[tuple[str, str]] = []
    same: list[Passage] = []
    done = 0
    async for case in made(passages, find, n=n, seed=seed, same=same):
        verdict = await judge(case.text, case.sources)
        if case.kind in SHARES:
            faults.setdefault(case.kind, []).append(verdict == "unsupported")
            if verdict != "unsupported":
                slipped.append((case.kind, case.text))
        else:
            true.setdefault(case.kind, []).append(verdict)
            if verdict == "unsupported":
                rejected.append((case.kind, case.text))
        done += 1
        if on_done is not None:
            on_done(done)
    return FaultReport(
        {kind: tuple(faults.get(kind, ())) for kind in SHARES if kind in faults},
        {way: tuple(true[way]) for way in _WAYS if way in true},
        tuple(slipped),
        tuple(rejected),
        len(same),
    )


async def made(
    passages: Sequence[Passage], find: Find, *, n: int, seed: int, same: list[Passage]
) -> AsyncIterator[Case]:
    """The cases, the same for the same passages and seed: faults and true statements in turns. `same` takes the sources
    that were not drawn as the swapped one because they have the same sentence."""
    rng = random.Random(seed)
    total = sum(SHARES.values())
    wanted = {kind: max(1, round(share * n / total)) for kind, share in SHARES.items()}
    truths = n
    for fact, passage in _drawn(passages, rng):
        if truths <= 0 and not any(wanted.values()):
            return
        # The rarest first: few sentences have a date or a negation.
        kinds = sorted((k for k, left in wanted.items() if left), key=lambda k: wanted[k] / SHARES[k], reverse=True)
        ways = ((kind, told(fact, passage, rng.choice([0, 1, 2, 4]))) for kind in kinds)
        faults = {kind: text for kind, one in ways if (text := _faulty(kind, one, rng)) is not None}
        if truths <= 0 and not faults:
            continue
        sources, at = await _before(fact, passage, find, rng)
        if truths > 0:
            one = told(fact, passage, truths)
            if case := _case(_WAYS[truths % len(_WAYS)], one.text, at, sources):
                truths -= 1
                yield case
        for kind, text in faults.items():
            number = _cited(kind, fact, at, sources, rng, same)
            if number is not None and (case := _case(kind, text, number, sources)):
                wanted[kind] -= 1
                yield case
                break


def _drawn(passages: Sequence[Passage], rng: random.Random) -> Iterator[tuple[str, Passage]]:
    """One fact a passage, passages in random order, then again with other facts until they are used up."""
    order = [passage for passage in passages if passage.article and passage.parts == 1]
    rng.shuffle(order)
    left = {passage.id: rng.sample(found, len(found)) for passage in order if (found := list(facts(passage)))}
    while left:
        for passage in order:
            if passage.id in left:
                yield left[passage.id].pop(), passage
                if not left[passage.id]:
                    del left[passage.id]


async def _before(fact: str, passage: Passage, find: Find, rng: random.Random) -> tuple[tuple[Hit, ...], int]:
    """The sources found for a fact, its own among them, and the number of that one."""
    found = [hit for hit in await find(fact) if hit.passage.id != passage.id][: _SOURCES - 1]
    at = rng.randrange(len(found) + 1)
    found.insert(at, Hit(1, 1.0, passage))
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(found, start=1)), at + 1


def _faulty(kind: str, one: Told, rng: random.Random) -> str | None:
    """The text of a fault of this kind; that of a wrong source is true, as printed or in other words. None where the
    statement has nothing to spoil, or the provision says the spoilt one too: "không quá 02 tháng" is its next point."""
    if kind not in _SPOILT:
        return rng.choice((one.fact, reworded(one.fact)))
    text = _SPOILT[kind](one, rng)
    return None if text is None or says_too(text, one.passage) else text


def _cited(
    kind: str, fact: str, at: int, sources: tuple[Hit, ...], rng: random.Random, same: list[Passage]
) -> int | None:
    """The number of the source that the statement cites; None where no source serves as the wrong one."""
    if kind in _SPOILT:
        return at
    if kind == "source that does not exist":
        return len(sources) + rng.randint(1, 9)
    own = sources[at - 1].passage
    home = kind == "swapped source, same document"
    others = {
        number: hit.passage
        for number, hit in enumerate(sources, start=1)
        if number != at and (hit.passage.document.key == own.document.key) == home
    }
    wrong = [number for number, passage in others.items() if not says_too(fact, passage)]
    same += [passage for number, passage in others.items() if number not in wrong]
    return rng.choice(wrong) if wrong else None


def says_too(fact: str, passage: Passage) -> bool:
    """Whether a source has a sentence word for word, in one place or below the line that opens its list (case,
    punctuation and place of the tone mark aside): laws repeat each other, and citing the other one is no fault."""
    own = f" {_words(fact)} "
    return any(own in f" {_words(there)} " for there in (passage.text, *facts(passage)))


def _words(text: str) -> str:
    return " ".join(map(normalise_tone, words(text)))


def _case(kind: str, text: str, number: int, sources: tuple[Hit, ...]) -> Case | None:
    marked = f"{text} [{number}]."
    return Case(kind, marked, sources) if [piece.kind for piece in split(marked)] == ["statement"] else None


def measure_faults(place: Place, *, n: int = 500, seed: int = 5, on_done: OnDone | None = None) -> FaultReport:
    """Fault injection over a home, by its own search, settings and embedder."""
    parts = place.parts
    path = parts.questions
    opinion = SecondOpinion(parts.embedder, path.settings)

    async def find(text: str) -> Sequence[Hit]:
        limit = path.settings.max_question
        return (await path.search(Question(text[:limit], SearchFilter(), limit=_SOURCES))).hits

    async def judge(text: str, sources: Sequence[Hit]) -> Verdict:
        checker = Checker(sources, path.settings)
        for piece in split(text):
            one = await opinion.heard(checker, piece)
            if one.statement is not None:
                return one.statement.verdict
        return "unsupported"

    async def run() -> FaultReport:
        passages: list[Passage] = []
        for key in sorted(parts.index.versions()):
            passages += await parts.index.fetch(SearchFilter(documents=(key,)), limit=_MOST_PASSAGES)
        return await inject(passages, find, judge, n=n, seed=seed, on_done=on_done)

    return place.runner.run(run())
