"""A small fictional library in a real embedded index, and doubles that stand at the models' edge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b
from typing import Any

import numpy as np
import pytest

from ingest.chunk import passages
from legal.blocks import Paragraph
from legal.document import LegalDocument
from legal.errors import ModelUnavailable
from legal.names import LawName, LawNames
from legal.structure import read
from legal.text import syllables
from retrieval.edge import EdgeIndex
from retrieval.index import Manifest, Point
from retrieval.lexical import document_vector
from retrieval.passage import DocumentCard, Passage
from serving.protocols import Chunk, Message, Usage, Vectors

CLEANING = """
Chương I
QUY ĐỊNH CHUNG
Điều 1. Phạm vi điều chỉnh
Quy định này quy định việc thu gom rác thải sinh hoạt trên địa bàn tỉnh Vân Sơn.
Điều 2. Giải thích từ ngữ
1. Rác thải sinh hoạt là chất thải rắn phát sinh trong hoạt động hằng ngày của hộ gia đình.
2. Điểm tập kết là nơi tạm giữ rác thải sinh hoạt trước khi vận chuyển.
Chương II
THU GOM VÀ MỨC GIÁ
Điều 3. Trách nhiệm của hộ gia đình
1. Hộ gia đình có trách nhiệm sau đây:
a) Phân loại rác thải sinh hoạt tại nguồn;
b) Nộp tiền dịch vụ thu gom chậm nhất là ngày 10 hằng tháng;
c) Không được đốt rác thải sinh hoạt trong khu dân cư.
2. Hộ nghèo không phải nộp tiền dịch vụ thu gom.
Điều 4. Mức giá dịch vụ
1. Mức giá dịch vụ thu gom đối với hộ gia đình là 35.000 đồng một tháng.
2. Mức giá dịch vụ thu gom đối với cửa hàng ăn uống là 150.000 đồng một tháng.
Điều 5. Xử lý đơn đề nghị
Ủy ban nhân dân cấp xã giải quyết đơn đề nghị miễn tiền dịch vụ trong thời hạn 07 ngày làm việc kể từ ngày nhận đủ hồ sơ
theo quy định tại khoản 2 Điều 3 Quy định này.
"""

DOGS = """
Điều 1. Phạm vi điều chỉnh
Quyết định này quy định việc nuôi chó, mèo trong đô thị.
Điều 2. Nghĩa vụ của chủ nuôi
1. Chủ nuôi chó phải tiêm phòng bệnh dại cho chó ít nhất một lần mỗi năm.
2. Chủ nuôi phải đeo rọ mõm cho chó khi đưa chó ra nơi công cộng.
Điều 3. Xử phạt
Phạt tiền từ 500.000 đồng đến 800.000 đồng đối với chủ nuôi không tiêm phòng bệnh dại cho chó.
"""

SECRET = """
Điều 1. Lịch trực của đội bảo vệ kho
Đội bảo vệ kho trực đêm từ 22 giờ đến 05 giờ sáng hôm sau.
"""

REPEALED = """
Điều 1. Mức phí giữ xe
Mức phí giữ xe đạp tại trụ sở cơ quan là 1.000 đồng một lượt.
"""


@dataclass
class Library:
    """The index, its documents by key and all passages."""

    index: EdgeIndex
    documents: dict[str, LegalDocument]
    passages: list[Passage]
    names: LawNames


def _document(text: str) -> LegalDocument:
    lines = [" ".join(line.split()) for line in text.strip().replace("hồ sơ\ntheo", "hồ sơ theo").split("\n")]
    return read([Paragraph(line) for line in lines])


def hashed(text: str) -> Vectors:
    """A deterministic stand-in for meaning: syllables thrown into 64 buckets, length 1."""
    vector = np.zeros(64, dtype=np.float32)
    for syllable in syllables(text):
        vector[int.from_bytes(blake2b(syllable.encode(), digest_size=2).digest(), "little") % 64] += 1.0
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


class HashedEmbedder:
    """An embedder without weights. `down`: refuses like a server that is gone."""

    name, dimension, window = "hashed-64", 64, 512

    def __init__(self) -> None:
        self.down = False

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(syllables(text)) + 2 for text in texts]

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.stack([hashed(text) for text in texts])

    async def embed_question(self, text: str) -> Vectors:
        if self.down:
            raise ModelUnavailable("Mô hình nhúng không trả lời.")
        return hashed(text)

    async def close(self) -> None: ...


@dataclass
class ScriptedGenerator:
    """A chat model that says what the test wants, a few letters at a time, and keeps what it was asked.

    `reply`: the text, or what makes it from the prompt. `fail_after`: pieces after which the server dies. `stopped`:
    whether the caller closed the stream before its end.
    """

    reply: str | Callable[[str], str] = ""
    fail_after: int | None = None
    context_length: int = 8000
    name: str = "scripted"
    asked: list[Sequence[Message]] = field(default_factory=list)
    stopped: bool = False
    calls: int = 0

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Chunk]:
        self.calls += 1
        self.asked.append(messages)
        text = self.reply if isinstance(self.reply, str) else self.reply(messages[-1].content)
        ended = False
        try:
            for number, start in enumerate(range(0, max(len(text), 1), 7)):
                if self.fail_after is not None and number >= self.fail_after:
                    raise ModelUnavailable("Máy chủ mô hình không trả lời.")
                await asyncio.sleep(0)  # as from a network: the others get their turn
                yield Chunk(text[start : start + 7])
            yield Chunk("", "stop", Usage(100, len(text) // 4))
            ended = True
        finally:
            self.stopped = not ended

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(syllables(message.content)) for message in messages)

    async def close(self) -> None: ...


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Four fictional documents: one for everybody, one also with a decision's number, one hidden, one out of force."""
    embedder = HashedEmbedder()
    card = DocumentCard(
        "05/2024/QĐ-UBND", "v1", "05/2024/QĐ-UBND", "Quy định về thu gom rác thải sinh hoạt", "Quyết định",
        "Ủy ban nhân dân tỉnh Vân Sơn", date(2024, 3, 1), "in_force", date(2024, 4, 1),
    )  # fmt: skip
    cards = {
        CLEANING: card,
        DOGS: replace(
            card, key="12/2023/QĐ-UBND", version="v2", number="12/2023/QĐ-UBND",
            title="Quyết định về nuôi chó, mèo trong đô thị", issued=date(2023, 5, 5), effective_from=date(2023, 6, 1),
        ),
        SECRET: replace(
            card, key="77/QĐ-BVK", version="v3", number="77/QĐ-BVK", title="Quyết định về lịch trực bảo vệ kho",
            access=("unit:kho",),
        ),
        REPEALED: replace(
            card, key="01/2010/QĐ-UBND", version="v4", number="01/2010/QĐ-UBND", title="Quyết định về phí giữ xe",
            issued=date(2010, 1, 1), effective_from=date(2010, 2, 1), effective_to=date(2020, 1, 1), status="expired",
        ),
    }  # fmt: skip
    index = EdgeIndex(tmp_path_factory.mktemp("library"), Manifest(embedder.name, embedder.dimension, 1))
    documents: dict[str, LegalDocument] = {}
    everything: list[Passage] = []
    for text, one in cards.items():
        document = _document(text)
        made = passages(document, one, embedder.count_tokens, embedder.window)
        dense = embedder.embed_passages([passage.embedded_text for passage in made])
        index.replace(
            one.key,
            one.version,
            [
                Point(p, dense[i], document_vector(one.title or "", "\n".join([*p.path, p.heading]), p.text))
                for i, p in enumerate(made)
            ],
        )
        documents[one.key] = document
        everything += made
    names = LawNames(
        LawName(c.key, c.number, c.title, c.issued, c.effective_from, c.effective_to) for c in cards.values()
    )
    yield Library(index, documents, everything, names)
    index.close()


@pytest.fixture
def embedder() -> HashedEmbedder:
    return HashedEmbedder()


@pytest.fixture
def scripted() -> type[ScriptedGenerator]:
    """The class of the scripted model: tests make their own."""
    return ScriptedGenerator
