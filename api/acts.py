"""`Act`: who asked or changed what, when, from where; and the `Note` on which a request in hand gathers it."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.caller import Caller


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of the audit log, before it is stored. `status`: as of HTTP; `question`: its words, never stored unless
    the agency says so."""

    caller: Caller | None
    action: str
    target: str = ""
    status: int = 200
    address: str = ""
    request_id: str = ""
    question: str | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(slots=True)
class Note:
    """What is known so far of the request in hand."""

    caller: Caller | None = None
    question: str | None = None
    target: str = ""
    stages: Mapping[str, float] = field(default_factory=dict)


_NOTE: ContextVar[Note | None] = ContextVar("phapquy_note", default=None)


def begin_note() -> Note:
    """A fresh note for the request that this task handles."""
    note = Note()
    _NOTE.set(note)
    return note


def note_caller(caller: Caller) -> None:
    """Who is asking."""
    if (note := _NOTE.get()) is not None:
        note.caller = caller


def note_question(text: str) -> None:
    """What is asked; the first question of a request counts."""
    if (note := _NOTE.get()) is not None and note.question is None:
        note.question = text


def note_stages(timings_ms: Mapping[str, float]) -> None:
    """How long the stages of the question's path took."""
    if (note := _NOTE.get()) is not None:
        note.stages = timings_ms


def note_target(target: str) -> None:
    """What is read or changed, where the address does not say it."""
    if (note := _NOTE.get()) is not None:
        note.target = target
