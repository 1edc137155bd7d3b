"""What stands around and beside the body: title block, preamble, signature, recipients, attachments, contents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from legal.labels import ATTACHED_TYPES
from legal.structure_articles import Candidate, candidates, is_contents, rising, runs
from legal.structure_lines import Line, cell_paragraphs, cuts_a_word, division
from legal.text import fold


@dataclass(slots=True)
class Part:
    """The main text or an attachment: lines `start` to `end`, of which `body` to `tail` are its body."""

    start: int
    end: int
    articles: list[Candidate] = field(default_factory=list)
    body: int = 0
    tail: int = 0


@dataclass(slots=True)
class Frame:
    """A document's parts in order: the main one, then the attachments; `contents`: lines of tables of contents."""

    parts: list[Part]
    contents: set[int]


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
_ADOPTED = re.compile(
    r"(?:Bộ luật|Luật|Nghị quyết|Pháp lệnh|Hiến pháp) này (?:đã )?(?:được|đã) "
    r"(?:Quốc hội|Ủy ban [Tt]hường vụ|Hội đồng nhân dân).*thông qua",
)
_RECIPIENTS = re.compile(r"[*\s]*nơi (?:nhận|gửi)\s*:?", re.IGNORECASE)
_OFFICE = re.compile(
    r"(?:T/?M|K/?T|T/?L|T/?U/?Q|Q(?=\.))(?:\.\s?|\s)[A-ZĐÀ-Ỹ]{2,}(?:,? [A-ZĐÀ-Ỹ-]+)*|(?:PHÓ |Q\. )?"
    r"(?:CHỦ TỊCH|BỘ TRƯỞNG|THỨ TRƯỞNG|THỦ TƯỚNG|GIÁM ĐỐC|TỔNG GIÁM ĐỐC|CỤC TRƯỞNG|TỔNG CỤC TRƯỞNG|CHÁNH VĂN PHÒNG"
    r"|CHÁNH ÁN|VIỆN TRƯỞNG|TRƯỞNG PHÒNG|TRƯỞNG BAN|HIỆU TRƯỞNG|CHỦ NHIỆM|THỐNG ĐỐC"
    r"|TỔNG THANH TRA|TỔNG KIỂM TOÁN|NGƯỜI KÝ)(?:,? [A-ZĐÀ-Ỹ-]+)*",
)
_CONTENTS_ENTRY = re.compile(r".{2,150}")
_LEADING_NUMBER = re.compile(r"^[\dIVXA-Z]{1,4}(?:\.\d+)*[./)]\s*|[\s.…]*\d*$")
_CONTENTS = re.compile(r"MỤC LỤC\s*:?", re.IGNORECASE)
_PREAMBLE = re.compile(
    r"(?:- )?(?:Căn cứ|Xét |Theo đề nghị|Trên cơ sở|Thực hiện |Để |Nhằm |Sau khi|Thi hành "
    r"|Quốc hội ban hành|Theo tinh thần)|(?:QUYẾT ĐỊNH|NGHỊ QUYẾT)\s*:"
)


def frame_of(lines: Sequence[Line], quoted: Sequence[bool]) -> Frame:
    """Cut a document into its main text and its attachments, each with its articles and its signature's place."""
    found = candidates(lines, quoted)
    cuts, contents = _run_starts(found, lines)
    first = next((candidate.at for candidate in found if candidate.at not in contents), None)
    starts = sorted(
        _attachment_starts(lines, quoted, first, contents) | _unannounced(cuts, lines, quoted, first, contents)
    )
    starts = _without_close_pairs(starts, cuts, lines)
    parts = []
    for start, end in zip([0, *starts], [*starts, len(lines)], strict=True):
        part = Part(start, end)
        inside = [c for c in found if start <= c.at < end and c.at not in contents]
        part.articles = rising(inside) if inside else []
        part.body = _body_start(part, lines, quoted)
        part.tail = _tail(part, lines, quoted)
        parts.append(part)
    contents |= _contents_in_front(parts[0], lines) if parts[0].articles else _contents_list(parts[0], lines)
    return Frame(parts, contents)


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


def is_preamble(text: str) -> bool:
    """A line that opens or continues the grounds of a document."""
    return bool(_PREAMBLE.match(text))


def is_contents_title(text: str) -> bool:
    """`MỤC LỤC`."""
    return bool(_CONTENTS.fullmatch(text))


def is_recipients(text: str) -> bool:
    """`Nơi nhận:`."""
    return bool(_RECIPIENTS.match(text))


def is_adoption(text: str) -> bool:
    """`Luật này đã được Quốc hội ... thông qua ngày ...`: the formula that closes a law."""
    return bool(_ADOPTED.match(text))


def closes_body(line: Line) -> bool:
    """Whether the line begins what follows the body: recipients, a signature."""
    if line.table is None:
        return bool(_RECIPIENTS.match(line.text))
    texts = cell_paragraphs(line.table)
    if len(line.table.rows) > 6 or sum(map(len, texts)) > 2500:
        return False
    return any(
        _RECIPIENTS.match(text) or (_OFFICE.match(text) and text.isupper()) or "(Đã ký)" in text for text in texts
    )


def _run_starts(found: list[Candidate], lines: Sequence[Line]) -> tuple[list[int], set[int]]:
    """Where the numbering of articles starts again (without the first start), and the lines of tables of contents."""
    starts: list[int] = []
    contents: set[int] = set()
    split = runs(found)
    for position, run in enumerate(split):
        after = split[position + 1][0].at if position + 1 < len(split) else len(lines)
        if len(split) > 1 and is_contents(run, lines, after):
            contents.update(range(run[0].at, run[-1].at + 1))
        else:
            starts.append(run[0].at)
    return starts[1:], contents


def _attachment_starts(
    lines: Sequence[Line], quoted: Sequence[bool], first: int | None, contents: set[int]
) -> set[int]:
    starts: set[int] = set()
    signed = scheduled = False
    previous = -9
    for at, line in enumerate(lines):
        if quoted[at] or at in contents or (first is not None and at <= first):
            continue
        if line.table is not None or not line.text:
            signed = signed or (first is not None and closes_body(line))
            continue
        signed = signed or (first is not None and (closes_body(line) or is_adoption(line.text)))
        upper = line.capitals
        if line.text[0] not in "PMBDQĐNKCHTp" and not upper:
            continue
        opens = schedule_title(line.text) is not None
        if not opens and upper and attached_title(line.text) is not None:
            near = [other.text for other in lines[at + 1 : at + 7]]
            announced = any(is_enclosed_note(text) for text in near)
            opens = announced or (signed and not scheduled)
            opens = opens and at - previous > 4
        else:
            scheduled = scheduled or opens
        if opens:
            starts.add(at)
            previous = at
    return starts


def _unannounced(
    cuts: Sequence[int], lines: Sequence[Line], quoted: Sequence[bool], first: int | None, contents: set[int]
) -> set[int]:
    """Starts for attached texts whose articles begin again without a title that was recognised."""
    starts = set()
    known = sorted(_attachment_starts(lines, quoted, first, contents))
    bound = first or 0
    for cut in cuts:
        if not any(bound < start <= cut for start in known):
            at = cut
            while at - 1 > bound and cut - at < 12 and _may_be_title(lines[at - 1]):
                at -= 1
            starts.add(at)
        bound = cut
    return starts


def _may_be_title(line: Line) -> bool:
    if line.table is not None:
        return not closes_body(line)
    return division(line.text) is not None or line.capitals or is_enclosed_note(line.text) or line.centered


def _without_close_pairs(starts: list[int], cuts: Sequence[int], lines: Sequence[Line]) -> list[int]:
    """A title right under `PHỤ LỤC` belongs to that schedule: a list's name, or the number under an umbrella title."""
    kept: list[int] = []
    for start in starts:
        if kept and start - kept[-1] <= 3:
            above, below = schedule_title(lines[kept[-1]].text), schedule_title(lines[start].text)
            if below is None or (above is not None and not schedule_number(above[0]) and schedule_number(below[0])):
                continue
        kept.append(start)
    return kept


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
        if line.text and part.end - at <= 12 and line.capitals and _OFFICE.fullmatch(line.text):
            return at
    return part.end


def _contents_list(part: Part, lines: Sequence[Line]) -> set[int]:
    """`MỤC LỤC` and the headings listed under it, in a text without articles: up to the first that comes again."""
    for at in range(part.start, min(part.start + 60, part.tail)):
        if lines[at].table is None and is_contents_title(lines[at].text):
            seen: set[str] = set()
            end = at + 1
            while end < part.tail and lines[end].table is None and _CONTENTS_ENTRY.fullmatch(lines[end].text):
                entry = fold(_LEADING_NUMBER.sub("", lines[end].text))
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
