"""The JSON objects of documents coming in and going: ingest, review, access labels, removal."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from api.schemas import AccessLabel, Strict


class FailedFile(BaseModel):
    """A file that did not become a document, and why."""

    file: str
    code: str
    reason: str


class HeldFile(BaseModel):
    """A document that is kept but not searched until it is accepted (`phapquy accept KEY`), and why."""

    file: str
    key: str
    reasons: list[str]


class AcceptedOut(BaseModel):
    """A document that answers from now on, with the number of its passages."""

    number: str
    passages: int


class AccessRequest(Strict):
    """Who may see a document: callers with at least one of the labels."""

    access: Annotated[list[AccessLabel], Field(min_length=1, max_length=50)] = Field(examples=[["unit:so-tu-phap"]])


class AccessOut(BaseModel):
    """A document's labels after the change, and how many passages carry them."""

    number: str
    access: list[str]
    passages: int


class IngestOut(BaseModel):
    """What an ingest did, each file counted once.

    `duplicates`: files whose text another file has brought; `older`: editions that do not answer, a newer one does.
    `needs_review`: read with doubts, kept and not searched; no failures.
    `embedded`: passages that were not in the embedding cache. `seconds`: in all; `stages`: of them by stage;
    `outside_embedder`: the share not spent in the embedder.
    """

    files: int
    added: int
    replaced: int
    unchanged: int
    duplicates: int
    older: int
    failed: list[FailedFile]
    needs_review: list[HeldFile] = Field(default_factory=list)
    passages: int
    embedded: int
    stopped: bool
    seconds: float
    stages: dict[str, float]
    outside_embedder: float


class ProgressOut(BaseModel):
    """How far an ingest is. `passages_total`: of the documents read so far; `reused`: vectors found in the cache."""

    files_done: int
    files_total: int
    passages_done: int
    passages_total: int
    failed: int
    reused: int

    @classmethod
    def of_documents(cls, done: int, total: int, passages: int) -> ProgressOut:
        """Of a re-index."""
        return cls(
            files_done=done, files_total=total, passages_done=passages, passages_total=passages, failed=0, reused=0
        )


class RemovalOut(BaseModel):
    """A removal and its proof: `left` points of the document remain in the index."""

    number: str
    removed: int
    left: int
