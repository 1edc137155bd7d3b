"""What the tests of the document's way share: fictional documents, a quick embedder, a home with the real engine."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.catalogue import Catalogue
from ingest.home import Home
from ingest.pipeline import Ingestor, IngestSettings
from ingest.reading import Reading, read_files
from legal.errors import DocumentError
from retrieval.embedded import EmbeddedIndex
from retrieval.index import Manifest, SearchFilter
from retrieval.points import SCHEMA
from serving.protocols import Vectors


class QuickEmbedder:
    """Vectors that depend on the text alone, at once; counts what it was given."""

    def __init__(self, name: str = "quick", dimension: int = 16, window: int = 200, pause: float = 0.0) -> None:
        self.name, self.dimension, self.window, self.pause = name, dimension, window, pause
        self.embedded: list[str] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [4 + len(text.split()) for text in texts]

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        time.sleep(self.pause * len(texts))
        assert all(size <= self.window for size in self.count_tokens(texts))
        self.embedded += texts
        made = np.stack([
            np.random.default_rng(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))
            .normal(size=self.dimension)
            for text in texts
        ]).astype(np.float32)  # fmt: skip
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    async def embed_question(self, text: str) -> Vectors:
        return self.embed_passages([text])[0]

    async def close(self) -> None: ...


class HereReader:
    """Reads in this process: quick to start."""

    def read(self, files: Sequence[Path]) -> Generator[Reading | DocumentError]:
        for file in files:
            yield from read_files(file)


@dataclass
class House:
    """A home with everything open."""

    home: Home
    catalogue: Catalogue
    index: EmbeddedIndex
    embedder: QuickEmbedder
    ingestor: Ingestor

    def agrees(self) -> bool:
        """Whether the index holds exactly what the catalogue says answers."""
        entries = self.catalogue.documents(limit=500).entries
        wanted = {entry.card.key: {entry.card.version} for entry in entries}
        counts = [self.index.count(e.card.key, version=e.card.version) == e.passages for e in entries]
        shown = asyncio.run(self.index.fetch(SearchFilter(), limit=10_000))
        total = self.catalogue.counts().passages
        return self.index.versions() == wanted and all(counts) and self.index.count() == len(shown) == total


@contextmanager
def opened(
    folder: Path, embedder: QuickEmbedder | None = None, settings: IngestSettings | None = None
) -> Iterator[House]:
    """Open (or make) a home; closed at the end."""
    home = Home(folder)
    home.prepare()
    used = embedder or QuickEmbedder()
    catalogue = Catalogue(home.catalogue_url)
    index = EmbeddedIndex(home.index, Manifest(used.name, used.dimension, SCHEMA))
    try:
        yield House(home, catalogue, index, used, Ingestor(home, catalogue, index, used, HereReader(), settings))
    finally:
        index.close()
        catalogue.close()


def law(number: int, articles: int = 4, word: str = "phí", year: int = 2031, issuer: str = "TỈNH BÌNH SƠN") -> str:
    """A decision of a fictional province, as HTML."""
    body = "".join(
        f"<p><b>Điều {n}. Về {word} số {n}</b></p>"
        f"<p>1. Người nộp {word} số {n} của quyết định {number} nộp tại cơ quan thu.</p>"
        f"<p>2. Mức thu do cơ quan có thẩm quyền quy định:</p><p>a) Tại chỗ: {n}.000 đồng;</p><p>b) Qua bưu điện.</p>"
        for n in range(1, articles + 1)
    )
    return (
        f"<html><body><table><tr><td><p>ỦY BAN NHÂN DÂN<br>{issuer}</p><p>Số: {number}/{year}/QĐ-UBND</p></td>"
        "<td><p>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</p><p>Độc lập - Tự do - Hạnh phúc</p>"
        f"<p><i>Bình Sơn, ngày 02 tháng 5 năm {year}</i></p></td></tr></table>"
        f"<p><b>QUYẾT ĐỊNH</b></p><p><b>Quy định về {word} của tỉnh</b></p><p>Căn cứ Luật Tổ chức;</p>"
        f"<p>QUYẾT ĐỊNH:</p>{body}<table><tr><td><p>Nơi nhận:<br>- Lưu: VT.</p></td>"
        "<td><p>TM. ỦY BAN NHÂN DÂN<br>CHỦ TỊCH</p><p>Trần Văn A</p></td></tr></table></body></html>"
    )


def write(folder: Path, name: str, text: str, at: float | None = None) -> Path:
    """A file; `at`: when it was last written, seconds since 1970."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    if at is not None:
        os.utime(file, (at, at))
    return file
