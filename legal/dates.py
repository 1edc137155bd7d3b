"""Days written in Vietnamese text: "ngày 20 tháng 11 năm 2014", "20/11/2014", "01-7-2025"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from legal.composed import compose

_D, _M, _Y = r"(0?[1-9]|[12]\d|3[01])", r"(0?[1-9]|1[0-2])", r"((?:19|20)\d\d)"
_WRITTEN = re.compile(
    rf"(?:\bng[àa]y\s+)?(?:m[ùu]ng\s+)?(?<!\d){_D}\s*th[áa]ng\s*{_M}\s*,?\s*n[ăa]m\s*{_Y}(?!\d)", re.IGNORECASE
)
_FIGURES = re.compile(
    rf"(?:\bng[àa]y\s+)?(?<![\d/.,-]){_D}(?P<joint>\s?[/.-]\s?){_M}(?P=joint){_Y}(?!\d|[/-]?[^\W\d_])(?![/.-]\d)",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<![\d/-])((?:19|20)\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\d/-])")


@dataclass(frozen=True, slots=True)
class DateMention:
    """A day named in a text: `start`, `end` are offsets in the text as given, the word "ngày" before it included."""

    start: int
    end: int
    day: date


def find_dates(text: str) -> list[DateMention]:
    """Every full day (day, month, year) in the text, in order; accented or not, NFC or NFD. 31/02 is none."""
    composed = compose(text)
    found = []
    for pattern, (d, m, y) in ((_WRITTEN, (1, 2, 3)), (_FIGURES, (1, 3, 4)), (_ISO, (3, 2, 1))):
        for match in pattern.finditer(composed.text):
            try:
                day = date(int(match[y]), int(match[m]), int(match[d]))
            except ValueError:
                continue
            found.append(DateMention(*composed.span(match.start(), match.end()), day))
    return sorted(found, key=lambda mention: mention.start)


def first_date(text: str) -> date | None:
    """The first full day in the text."""
    return next((mention.day for mention in find_dates(text)), None)
