"""What a phapquy server gives, as typed objects. Fields that a newer server adds are ignored; dates are `date`s."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

#: A field may be called `date` too.
Day = date
Verdict = Literal["supported", "partly", "unsupported"]
Mode = Literal["generative", "extractive", "refusal"]


class Given(BaseModel):
    """Anything that the server gives."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Document(Given):
    """A document as every hit and citation shows it."""

    number: str | None
    title: str | None
    type: str | None
    issuer: str | None
    issued: date | None
    status: str
    effective_from: date | None
    effective_to: date | None


class Provision(Given):
    """A provision. `eid`: its stable address; `label`: as an official writes it; `article`: the bare number or None."""

    eid: str
    label: str
    article: str | None
    heading: str
    path: list[str]


class Hit(Given):
    """One provision found. `score` between 0 and 1."""

    rank: int
    score: float
    document: Document
    provision: Provision
    text: str


class Query(Given):
    """How the question was read."""

    text: str
    read_as: str
    restored: bool = False
    citations: list[str] = Field(default_factory=list)
    expansions: list[str] = Field(default_factory=list)
    date: Day | None = None
    notes: list[str] = Field(default_factory=list)


class SearchResult(Given):
    """What a search gives, best hit first."""

    query: Query
    as_of: date
    results: list[Hit]
    warnings: list[str] = Field(default_factory=list)


class Citation(Given):
    """A verified citation: `quote` is `text[start:end]` of the provision."""

    n: int
    document: Document
    provision: Provision
    quote: str
    start: int
    end: int


class Statement(Given):
    """A sentence of the answer with its verdict."""

    text: str
    verdict: Verdict
    citations: list[int]


class Answer(Given):
    """An answer that can be checked; a refusal has no citations. `id`: for feedback."""

    id: str
    text: str
    mode: Mode
    citations: list[Citation]
    sources: list[Hit]
    as_of: date
    model: str | None
    warnings: list[str]
    query: Query
    statements: list[Statement] = Field(default_factory=list)


class Event(Given):
    """A piece of a streamed answer. `name`: query, sources, token, statement, citation, usage, done or error; `data`: the
    JSON value; `answer` is there with `done`. `replaces`: a `token` whose text takes the place of all before it."""

    name: str
    data: Any
    answer: Answer | None = None
    replaces: bool = False


class Resolved(Given):
    """What a citation names; `provision` and `text` are None where it names a whole document."""

    document: Document
    provision: Provision | None
    kind: str | None
    text: str | None


class Resolution(Given):
    """`found`: everything that the citation names is in `results`; else `reason` says why not."""

    citation: str
    as_of: date
    found: bool
    reason: str | None
    results: list[Resolved]
    others: list[Document]
    missing: list[str]
    notes: list[str] = Field(default_factory=list)


class DocumentEntry(Document):
    """A document in the list."""

    key: str
    passages: int | None = None


class Outline(Given):
    """A provision in a document's tree, without its text."""

    eid: str
    kind: str
    number: str
    label: str
    heading: str
    children: list[Outline] = Field(default_factory=list)


class Relation(Given):
    """A relation to another document, seen from the one asked for: `direction` is `out` or `in`."""

    kind: str
    label: str
    direction: str
    number: str
    title: str | None
    indexed: bool
    day: date | None
    sentence: str


class DocumentDetail(DocumentEntry):
    """A document with its tree and relations."""

    signer: str | None = None
    provisions: list[Outline]
    relations: list[Relation] = Field(default_factory=list)


class ProvisionText(Provision):
    """A provision with its text."""

    document: Document
    kind: str
    number: str
    text: str
    rows: list[list[str]] | None = None
    children: list[Outline] = Field(default_factory=list)


class FieldProblem(Given):
    """What is wrong with one field of a request."""

    field: str
    code: str
    message: str


class Problem(Given):
    """RFC 9457 problem details."""

    title: str
    status: int
    code: str
    detail: str | None = None
    request_id: str | None = None
    errors: list[FieldProblem] | None = None
