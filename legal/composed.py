"""Text composed to NFC without invisible characters, with the way back to the offsets of the text as it was given."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

#: Soft hyphen, zero width space and joiners, word joiner, byte order mark: they stand inside words and mean nothing.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Composed:
    """`text`: the clean form. `origin[i]`: where in the given text character i came from; None: the same."""

    text: str
    origin: tuple[tuple[int, int], ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the given text of a stretch of the clean one, `start` < `end`."""
        if self.origin is None:
            return start, end
        return self.origin[start][0], self.origin[end - 1][1]


def compose(text: str) -> Composed:
    """Compose cluster by cluster (a base letter with its marks), so that every stretch can be traced back."""
    if unicodedata.is_normalized("NFC", text) and not INVISIBLE.search(text):
        return Composed(text)
    parts: list[str] = []
    origin: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and (unicodedata.combining(text[end]) or INVISIBLE.match(text[end])):
            end += 1
        cluster = unicodedata.normalize("NFC", INVISIBLE.sub("", text[start:end]))
        parts.append(cluster)
        origin.extend([(start, end)] * len(cluster))
        start = end
    return Composed("".join(parts), tuple(origin))
