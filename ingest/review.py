"""The gate behind OCR: pages that a person must see before they are searched, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.ocr import PageText
from legal.syllables import impossible_share, toned_share

# Clean 150 dpi scans of laws measure 0.90 and more; unreadable ones under 0.7.
LEAST_CONFIDENCE = 0.75
# Of 2,217 pages of laws and procedures 99 in 100 have tones on 64 of 100 syllables or more; half of the tones lost is less.
LEAST_TONED = 0.45
# Over a whole document, lists and tables included.
LEAST_TONED_TEXT = 0.25
MOST_IMPOSSIBLE = 0.12
_FEW_LETTERS = 60
_LISTED = 20


def doubts_of(pages: Mapping[int, PageText]) -> tuple[str, ...]:
    """One sentence (Vietnamese, without content) for each page (1-based) that was read badly."""
    doubts = []
    for number, page in sorted(pages.items()):
        text = "\n".join(segment.text for segment in page.segments)
        if sum(map(str.isalnum, text)) < _FEW_LETTERS:
            doubts.append(f"Trang {number}: hầu như không nhận ra chữ nào.")
        elif page.confidence < LEAST_CONFIDENCE:
            doubts.append(f"Trang {number}: độ tin cậy nhận dạng thấp ({page.confidence:.0%}).")
        elif toned_share(text) < LEAST_TONED:
            doubts.append(f"Trang {number}: dấu tiếng Việt bị mất.")
        elif impossible_share(text) > MOST_IMPOSSIBLE:
            doubts.append(f"Trang {number}: nhiều âm tiết không phải tiếng Việt.")
    return tuple(doubts)


def confidence_note(pages: Mapping[int, PageText]) -> str:
    """How sure OCR was of each page (1-based), worst first; of many pages the worst."""
    ordered = sorted(pages.items(), key=lambda one: one[1].confidence)
    listed = ", ".join(f"trang {number} {page.confidence:.0%}" for number, page in ordered[:_LISTED])
    return f"Độ tin cậy nhận dạng: {listed}{' ...' if len(ordered) > _LISTED else ''}."


def is_ruined(text: str) -> bool:
    """Whether a page's own text layer is worse than what OCR would read: tone marks lost, or no Vietnamese syllables."""
    enough = sum(map(str.isalnum, text)) >= _FEW_LETTERS
    return enough and (toned_share(text) < LEAST_TONED or impossible_share(text) > MOST_IMPOSSIBLE)


def doubts_of_text(text: str) -> tuple[str, ...]:
    """Why a person must see a whole document whatever its format: it has (hardly) any tone marks."""
    if sum(map(str.isalnum, text)) < 5 * _FEW_LETTERS or toned_share(text) >= LEAST_TONED_TEXT:
        return ()
    return ("Văn bản hầu như không có dấu thanh: dấu tiếng Việt bị mất, hoặc văn bản không phải tiếng Việt.",)
