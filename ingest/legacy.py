"""Pre-Unicode text inside documents: which runs of a file are in TCVN3 or VNI, by their font and by what they say.

A document is decided as a whole for each font family, since one run is too short to judge and fonts lie: many files
name `.VnTime` where the text has long been Unicode.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from legal.legacy import Encoding, decode, encoding_of, encoding_of_font

NOTE = "Chữ theo bảng mã cũ (TCVN3/VNI) đã được chuyển sang Unicode."


@dataclass(frozen=True, slots=True)
class LegacyRuns:
    """How to read the runs of one document: `fonts`: encodings whose fonts tell the truth; `other`: of all other runs."""

    fonts: frozenset[Encoding] = frozenset()
    other: Encoding | None = None

    def __bool__(self) -> bool:
        return bool(self.fonts) or self.other is not None

    def text(self, text: str, font: str | None) -> str:
        """A run's text in Unicode."""
        told = encoding_of_font(font)
        if told is not None and told[0] in self.fonts:
            return decode(text, told[0], told[1])
        if self.other is not None and (told is None or told[0] == self.other):
            return decode(text, self.other, told is not None and told[1])
        return text


def legacy_runs(runs: Iterable[tuple[str, str | None]]) -> LegacyRuns:
    """Decide from all (text, font) runs of a document."""
    texts: dict[Encoding | None, list[str]] = {}
    for text, font in runs:
        told = encoding_of_font(font)
        texts.setdefault(told[0] if told else None, []).append(text)
    fonts = frozenset(
        encoding
        for encoding, found in texts.items()
        if encoding is not None and encoding_of(" ".join(found)) == encoding
    )
    return LegacyRuns(fonts, encoding_of(" ".join(texts.get(None, []))))
