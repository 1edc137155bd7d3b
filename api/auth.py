"""Who may come in: `caller` tells who is asking, `Entry` which roles a route lets in. Every route of /v1 has an `Entry`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.acts import note_caller
from api.caller import Caller, Role
from api.guard import Guard, address_of
from api.refusals import Forbidden, Unauthorized

#: Where a key or token stands in a request.
BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="Khoá API (`pq_...`) hoặc mã OIDC của cơ quan")


async def caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]) -> Caller:
    """The caller of a request, by `Authorization: Bearer ...`. Raises Unauthorized, TooMany."""
    guard: Guard = request.app.state.guard
    try:
        asking = await guard.gate.caller(given.credentials if given is not None else None)
    except Unauthorized:
        if given is not None:
            guard.limits.failed(address_of(request))
        raise
    note_caller(asking)
    guard.limits.caller(asking)
    return asking


class Entry:
    """The roles that a route lets in; as a dependency it gives the caller. Raises Unauthorized, Forbidden."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)

    async def __call__(self, asking: Annotated[Caller, Depends(caller)]) -> Caller:
        if asking.role not in self.roles:
            raise Forbidden("Khoá này không có quyền dùng chức năng này.")
        return asking


def entry_roles(dependant: Dependant | None) -> frozenset[str] | None:
    """The roles that a route with these dependencies lets in; None where it declares none. Of several, all must hold."""
    if dependant is None:
        return None
    found = [frozenset[str](dependant.call.roles)] if isinstance(dependant.call, Entry) else []
    found += [roles for below in dependant.dependencies if (roles := entry_roles(below)) is not None]
    return frozenset.intersection(*found) if found else None


#: The caller of a route that asks or reads documents: all but the auditor.
Asking = Annotated[Caller, Depends(Entry("reader", "integrator", "admin"))]
#: The caller of a route that changes what is here.
Administering = Annotated[Caller, Depends(Entry("admin"))]
#: The caller of a route that reads the audit log.
Auditing = Annotated[Caller, Depends(Entry("auditor", "admin"))]
