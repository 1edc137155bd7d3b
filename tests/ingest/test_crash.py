"""kill -9 at any moment, then the same command again: it finishes, and index and catalogue agree."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.catalogue_tables import LIVE, REMOVED, WRITING
from ingest.catalogue_writing import CatalogueWriting
from tests.ingest.fictional import House, law, opened, write

DOCUMENTS = 7


def child(root: Path, folder: Path, point: str, serving: bool = False) -> subprocess.Popen[bytes]:
    arguments = [str(folder / "home"), str(folder / "files"), point, *(["serving"] if serving else [])]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.ingest.crash_child", *arguments],
        cwd=root,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
        start_new_session=True,
    )


def ended(process: subprocess.Popen[bytes]) -> int:
    process.communicate(timeout=100)
    return process.returncode


def files(folder: Path, word: str = "phí") -> None:
    for number in range(1, DOCUMENTS + 1):
        write(folder / "files", f"{number}.html", law(number, articles=4 + number % 3, word=word))


def assert_whole(house: House, word: str = "phí") -> None:
    assert house.agrees()
    assert CatalogueWriting(house.catalogue).journal() == []
    entries = house.catalogue.documents().entries
    assert len(entries) == DOCUMENTS
    assert all(word in (entry.card.title or "") for entry in entries)
    states = [version.state for entry in entries for version in house.catalogue.versions(entry.card.key)]
    assert states.count(LIVE) == DOCUMENTS
    assert WRITING not in states


@pytest.mark.parametrize(
    ("point", "serving"), [("begun", False), ("half", False), ("indexed", False), ("begun", True), ("indexed", True)]
)
def test_a_death_while_documents_are_replaced(tmp_path: Path, root: Path, point: str, serving: bool) -> None:
    files(tmp_path)
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([tmp_path / "files"])
    files(tmp_path, word="lệ phí")
    assert ended(child(root, tmp_path, point, serving)) == -signal.SIGKILL
    with opened(tmp_path / "home") as house:
        for entry in house.catalogue.documents().entries:  # what answers is whole, old or new
            assert house.catalogue.tree(entry.card.key).find("art_4") is not None
        report = house.ingestor.ingest([tmp_path / "files"])
        assert not report.failures
        assert_whole(house, "lệ phí")
        assert report.embedded == 0, "every vector was in the cache"


def test_a_death_while_a_document_is_removed(tmp_path: Path, root: Path) -> None:
    files(tmp_path)
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([tmp_path / "files"])
    assert ended(child(root, tmp_path, "removed")) == -signal.SIGKILL
    with opened(tmp_path / "home") as house:
        assert house.ingestor.recover().finished == 1
        assert house.agrees()
        assert [version.state for version in house.catalogue.versions("3/2031/QĐ-UBND")] == [REMOVED]


def test_deaths_at_random_moments(tmp_path: Path, root: Path) -> None:
    files(tmp_path)
    dice = random.Random()
    deaths = 0
    for round_ in range(6):
        process = child(root, tmp_path, "slow", serving=round_ % 3 == 2)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(dice.uniform(0.0, 0.6))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            deaths += 1
        ended(process)
        if round_ % 2:  # the files change in between
            files(tmp_path, word=f"phí lần {round_}")
    assert deaths, "the process always finished before it could be killed"
    assert ended(child(root, tmp_path, "none")) == 0
    with opened(tmp_path / "home") as house:
        assert not house.ingestor.recover(), "the last run left nothing to mend"
        assert_whole(house, "phí lần 5")
