"""Where attachments begin: schedules (Phụ lục, Danh mục, Mẫu số), regulations issued with a decision, unnamed ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from legal.labels import ATTACHED_TYPES
from legal.structure_endings import closes_body, is_adoption
from legal.structure_lines import Line, cell_paragraphs, cuts_a_word, division

_SCHEDULE = re.compile(
    r"(?P<marker>(?:PHỤ LỤC|Phụ lục|PHỤ BIỂU|Phụ biểu)"
    r"(?:\s+(?:(?:số|SỐ|Số)\s*:?\s*)?(?:[IVXLC]+|\d{1,3}[a-zA-Z]?|[A-Z]\d?)(?![\w.,]\w))?"
    r"|(?:BIỂU MẪU|Biểu mẫu|MẪU|Mẫu)\s+(?:số|SỐ|Số|sổ)?\s*:?\s*[\dIVX][\w./-]*(?<![./-])"
    r"|(?:Mẫu|MẪU)\s+[A-ZĐ]{2,}[\w./-]*\d[\w./-]*(?<![./-]))"
    r"\s*(?P<mark>[.:–-]*)\s*(?P<rest>.*)"
)
_SCHEDULE_NUMBER = re.compile(r"^\D*\s(?:số\s*:?\s*)?([IVXLC]+|\d{1,3}[a-zđ]?|[A-Z])$", re.IGNORECASE)
_CATALOGUE = re.compile(r"(?P<marker>DANH MỤC|DANH SÁCH|BIỂU KHUNG|BIỂU THUẾ|BIỂU MỨC)(?!\w)\s*(?P<rest>.*)")
_ATTACHED = re.compile(rf"(?P<marker>{'|'.join(name.upper() for name in ATTACHED_TYPES)})(?!\w)\s*[:.]?\s*(?P<rest>.*)")
_ENCLOSED = re.compile(r"\(?\s*(?:được )?(?:ban hành )?(?:kèm|đính kèm)(?: theo)?\b", re.IGNORECASE)
_MOTTO = re.compile(r"CỘNG H[OÒ][AÀ] XÃ HỘI CHỦ NGHĨA VIỆT NAM|Độc lập - Tự do|[-_*=–—\s]+$")
_FAR = 4  # lines: closer than this, two titles are one


@dataclass(frozen=True, slots=True)
class Opening:
    """The first line of an attachment, and the line of its title (None where it has none that is known)."""

    start: int
    title: int | None


def schedule_title(text: str) -> tuple[str, str] | None:
    """Marker and title when the line opens a schedule: `PHỤ LỤC I`, `Phụ lục số 02. Danh mục ...`, `Mẫu số 01`."""
    match = _SCHEDULE.fullmatch(text)
    if match is None or len(text) > 300 or cuts_a_word(text, match.start("rest")):
        return None
    rest = match["rest"]
    if rest and not match["mark"] and not rest.isupper() and not rest.startswith("("):
        return None
    if rest and (
        rest[0].islower() or text.endswith(";") or (text.endswith(".") and match["mark"] != ":" and len(rest) > 120)
    ):
        return None
    return text[: match.start("rest")].strip(), rest


def attached_title(text: str) -> tuple[str, str] | None:
    """Marker and title of an attached regulation or list in capitals: `QUY CHẾ`, `DANH MỤC HÀNG HÓA`."""
    for pattern in (_ATTACHED, _CATALOGUE):
        match = pattern.fullmatch(text)
        if match is not None and text.isupper() and len(text) < 300:
            return match["marker"], match["rest"]
    return None


def schedule_number(marker: str) -> str:
    """`PHỤ LỤC SỐ 01` is number 01; "" where none is printed."""
    match = _SCHEDULE_NUMBER.search(marker.rstrip(".:– -"))
    return match[1] if match else ""


def is_enclosed_note(text: str) -> bool:
    """`(Ban hành kèm theo Quyết định số ...)`."""
    return bool(_ENCLOSED.match(text))


def attachment_openings(
    lines: Sequence[Line], passed_over: Collection[int], first: int | None, restarts: Sequence[int]
) -> list[Opening]:
    """The attachments' beginnings in order.

    `passed_over`: lines that are quoted or of a table of contents; `first`: the first article's line, None without
    articles; `restarts`: lines where the numbering of articles begins again.
    """
    titles = _titles(lines, passed_over, first)
    openings = [Opening(_with_letterhead(lines, at, first or 0), at) for at in titles]
    bound = first or 0
    for restart in restarts:
        if not any(bound < at <= restart for at in titles):
            start = restart
            while start - 1 > bound and restart - start < 12 and _may_be_title(lines[start - 1]):
                start -= 1
            openings.append(Opening(start, None))
        bound = restart
    openings.sort(key=lambda opening: opening.start)
    return openings


def _titles(lines: Sequence[Line], passed_over: Collection[int], first: int | None) -> list[int]:
    """The lines with an attachment's title."""
    titles: list[int] = []
    signed = scheduled = False
    for at, line in enumerate(lines):
        if at in passed_over or (first is not None and at <= first):
            continue
        if first is not None and (closes_body(line) or is_adoption(line.text)):
            signed = True
        if not line.text:
            continue
        near = titles[-1] if titles and at - titles[-1] <= _FAR else None
        schedule = schedule_title(line.text)
        if schedule is not None:
            opens = (near is None or not _under_umbrella(lines, near, at, schedule)) and (
                signed or not schedule[1] or not _in_a_list(lines, at)
            )
            scheduled = scheduled or opens
        else:
            opens = near is None and line.capitals and attached_title(line.text) is not None
            opens = opens and not (at and _opens_division(lines[at - 1]))
            opens = opens and ((signed and not scheduled) or _announced(lines, at))
        if opens:
            titles.append(at)
            signed = False  # what it encloses has a signature of its own, or none
    return titles


def _announced(lines: Sequence[Line], at: int) -> bool:
    return any(is_enclosed_note(other.text) for other in lines[at + 1 : at + 7])


def _opens_division(line: Line) -> bool:
    """A bare `Chương I`: the next line is its title."""
    found = division(line.text) if line.text else None
    return found is not None and not found.rest


def _under_umbrella(lines: Sequence[Line], above: int, at: int, schedule: tuple[str, str]) -> bool:
    """`PHỤ LỤC I` right under a general `PHỤ LỤC`."""
    umbrella = schedule_title(lines[above].text)
    return umbrella is not None and not schedule_number(umbrella[0]) and bool(schedule_number(schedule[0]))


def _in_a_list(lines: Sequence[Line], at: int) -> bool:
    """One of several such lines in a row: an enumeration of the schedules, not their beginning."""
    beside = [*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]
    return any(other.text and schedule_title(other.text) is not None for other in beside)


def _with_letterhead(lines: Sequence[Line], title: int, bound: int) -> int:
    """The attachment's first line: its title, or the repeated letterhead above it."""
    start = title
    while start - 1 > bound and title - start < 6:
        line = lines[start - 1]
        texts = cell_paragraphs(line.table) if line.table is not None else [line.text]
        if not any(_MOTTO.match(text) for text in texts):
            break
        start -= 1
    return start


def _may_be_title(line: Line) -> bool:
    if line.table is not None:
        return not closes_body(line)
    return division(line.text) is not None or line.capitals or is_enclosed_note(line.text) or line.centered
