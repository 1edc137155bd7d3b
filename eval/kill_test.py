"""kill -9 of the server, the worker or both at random moments while documents come in, change and go.

    python -m eval.kill_test [--kills 20] [--home FOLDER] [FILES...]

Real processes on a home of their own. At the end every job must have ended, each file must be in exactly once, and index
and catalogue must agree. Prints one JSON object; exit code 1 when anything is lost, doubled or in disagreement.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from ingest.catalogue import Catalogue
from ingest.catalogue_writing import CatalogueWriting
from ingest.home import Home
from retrieval.embedded import EmbeddedIndex

_PHAPQUY = str(Path(sys.executable).parent / "phapquy")


def disagreements(home_path: Path) -> list[str]:
    """Where the index of a home that nobody has open differs from its catalogue; empty when they agree."""
    home = Home(home_path)
    catalogue = Catalogue(home.catalogue_url)
    index = EmbeddedIndex(home.index)
    try:
        live = CatalogueWriting(catalogue).live()
        found = [f"intent left: {intent.operation} {intent.key}" for intent in CatalogueWriting(catalogue).journal()]
        there = index.versions()
        wanted = {key: {one.version} for key, one in live.items() if one.passages}
        found += [f"versions of {key}" for key in there.keys() | wanted.keys() if there.get(key) != wanted.get(key)]
        found += [
            f"passages of {key}" for key, one in live.items() if index.count(key, version=one.version) != one.passages
        ]
        total = sum(one.passages for one in live.values())
        return found + ([] if index.count() == total else [f"{index.count()} points for {total} passages"])
    finally:
        index.close()
        catalogue.close()


class Killed:
    """A server and, apart from it, a worker on one home; each can be killed and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._log = home.with_name(f"{home.name}.log").open("ab")
        self._environment = {**os.environ, "PHAPQUY_HOME": str(home), "PHAPQUY_LOG_LEVEL": "WARNING"}
        self.server = self._start("serve", "--port", "0", "--no-worker")
        self.worker = self._start("worker")

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [_PHAPQUY, *words],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )

    def kill(self, which: str) -> None:
        """kill -9: the server, the worker's process itself (not who keeps it), or everything."""
        if which in ("server", "both"):
            self.server.kill()
            self.server.wait()
            self.server = self._start("serve", "--port", "0", "--no-worker")
        if which in ("worker", "both"):
            for child in _children(self.worker.pid):
                os.kill(child, signal.SIGKILL)
        if which == "both":
            self.worker.kill()
            self.worker.wait()
            self.worker = self._start("worker")

    def ask(self, method: str, path: str, **given: Any) -> Any:
        """A call of the server, once there is one that answers; what it says."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                public = json.loads((self.home / "run" / "serve.json").read_text())["public"]
                reply = httpx.request(method, public + path, timeout=30, trust_env=False, **given)
                if reply.status_code < 500:
                    return reply.json()
            except (OSError, ValueError, httpx.HTTPError):
                pass
            time.sleep(0.2)
        raise SystemExit("no server answers")

    def end(self) -> None:
        """As an operator would."""
        for process in (self.worker, self.server):
            process.terminate()
        for process in (self.worker, self.server):
            process.wait(60)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] or [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def main() -> None:
    """The whole drill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="documents; fictional ones when none are given")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--home", type=Path, help="a new folder, kept; by default a temporary one")
    parser.add_argument("--models", type=Path, help="the folder `models` of another home, to save building them")
    parser.add_argument("--pause", type=float, default=6.0, help="longest time between two kills, seconds")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = chosen.home or Path(temporary) / "home"
        home.mkdir(parents=True, exist_ok=True)
        if chosen.models:
            shutil.copytree(chosen.models, home / "models", dirs_exist_ok=True)
        found = drill(home, chosen.files or fictional(Path(temporary)), chosen.kills, chosen.pause)
    print(json.dumps(found, ensure_ascii=False))
    raise SystemExit(0 if found["lost"] == found["doubled"] == 0 and not found["disagreements"] else 1)


def drill(home: Path, files: list[Path], kills: int, pause: float) -> dict[str, Any]:
    """Upload the files in a few jobs, kill while they run, wait for the end, compare."""
    house = Killed(home)
    try:
        found = _drilled(house, files, kills, pause)
    finally:
        house.end()
    return {**found, "disagreements": disagreements(home)}


def _drilled(house: Killed, files: list[Path], kills: int, pause: float) -> dict[str, Any]:
    dice = random.Random()
    jobs: list[str] = []
    done = {"server": 0, "worker": 0, "both": 0}
    waves = [files[at::4] for at in range(4)]
    for number in range(kills):
        if number % max(kills // 5, 1) == 0 and waves:
            parts = [("files", (file.name, file.read_bytes())) for file in waves.pop(0)]
            key = {"Idempotency-Key": f"wave-{number}"}
            jobs.append(house.ask("POST", "/v1/documents", files=parts, headers=key)["id"])
        time.sleep(dice.uniform(0.2, pause))
        which = dice.choice(sorted(done))
        house.kill(which)
        done[which] += 1
        print(f"kill {number + 1}: {which}", file=sys.stderr)
    for wave in waves:
        parts = [("files", (file.name, file.read_bytes())) for file in wave]
        jobs.append(house.ask("POST", "/v1/documents", files=parts)["id"])
    states: dict[str, Any] = {}
    while len(states) < len(jobs):
        for id in jobs:
            job = house.ask("GET", f"/v1/jobs/{id}")
            if job["finished"]:
                states[id] = job
        time.sleep(1)
    results = [one for job in states.values() for one in job["files"]]
    numbers = listed(house)
    keys = [one["document"] for one in results if one["outcome"] == "added"]
    return {
        "kills": done,
        "files": len(files),
        "states": sorted(job["state"] for job in states.values()),
        "outcomes": {
            name: sum(one["outcome"] == name for one in results) for name in {one["outcome"] for one in results}
        },
        "lost": len(files) - len(results) + sum(one["outcome"] in ("failed", "cancelled") for one in results),
        "doubled": len(keys) - len(set(keys)) + len(numbers) - len(set(numbers)),
        "documents": len(numbers),
    }


def listed(house: Killed) -> list[str]:
    """The keys of all documents."""
    keys: list[str] = []
    cursor: str | None = None
    while True:
        page = house.ask("GET", "/v1/documents", params={"limit": 500, **({"cursor": cursor} if cursor else {})})
        keys += [row["key"] for row in page["documents"]]
        cursor = page["next"]
        if cursor is None:
            return keys


def fictional(folder: Path) -> list[Path]:
    """Forty small decisions of a province that does not exist."""
    made = []
    for number in range(1, 41):
        articles = "".join(
            f"<p><b>Điều {n}. Việc thứ {n}</b></p><p>1. Việc {n} của quyết định {number} do cơ quan {n} làm.</p>"
            for n in range(1, 4 + number % 5)
        )
        file = folder / f"{number:02d}.html"
        file.write_text(
            f"<html><meta charset='utf-8'><p>ỦY BAN NHÂN DÂN TỈNH THỬ</p><p>Số: {number}/2031/QĐ-UBND</p>"
            f"<p><i>ngày 02 tháng 5 năm 2031</i></p><p><b>QUYẾT ĐỊNH</b></p><p><b>Về việc số {number}</b></p>{articles}",
            encoding="utf-8",
        )
        made.append(file)
    return made


if __name__ == "__main__":
    main()
