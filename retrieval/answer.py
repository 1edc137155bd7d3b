"""What goes into the question's path and comes out: `Question`, `Reading`, `Hit`, `SearchResult`, `Answer`, events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from retrieval.index import SearchFilter
from retrieval.passage import DocumentCard, Passage
from serving.protocols import Usage

Mode = Literal["generative", "extractive", "refusal"]
Verdict = Literal["supported", "partly", "unsupported"]
Format = Literal["answer", "brief", "letter", "table", "summary"]

#: The sentence of a refusal, word for word.
REFUSAL = "Không tìm thấy căn cứ trong kho văn bản."


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier turn of the conversation; never a source."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question as a door hands it in. `where` holds as_of, access and the caller's filters; `limit`: hits wanted, 1 to 100."""

    text: str
    where: SearchFilter
    limit: int = 10
    history: tuple[Turn, ...] = ()
    format: Format = "answer"
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """How the question was understood: shown to the caller as `query`.

    `text`: as typed (NFC). `read_as`: what was searched (diacritics restored, a follow-up made to stand alone).
    `restored`: whether they were. `rewritten`: who made a follow-up stand alone, None where nobody did.
    `citations`: provisions named in the question, as labels. `expansions`: terms added. `date`: a day found in the question.
    """

    text: str
    read_as: str
    restored: bool = False
    citations: tuple[str, ...] = ()
    expansions: tuple[str, ...] = ()
    date: date | None = None
    notes: tuple[str, ...] = ()
    rewritten: Literal["model", "rule"] | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One provision found. `score` between 0 and 1. `passage`: its best passage. `why`: "match", "cited", "reference" ..."""

    rank: int
    score: float
    passage: Passage
    why: str = "match"


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first, one per provision (article where there are articles)."""

    reading: Reading
    as_of: date
    hits: tuple[Hit, ...]
    warnings: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnswerCitation:
    """A verified citation: `quote == provision.full_text[start:end]` of the provision `eid` of `document`."""

    n: int
    document: DocumentCard
    eid: str
    label: str
    article: str | None
    heading: str
    path: tuple[str, ...]
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a generated answer with its verdict and the citation numbers it carries."""

    text: str
    verdict: Verdict
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TableCell:
    """A verified cell: what it says and the citation numbers it carries."""

    text: str
    verdict: Verdict
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a procedure's table. `key`: papers, fee, deadline, authority, legal_basis; `label`: in Vietnamese."""

    key: str
    label: str
    cells: tuple[TableCell, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that can be checked. `text` carries `[n]` after each statement; a refusal has no citations.

    `table`: the rows of the format "table", empty in the others.
    """

    id: str
    text: str
    mode: Mode
    reading: Reading
    as_of: date
    citations: tuple[AnswerCitation, ...] = ()
    sources: tuple[Hit, ...] = ()
    statements: tuple[Statement, ...] = ()
    format: Format = "answer"
    table: tuple[TableRow, ...] = ()
    model: str | None = None
    usage: Usage | None = None
    warnings: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """A piece of a streamed answer, in the order of `name`'s values; `token`, `statement`, `citation` repeat; `error` ends it.

    `data` by name: query -> Reading; sources -> tuple[Hit, ...]; token -> str; statement -> Statement;
    citation -> AnswerCitation; usage -> Usage; done -> Answer; error -> PhapquyError.
    `replaces`: a token that is the whole text, and the tokens before it fall.
    """

    name: Literal["query", "sources", "token", "statement", "citation", "usage", "done", "error"]
    data: Any
    replaces: bool = False
