"""What all tests share: the corpus of real laws, and no word to the outside."""

from __future__ import annotations

from pathlib import Path

import pytest

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
