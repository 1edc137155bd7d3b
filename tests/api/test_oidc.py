"""Tokens of the agency's own sign-in, against a real server: signing keys from a URL, exchanged while it runs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from api.caller import Caller
from api.oidc import SignIn
from api.refusals import Forbidden, Unauthorized
from api.settings import OidcSettings
from legal.errors import ServiceUnavailable

ISSUER, AUDIENCE = "https://sso.sonha.example/realms/can-bo", "phapquy"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def jwk(kid: str, key: Any) -> dict[str, Any]:
    maker: Any = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return {**json.loads(maker.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


def token(key: Any = RSA_KEY, kid: str | None = "k1", algorithm: str = "RS256", **claims: Any) -> str:
    now = int(time.time())
    body = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "u-17", "exp": now + 300, "iat": now, "preferred_username": "thu.nv",
        "realm_access": {"roles": ["can-bo"]}, "groups": ["/so-tu-phap"], **claims,
    }  # fmt: skip
    body = {name: value for name, value in body.items() if value is not None}
    return jwt.encode(body, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


class Issuer:
    """The sign-in's page of signing keys."""

    def __init__(self) -> None:
        self.keys = [jwk("k1", RSA_KEY)]
        self.asked = 0
        issuer = self

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                body = json.dumps({"keys": issuer.keys}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.url = f"http://127.0.0.1:{self.server.server_port}/certs"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.shutdown()


def settings(jwks: str, **more: Any) -> OidcSettings:
    return OidcSettings(
        issuer=ISSUER, audience=AUDIENCE, jwks=jwks, role_claim="realm_access.roles",
        **{"roles": {"can-bo": "reader", "quan-tri": "admin", "thanh-tra": "auditor"},
           "labels": {"/so-tu-phap": "unit:so-tu-phap"}, **more},
    )  # fmt: skip


def test_a_server_lets_officials_in_by_their_token(start: Any, run: Any, issuer: Issuer, tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = start(
        home, "--host", "0.0.0.0",
        PHAPQUY_OIDC__ISSUER=ISSUER, PHAPQUY_OIDC__AUDIENCE=AUDIENCE, PHAPQUY_OIDC__JWKS=issuer.url,
        PHAPQUY_OIDC__ROLE_CLAIM="realm_access.roles", PHAPQUY_OIDC__ROLES='{"can-bo": "reader", "quan-tri": "admin"}',
    )  # fmt: skip
    url = server.url.replace("0.0.0.0", "127.0.0.1")
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:

        def get(path: str, given: str | None) -> httpx.Response:
            return client.get(path, headers={"Authorization": f"Bearer {given}"} if given else {})

        assert get("/v1/documents", None).status_code == 401
        assert get("/v1/documents", token()).status_code == 200
        assert get("/v1/keys", token()).status_code == 403
        assert get("/v1/keys", token(realm_access={"roles": ["quan-tri"]})).status_code == 200
        assert get("/v1/documents", token(realm_access={"roles": ["khach"]})).status_code == 403
        assert get("/v1/documents", token(exp=int(time.time()) - 60)).status_code == 401
        # A key made here works beside them.
        key = run(home, "keys", "create", "Cổng", "--json").json["key"]
        assert get("/v1/documents", key).status_code == 200
    assert server.stop() == 0
    exported = run(home, "audit", "export").out
    assert '"who": "oidc:u-17", "name": "thu.nv"' in exported and token().split(".")[0] not in exported


async def test_claims_become_role_and_labels(issuer: Issuer) -> None:
    sign_in = SignIn(settings(issuer.url))
    assert await sign_in.caller(token()) == Caller(
        "thu.nv", "reader", frozenset({"public", "unit:so-tu-phap"}), "oidc:u-17"
    )
    both = await sign_in.caller(token(realm_access={"roles": ["can-bo", "quan-tri"]}))
    assert both.role == "admin" and both.labels is None
    auditor = await sign_in.caller(token(realm_access={"roles": ["thanh-tra"]}))
    assert auditor.role == "auditor" and auditor.labels == frozenset()
    unknown = await sign_in.caller(token(groups=["/phong-khac"]))
    assert unknown.labels == frozenset({"public"})
    own = SignIn(settings(issuer.url, roles={}, labels={}))
    said = await own.caller(token(realm_access={"roles": ["reader"]}, groups=["/unit:ubnd"]))
    assert said.role == "reader" and said.labels == frozenset({"public", "unit:ubnd"})
    assert issuer.asked == 2  # each fetched the keys once


FALSE: dict[str, Any] = {
    "another issuer": {"iss": "https://sso.xau.example"},
    "another audience": {"aud": "khac"},
    "expired": {"exp": int(time.time()) - 3600},
    "not yet": {"nbf": int(time.time()) + 3600},
    "without an end": {"exp": None},
    "nobody": {"sub": None},
    "another's key": {"key": rsa.generate_private_key(65537, 2048)},
    "a key of another kind": {"key": EC_KEY, "algorithm": "ES256"},
    "a weak algorithm": {"key": b"x" * 32, "algorithm": "HS256"},
    "no key named": {"kid": None},
}


@pytest.mark.parametrize("claims", FALSE.values(), ids=FALSE.keys())
async def test_a_token_that_does_not_hold_is_refused(issuer: Issuer, claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized):
        await SignIn(settings(issuer.url)).caller(token(**claims))


async def test_the_public_key_as_a_password_and_no_signature_are_refused(issuer: Issuer) -> None:
    head, body, _ = token().split(".")
    none = jwt.encode({"sub": "u-17", "iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 60}, "", "none")
    for forged in (
        f"{head}.{body}.",
        none,
        f"{none.split('.')[0]}.{body}.",
        "a.b.c",
        "..",
        "a" * 20_000 + "..",
        "é.é.é",
    ):
        with pytest.raises(Unauthorized):
            await SignIn(settings(issuer.url)).caller(forged)


async def test_a_new_signing_key_is_fetched_when_it_is_first_seen(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in = SignIn(settings(issuer.url))
    assert (await sign_in.caller(token())).id == "oidc:u-17"
    issuer.keys.append(jwk("k2", EC_KEY))
    fresh = token(EC_KEY, "k2", "ES256")
    with pytest.raises(Unauthorized):  # asked a moment ago: strange key names do not hammer the issuer
        await sign_in.caller(fresh)
    assert issuer.asked == 1
    monkeypatch.setattr("api.oidc._LOOKED_AGAIN", 0.0)
    assert (await sign_in.caller(fresh)).id == "oidc:u-17"
    issuer.server.shutdown()
    issuer.server.server_close()
    assert (await sign_in.caller(fresh)).id == "oidc:u-17"  # kept while the issuer is away


async def test_signing_keys_from_a_file_and_none_at_all(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [jwk("k1", RSA_KEY), {"kty": "oct", "k": "eA", "kid": "k9"}]}))
    sign_in = SignIn(settings(str(file)))
    assert (await sign_in.caller(token())).id == "oidc:u-17"
    with pytest.raises(Unauthorized):
        await sign_in.caller(token(b"x" * 32, "k9", "HS256"))
    with pytest.raises(Forbidden):
        await sign_in.caller(token(realm_access=None))
    with pytest.raises(ServiceUnavailable):
        await SignIn(settings(str(tmp_path / "none.json"))).caller(token())
