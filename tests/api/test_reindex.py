"""A real server that changes to another embedding model, and back, without a failed or empty answer."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import httpx

from eval.kill_test import disagreements
from tests.api.conftest import LATER, phapquy, start_server, wait_until
from tests.serving.conftest import MODEL
from tests.serving.conftest import Server as Double
from tests.serving.conftest import server as model_server  # noqa: F401  (a fixture)

BEES = "khoảng cách đặt đàn ong với khu dân cư"


def done(door: httpx.Client, kind: str) -> dict[str, Any]:
    id = door.post("/v1/jobs", json={"kind": kind}).json()["id"]
    assert wait_until(lambda: door.get(f"/v1/jobs/{id}").json()["finished"] is not None, 120)
    job: dict[str, Any] = door.get(f"/v1/jobs/{id}").json()
    assert job["state"] == "done", job["reason"]
    return job


def test_another_embedder_takes_over_while_the_server_answers(
    filled_home: Path,
    tmp_path: Path,
    model_server: Double,  # noqa: F811
) -> None:
    home = tmp_path / "var"
    shutil.copytree(filled_home, home, ignore=shutil.ignore_patterns("run"))
    following = {
        "PHAPQUY_NEXT_EMBEDDER__URL": model_server.url,
        "PHAPQUY_NEXT_EMBEDDER__MODEL": MODEL,
        "PHAPQUY_NEXT_EMBEDDER__DIMENSION": "8",
        "PHAPQUY_NEXT_EMBEDDER__WINDOW": "256",
        "PHAPQUY_LIMITS__PER_ADDRESS": "100000",
        "PHAPQUY_LIMITS__PER_KEY": "100000",
    }
    running = start_server(home, **following)
    wrong: list[Any] = []
    asked = 0
    stop = threading.Event()

    def keep_asking() -> None:
        nonlocal asked
        with running.client() as asking:
            while not stop.is_set():
                reply = asking.post("/v1/search", json={"query": "thời hạn giải quyết hồ sơ mở bến đò"})
                if reply.status_code != 200 or not reply.json()["results"]:
                    wrong.append(reply.status_code)
                asked += 1
                stop.wait(0.03)  # the machine is wanted for the work as well

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        with running.client() as door:
            first = phapquy(home, "status", "--json").json["embedder"]
            uploaded = door.post("/v1/documents", files=[("files", ("ong.html", LATER.encode()))]).json()["id"]
            changed = done(door, "reindex")
            assert MODEL in changed["result"]["embedder"]
            assert door.get(f"/v1/jobs/{uploaded}").json()["state"] == "done"
            assert phapquy(home, "status", "--json").json["embedder"] == changed["result"]["embedder"] != first
            numbers = [
                hit["document"]["number"] for hit in door.post("/v1/search", json={"query": BEES}).json()["results"]
            ]
            assert "31/2024/QĐ-UBND" in numbers
            assert door.delete("/v1/documents/07~2023~NQ-HĐND", params={"wait": 30}).json()["result"]["left"] == 0
            assert done(door, "rollback")["result"]["embedder"] == first
            assert door.get("/v1/documents/07~2023~NQ-HĐND").status_code == 404
            found = door.post("/v1/search", json={"query": BEES}).json()["results"]
            assert found[0]["document"]["number"] == "31/2024/QĐ-UBND"
            done(door, "reindex")
    finally:
        stop.set()
        asking.join()
        running.stop()
    assert asked > 20 and wrong == []
    assert disagreements(home) == []
    again = start_server(home, **following)  # the index tells which of the models made it
    try:
        with again.client() as door:
            assert door.post("/v1/search", json={"query": BEES}).json()["results"]
            assert door.get("/readyz").json()["status"] == "ready"
    finally:
        again.stop()
