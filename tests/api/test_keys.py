"""API keys, as an administrator makes, rotates and ends them at the command line and over HTTP beside a running server."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.doors_database import DOORS
from api.gate import REMEMBERED
from ingest.catalogue_open import migrations


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def asked(client: httpx.Client, key: str | None) -> httpx.Response:
    return client.get("/v1/documents", headers=bearer(key) if key else {})


def until(condition: Any) -> bool:
    """Whether it came true within the time that a key may be remembered, and some."""
    end = time.monotonic() + REMEMBERED + 8
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_the_life_of_keys_beside_a_running_server(start: Any, run: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = start(home)
    assert any("phapquy keys create" in line for line in server.lines)
    with server.client() as client:
        assert asked(client, None).status_code == 200  # loopback, no key yet

        made = run(home, "keys", "create", "Quản trị", "--role", "admin", "--json")
        assert made.code == 0, made.err
        admin = made.json["key"]
        assert admin.startswith(made.json["id"] + "_") and len(admin.rsplit("_", 1)[1]) == 64
        assert until(lambda: asked(client, None).status_code == 401)
        refused = asked(client, None)
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["www-authenticate"] == "Bearer"
        assert asked(client, admin).status_code == 200
        assert asked(client, admin[:-1] + ("0" if admin[-1] != "0" else "1")).status_code == 401
        # Commands on the home go on without a key: who can read the home is its administrator.
        assert run(home, "status", "--json").code == 0

        body = {"name": "Cổng", "role": "reader", "labels": ["public", "unit:so-tu-phap"], "owner": "Sở TT&TT"}
        reply = client.post("/v1/keys", json=body, headers=bearer(admin))
        assert reply.status_code == 201
        reader = reply.json()
        assert asked(client, reader["key"]).status_code == 200
        forbidden = client.get("/v1/keys", headers=bearer(reader["key"]))
        assert forbidden.status_code == 403 and forbidden.json()["code"] == "forbidden"

        rotated = client.post(f"/v1/keys/{reader['id']}/rotate", json={"grace_hours": 1}, headers=bearer(admin))
        fresh = rotated.json()
        assert rotated.status_code == 201 and fresh["labels"] == reader["labels"]
        assert asked(client, reader["key"]).status_code == asked(client, fresh["key"]).status_code == 200
        again = client.post(f"/v1/keys/{reader['id']}/rotate", json={}, headers=bearer(admin))
        assert again.status_code == 409
        last = run(home, "keys", "rotate", fresh["id"], "--grace", "0h", "--json").json
        assert until(lambda: asked(client, fresh["key"]).status_code == 401)
        assert asked(client, last["key"]).status_code == 200

        ended = client.delete(f"/v1/keys/{last['id']}", headers=bearer(admin))
        assert ended.status_code == 200 and ended.json()["works"] is False
        assert asked(client, last["key"]).status_code == 401
        assert run(home, "keys", "revoke", reader["id"], "--json").code == 0
        assert until(lambda: asked(client, reader["key"]).status_code == 401)
        assert client.delete("/v1/keys/pq_ffffffffff", headers=bearer(admin)).status_code == 404

    listed = run(home, "keys", "list", "--json").json["keys"]
    assert {key["id"]: key["works"] for key in listed} == {
        made.json["id"]: True, reader["id"]: False, fresh["id"]: False, last["id"]: False,
    }  # fmt: skip
    assert next(key for key in listed if key["id"] == reader["id"])["replaced_by"] == fresh["id"]
    assert server.stop() == 0
    # What is stored opens nothing: no key is in any file of the home, and the pepper is the owner's only.
    secrets = [key.rsplit("_", 1)[1].encode() for key in (admin, reader["key"], fresh["key"], last["key"])]
    for file in home.rglob("*"):
        if file.is_file() and not file.is_relative_to(home / "models"):
            assert not any(secret in file.read_bytes() for secret in secrets), file
    assert (home / "secrets" / "pepper").stat().st_mode & 0o777 == 0o600
    assert (home / "doors.sqlite3").stat().st_mode & 0o077 == 0
    said = "".join(server.lines)
    assert not any(secret.decode() in said for secret in secrets)

    public = start(home, "--host", "0.0.0.0")
    with httpx.Client(base_url=public.url.replace("0.0.0.0", "127.0.0.1"), trust_env=False, timeout=30) as client:
        assert asked(client, None).status_code == 401 and asked(client, admin).status_code == 200
        assert client.get("/healthz").status_code == 200


def test_a_key_that_has_ended_says_so(run: Any, start: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run(home, "keys", "create", "x", "--expires", "2020-01-01").code == 2
    assert run(home, "keys", "create", "x", "--expires", "mai").code == 2
    assert run(home, "keys", "create", "x", "--label", "nhãn có dấu cách").code == 2
    key = run(home, "keys", "create", "x", "--expires", "30d", "--json").json
    with sqlite3.connect(home / "doors.sqlite3") as database:
        database.execute("UPDATE api_keys SET expires = '2025-01-01 00:00:00' WHERE id = ?", [key["id"]])
    server = start(home)
    with server.client() as client:
        reply = asked(client, key["key"])
        assert reply.status_code == 401 and "hết hạn" in reply.json()["detail"]
        assert asked(client, None).status_code == 401  # a key was made once: the door stays shut


@pytest.mark.parametrize("broken", ["mode", "words"])
def test_a_pepper_that_cannot_be_trusted_stops_the_door(run: Any, tmp_path: Path, broken: str) -> None:
    home = tmp_path / "home"
    assert run(home, "keys", "create", "x").code == 0
    pepper = home / "secrets" / "pepper"
    if broken == "mode":
        pepper.chmod(0o644)
    else:
        pepper.write_text("ngắn")
    done = run(home, "keys", "list")
    assert done.code == 3 and "pepper" in done.err


def test_the_schema_steps_are_all_taken() -> None:
    from alembic.script import ScriptDirectory

    assert ScriptDirectory.from_config(migrations(DOORS)).get_current_head() == DOORS.head
