"""Searches without pause while the index is built anew and switched, again and again; none may fail or come back empty.

    python -m eval.reindex_load HOME QUESTIONS.jsonl [--searches 2000] [--clients 4] [--back]

A real server on HOME (use a copy). As long as searches are wanted one re-index job follows another, `--back`: every
second one goes back to the generation before. With `PHAPQUY_NEXT_EMBEDDER__...` set the embedder changes with each.
Prints one JSON object; exit code 1 when a search failed or was empty.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from eval.load import Timing
from eval.questions import read_questions

_PHAPQUY = str(Path(sys.executable).parent / "phapquy")


@dataclass
class Count:
    """What came of the searches."""

    times: list[float] = field(default_factory=list)
    failed: int = 0
    empty: int = 0
    switching: int = 0  # searches that began and ended while a job ran


async def drive(url: str, questions: list[str], wanted: int, clients: int, back: bool) -> dict[str, Any]:
    """Search until as many searches as wanted fell into re-indexing, at least two jobs long."""
    count, jobs, ending = Count(), list[dict[str, Any]](), asyncio.Event()
    running = asyncio.Event()

    async def client(door: httpx.AsyncClient, offset: int) -> None:
        place = offset
        while not ending.is_set():
            begun, inside = time.perf_counter(), running.is_set()
            try:
                reply = await door.post("/v1/search", json={"query": questions[place % len(questions)]})
                reply.raise_for_status()
                count.empty += not reply.json()["results"]
            except (httpx.HTTPError, ValueError):
                count.failed += 1
            count.times.append((time.perf_counter() - begun) * 1000)
            count.switching += inside and running.is_set()
            place += clients

    async def rebuild(door: httpx.AsyncClient) -> None:
        while count.switching < wanted or len(jobs) < 2:
            kind = "rollback" if back and len(jobs) % 2 else "reindex"
            running.set()
            job = (await door.post("/v1/jobs", json={"kind": kind})).json()
            while job["finished"] is None:
                await asyncio.sleep(0.2)
                job = (await door.get(f"/v1/jobs/{job['id']}", params={"files": "none"})).json()
            running.clear()
            jobs.append({"kind": kind, "state": job["state"], "reason": job["reason"], "result": job["result"]})
            print(f"{kind}: {job['state']}, {count.switching} searches meanwhile", file=sys.stderr)
            if job["state"] != "done":
                break
        ending.set()

    limits = httpx.Limits(max_connections=clients + 2)
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, limits=limits) as door:
        begun = time.perf_counter()
        await asyncio.gather(rebuild(door), *(client(door, offset) for offset in range(clients)))
        seconds = time.perf_counter() - begun
    return {
        "searches": len(count.times),
        "while_switching": count.switching,
        "failed": count.failed,
        "empty": count.empty,
        "jobs": [{"kind": one["kind"], "state": one["state"], "reason": one["reason"]} for one in jobs],
        "embedders": [one["result"]["embedder"] for one in jobs if one["result"]],
        "timing": asdict(Timing.of(count.times, seconds, count.failed)),
    }


def main() -> None:
    """Start the server, drive it, end it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--searches", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--back", action="store_true")
    chosen = parser.parse_args()
    questions = [one.text for one in read_questions(chosen.questions)]
    limits = {"PHAPQUY_LIMITS__PER_ADDRESS": "1000000", "PHAPQUY_LIMITS__PER_KEY": "1000000"}
    server = subprocess.Popen(
        [_PHAPQUY, "serve", "--port", "0"],
        env={**os.environ, **limits, "PHAPQUY_HOME": str(chosen.home), "PHAPQUY_LOG_LEVEL": "WARNING"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        url = _served(chosen.home, server)
        found = asyncio.run(drive(url, questions, chosen.searches, chosen.clients, chosen.back))
    finally:
        server.terminate()
        server.wait(60)
    print(json.dumps(found, ensure_ascii=False))
    right = not found["failed"] and not found["empty"] and all(job["state"] == "done" for job in found["jobs"])
    raise SystemExit(0 if right else 1)


def _served(home: Path, server: subprocess.Popen[bytes]) -> str:
    """Where it serves, once questions can be answered."""
    while server.poll() is None:
        try:
            record = json.loads((home / "run" / "serve.json").read_text())
            url = str(record["public"])
            if record["pid"] == server.pid and httpx.get(url + "/readyz", timeout=60, trust_env=False).is_success:
                return url
        except (OSError, ValueError, httpx.HTTPError):
            pass
        time.sleep(0.3)
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    main()
