"""What the speed measurements are made of: clients, varied passages, reading of files."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from eval.bench_ingest import measure
from eval.grown import build, optimise
from eval.grown import measure as measure_index
from eval.load import Timing, drive, side_by_side
from eval.place import Place
from eval.raw_engine import RawEngine
from eval.reading_truths import ArticlesFound, articles_found, facts_right, overlap
from eval.speed_report import html
from eval.varied import real_points, varied
from legal.document import LegalDocument, Metadata, Provision
from retrieval.pipeline import QuestionPath


async def test_clients_ask_at_the_same_time_and_failures_are_counted() -> None:
    running = most = 0

    async def ask(question: str) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        if question == "bad":
            raise ValueError

    timing = await drive(ask, ["good", "good", "good", "bad"], clients=4, requests=40)
    assert (timing.n, timing.failed, most) == (30, 10, 4)
    assert timing.p50 >= 10 and timing.p50 <= timing.p95 <= timing.p99
    alone = await drive(ask, ["good"], clients=1, requests=10)
    assert timing.rate > alone.rate


async def test_two_ways_are_measured_in_turns() -> None:
    order: list[str] = []

    async def quick(question: str) -> None:
        order.append("quick")

    async def slow(question: str) -> None:
        order.append("slow")
        await asyncio.sleep(0.005)

    first, second = await side_by_side(quick, slow, ["?"], requests=10)
    assert first.n == second.n == 10 and first.p50 < 5 <= second.p50
    assert order[:4] == ["slow", "quick", "quick", "slow"]


def test_no_times_are_no_error() -> None:
    assert Timing.of([], 1.0, failed=3) == Timing(0, 0.0, 0.0, 0.0, 0.0, 3)


def test_varied_passages_are_near_the_real_ones_and_all_different(demo: Place) -> None:
    raw = RawEngine(demo.parts.index, demo.parts.embedder)  # type: ignore[arg-type]
    real = list(real_points(raw.shard))
    assert len(real) == demo.parts.index.count()
    made = list(varied(real, 3 * len(real)))
    assert len({point.passage.id for point in made}) == len(made)
    for place, point in enumerate(made):
        source = real[place % len(real)]
        assert point.dense is not None and source.dense is not None and point.sparse is not None
        cosine = float(point.dense @ source.dense)
        assert cosine == pytest.approx(1.0 if place < len(real) else 0.95, abs=1e-3)
        assert np.linalg.norm(point.dense) == pytest.approx(1.0, abs=1e-3)
        assert point.sparse.indices == source.sparse.indices  # type: ignore[union-attr]
    assert [point.passage.id for point in varied(real, 5)] == [point.passage.id for point in made[:5]]


def test_the_floor_asks_the_same_engine(demo: Place) -> None:
    raw = RawEngine(demo.parts.index, demo.parts.embedder)  # type: ignore[arg-type]
    began = time.perf_counter()
    dense, lexical = demo.runner.run(raw.search("thời hạn thuê điểm kinh doanh tại chợ"))
    assert time.perf_counter() - began < 30
    assert dense and lexical and {hit.id for hit in dense} & {hit.id for hit in lexical}


def test_an_index_of_varied_passages_is_searched_beside_the_bare_engine(demo: Place, tmp_path: Path) -> None:
    parts = demo.parts
    real = list(real_points(RawEngine(parts.index, parts.embedder).shard))  # type: ignore[arg-type]
    build(tmp_path / "made", parts.index.manifest, real, 2 * len(real))
    optimise(tmp_path / "made", parts.index.manifest, int8=True)
    size = demo.runner.run(
        measure_index(
            tmp_path / "made",
            parts.index.manifest,
            parts.embedder,
            lambda index: QuestionPath(index, parts.embedder),
            ["thuê điểm kinh doanh tại chợ", "đăng ký khai sinh"],
            4,
            int8=True,
        )
    )
    assert (size.passages, size.floor.n, size.path.n, size.path.failed) == (2 * len(real), 4, 4, 0)
    assert size.dense_recall == 1.0 and size.disk_mb > 0
    timing = asdict(size.path)
    speed = {
        "passages": 1,
        "overhead_p50": 1.0,
        "floor": timing,
        "path": timing,
        "pipeline": {"32": timing},
        "http": {},
    }
    page = html({**speed, "growth": [size.as_json()]})
    assert page.count("<svg") == 4 and "http" not in page


LAW = LegalDocument(
    Metadata(number="1/2024/QĐ-UBND", type="Quyết định", issuer="Ủy ban nhân dân tỉnh Sơn Hà"),
    (Provision("article", "5", "art_5", "Điều 5.", "Bến đò", "Chủ bến phát áo phao cho khách."),),
)


def test_articles_and_facts_against_a_truth() -> None:
    documents = {"1/2024/QĐ-UBND": LAW}
    rows = [
        {"document": "1/2024/QD-UBND", "article": "5", "text": "Bến đò\n\nChủ bến phát áo phao cho khách."},
        {"document": "1/2024/QĐ-UBND", "article": "5", "text": "Chủ bến thu phí của từng khách."},
        {"document": "1/2024/QĐ-UBND", "article": "6", "text": "Chủ bến phát áo phao cho khách."},
        {"document": "2/2024/QĐ-UBND", "article": "1", "text": "Chủ bến"},
    ]
    assert articles_found(rows, documents) == ArticlesFound(1, 3, 1, {"no such article": 1, "other words": 1})
    assert overlap("Chủ bến phát áo phao cho em", LAW, "5") == pytest.approx(6 / 8)
    truth = [
        {"number": "1/2024/QĐ-UBND", "type": "Quyết định", "issuer": "Ủy ban nhân dân tỉnh Sông Bé", "signer": None},
        {"number": "3/2024/QĐ-UBND"},
    ]
    assert facts_right(truth, documents) == {"number": (1, 2), "type": (1, 1), "issuer": (0, 1)}


def test_files_are_read_and_failures_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.txt", tmp_path / "b.pdf"
    good.write_text("QUYẾT ĐỊNH\n\nĐiều 1. Bến đò\nChủ bến phát áo phao.\n", encoding="utf-8")
    bad.write_bytes(b"%PDF-1.7 broken")
    laws = tmp_path / "laws.jsonl"
    rows = [{"file": "laws/a.txt", "number": "9/2024/QĐ-UBND"}, {"file": "laws/other.html", "number": "8/2024/QĐ-UBND"}]
    laws.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    report = measure([good, bad], laws=laws, unstructured=False)
    assert (report.ours.files, report.ours.failed, report.unstructured) == (2, 1, None)
    assert list(report.failures) == ["b.pdf"] and report.ours.coverage_min == 1.0
    assert report.facts["number"] == (0, 1)
