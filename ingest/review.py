"""The gate behind OCR: pages that a person must see before they are searched, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.ocr import PageText
from legal.syllables import impossible_share, toneless_share

# Clean 150 dpi scans of laws measure 0.90 and more; unreadable ones under 0.7.
LEAST_CONFIDENCE = 0.75
# Laws: 20 to 30 of 100 syllables carry no mark at all; text whose marks were lost, nearly all.
MOST_TONELESS = 0.5
MOST_IMPOSSIBLE = 0.12
_FEW_LETTERS = 60


def doubts_of(pages: Mapping[int, PageText]) -> tuple[str, ...]:
    """One sentence (Vietnamese, without content) for each page (1-based) that was read badly."""
    doubts = []
    for number, page in sorted(pages.items()):
        text = "\n".join(segment.text for segment in page.segments)
        if sum(map(str.isalnum, text)) < _FEW_LETTERS:
            doubts.append(f"Trang {number}: hầu như không nhận ra chữ nào.")
        elif page.confidence < LEAST_CONFIDENCE:
            doubts.append(f"Trang {number}: độ tin cậy nhận dạng thấp ({page.confidence:.0%}).")
        elif toneless_share(text) > MOST_TONELESS:
            doubts.append(f"Trang {number}: dấu tiếng Việt bị mất.")
        elif impossible_share(text) > MOST_IMPOSSIBLE:
            doubts.append(f"Trang {number}: nhiều âm tiết không phải tiếng Việt.")
    return tuple(doubts)
