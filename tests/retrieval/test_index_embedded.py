"""What the embedded index promises beyond the port: one process, generations, and whole documents after kill -9."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from legal.errors import Conflict, NotFound, ServiceUnavailable
from retrieval.embedded import EmbeddedIndex
from retrieval.index import IndexMoved, Manifest, Point, SearchFilter
from retrieval.lexical import question_vector
from retrieval.points import SCHEMA
from retrieval.resident import map_ahead
from tests.retrieval.made_points import DIMENSION, KEY, MANIFEST, direction, document

EVERYTHING = SearchFilter()

#: A process that works on an index and says each step as it is done.
CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from retrieval.embedded import EmbeddedIndex
from tests.retrieval.made_points import MANIFEST, document
index = EmbeddedIndex(Path(sys.argv[2]), MANIFEST)
def say(text):
    print(text, flush=True)
say("open")
"""
WRITES = """
for round in range(1000):
    for key in ("a", "b", "c"):
        index.replace(key, f"v{round}", document(key, f"v{round}", articles=40))
        say(f"{key} v{round}")
"""
BULK = """
with index.bulk() as writer:
    say(writer._process.pid)
    for n in range(1000):
        writer.replace(f"new{n}", "v1", document(f"new{n}", articles=40))
        say(n)
"""
HOLD = "sys.stdin.read()"


def search(index: EmbeddedIndex, limit: int = 100) -> list[tuple[str, str]]:
    both = asyncio.run(index.search(direction(0.1), question_vector("đèn lồng"), EVERYTHING, limit=limit))
    hits = [[(one.passage.document.key, one.passage.eid) for one in side] for side in (both.dense, both.lexical)]
    assert sorted(hits[0]) == sorted(hits[1])
    return sorted(hits[0])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


class Child:
    """A process of the real program text above, which a test kills."""

    def __init__(self, root: Path, folder: Path, work: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD + work, str(root), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.said() == "open"

    def said(self) -> str:
        out: IO[str] | None = self.process.stdout
        assert out is not None
        return out.readline().strip()

    def kill(self) -> list[str]:
        """kill -9; what it had said meanwhile."""
        self.process.send_signal(signal.SIGKILL)
        rest, _ = self.process.communicate()
        return rest.split("\n")


def test_an_index_outlives_its_process(folder: Path) -> None:
    index = EmbeddedIndex(folder, MANIFEST)
    index.replace(KEY, "v1", document(articles=6))
    before = search(index)
    index.close()
    with pytest.raises(ServiceUnavailable):
        index.count()
    again = EmbeddedIndex(folder)
    assert again.manifest == MANIFEST
    assert search(again) == before != []
    again.close()


@pytest.mark.parametrize(
    "other", [Manifest("khác/mô-hình", DIMENSION, SCHEMA), Manifest(MANIFEST.embedder, DIMENSION, SCHEMA + 1)]
)
def test_another_embedder_is_refused_with_what_to_do(folder: Path, other: Manifest) -> None:
    EmbeddedIndex(folder, MANIFEST).close()
    with pytest.raises(Conflict, match="phapquy reindex"):
        EmbeddedIndex(folder, other)
    EmbeddedIndex(folder, MANIFEST).close()  # and the refusal did not keep the lock


NAME = "0123456789ab"
OTHER = Manifest("khác/mô-hình", 2 * DIMENSION, SCHEMA)


def wider(key: str, articles: int) -> list[Point]:
    """Points of an embedder with longer vectors."""
    return [
        replace(point, dense=np.concatenate([point.dense, point.dense])) for point in document(key, articles=articles)
    ]  # type: ignore[list-item]


def test_another_generation_takes_over_while_the_one_before_answers_who_began_with_it(folder: Path) -> None:
    index = EmbeddedIndex(folder, MANIFEST)
    index.replace(KEY, "v1", document(articles=2))
    pinned = index.pinned()
    with index.successor(OTHER, NAME) as following:
        following.writer.replace("mới", "v1", wider("mới", 1))
        index.replace("thêm", "v1", document("thêm", articles=1))
        assert ("mới", "art_1") not in search(index)
        candidate = following.ready()
        following.writer.replace("sau", "v1", wider("sau", 1))
        assert candidate.count() == 2 and index.count() == 3
        following.switch()
    assert (index.manifest, index.generation) == (OTHER, NAME)
    assert index.versions() == {"mới": {"v1"}, "sau": {"v1"}}
    begun = asyncio.run(
        pinned.search(document()[0].dense, None, SearchFilter(), limit=10)
    )  # vectors of the first embedder
    assert {one.passage.document.key for one in begun.dense} == {KEY, "thêm"}
    index.close()
    EmbeddedIndex(folder, OTHER).close()


def test_the_generation_before_comes_back_or_is_given_up(folder: Path) -> None:
    index = EmbeddedIndex(folder, MANIFEST)
    index.replace(KEY, "v1", document(articles=2))
    with pytest.raises(NotFound), index.previous():
        pass
    with index.successor(OTHER, NAME) as following:
        following.writer.replace("mới", "v1", wider("mới", 1))
        following.switch()
    index.close()
    index = EmbeddedIndex(folder, OTHER)  # also after the process has gone
    with index.previous() as before:
        assert before.manifest == MANIFEST and before.writer.versions() == {KEY: {"v1"}}
        before.writer.replace("mới", "v1", document("mới", articles=1))
        before.switch()
    assert index.manifest == MANIFEST and index.versions() == {KEY: {"v1"}, "mới": {"v1"}}
    assert index.drop_previous() and not index.drop_previous()
    assert len(list(folder.glob("g-*"))) == 1
    index.close()
    EmbeddedIndex(folder, MANIFEST).close()


def test_a_successor_that_fails_leaves_everything_as_it_was(folder: Path) -> None:
    index = EmbeddedIndex(folder, MANIFEST)
    index.replace(KEY, "v1", document(articles=2))
    for ready in (False, True):
        with pytest.raises(RuntimeError), index.successor(OTHER, NAME) as following:
            following.writer.replace("mới", "v1", wider("mới", 1))
            if ready:
                following.ready()
            raise RuntimeError
        assert search(index) == [(KEY, "art_1"), (KEY, "art_2")] and index.manifest == MANIFEST
        assert len(list(folder.glob("g-*"))) == 1 and not index.succeeding
    index.close()


def test_nothing_to_open_says_so(folder: Path) -> None:
    with pytest.raises(Conflict, match="phapquy ingest"):
        EmbeddedIndex(folder)


def test_a_second_process_is_told_at_once(folder: Path, root: Path) -> None:
    child = Child(root, folder, HOLD)
    begun = time.monotonic()
    with pytest.raises(Conflict, match="tiến trình"):
        EmbeddedIndex(folder, MANIFEST)
    assert time.monotonic() - begun < 1.0
    child.kill()
    EmbeddedIndex(folder, MANIFEST).close()


def test_kill_in_the_middle_of_writes_leaves_whole_documents(folder: Path, root: Path) -> None:
    chance = random.Random(20310203)
    for _ in range(4):
        child = Child(root, folder, WRITES)
        finished = dict(child.said().split() for _ in range(chance.randint(3, 12)))
        time.sleep(chance.random() / 20)
        finished.update(line.split() for line in child.kill() if line)
        index = EmbeddedIndex(folder, MANIFEST)
        for key, version in finished.items():
            passages = asyncio.run(index.fetch(SearchFilter(documents=[key]), limit=1000))
            shown = {passage.document.version for passage in passages}
            assert len(passages) == 40
            assert len(shown) == 1
            # the version said to be done, or the next one, if the process died between doing and saying
            assert shown <= {version, f"v{int(version[1:]) + 1}"}
            assert shown <= index.versions()[key]
            assert index.publish(key, shown.pop()) == 40
            assert index.count(key) == 40
        index.close()


def test_kill_in_a_bulk_load_leaves_the_index_as_it_was(folder: Path, root: Path) -> None:
    index = EmbeddedIndex(folder, MANIFEST)
    index.replace(KEY, "v1", document(articles=6))
    before = search(index)
    index.close()
    child = Child(root, folder, BULK)
    builder = int(child.said())
    for _ in range(3):
        child.said()
    child.kill()
    index = EmbeddedIndex(folder, MANIFEST)
    assert search(index) == before
    assert len(list(folder.glob("g-*"))) == 1
    deadline = time.monotonic() + 10
    while alive(builder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(builder)
    index.close()


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_answers_never_fail_or_go_empty_while_a_bulk_load_switches_in(folder: Path) -> None:
    index = EmbeddedIndex(folder, MANIFEST)
    index.replace(KEY, "v1", document(articles=20))
    done = threading.Event()
    seen: list[int] = []
    faults: list[BaseException] = []

    def ask() -> None:
        try:
            while not done.is_set():
                seen.append(len(search(index, limit=1000)))
                assert len(asyncio.run(index.fetch(SearchFilter(documents=[KEY])))) == 20
                assert index.count(KEY) == 20
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for round in range(2):
        with index.bulk() as writer:
            for n in range(5):
                writer.replace(f"{round}-{n}", "v1", document(f"{round}-{n}", articles=10))
    time.sleep(0.1)
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert set(seen) == {20, 70, 120}  # before, between and after: never anything else
    assert len(list(folder.glob("g-*"))) == 1
    index.close()


def test_small_writes_in_a_bulk_load_are_kept(folder: Path) -> None:
    index = EmbeddedIndex(folder, MANIFEST)
    index.replace("old", "v1", document("old", articles=3))
    index.replace("gone", "v1", document("gone", articles=3))
    with index.bulk() as writer:
        writer.replace("bulk", "v1", document("bulk", articles=2))
        index.replace("small", "v1", document("small", articles=4))
        index.replace("old", "v2", iter(document("old", "v2", articles=1)))
        index.set_card("small", "v1", {"status": "expired"})
        index.remove("gone")
        index.publish("old", "v2")
        assert index.versions() == {"old": {"v2"}, "small": {"v1"}}
    assert index.versions() == {"old": {"v2"}, "small": {"v1"}, "bulk": {"v1"}}
    assert (index.count("small"), index.count("old")) == (4, 1)
    assert {p.document.status for p in asyncio.run(index.fetch(SearchFilter(documents=["small"])))} == {"expired"}
    index.close()


def test_a_bulk_load_that_fails_changes_nothing(folder: Path) -> None:
    index = EmbeddedIndex(folder, MANIFEST)
    index.replace(KEY, "v1", document(articles=3))
    before = search(index)
    with pytest.raises(RuntimeError), index.bulk() as writer:
        writer.remove(KEY)
        raise RuntimeError("a bad file")
    with pytest.raises(ServiceUnavailable, match="chạy lại"), index.bulk() as writer:
        os.kill(writer._process.pid, signal.SIGKILL)  # type: ignore[attr-defined]
        index.replace("small", "v1", document("small", articles=1))
        writer.remove(KEY)
    assert search(index) == [*before, ("small", "art_1")]
    assert len(list(folder.glob("g-*"))) == 1
    index.close()


def test_two_versions_left_shown_by_a_crash_become_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = EmbeddedIndex(folder, MANIFEST)
    index.replace(KEY, "v1", document(articles=3))
    engine = index._index

    def show_and_die(_key: str, *operations: object) -> None:
        engine._shard.update(operations[0])  # the new version is shown, the old one not dropped
        raise KeyboardInterrupt

    time.sleep(0.005)
    monkeypatch.setattr(engine, "_show", lambda key, version: None)
    index.replace(KEY, "v2", document(version="v2", articles=4))
    monkeypatch.undo()
    monkeypatch.setattr(engine, "_update", show_and_die)
    with pytest.raises(KeyboardInterrupt):
        index.publish(KEY, "v2")
    monkeypatch.undo()
    assert index.versions() == {KEY: {"v1", "v2"}}
    index.close()
    index = EmbeddedIndex(folder, MANIFEST)
    assert index.versions() == {KEY: {"v2"}}
    assert len(search(index)) == 4
    index.close()


def test_a_pointer_to_nothing_is_reported(folder: Path) -> None:
    EmbeddedIndex(folder, MANIFEST).close()
    (folder / "current").write_text("g-none")
    with pytest.raises(Conflict, match="sao lưu"):
        EmbeddedIndex(folder, MANIFEST)


@pytest.fixture(autouse=True)
def _no_child_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if not children.exists():
        yield
        return
    before = set(children.read_text().split())  # servers and pools that other tests of this run keep
    yield
    assert set(children.read_text().split()) <= before


def test_a_warmed_index_answers_from_memory_and_never_with_what_was_replaced(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path, MANIFEST)
    index.replace("a", "v1", document("a", "v1", articles=3))
    index.replace("b", "v1", document("b", "v1", articles=2))
    assert index.warm() == 5
    before = search(index)
    index.replace("a", "v2", document("a", "v2", articles=4))
    assert len(search(index)) == len(before) + 1
    found = asyncio.run(index.search(direction(0.1), None, EVERYTHING, limit=10)).dense
    assert {(one.passage.document.key, one.passage.document.version) for one in found} == {("a", "v2"), ("b", "v1")}
    assert index.warm() == 6
    index.close()


async def test_a_search_that_waits_for_the_model_sees_one_version(folder: Path) -> None:
    index = EmbeddedIndex(folder, MANIFEST)
    index.replace(KEY, "v1", document(KEY, "v1"))
    vector: asyncio.Future[np.ndarray | None] = asyncio.get_running_loop().create_future()
    search = asyncio.create_task(index.search(vector, question_vector("đèn lồng"), EVERYTHING, limit=100))
    await asyncio.sleep(0)  # the words have been searched, the model is still at work
    index.replace(KEY, "v2", document(KEY, "v2"))
    vector.set_result(direction(0.1))
    both = await search
    versions = {one.passage.document.version for side in (both.dense, both.lexical) for one in side}
    assert versions == {"v2"} and len(both.dense) == len(both.lexical) == 5
    index.close()


def test_what_was_replaced_since_the_search_is_never_read(folder: Path) -> None:
    index = EmbeddedIndex(folder, MANIFEST, remembered=0)
    index.replace(KEY, "v1", document(KEY, "v1"))
    some, whole = (
        asyncio.run(index.search(direction(0.1), question_vector("đèn lồng"), EVERYTHING, limit=100, whole=whole))
        for whole in (False, True)
    )
    index.replace(KEY, "v2", document(KEY, "v2"))
    assert {one.passage.document.version for one in whole.lexical} == {"v1"}
    with pytest.raises(IndexMoved):
        some.lexical  # noqa: B018
    index.close()


def test_pages_of_passages_are_brought_near(folder: Path) -> None:
    index = EmbeddedIndex(folder, MANIFEST)
    index.replace(KEY, "v1", document(KEY, "v1"))
    shard = next(folder.glob("g-*"))
    assert map_ahead(shard, "payload_storage") > 0
    assert map_ahead(folder.parent / "elsewhere", "payload_storage") == 0
    assert index.warm() == 5 and len(search(index)) == 5
    index.close()
