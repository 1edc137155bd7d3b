"""`Gate`: from what a request carries to a `Caller`; keys are remembered for moments, so that a check costs microseconds."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

from api.caller import LOCAL, Caller
from api.keys import Key, KeyStore, StoredKey, id_of
from api.oidc import SignIn
from api.refusals import Unauthorized

#: Seconds after which a remembered key is looked up again: how long one revoked by another process may still work.
REMEMBERED = 2.0
_KEPT = 10_000
_NOBODY = "0" * 64


@dataclass(frozen=True, slots=True)
class _Seen:
    stored: StoredKey
    at: float


class Gate:
    """The door's guard. `sign_in`: where the agency has its own; `loopback`: the server listens on this machine only, so
    that it may stay open until the first key is made."""

    def __init__(self, keys: KeyStore, sign_in: SignIn | None, *, loopback: bool) -> None:
        self._keys = keys
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._sign_in = sign_in
        self._guarded = not loopback or sign_in is not None
        self._asked = 0.0

    async def is_open(self) -> bool:
        """Whether whoever reaches this address is let in: on loopback, as long as no key was ever made."""
        now = time.monotonic()
        if not self._guarded and (not self._asked or now - self._asked > REMEMBERED):
            self._guarded = await asyncio.to_thread(self._keys.any_made)
            self._asked = now
        return not self._guarded

    async def caller(self, given: str | None) -> Caller:
        """The caller who gives that key or token. Raises Unauthorized, Forbidden, ServiceUnavailable."""
        if await self.is_open():
            return LOCAL
        if not given:
            raise Unauthorized("Cần khoá API hợp lệ trong tiêu đề Authorization: Bearer.")
        if self._sign_in is not None and given.count(".") == 2:
            return await self._sign_in.caller(given)
        return caller_of(await self._known(given))

    def forget(self, key_id: str | None = None) -> None:
        """A key was changed in this process, or made (None)."""
        self._asked = 0.0
        if key_id is not None:
            self._seen.pop(key_id, None)

    async def _known(self, given: str) -> Key:
        key_id = id_of(given)
        stored = await self._stored(key_id) if key_id else None
        # Compared in the same way whether there is such a key or not.
        same = hmac.compare_digest(self._keys.digest(given), stored.digest if stored else _NOBODY)
        if stored is None or not same:
            raise Unauthorized("Khoá API không đúng.")
        if stored.key.revoked is not None:
            raise Unauthorized("Khoá API này đã bị thu hồi.")
        if not stored.key.works(datetime.now(UTC)):
            raise Unauthorized("Khoá API này đã hết hạn.")
        return stored.key

    async def _stored(self, key_id: str) -> StoredKey | None:
        seen = self._seen.get(key_id)
        now = time.monotonic()
        if seen is not None and now - seen.at < REMEMBERED:
            return seen.stored
        stored = await asyncio.to_thread(self._keys.find, key_id)
        self._seen.pop(key_id, None)
        if stored is not None:
            self._seen[key_id] = _Seen(stored, now)
            while len(self._seen) > _KEPT:
                self._seen.popitem(last=False)
        return stored


def caller_of(key: Key) -> Caller:
    """The caller who holds a key."""
    return Caller(
        name=key.name, role=key.role, labels=key.labels, id=key.id, per_minute=key.per_minute, per_day=key.per_day
    )
