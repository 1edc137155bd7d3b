"""What our stream costs over the model server's own stream of the same prompt: time to first token, tokens a second.

    python -m eval.bench_stream QUESTIONS.jsonl [--clients 1,8] [--rounds 12] [--prompts 4] [--output FILE.json]

The home is `PHAPQUY_HOME`, the model server is `PHAPQUY_GENERATOR__URL`; no phapquy may run on the home: this command
starts its own. The prompts of the questions are taken down first, as the path makes them; only as many as the server's
prefix cache holds are of use, since each is read once before, so that the cache serves both ways. These are then asked
in turns that change sides, so that a busy machine slows both alike. Retrieval is what our stream takes until its `sources` event.
"""

from __future__ import annotations

import api.quiet  # noqa: F401  isort: skip

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
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
from eval.place import open_place
from eval.questions import read_questions
from legal.errors import BadRequest, PhapquyError
from serving.endpoint import Endpoint
from serving.failover import FailoverGenerator
from serving.openai_http import HttpGenerator
from serving.protocols import Chunk, Message, Usage

_RESAMPLES = 2000


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
    """Medians over pairs of the same prompt, with 95% bootstrap intervals of the ratios, ours to direct.

    `first_ratio`: time to first token without retrieval. `rate_ratio`: tokens a second.
    """

    clients: int
    pairs: int
    retrieval_ms: float
    direct_first_ms: float
    our_first_ms: float
    first_ratio: float
    first_interval: tuple[float, float]
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


async def direct(client: httpx.AsyncClient, settings: Settings, prompt: Prompt) -> Take:
    """Ask the model server itself."""
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
    """`rounds` times: as many prompts as clients, at once, one way and then the other."""
    pairs: list[tuple[Take, Take]] = []
    async with httpx.AsyncClient(timeout=600, trust_env=False) as client:
        for prompt in prompts:
            await direct(client, settings, replace(prompt, max_tokens=1))
        for number in range(rounds):
            chosen = [prompts[(number // 2 * clients + n) % len(prompts)] for n in range(clients)]
            takes: dict[str, list[Take]] = {}
            for way in ("direct", "ours") if number % 2 else ("ours", "direct"):
                asks = [direct(client, settings, one) if way == "direct" else ours(client, url, one) for one in chosen]
                takes[way] = await asyncio.gather(*asks)
            pairs += zip(takes["direct"], takes["ours"], strict=True)
    whole = [(one, two) for one, two in pairs if min(one.tokens, two.tokens) > 1 and min(one.first, two.first) > 0]
    if not whole:
        raise BadRequest("Mô hình không viết được câu trả lời nào để đo.")
    firsts = [(our.first - our.sources) / plain.first for plain, our in whole]
    rates = [our.rate / plain.rate for plain, our in whole]
    return Overhead(
        clients=clients,
        pairs=len(whole),
        retrieval_ms=_median_ms([our.sources for _, our in whole]),
        direct_first_ms=_median_ms([plain.first for plain, _ in whole]),
        our_first_ms=_median_ms([our.first for _, our in whole]),
        first_ratio=round(statistics.median(firsts), 3),
        first_interval=_interval(firsts),
        direct_rate=round(statistics.median(plain.rate for plain, _ in whole), 1),
        our_rate=round(statistics.median(our.rate for _, our in whole), 1),
        rate_ratio=round(statistics.median(rates), 3),
        rate_interval=_interval(rates),
    )


def _median_ms(seconds: Sequence[float]) -> float:
    return round(statistics.median(seconds) * 1000, 1)


def _interval(values: Sequence[float]) -> tuple[float, float]:
    """95% percentile bootstrap interval of the median."""
    chance = random.Random(1)
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    return round(medians[int(0.025 * _RESAMPLES)], 3), round(medians[int(0.975 * _RESAMPLES)], 3)


def print_table(figures: Sequence[Overhead]) -> None:
    """For people."""
    names = ["clients", "pairs", "search ms", "direct first ms", "our first ms", "ratio without search", "95%"]
    table = Table(*names, "direct tok/s", "our tok/s", "ratio", "95%", box=None)
    for one in figures:
        cells: list[object] = [
            one.clients,
            one.pairs,
            one.retrieval_ms,
            one.direct_first_ms,
            one.our_first_ms,
            one.first_ratio,
        ]
        cells += [_span(one.first_interval), one.direct_rate, one.our_rate, one.rate_ratio, _span(one.rate_interval)]
        table.add_row(*map(str, cells))
    Console().print(table)


def _span(interval: tuple[float, float]) -> str:
    return f"{interval[0]} to {interval[1]}"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("questions", type=Path)
    parser.add_argument("--clients", default="1,8")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--prompts", type=int, default=4)
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    settings = load_settings()
    try:
        if not settings.generator.url:
            raise BadRequest("Cần PHAPQUY_GENERATOR__URL để đo.")
        questions = [question.text for question in read_questions(given.questions)]
        prompts = take_down(settings, questions[: given.prompts])
        if not prompts:
            raise BadRequest("Không câu hỏi nào tìm được căn cứ để hỏi mô hình.")
        with own_server(settings) as url:
            counts = [int(count) for count in given.clients.split(",")]
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
