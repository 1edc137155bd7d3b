"""What our stream costs over the model server's own stream of the same prompt: time to first token, tokens a second.

    python -m eval.bench_stream QUESTIONS.jsonl [--vllm FOLDER] [--clients 1,8] [--rounds 10] [--prompts 8] [--output FILE.json]

The home is `PHAPQUY_HOME`; the model server is `PHAPQUY_GENERATOR__URL`, or a vLLM without a GPU that this command
starts from the folder of `make test-vllm`. No phapquy may run on the home: this command starts its own. The prompts of
the questions are taken down first, as the path makes them, and each is read once before, so that the server's prefix
cache serves all ways; take no more than it holds. Retrieval is what our stream takes until its `sources` event.
"""

from __future__ import annotations

import api.quiet  # noqa: F401  isort: skip

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from api.endpoints import generator_endpoints
from api.requests import answer_request
from api.settings import Settings, load_settings
from eval.own_server import own_server
from eval.own_vllm import CHAT, Vllm
from eval.place import open_place
from eval.questions import read_questions
from legal.errors import BadRequest, PhapquyError
from serving.endpoint import Endpoint
from serving.failover import FailoverGenerator
from serving.openai_http import HttpGenerator
from serving.protocols import Chunk, Message, Usage

_RESAMPLES = 2000
#: Of a vLLM without a GPU: enough to keep the prompts of eight clients.
_MEMORY = "--kv-cache-memory-bytes 1073741824"
#: Of answers by a small model on a processor, unless they are set.
_ANSWERS = {"PHAPQUY_GENERATOR__ANSWER_TOKENS": "64", "PHAPQUY_GENERATOR__TIMEOUT": "300"}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question and what the path makes of it for the model."""

    question: str
    messages: tuple[Message, ...]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Take:
    """One streamed answer, in seconds from its request. `sources`: when ours had searched, 0 for a direct one."""

    sources: float
    first: float
    last: float
    tokens: int

    @property
    def rate(self) -> float:
        """Tokens a second between the first and the last piece."""
        return (self.tokens - 1) / (self.last - self.first)


@dataclass(frozen=True, slots=True)
class Overhead:
    """Medians over rounds, with 95% bootstrap intervals of the ratios, ours to direct, of each round's means.

    `first_ratio`: time to first token without retrieval; `crowd_ratio`: the same to direct ones that all come at once,
    None with one client. `rate_ratio`: tokens a second of a stream.
    """

    clients: int
    rounds: int
    retrieval_ms: float
    direct_first_ms: float
    our_first_ms: float
    first_ratio: float
    first_interval: tuple[float, float]
    crowd_ratio: float | None
    crowd_interval: tuple[float, float] | None
    direct_rate: float
    our_rate: float
    rate_ratio: float
    rate_interval: tuple[float, float]


class _TakingDown(HttpGenerator):
    """A generator that keeps what it is asked and says nothing."""

    def __init__(self, endpoint: Endpoint, context_length: int | None) -> None:
        super().__init__(endpoint, context_length=context_length)
        self.asked: list[tuple[tuple[Message, ...], int]] = []

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Chunk]:
        self.asked.append((tuple(messages), max_tokens))
        yield Chunk(finish_reason="stop", usage=Usage(0, 0))


def take_down(settings: Settings, questions: Sequence[str]) -> list[Prompt]:
    """The prompts of those questions that reach the model."""
    prompts: list[Prompt] = []
    with open_place(settings) as place:
        listening = _TakingDown(generator_endpoints(settings)[0], settings.generator.context_length)
        place.parts.__dict__["generator"] = FailoverGenerator([listening])
        for question in questions:
            listening.asked.clear()
            place.answer(answer_request(question))
            if listening.asked:
                prompts.append(Prompt(question, *listening.asked[0]))
    return prompts


@contextmanager
def cpu_vllm(place: Path, clients: int) -> Iterator[None]:
    """A vLLM without a GPU as the configured model server, with room for so many clients.

    It has one core for itself and all else the others, as a GPU server is another machine: what we take from it is
    then the server's time, not its processor's.
    """
    core, *others = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="vllm-") as scratch:
        server = Vllm(place, CHAT, core, Path(scratch), f"--max-num-seqs {clients} {_MEMORY}", confined=bool(others))
        server.launch()
        try:
            server.wait()
            os.sched_setaffinity(0, others or [core])
            os.environ |= {"PHAPQUY_GENERATOR__URL": server.url, "PHAPQUY_GENERATOR__MODEL": CHAT} | {
                name: os.environ.get(name, value) for name, value in _ANSWERS.items()
            }
            yield
        finally:
            server.kill()


async def direct(client: httpx.AsyncClient, settings: Settings, prompt: Prompt, after: float = 0.0) -> Take:
    """Ask the model server itself, so many seconds from now."""
    body = {
        "model": settings.generator.model,
        "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
        "max_tokens": prompt.max_tokens,
        "temperature": 0.0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    key = settings.generator.api_key
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    url = generator_endpoints(settings)[0].root + "/v1/chat/completions"
    await asyncio.sleep(after)
    begun, first, last, tokens = time.perf_counter(), 0.0, 0.0, 0
    async with client.stream("POST", url, json=body, headers=headers) as reply:
        reply.raise_for_status()
        async for line in reply.aiter_lines():
            if not line.startswith("data:") or line.endswith("[DONE]"):
                continue
            event = json.loads(line[5:])
            if any((choice.get("delta") or {}).get("content") for choice in event.get("choices") or ()):
                last = time.perf_counter() - begun
                first = first or last
            tokens = (event.get("usage") or {}).get("completion_tokens", tokens)
    return Take(0.0, first, last, tokens)


async def ours(client: httpx.AsyncClient, url: str, prompt: Prompt) -> Take:
    """Ask phapquy."""
    begun, name = time.perf_counter(), ""
    sources, tokens, told = 0.0, 0, ""
    pieces: list[tuple[float, str]] = []
    headers = {"Accept": "text/event-stream"}
    async with client.stream("POST", f"{url}/v1/answers", json={"query": prompt.question}, headers=headers) as reply:
        reply.raise_for_status()
        async for line in reply.aiter_lines():
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:") and name == "sources":
                sources = time.perf_counter() - begun
            elif line.startswith("data:") and name == "token":
                pieces.append((time.perf_counter() - begun, line[5:]))
            elif line.startswith("data:") and name == "usage":
                tokens = json.loads(line[5:])["completion_tokens"]
            elif line.startswith("data:") and name == "done":
                told = json.loads(line[5:])["text"]
    # What verification puts in place of the model's words comes after them, as one piece: not the model's.
    if pieces and json.loads(pieces[-1][1])["text"] == told:
        pieces.pop()
    return Take(sources, pieces[0][0] if pieces else 0.0, pieces[-1][0] if pieces else 0.0, tokens)


async def measure(settings: Settings, url: str, prompts: Sequence[Prompt], clients: int, rounds: int) -> Overhead:
    """`rounds` times: as many prompts as clients, in turns that change places.

    Ours are asked at once and come to the model when each has searched. The direct ones come to it in the same moments
    (those of the last ones of ours), and once more all at once.
    """
    ways = ("ours", "direct", "crowd") if clients > 1 else ("ours", "direct")
    found: list[dict[str, list[Take]]] = []
    searched = [0.0] * clients
    async with httpx.AsyncClient(timeout=600, trust_env=False) as client:
        for prompt in prompts:
            await direct(client, settings, replace(prompt, max_tokens=1))
        for number in range(rounds):
            chosen = [prompts[(number * clients + n) % len(prompts)] for n in range(clients)]
            takes: dict[str, list[Take]] = {}
            for turn in range(len(ways)):
                way = ways[(number + turn) % len(ways)]
                match way:
                    case "ours":
                        asks = [ours(client, url, one) for one in chosen]
                    case "direct":
                        asks = [direct(client, settings, *one) for one in zip(chosen, searched, strict=True)]
                    case _:
                        asks = [direct(client, settings, one) for one in chosen]
                takes[way] = await asyncio.gather(*asks)
                if way == "ours":
                    searched = [take.sources for take in takes[way]]
            if all(take.tokens > 1 and take.first > 0 for way in ways for take in takes[way]):
                found.append(takes)
    if not found:
        raise BadRequest("Mô hình không viết được câu trả lời nào để đo.")

    def means(way: str, figure: Callable[[Take], float]) -> list[float]:
        return [statistics.fmean(map(figure, takes[way])) for takes in found]

    firsts = means("ours", lambda take: take.first - take.sources)
    first_ratio, first_interval = _ratio(firsts, means("direct", lambda take: take.first))
    crowd = _ratio(firsts, means("crowd", lambda take: take.first)) if clients > 1 else (None, None)
    rates = {way: means(way, lambda take: take.rate) for way in ("ours", "direct")}
    rate_ratio, rate_interval = _ratio(rates["ours"], rates["direct"])
    return Overhead(
        clients=clients,
        rounds=len(found),
        retrieval_ms=_median_ms(means("ours", lambda take: take.sources)),
        direct_first_ms=_median_ms(means("direct", lambda take: take.first)),
        our_first_ms=_median_ms(means("ours", lambda take: take.first)),
        first_ratio=first_ratio,
        first_interval=first_interval,
        crowd_ratio=crowd[0],
        crowd_interval=crowd[1],
        direct_rate=round(statistics.median(rates["direct"]), 1),
        our_rate=round(statistics.median(rates["ours"]), 1),
        rate_ratio=rate_ratio,
        rate_interval=rate_interval,
    )


def _median_ms(seconds: Sequence[float]) -> float:
    return round(statistics.median(seconds) * 1000, 1)


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The median of the rounds' ratios and its interval."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return round(statistics.median(ratios), 3), _interval(ratios)


def _interval(values: Sequence[float]) -> tuple[float, float]:
    """95% percentile bootstrap interval of the median."""
    chance = random.Random(1)
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    return round(medians[int(0.025 * _RESAMPLES)], 3), round(medians[int(0.975 * _RESAMPLES)], 3)


def print_table(figures: Sequence[Overhead]) -> None:
    """For people, a column for each number of clients."""
    rows: dict[str, Callable[[Overhead], object]] = {
        "rounds": lambda one: one.rounds,
        "search, ms": lambda one: one.retrieval_ms,
        "first token direct, ms": lambda one: one.direct_first_ms,
        "first token ours with search, ms": lambda one: one.our_first_ms,
        "first token ours without search / direct": lambda one: _told(one.first_ratio, one.first_interval),
        "  / direct, all at once": lambda one: _told(one.crowd_ratio, one.crowd_interval),
        "tokens a second direct": lambda one: one.direct_rate,
        "tokens a second ours": lambda one: one.our_rate,
        "tokens a second ours / direct": lambda one: _told(one.rate_ratio, one.rate_interval),
    }
    table = Table("clients", *(str(one.clients) for one in figures), box=None)
    for name, figure in rows.items():
        table.add_row(name, *(str(figure(one)) for one in figures))
    Console().print(table)


def _told(ratio: float | None, interval: tuple[float, float] | None) -> str:
    return "–" if ratio is None or interval is None else f"{ratio} [{interval[0]}; {interval[1]}]"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("questions", type=Path)
    parser.add_argument("--clients", default="1,8")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--vllm", type=Path, metavar="FOLDER", help="start a vLLM without a GPU from this folder")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    counts = [int(count) for count in given.clients.split(",")]
    try:
        with cpu_vllm(given.vllm, max(counts)) if given.vllm else nullcontext():
            settings = load_settings()
            if not settings.generator.url:
                raise BadRequest("Cần --vllm hoặc PHAPQUY_GENERATOR__URL để đo.")
            questions = [question.text for question in read_questions(given.questions)]
            prompts = take_down(settings, questions[: given.prompts])
            if not prompts:
                raise BadRequest("Không câu hỏi nào tìm được căn cứ để hỏi mô hình.")
            with own_server(settings) as url:
                figures = [asyncio.run(measure(settings, url, prompts, count, given.rounds)) for count in counts]
    except PhapquyError as error:
        print(error.reason, file=sys.stderr)
        return error.exit_code
    print_table(figures)
    if given.output:
        given.output.write_text(json.dumps([asdict(one) for one in figures], indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
