"""`Trail`: what travels from hop to hop of the question's path, one frozen object, never copied, never printed.

Haystack deep-copies inputs at every hop. A trail is frozen all the way down, so that sharing it is safe and its copy is
itself. Its `repr` is empty on purpose: whatever logs or traces it carries no question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from time import perf_counter
from types import MappingProxyType
from typing import Any, Literal

from retrieval.answer import Answer, Hit, Question, Reading
from retrieval.evidence import Evidence
from retrieval.index import SearchFilter
from retrieval.named import CitedProvision
from retrieval.understand import Heard
from retrieval.verify import Checked
from serving.protocols import Usage, Vectors

Wants = Literal["search", "answer"]


@dataclass(frozen=True, slots=True)
class Draft:
    """What the answering hop hands to verification. `text` as the model wrote it, None where no model answered.

    `checked`: its pieces with their verdicts. `sources`: what the model was given, numbered from 1 in this order.
    `rows`: for a table, the row that each checked cell belongs to. `cut`: the text ended at the length limit.
    """

    text: str | None = None
    checked: tuple[Checked, ...] = ()
    model: str | None = None
    usage: Usage | None = None
    sources: tuple[Hit, ...] = ()
    rows: tuple[str, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Trail:
    """Where a question is on its way. Filled from left to right by the hops.

    `meaning`: the model at work on the question's vector, where the words to embed are known from the start.
    """

    question: Question
    heard: Heard
    wants: Wants = "answer"
    meaning: asyncio.Task[Vectors | None] | None = None
    reading: Reading | None = None
    as_of: date | None = None
    where: SearchFilter = field(default_factory=SearchFilter)
    cited: tuple[CitedProvision, ...] = ()
    hits: tuple[Hit, ...] = ()
    expansions: tuple[Hit, ...] = ()
    evidence: Evidence | None = None
    draft: Draft | None = None
    answer: Answer | None = None
    warnings: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    begun: float = field(default_factory=perf_counter)

    def __deepcopy__(self, memo: dict[int, Any]) -> Trail:
        return self

    def __copy__(self) -> Trail:
        return self

    def __repr__(self) -> str:
        return "Trail(...)"

    def then(self, *, warn: tuple[str, ...] = (), took: Mapping[str, float] | None = None, **changes: Any) -> Trail:
        """The next state: changed fields, added warnings, added timings in milliseconds."""
        if warn:
            changes["warnings"] = self.warnings + tuple(w for w in warn if w not in self.warnings)
        if took:
            changes["timings"] = MappingProxyType({**self.timings, **took})
        return replace(self, **changes)

    @property
    def read(self) -> Reading:
        """The reading; there is one behind the first hop."""
        if self.reading is None:
            raise RuntimeError("the question was not read yet")
        return self.reading

    @property
    def day(self) -> date:
        """The day the answer is for; there is one behind the first hop."""
        if self.as_of is None:
            raise RuntimeError("the question was not read yet")
        return self.as_of


def milliseconds(since: float, until: float | None = None) -> float:
    """Time since a `perf_counter()` value, up to another one or now."""
    return round(((perf_counter() if until is None else until) - since) * 1000, 3)
