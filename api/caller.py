"""Who is asking, whichever door they came by: `Caller`."""

from __future__ import annotations

import os
import pwd
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


def at_terminal(user: str) -> Caller:
    """Whoever runs commands on the home: who may read it is its administrator. `user`: the system's name for them."""
    return Caller(name=user, role="admin", labels=None, id=f"cli:{user}")


def this_user() -> str:
    """The system's name for the user of this process."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name.encode("ascii", "replace").decode()
    except KeyError:
        return str(os.getuid())
