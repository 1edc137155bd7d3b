"""A home whose catalogue, jobs, keys, audit log and feedback are in PostgreSQL: real processes on a real server of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.acts import Act
from api.audit_chain import AuditChain
from api.doors_database import open_doors
from api.keys import KeyStore
from api.pepper import pepper_of
from ingest.home import Home
from tests.api.conftest import PHAPQUY, Server, environment, phapquy, share_models, wait_until, write_documents
from tests.ingest.fictional import law
from tests.postgres import Cluster

BEES = "1~2031~QĐ-UBND"
FERRY = "12~2024~QĐ-UBND"
QUESTION = "Hồ sơ xin mở bến đò được giải quyết trong bao lâu?"


@dataclass(frozen=True)
class Deployed:
    """A home, its database, and the key of its administrator."""

    home: Path
    url: str
    key: str

    def run(self, *arguments: str) -> Any:
        """A command on it, which must succeed; what it printed."""
        done = phapquy(self.home, *arguments, PHAPQUY_DATABASE_URL=self.url)
        assert done.code == 0, done.err
        return done.out

    def client(self, server: Server) -> httpx.Client:
        """A client with the administrator's key."""
        return server.client(headers={"Authorization": f"Bearer {self.key}"})


@pytest.fixture(scope="module")
def deployed(postgres: Cluster, filled_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Begun by two processes at once: one makes the first key while the other takes documents in."""
    folder = write_documents(tmp_path_factory.mktemp("documents"))
    home, url = tmp_path_factory.mktemp("deployed") / "var", postgres.database()
    share_models(home)
    commands = (["ingest", str(folder), "--json"], ["keys", "create", "Quản trị", "--role", "admin", "--json"])
    both = [
        subprocess.Popen(
            [*PHAPQUY, *command],
            env=environment(home, PHAPQUY_DATABASE_URL=url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for command in commands
    ]
    said = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    return Deployed(home, url, json.loads(said[1][0])["key"])


def what_it_cannot_hold_is_no_fault(door: httpx.Client) -> None:
    """Its text has no NUL, its whole numbers end at two thousand million."""
    assert door.get("/v1/documents", params={"text": "a\0b"}).json()["documents"] == []
    for path in ("/v1/documents/a%00b", "/v1/jobs/a%00b"):
        assert door.get(path).status_code == 404
    assert door.get("/v1/audit", params={"who": "a\0b"}).json()["entries"] == []
    assert door.get("/v1/feedback", params={"before": 2**50}).status_code == 200
    cites = door.get(f"/v1/documents/{FERRY}/references", params={"cursor": 2**50})
    assert cites.status_code == 200 and cites.json()["next"] is None
    named = door.patch(f"/v1/documents/{FERRY}", params={"wait": 30}, json={"signer": "Lê\0Thị"}).json()
    assert named["state"] == "done" and door.get(f"/v1/documents/{FERRY}").json()["signer"] == "Lê\ufffdThị"


def test_jobs_go_on_after_kill_9_and_whoever_acted_is_on_record(deployed: Deployed, start: Any) -> None:
    set_up = {"PHAPQUY_DATABASE_URL": deployed.url, "PHAPQUY_AUDIT__QUESTIONS": "true"}
    server = start(deployed.home, **set_up)
    with deployed.client(server) as door:
        files = [("files", (f"{n}.html", law(n, articles=3).encode())) for n in range(1, 6)]
        id = door.post("/v1/documents", files=files).json()["id"]
        assert wait_until(lambda: door.get(f"/v1/jobs/{id}").json()["stage"] == "embedding", 60)
        os.kill(json.loads(next(line for line in server.lines if '"working"' in line))["pid"], signal.SIGKILL)
        time.sleep(0.6)  # what the audit log holds back at most
    server.process.kill()
    server.process.wait()

    server = start(deployed.home, **set_up)
    with deployed.client(server) as door:
        assert wait_until(lambda: door.get(f"/v1/jobs/{id}").json()["finished"] is not None, 60)
        job = door.get(f"/v1/jobs/{id}").json()
        assert (job["state"], {one["outcome"] for one in job["files"]}) == ("done", {"added"})
        assert door.post(f"/v1/jobs/{id}/cancel").status_code == 409 == door.post(f"/v1/jobs/{id}/retry").status_code
        assert len(door.get("/v1/documents", params={"limit": 500}).json()["documents"]) == 7

        changed = door.patch(f"/v1/documents/{FERRY}", params={"wait": 30}, json={"signer": "Lê Thị Sửa"}).json()
        assert changed["state"] == "done" and door.get(f"/v1/documents/{FERRY}").json()["signer"] == "Lê Thị Sửa"
        gone = door.delete(f"/v1/documents/{BEES}", params={"wait": 30}).json()
        assert gone["state"] == "done" and gone["result"]["left"] == 0
        assert door.get(f"/v1/documents/{BEES}").status_code == 404

        answer = door.post("/v1/answers", json={"query": QUESTION}).json()
        opinion = {"kind": "useful", "question": QUESTION}
        assert door.post(f"/v1/answers/{answer['id']}/feedback", json=opinion).status_code == 201
        (row,) = [json.loads(line) for line in door.get("/v1/feedback/export").text.splitlines()]
        assert row["relevant"][0] == {"document": "12/2024/QĐ-UBND", "article": "3"}

        other = door.post("/v1/keys", json={"name": "Cổng", "role": "reader"}).json()
        rotated = door.post(f"/v1/keys/{other['id']}/rotate", json={"grace_hours": 0}).json()
        deployed.run("keys", "revoke", rotated["id"])
        for key in (other["key"], rotated["key"]):
            refused = server.client().get("/v1/documents", headers={"Authorization": f"Bearer {key}"})
            assert refused.status_code == 401
        assert len(json.loads(deployed.run("keys", "list", "--json"))["keys"]) == 3
        what_it_cannot_hold_is_no_fault(door)
    assert server.stop() == 0

    acts = [json.loads(line) for line in deployed.run("audit", "export").splitlines()]
    assert {"POST /v1/documents", "cli keys create", "cli keys revoke"} <= {act["action"] for act in acts}
    assert QUESTION in [act["question"] for act in acts]
    deployed.run("audit", "verify")
    assert list(deployed.home.glob("*.sqlite3")) == [] == list((deployed.home / "jobs").glob("*.sqlite3"))


def test_a_restart_of_the_database_is_outlived(deployed: Deployed, postgres: Cluster, start: Any) -> None:
    server = start(deployed.home, PHAPQUY_DATABASE_URL=deployed.url)
    with deployed.client(server) as door:
        files = [("files", (f"{n}.html", law(n, articles=3).encode())) for n in range(21, 26)]
        id = door.post("/v1/documents", files=files).json()["id"]
        assert wait_until(lambda: door.get(f"/v1/jobs/{id}").json()["stage"] == "embedding", 60)
        postgres.stop()
        try:
            away = door.get(f"/v1/jobs/{id}")
            assert (away.status_code, away.json()["code"]) == (503, "service_unavailable")
            refused = phapquy(deployed.home, "jobs", "list", PHAPQUY_DATABASE_URL=deployed.url)
            assert refused.code == 3 and "Traceback" not in refused.err
        finally:
            postgres.start()
        assert wait_until(lambda: door.get(f"/v1/jobs/{id}").json()["finished"] is not None, 60)
        job = door.get(f"/v1/jobs/{id}").json()
        assert (job["state"], {one["outcome"] for one in job["files"]}) == ("done", {"added"})
    assert server.stop() == 0
    deployed.run("audit", "verify")
    deployed.run("doctor")


def test_processes_that_write_at_once_lose_nothing(postgres: Cluster, tmp_path: Path) -> None:
    """They meet the same keys in different orders, and the audit log has one end."""
    pepper, url, today = pepper_of(tmp_path, None), postgres.database(), datetime.now(UTC).date()
    callers = [f"pq_{n}" for n in range(30)]

    def work(order: list[str]) -> None:
        engine = open_doors(Home(tmp_path), url)
        for _ in range(30):
            KeyStore(engine, pepper).used(dict.fromkeys(order, 1), {}, today)
            AuditChain(engine, pepper).append([Act(caller=None, action="x")])
        engine.dispose()

    with ThreadPoolExecutor() as both:
        list(both.map(work, (callers, callers[::-1])))
    engine = open_doors(Home(tmp_path), url)
    assert set(KeyStore(engine, pepper).counts(callers, today).values()) == {60}
    verdict = AuditChain(engine, pepper).verify()
    assert (verdict.entries, verdict.broken_at) == (60, None)
    engine.dispose()
