"""What all tests share: the corpus of real laws, a PostgreSQL, and no word to the outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Cluster, programs

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The corpus of real laws beside the project; tests that need it skip when it is absent."""
    path = ROOT.parent / "shared" / "corpus"
    if not (path / "laws.jsonl").exists():
        pytest.skip("the corpus of real laws (../shared/corpus) is not here")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL of this run's own; tests that need it skip where it is not installed."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL (initdb, postgres; as root also its account) is not installed")
    cluster = Cluster(found)
    cluster.begin()
    yield cluster
    cluster.end()
