"""Commands in the audit log: what is done in this process, as the server logs what it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api.acts import Act, begin_note
from api.caller import at_terminal, this_user
from legal.errors import PhapquyError

if TYPE_CHECKING:
    from api.audit import AuditLog


@contextmanager
def acting(audit: Callable[[], AuditLog], action: str, target: str = "") -> Iterator[None]:
    """Leave what is done meanwhile in the audit log, also when it fails."""
    note, status, began = begin_note(), 200, datetime.now(UTC)
    try:
        yield
    except PhapquyError as error:
        status = error.status
        raise
    finally:
        who, target = at_terminal(this_user()), note.target or target
        audit().record(Act(who, f"cli {action}", target, status, question=note.question, at=began))
