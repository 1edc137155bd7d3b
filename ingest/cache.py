"""The embedding cache: vectors by embedder and passage text, so that only what is new is embedded.

Vectors are kept as float32, not float16: half precision may move a cosine by more than what separates neighbouring
ranks, and a re-indexed home must rank exactly as the first one did. It costs 1.5 kB a passage of 384 dimensions.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from serving.protocols import Vectors

_MOST = 10_000  # keys a query: SQLite allows 32,766 variables


class EmbeddingCache:
    """An SQLite file (WAL). What `put` returned from survives a kill; what is broken or missing is embedded again.

    Usable from several threads of one process and from several processes.
    """

    def __init__(self, file: Path) -> None:
        """Open or make the cache; a file that is no cache is replaced by an empty one."""
        self._lock = threading.Lock()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._connection = _opened(file)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, disk full: not the file's fault
                raise
            for ending in ("", "-wal", "-shm"):
                file.with_name(file.name + ending).unlink(missing_ok=True)
            self._connection = _opened(file)

    def get(self, embedder: str, texts: Sequence[str], dimension: int) -> list[Vectors | None]:
        """The vector of each text, None where it is not known; float32 of `dimension`."""
        keys = [_key(embedder, text) for text in texts]
        found: dict[bytes, bytes] = {}
        with self._lock:
            for start in range(0, len(keys), _MOST):
                some = keys[start : start + _MOST]
                marks = ",".join("?" * len(some))
                rows = self._connection.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", some)
                found.update(rows)
        return [_vector(found.get(key), dimension) for key in keys]

    def put(self, embedder: str, texts: Sequence[str], vectors: Vectors) -> None:
        """Keep the vectors of the texts, one row of `vectors` each."""
        rows = [
            (_key(embedder, text), np.ascontiguousarray(vector, dtype="<f4").tobytes())
            for text, vector in zip(texts, vectors, strict=True)
        ]
        with self._lock, self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def __len__(self) -> int:
        with self._lock:
            return int(self._connection.execute("SELECT count(*) FROM vectors").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=30, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    with connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
        )
    return connection


def _key(embedder: str, text: str) -> bytes:
    digest = hashlib.blake2b(embedder.encode("utf-8"), digest_size=16)
    digest.update(b"\0")
    digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.digest()


def _vector(blob: bytes | None, dimension: int) -> Vectors | None:
    if blob is None or len(blob) != 4 * dimension:
        return None
    return np.frombuffer(blob, dtype="<f4").astype(np.float32, copy=False)
