"""How much reading one file may take: bytes, pages, memory, seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one file. Sizes are bytes, times are seconds of wall clock.

    `unpacked` bounds the sum of the members of a zip container, `ratio` unpacked : packed of one large member,
    `text` the characters of the blocks that come out, `pixels` one picture. A scan may take `ocr_page_seconds` a page
    beyond `seconds`.
    """

    file: int = 200 << 20
    unpacked: int = 400 << 20
    ratio: int = 300
    members: int = 10_000
    pages: int = 3_000
    text: int = 40_000_000
    memory: int = 3 << 30
    seconds: float = 120.0
    office_seconds: float = 90.0
    ocr_page_seconds: float = 90.0
    pixels: int = 120_000_000


DEFAULT_LIMITS = Limits()
