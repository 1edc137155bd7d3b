"""Who is asking: every route of /v1 depends on `caller`. Roles and access lists take their place here."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request

from api.caller import LOCAL, Caller
from legal.errors import PhapquyError


class Unauthorized(PhapquyError):
    """No key, or one that is not known."""

    code = "unauthorized"
    status = 401


class Keys:
    """The configured API keys."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(key.encode() for key in keys)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def known(self, given: str) -> bool:
        """Whether a key is one of them, in the same time whichever it is."""
        matches = [hmac.compare_digest(key, given.encode("utf-8", "surrogateescape")) for key in self._keys]
        return any(matches)


async def caller(request: Request) -> Caller:
    """The caller of a request, by `Authorization: Bearer <key>`; raises Unauthorized where keys are configured."""
    keys: Keys = request.app.state.keys
    if not keys:
        return LOCAL
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not keys.known(given.strip()):
        raise Unauthorized("Cần khoá API hợp lệ trong tiêu đề Authorization: Bearer.")
    return Caller(name="key", role="admin", labels=None)


Asking = Annotated[Caller, Depends(caller)]
