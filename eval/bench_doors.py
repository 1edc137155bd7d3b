"""What the doors cost: key, limits, access filter and audit log, as a share of a search in the same run.

    PHAPQUY_HOME=COPY python -m eval.bench_doors QUESTIONS.jsonl [--blocks 40] [--size 16]

The same searches over one index through two doors, in blocks that take turns: one with a reader's key, its labels in the
filter and its acts written to the audit log, the other with nobody at the door. CPU time of the whole process, the audit
log's thread included. Makes a key in the home: give it a copy.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from api import logs
from api.acts import Act
from api.app import build
from api.auth import caller
from api.caller import LOCAL
from api.keys import KeyDraft
from api.middleware import Surround
from api.parts import Workshop
from api.settings import CallSettings, load_settings
from eval.questions import read_questions


class _NoAudit:
    """In place of the audit log, at the door that is measured against."""

    unwritten = 0

    def full(self) -> bool:
        return False

    def record(self, act: Act) -> None: ...


def _nobody_there(application: Any) -> None:
    """Take key, limits and audit log away from an application."""
    assert isinstance(application, Surround)
    object.__setattr__(application.guard, "audit", _NoAudit())
    object.__setattr__(application.guard.limits, "_one_more", lambda *_: None)
    inner: Any = application
    while not isinstance(inner, FastAPI):
        inner = getattr(inner, "app", None) or inner._app
    inner.dependency_overrides[caller] = lambda: LOCAL


async def measure(workshop: Workshop, questions: list[str], blocks: int, size: int) -> dict[str, Any]:
    """CPU milliseconds a search at both doors: medians over blocks, and quartiles of the share that a pair shows."""
    draft = KeyDraft("đo", "reader", labels=frozenset({"public", "unit:so-tu-phap"}))
    _, key = workshop.keys().create(draft, "bench")
    guarded, bare = (build(workshop, token="", internal_port=1, loopback=False) for _ in range(2))
    _nobody_there(bare)
    headers = {"Authorization": f"Bearer {key}"}
    spent: dict[str, list[float]] = {"guarded": [], "bare": []}
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="http://phapquy", headers=headers) as first,
        httpx.AsyncClient(transport=httpx.ASGITransport(bare), base_url="http://phapquy") as second,
    ):
        doors = {"guarded": first, "bare": second}
        for block in range(blocks + 1):
            asked = [questions[(block * size + n) % len(questions)] for n in range(size)]
            for name in sorted(doors, reverse=block % 2 == 1):
                began = time.process_time()
                for question in asked:
                    reply = await doors[name].post("/v1/search", json={"query": question})
                    assert reply.status_code == 200 and reply.json()["results"] is not None
                if name == "guarded":
                    await asyncio.to_thread(workshop.audit().flush)
                if block:  # the first warms up
                    spent[name].append((time.process_time() - began) * 1000 / size)
    ratios = [one / other - 1 for one, other in zip(spent["guarded"], spent["bare"], strict=True)]
    return {
        "searches": blocks * size * 2,
        "cpu_ms_guarded": round(statistics.median(spent["guarded"]), 3),
        "cpu_ms_bare": round(statistics.median(spent["bare"]), 3),
        "added_share": round(statistics.median(spent["guarded"]) / statistics.median(spent["bare"]) - 1, 4),
        "added_share_of_pairs": [round(one, 4) for one in statistics.quantiles(ratios, n=4)],
    }


def main() -> None:
    """Measure and print one JSON value."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--blocks", type=int, default=40)
    parser.add_argument("--size", type=int, default=16)
    chosen = parser.parse_args()
    wide = CallSettings(per_key=1_000_000, per_address=1_000_000)
    settings = load_settings().model_copy(update={"limits": wide})
    logs.set_up("WARNING", json=True)
    questions = [one.text for one in read_questions(chosen.questions)]
    with Workshop(settings) as workshop:
        workshop.prepare()
        for thread in threading.enumerate():  # what it learns after a start is not part of a search
            if thread.name == "phapquy-learn":
                thread.join()
        result = asyncio.run(measure(workshop, questions, chosen.blocks, chosen.size))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
