"""Who is asking, whichever door they came by: `Caller`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["reader", "integrator", "admin", "auditor"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. `labels`: access labels, a document needs one of them; None sees all."""

    name: str
    role: Role
    labels: frozenset[str] | None = None


#: With no key configured the server binds to loopback only, and whoever is on this machine is its administrator.
LOCAL = Caller(name="loopback", role="admin", labels=None)
