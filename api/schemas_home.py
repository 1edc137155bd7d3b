"""What the doors say of a home as a whole."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.schemas_intake import HeldFile


class RollbackOut(BaseModel):
    """The generation before answers again: the embedder that made it, and how many passages were caught up."""

    embedder: str
    passages: int


class StatusOut(BaseModel):
    """What is in a home."""

    home: str
    documents: int
    passages: int
    failed: int
    embedder: str | None
    engine: str
    generator: str | None
    serving: str | None = None
    needs_review: list[HeldFile] = Field(default_factory=list)
