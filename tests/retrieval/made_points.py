"""Fictional passages with vectors, for the tests of the index."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date

import numpy as np

from retrieval.index import Manifest, Point
from retrieval.lexical import document_vector
from retrieval.passage import DocumentCard, Passage, Span
from retrieval.points import SCHEMA

DIMENSION = 8
MANIFEST = Manifest("thử/mô-hình", DIMENSION, SCHEMA)
KEY = "7/2031/QĐ-UBND"


def card(key: str = KEY, version: str = "v1", **changes: object) -> DocumentCard:
    base = DocumentCard(key, version, key, "Quy định về đèn lồng", "Quyết định", "UBND tỉnh Hòa An", date(2031, 2, 3))
    return replace(base, **changes)  # type: ignore[arg-type]


def direction(angle: float) -> np.ndarray:
    """A unit vector; the nearer two angles, the nearer the vectors."""
    vector = np.zeros(DIMENSION, dtype=np.float32)
    vector[0], vector[1] = np.cos(angle), np.sin(angle)
    return vector


def point(
    document: DocumentCard,
    eid: str = "art_1",
    text: str = "Đèn lồng được treo ngoài hiên.",
    *,
    angle: float = 0.0,
    article: str | None = "1",
    spans: tuple[str, ...] = (),
    part: int = 0,
) -> Point:
    name = f"{document.key}|{document.version}|{eid}|{part}"
    passage = Passage(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        document=document,
        eid=eid,
        label=f"Điều {article}" if article else eid,
        article=article,
        heading="Treo đèn",
        path=("Chương I. Quy định chung",),
        text=text,
        part=part,
        spans=tuple(Span(one, f"khoản {n} Điều {article}", n, n + 1) for n, one in enumerate(spans, start=1)),
    )
    return Point(passage, direction(angle), document_vector(document.title or "", passage.heading, text))


def document(key: str = KEY, version: str = "v1", articles: int = 5, **changes: object) -> list[Point]:
    """A document of so many articles, each with a text and a direction of its own."""
    of = card(key, version, **changes)
    return [
        point(
            of, f"art_{n}", f"Điều này là số {n} của bản {version}: đèn lồng màu số {n}.", angle=n / 10, article=str(n)
        )
        for n in range(1, articles + 1)
    ]
