"""Speed of a search on an existing home: the bare engine, the pipeline, HTTP; and how it grows with the passages.

    python -m eval.bench_search QUESTIONS.jsonl [--clients 1,2,4,8,16,32] [--requests N] [--no-http]
                                [--growth 10000,100000] [--only plain|int8] [--keep FOLDER]
                                [--report FILE.html] [--output FILE.json]

The home is `PHAPQUY_HOME`; no server may run on it: this command starts its own for the HTTP figures. Floor: embed the
question and one call of the bare engine for both searches, no passage read. `--growth` builds indexes of varied real
passages (`eval/growth.py`), each with and without vectors of 8 bits, in a temporary folder or in `--keep`, where they
are found again; a million of them takes half an hour of two cores and 12 GB of memory and of disk for each kind.
"""

from __future__ import annotations

import api.quiet  # noqa: F401  isort: skip

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from api.settings import Settings, load_settings
from eval.grown import Size
from eval.growth import KINDS, Kind, grow
from eval.load import Timing, drive, side_by_side
from eval.own_server import own_server
from eval.place import open_place
from eval.questions import read_questions, read_unanswerable
from eval.raw_engine import RawEngine
from eval.speed_report import html
from legal.errors import BadRequest, PhapquyError
from retrieval.answer import Question
from retrieval.embedded import EmbeddedIndex
from retrieval.index import SearchFilter


@dataclass(frozen=True, slots=True)
class Speed:
    """Figures of one home. `pipeline`, `http`: by number of clients."""

    passages: int
    floor: Timing
    path: Timing
    pipeline: dict[int, Timing]
    http: dict[int, Timing]
    growth: tuple[Size, ...]

    @property
    def overhead(self) -> float:
        """The whole path over the floor, one client, at p50, asked in turns."""
        return round(self.path.p50 / self.floor.p50, 3) if self.floor.p50 else 0.0

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return {
            "passages": self.passages,
            "floor": asdict(self.floor),
            "path": asdict(self.path),
            "overhead_p50": self.overhead,
            "pipeline": {str(clients): asdict(timing) for clients, timing in self.pipeline.items()},
            "http": {str(clients): asdict(timing) for clients, timing in self.http.items()},
            "growth": [size.as_json() for size in self.growth],
        }


def measure(
    settings: Settings,
    questions: Sequence[str],
    *,
    clients: Sequence[int],
    requests: int,
    http: bool = True,
    growth: Sequence[int] = (),
    keep: Path | None = None,
    kinds: Sequence[Kind] = KINDS,
) -> Speed:
    """All figures. Raises Conflict while a server runs on the home, BadRequest for a home without an embedded index."""
    with open_place(settings) as place:
        parts = place.parts
        if not isinstance(parts.index, EmbeddedIndex):
            raise BadRequest("Phép đo này cần chỉ mục nhúng, không phải máy chủ Qdrant.")
        raw = RawEngine(parts.index, parts.embedder)
        path = parts.questions
        parts.warm()  # as a server does when it starts

        async def whole(question: str) -> object:
            return await path.search(Question(text=question, where=SearchFilter(), limit=10))

        async def inside() -> tuple[Timing, Timing, dict[int, Timing]]:
            await side_by_side(raw.search, whole, questions, requests=min(20, requests))
            floor, ours = await side_by_side(raw.search, whole, questions, requests=requests)
            by_clients = {
                count: await drive(whole, questions, clients=count, requests=max(requests, 4 * count))
                for count in clients
            }
            return floor, ours, by_clients

        floor, ours, pipeline = place.runner.run(inside())
        passages = parts.index.count()
    outside = asyncio.run(_over_http(settings, questions, clients, requests)) if http else {}
    return Speed(
        passages, floor, ours, pipeline, outside, tuple(grow(settings, growth, questions, requests, keep, kinds=kinds))
    )


async def _over_http(
    settings: Settings, questions: Sequence[str], clients: Sequence[int], requests: int
) -> dict[int, Timing]:
    with own_server(settings) as url:
        limits = httpx.Limits(max_connections=max(clients), max_keepalive_connections=max(clients))
        async with httpx.AsyncClient(base_url=url, timeout=60.0, limits=limits, trust_env=False) as client:

            async def ask(question: str) -> object:
                answer = await client.post("/v1/search", json={"query": question})
                return answer.raise_for_status()

            await drive(ask, questions, clients=1, requests=5)
            return {
                count: await drive(ask, questions, clients=count, requests=max(requests, 4 * count))
                for count in clients
            }


def print_tables(speed: Speed) -> None:
    """For people."""
    console = Console()
    table = Table("way", "clients", "n", "p50 ms", "p95 ms", "p99 ms", "answers/s", "failed", box=None)
    rows = [("floor", 1, speed.floor), ("path", 1, speed.path)]
    rows += [("pipeline", count, timing) for count, timing in speed.pipeline.items()]
    rows += [("http", count, timing) for count, timing in speed.http.items()]
    for name, count, one in rows:
        table.add_row(
            name, str(count), str(one.n), *(f"{v:.1f}" for v in (one.p50, one.p95, one.p99, one.rate)), str(one.failed)
        )
    console.print(f"{speed.passages} passages; path over floor at p50, in turns: {speed.overhead:.2f}x")
    console.print(table)
    if speed.growth:
        names = (
            "passages",
            "int8",
            "floor p50",
            "path p50",
            "over",
            "path p95",
            "recall",
            "index MB",
            "own MB",
            "disk MB",
        )
        grown = Table(*names, box=None)
        for size in speed.growth:
            values = (size.floor.p50, size.path.p50, size.overhead, size.path.p95, size.dense_recall)
            sizes = (size.index_mb, size.own_mb, size.disk_mb)
            shown = (*(f"{value:.2f}" for value in values), *(f"{value:.0f}" for value in sizes))
            grown.add_row(str(size.passages), "yes" if size.int8 else "no", *shown)
        console.print("real passages varied: vectors turned to cosine 0.95, lexical weights changed by a tenth")
        console.print(grown)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="eval.bench_search", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("questions", type=Path)
    parser.add_argument("--clients", default="1,2,4,8,16,32")
    parser.add_argument("--requests", type=int, default=157)
    parser.add_argument("--no-http", action="store_true")
    parser.add_argument("--growth", default="", help="numbers of passages, such as 10000,100000,1000000")
    parser.add_argument("--keep", type=Path, default=None, help="folder for the indexes of --growth")
    parser.add_argument("--only", choices=KINDS, default=None, help="of --growth: without or with vectors of 8 bits")
    parser.add_argument("--report", type=Path, default=None, help="charts as one HTML file")
    parser.add_argument("--output", type=Path, default=None)
    options = parser.parse_args()
    try:
        speed = measure(
            load_settings(),
            _questions(options.questions),
            clients=[int(count) for count in options.clients.split(",")],
            requests=options.requests,
            http=not options.no_http,
            growth=[int(size) for size in options.growth.split(",") if size],
            keep=options.keep,
            kinds=(options.only,) if options.only else KINDS,
        )
    except PhapquyError as error:
        print(error.reason, file=sys.stderr)
        return error.exit_code
    print_tables(speed)
    if options.report:
        options.report.write_text(html(speed.as_json()), encoding="utf-8")
    if options.output:
        options.output.write_text(json.dumps(speed.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def _questions(path: Path) -> list[str]:
    try:
        return [question.text for question in read_questions(path)]
    except BadRequest:
        return [question.text for question in read_unanswerable(path)]


if __name__ == "__main__":
    sys.exit(main())
