"""The JSON objects of `GET /v1/resolve` and `phapquy resolve`."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from api.schemas import DocumentOut, ProvisionOut, Strict
from api.schemas_values import Day


def _says_something(value: str) -> str:
    if not any(letter.isalnum() for letter in value):
        raise ValueError("blank")
    return value


CitationText = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_says_something)]


class ResolveRequest(Strict):
    """A citation to resolve."""

    citation: CitationText
    as_of: Day | None = None


class ResolvedOut(BaseModel):
    """What a citation names. `provision`, `kind` and `text` are null where it names a whole document."""

    document: DocumentOut
    provision: ProvisionOut | None
    kind: str | None
    text: str | None


class ResolveResponse(BaseModel):
    """`found`: everything that the citation names is in `results`; else `reason` and `missing` say what is not there,
    and nothing near takes its place. `others`: documents that the name may also mean."""

    citation: str
    as_of: date
    found: bool
    reason: str | None = Field(description="Vì sao không tìm thấy; null nếu tìm thấy đủ")
    results: list[ResolvedOut]
    others: list[DocumentOut] = Field(description="Văn bản khác mà tên này cũng có thể chỉ")
    missing: list[str]
    notes: list[str]
