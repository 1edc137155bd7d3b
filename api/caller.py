"""Who is asking, whichever door they came by: `Caller`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: reader asks and reads; integrator does so for the users of a portal; admin may do everything; auditor reads the audit
#: log and nothing else.
Role = Literal["reader", "integrator", "admin", "auditor"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. `id`: what they are counted and logged by (a key's public prefix, `oidc:<subject>`); `labels`:
    access labels, a document needs one of them; None sees all; `per_minute`, `per_day`: calls, None as the settings
    say."""

    name: str
    role: Role
    labels: frozenset[str] | None = None
    id: str = ""
    per_minute: int | None = None
    per_day: int | None = None


#: With no key made yet the server binds to loopback only, and whoever is on this machine is its administrator.
LOCAL = Caller(name="loopback", role="admin", labels=None, id="loopback")
