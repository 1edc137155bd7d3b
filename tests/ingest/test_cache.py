"""The embedding cache gives back exactly what was put in, also after a kill; originals are kept by their hash."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ingest.cache import EmbeddingCache
from ingest.originals import Originals, sha256_of
from legal.errors import NotFound


def vectors(count: int, seed: int = 1) -> np.ndarray:
    made = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_vectors_come_back_bit_for_bit(tmp_path: Path) -> None:
    texts = [f"Điều {n}. Nội dung" for n in range(25_000)]
    made = vectors(len(texts))
    cache = EmbeddingCache(tmp_path / "cache" / "embeddings.sqlite3")
    cache.put("model-a", texts, made)
    cache.close()
    again = EmbeddingCache(tmp_path / "cache" / "embeddings.sqlite3")
    found = again.get("model-a", [*texts, "chưa có"], 8)
    assert found[-1] is None
    assert np.array_equal(np.stack([v for v in found if v is not None]), made)


def test_another_model_or_text_or_dimension_is_another_vector(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "embeddings.sqlite3")
    cache.put("model-a", ["một"], vectors(1))
    assert cache.get("model-b", ["một"], 8) == [None]
    assert cache.get("model-a", ["mot"], 8) == [None]
    assert cache.get("model-a", ["một"], 16) == [None]
    cache.put("model-a", ["một"], vectors(1, seed=2))
    assert len(cache) == 1


def test_a_broken_cache_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "embeddings.sqlite3"
    file.write_bytes(b"this is no database" * 1000)
    cache = EmbeddingCache(file)
    cache.put("model-a", ["một"], vectors(1))
    assert cache.get("model-a", ["một"], 8)[0] is not None


def test_what_was_put_survives_a_kill(tmp_path: Path, root: Path) -> None:
    program = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from ingest.cache import EmbeddingCache\n"
        "cache = EmbeddingCache(Path(sys.argv[1]))\n"
        "cache.put('m', ['a', 'b'], np.eye(2, 8, dtype=np.float32))\n"
        "print('put', flush=True)\n"
        "sys.stdin.read()\n"
    )
    file = tmp_path / "embeddings.sqlite3"
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(file)], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"put\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert all(v is not None for v in EmbeddingCache(file).get("m", ["a", "b"], 8))


def test_originals_are_kept_once_by_their_hash(tmp_path: Path) -> None:
    file = tmp_path / "văn bản.html"
    file.write_bytes(b"<p>noi dung</p>" * 100_000)
    originals = Originals(tmp_path / "originals")
    name = originals.keep(file)
    assert name == hashlib.sha256(file.read_bytes()).hexdigest() == sha256_of(file)
    assert originals.path(name).read_bytes() == file.read_bytes()
    assert originals.keep(file) == name
    assert [path for path in originals.folder.rglob("*") if path.is_file()] == [originals.path(name)]
    for wrong in ("0" * 64, "../../etc/passwd", ""):
        with pytest.raises(NotFound):
            originals.path(wrong)
