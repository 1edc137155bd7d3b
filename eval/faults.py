"""Fault injection: made-up model outputs through the real verification, and what slipped through.

Provisions are drawn from the home; each statement stands before the sources that the real search finds for it. A fault
is caught when its statement is judged unsupported, so that an answer leaves it out.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
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
    told,
)
from eval.metrics import interval
from eval.place import Place
from retrieval.addresses import segments
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
    """What came of the cases. `slipped`: faults that were let through; `rejected`: true statements that were not."""

    faults: dict[str, tuple[bool, ...]]
    true: dict[str, tuple[Verdict, ...]]
    slipped: tuple[tuple[str, str], ...]
    rejected: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """Shares by kind, and the statements that went wrong."""
        every = [caught for kind in self.faults.values() for caught in kind]
        told_all = [verdict for way in self.true.values() for verdict in way]
        return {
            "faults": {
                "n": len(every),
                "caught": _share(every),
                "kinds": {kind: {"n": len(caught), "caught": _share(caught)} for kind, caught in self.faults.items()},
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
    done = 0
    async for case in made(passages, find, n=n, seed=seed):
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
    )


async def made(passages: Sequence[Passage], find: Find, *, n: int, seed: int) -> AsyncIterator[Case]:
    """The cases, the same for the same passages and seed: faults and true statements in turns."""
    rng = random.Random(seed)
    total = sum(SHARES.values())
    wanted = {kind: max(1, round(share * n / total)) for kind, share in SHARES.items()}
    truths = n
    for fact, passage in _drawn(passages, rng):
        if truths <= 0 and not any(wanted.values()):
            return
        sources, at = await _before(fact, passage, find, rng)
        if truths > 0:
            one = told(fact, passage, truths)
            if case := _case(_WAYS[truths % len(_WAYS)], one.text, at, sources):
                truths -= 1
                yield case
        # The rarest first: few sentences have a date or a negation.
        for kind in sorted(
            (k for k, left in wanted.items() if left), key=lambda k: wanted[k] / SHARES[k], reverse=True
        ):
            if case := _fault(kind, told(fact, passage, rng.choice([0, 1, 2, 4])), at, sources, rng):
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


def _fault(kind: str, one: Told, at: int, sources: tuple[Hit, ...], rng: random.Random) -> Case | None:
    if kind in _SPOILT:
        text = _SPOILT[kind](one, rng)
        if text is None or " ".join(text.split()) in " ".join(one.passage.text.split()):
            return None
        return _case(kind, text, at, sources)
    if kind == "source that does not exist":
        return _case(kind, one.fact, len(sources) + rng.randint(1, 9), sources)
    same = kind == "swapped source, same document"
    wrong = [
        number
        for number, hit in enumerate(sources, start=1)
        if number != at
        and (hit.passage.document.key == one.passage.document.key) == same
        and not _says_too(one.fact, hit.passage)
    ]
    return _case(kind, one.fact, rng.choice(wrong), sources) if wrong else None


def _says_too(fact: str, passage: Passage) -> bool:
    """Whether a source has the same sentence (at least 95% of its words in order): laws repeat each other, and citing
    the other one is no fault."""
    words = fact.lower().split()
    for start, end in segments(passage.text):
        there = passage.text[start:end].lower().split()
        blocks = SequenceMatcher(None, words, there, autojunk=False).get_matching_blocks()
        if sum(block.size for block in blocks) >= 0.95 * len(words):
            return True
    return False


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
