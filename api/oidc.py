"""OIDC: bearer tokens of the agency's own sign-in (Keycloak and the like) become callers; keys come from a file or URL."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any, get_args

import httpx
import jwt
import structlog

from api.caller import Caller, Role
from api.refusals import Forbidden, Unauthorized
from api.settings import OidcSettings
from legal.errors import ServiceUnavailable
from legal.text import nfc

log = structlog.get_logger("phapquy.oidc")

#: Algorithm -> kind of key; nothing else is taken, whatever a token's header says.
_ALGORITHMS = {"RS256": "RSA", "ES256": "EC"}
_LEEWAY = 30
#: Seconds that the signing keys are kept, and between two looks for a key that is not among them.
_KEPT, _LOOKED_AGAIN = 600.0, 30.0
_TIMEOUT = httpx.Timeout(5.0)
_LARGEST = 1 << 20
_LONGEST_TOKEN = 16_384
#: The mightiest first: who has several roles has the first of these.
_RANK: tuple[Role, ...] = ("admin", "integrator", "reader", "auditor")


class SignIn:
    """The agency's sign-in, as the settings describe it."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = 0.0
        self._looked = 0.0
        self._fetching = asyncio.Lock()

    async def caller(self, token: str) -> Caller:
        """The caller whom a token names. Raises Unauthorized for one that does not hold, Forbidden for one without a role
        here, ServiceUnavailable when no signing key can be had."""
        try:
            header = jwt.get_unverified_header(token) if len(token) <= _LONGEST_TOKEN else {}
        except jwt.PyJWTError:
            header = {}
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in _ALGORITHMS or not isinstance(kid, str):
            raise Unauthorized("Mã đăng nhập không đúng dạng được nhận (RS256 hoặc ES256, có kid).")
        key = await self._key(kid)
        if key is None or key.key_type != _ALGORITHMS[algorithm]:
            raise Unauthorized("Mã đăng nhập không do nơi cấp mã của cơ quan ký.")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "sub", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthorized("Mã đăng nhập đã hết hạn; hãy đăng nhập lại.") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise Unauthorized("Mã đăng nhập không hợp lệ.") from None
        return self._mapped(claims)

    def _mapped(self, claims: dict[str, Any]) -> Caller:
        chosen = self._settings
        given = {
            chosen.roles.get(value, value) if chosen.roles else value for value in _values(claims, chosen.role_claim)
        }
        known = given & set(chosen.roles.values()) if chosen.roles else given & set(get_args(Role))
        role = next((one for one in _RANK if one in known), None)
        if role is None:
            raise Forbidden("Tài khoản này chưa được cấp vai trò trong kho.")
        values = [nfc(value.lstrip("/")) for value in _values(claims, chosen.label_claim)]
        mapped = {nfc(value.lstrip("/")): label for value, label in chosen.labels.items()}
        labels = {mapped[value] for value in values if value in mapped} if mapped else set(values)
        subject = str(claims["sub"])
        name = next((str(claims[one]) for one in ("preferred_username", "name") if claims.get(one)), subject)
        return Caller(
            name=name[:200],
            role=role,
            labels=None if role == "admin" else frozenset() if role == "auditor" else frozenset({"public", *labels}),
            id=f"oidc:{subject}"[:300],
        )

    async def _key(self, kid: str) -> jwt.PyJWK | None:
        now = time.monotonic()
        if kid in self._keys and now - self._fetched < _KEPT:
            return self._keys[kid]
        async with self._fetching:
            now = time.monotonic()
            stale = not self._fetched or now - self._fetched >= _KEPT
            if (stale or kid not in self._keys) and (not self._looked or now - self._looked >= _LOOKED_AGAIN):
                self._looked = now
                await self._refresh(now)
        if not self._keys:
            raise ServiceUnavailable("Chưa lấy được khoá ký của nơi cấp mã đăng nhập; hãy thử lại sau.")
        return self._keys.get(kid)

    async def _refresh(self, now: float) -> None:
        """Fetch the signing keys; when that fails the old ones stay."""
        try:
            listed = json.loads(await self._fetch())["keys"]
            found = {}
            for entry in listed:
                if entry.get("kty") in _ALGORITHMS.values() and entry.get("use", "sig") == "sig" and entry.get("kid"):
                    found[str(entry["kid"])] = jwt.PyJWK(entry)
        except (httpx.HTTPError, OSError, ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
            log.warning("signing_keys_not_fetched", error=type(error).__name__)
            return
        self._keys, self._fetched = found, now

    async def _fetch(self) -> bytes:
        where = self._settings.jwks or ""
        if not where.startswith(("http://", "https://")):
            return await asyncio.to_thread(Path(where).read_bytes)
        # One time limit for the whole, not only for each piece of it.
        async with (
            asyncio.timeout(10),
            httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client,
            client.stream("GET", where, headers={"Accept": "application/json"}) as reply,
        ):
            reply.raise_for_status()
            data = b""
            async for piece in reply.aiter_bytes():
                data += piece
                if len(data) > _LARGEST:
                    raise ValueError("too large")
            return data


def _values(claims: dict[str, Any], path: str) -> list[str]:
    """The strings of a claim; dots go down (`realm_access.roles`)."""
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    if isinstance(found, str):
        return found.split()
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
