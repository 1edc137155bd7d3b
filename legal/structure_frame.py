"""What stands around and beside the body: title block, preamble, signature, recipients, attachments, contents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from legal.structure_articles import Candidate, candidates, is_contents, rising, runs
from legal.structure_attachments import Opening, attachment_openings
from legal.structure_endings import closes_body, is_adoption, is_office
from legal.structure_lines import Line, division
from legal.text import fold


@dataclass(slots=True)
class Part:
    """The main text or an attachment: lines `start` to `end`, of which `body` to `tail` are its body."""

    start: int
    end: int
    opening: Opening | None = None
    articles: list[Candidate] = field(default_factory=list)
    body: int = 0
    tail: int = 0

    @property
    def letterhead(self) -> range:
        """An attachment's lines above its title: the names of state and agency, printed once more."""
        title = self.opening.title if self.opening is not None else None
        return range(self.start, self.start if title is None else title)


@dataclass(slots=True)
class Frame:
    """A document's parts in order: the main one, then the attachments; `contents`: lines of tables of contents."""

    parts: list[Part]
    contents: set[int]


_CONTENTS_ENTRY = re.compile(r".{2,150}")
_LEADING_NUMBER = re.compile(r"^[\dIVXA-Z]{1,4}(?:\.\d+)*[./)]\s*")
_CONTENTS = re.compile(r"MỤC LỤC\s*:?", re.IGNORECASE)
_PREAMBLE = re.compile(
    r"(?:- )?(?:Căn cứ|Xét |Theo đề nghị|Trên cơ sở|Thực hiện |Để |Nhằm |Sau khi|Thi hành "
    r"|Quốc hội ban hành|Theo tinh thần)|(?:QUYẾT ĐỊNH|NGHỊ QUYẾT)\s*:"
)


def frame_of(lines: Sequence[Line], quoted: Sequence[bool]) -> Frame:
    """Cut a document into its main text and its attachments, each with its articles and its signature's place."""
    found = candidates(lines, quoted)
    restarts, contents = _run_starts(found)
    first = next((candidate.at for candidate in found if candidate.at not in contents), None)
    passed_over = contents | {at for at, inside in enumerate(quoted) if inside}
    openings = attachment_openings(lines, passed_over, first, restarts)
    starts = [0, *(opening.start for opening in openings)]
    parts = []
    for position, start in enumerate(starts):
        end = starts[position + 1] if position + 1 < len(starts) else len(lines)
        part = Part(start, end, openings[position - 1] if position else None)
        inside = [c for c in found if start <= c.at < end and c.at not in contents]
        part.articles = rising(inside) if inside else []
        part.body = _body_start(part, lines, quoted)
        part.tail = _tail(part, lines, quoted)
        parts.append(part)
    contents |= _contents_in_front(parts[0], lines) if parts[0].articles else _contents_list(parts[0], lines)
    return Frame(parts, contents)


def is_preamble(text: str) -> bool:
    """A line that opens or continues the grounds of a document."""
    return bool(_PREAMBLE.match(text))


def is_contents_title(text: str) -> bool:
    """`MỤC LỤC`."""
    return bool(_CONTENTS.fullmatch(text))


def _run_starts(found: list[Candidate]) -> tuple[list[int], set[int]]:
    """Where the numbering of articles starts again (without the first start), and the lines of tables of contents."""
    starts: list[int] = []
    contents: set[int] = set()
    split = runs(found)
    for position, run in enumerate(split):
        if position + 1 < len(split) and is_contents(run, split[position + 1]):
            contents.update(range(run[0].at, run[-1].at + 1))
        else:
            starts.append(run[0].at)
    return starts[1:], contents


def _body_start(part: Part, lines: Sequence[Line], quoted: Sequence[bool]) -> int:
    """The first line of the body: the first article, or the titles of chapters that stand right above it."""
    if not part.articles:
        return part.start
    start = at = part.articles[0].at
    while at > part.start and start - at <= 5:
        at -= 1
        line = lines[at]
        if line.table is not None or quoted[at] or is_preamble(line.text) or _looks_like_article(line.text):
            break
        if division(line.text) is not None:
            start = at
    return start


def _looks_like_article(text: str) -> bool:
    return bool(re.match(r"[ĐÐ]iều \d", text))


def _tail(part: Part, lines: Sequence[Line], quoted: Sequence[bool]) -> int:
    """Where the body ends and signature and recipients begin."""
    last = part.articles[-1].at if part.articles else part.body
    if not part.articles and part.start > 0:
        return part.end
    floor = last + 1 if part.articles else max(part.start, part.end - 40)
    for at in range(floor, part.end):
        line = lines[at]
        if quoted[at]:
            continue
        if is_adoption(line.text):
            return at + 1
        if closes_body(line):
            return at
        if line.text and part.end - at <= 12 and is_office(line.text):
            return at
    return part.end


def _contents_list(part: Part, lines: Sequence[Line]) -> set[int]:
    """`MỤC LỤC` and the headings listed under it, in a text without articles: up to the first that comes again."""
    for at in range(part.start, min(part.start + 60, part.tail)):
        if lines[at].table is None and is_contents_title(lines[at].text):
            seen: set[str] = set()
            end = at + 1
            while end < part.tail and lines[end].table is None and _CONTENTS_ENTRY.fullmatch(lines[end].text):
                entry = fold(_LEADING_NUMBER.sub("", lines[end].text).rstrip("0123456789").rstrip(" .…"))
                if entry in seen or not (lines[end].capitals or lines[end].text[-1].isdigit()):
                    break
                seen.add(entry)
                end += 1
            return set(range(at, end))
    return set()


def _contents_in_front(part: Part, lines: Sequence[Line]) -> set[int]:
    """Lines of a table of contents between the title block and the body."""
    for at in range(part.start, part.body):
        line = lines[at]
        if line.table is None and (
            is_contents_title(line.text) or division(line.text) or _looks_like_article(line.text)
        ):
            return set(range(at, part.body))
    return set()
