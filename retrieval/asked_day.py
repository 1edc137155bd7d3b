"""The day that a question is about: "ngày 20/11/2019", "trước ngày 01/7/2025", "tháng 6 năm 2019", "năm 2019"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from legal.composed import compose
from legal.dates import find_dates
from legal.text import fold

_YEAR = r"(?P<year>(?:19|20)\d\d)"
_MONTH = re.compile(rf"(?<!\w)th[áa]ng\s*(?P<month>0?[1-9]|1[0-2])\s*(?:n[ăa]m\s*|/\s*){_YEAR}(?![\d/])", re.IGNORECASE)
_WHOLE_YEAR = re.compile(rf"(?<!\w)n[ăa]m\s*{_YEAR}(?![\d/])", re.IGNORECASE)
#: Words right before a time that move it or take it out: a birth is no day of a law.
_BEFORE = re.compile(r"(?<!\w)truoc\s+(?:khi\s+)?(?:thoi diem\s+)?$")
_AFTER = re.compile(r"(?<!\w)sau\s+(?:thoi diem\s+)?$")
_BIRTH = re.compile(r"(?<!\w)(?:sinh|de|mat|chet)\s+(?:vao\s+)?(?:ngay\s+)?$")


@dataclass(frozen=True, slots=True)
class AskedDay:
    """`day`: the day to ask for. `words`: the time as the question says it. `start`, `end`: where, in the text given."""

    day: date
    words: str
    start: int
    end: int


def asked_day(text: str, taken: Sequence[tuple[int, int]] = ()) -> AskedDay | None:
    """The first time that a question names, as a day; None where it names none.

    A month or a year means its last day, "trước ngày" the day before, "sau ngày" the day after. `taken`: stretches of
    the text that name documents; the year of a law is no day to ask for.
    """
    composed = compose(text)
    clean = composed.text
    found: list[tuple[int, int, date]] = []
    for mention in find_dates(clean):
        found.append((mention.start, mention.end, mention.day))
    whole = [(match, int(match["month"])) for match in _MONTH.finditer(clean)]
    whole += [(match, 0) for match in _WHOLE_YEAR.finditer(clean)]
    for match, month in whole:
        if not any(start <= match.start() < end for start, end, _ in found):
            found.append((*match.span(), _last(int(match["year"]), month)))
    for start, end, day in sorted(found):
        outer = composed.span(start, end)
        if any(outer[0] < b and a < outer[1] for a, b in taken):
            continue
        lead = fold(clean[:start])
        if _BIRTH.search(lead):
            continue
        first = _first(clean[start:end], day)
        if _BEFORE.search(lead):
            day = first - timedelta(days=1)
        elif _AFTER.search(lead):
            day = day + timedelta(days=1)
        return AskedDay(day, clean[start:end], *outer)
    return None


def _last(year: int, month: int) -> date:
    """The last day of a month; of the year where the month is 0."""
    return date(year, 12, 31) if month in (0, 12) else date(year, month + 1, 1) - timedelta(days=1)


def _first(words: str, last: date) -> date:
    """The first day of what the words name, whose last day is known."""
    if _MONTH.fullmatch(words):
        return last.replace(day=1)
    return last.replace(month=1, day=1) if _WHOLE_YEAR.fullmatch(words) else last
