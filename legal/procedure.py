"""What a working procedure (quy trình, thủ tục) tells an applicant and an official: papers, deadline, fee, steps, forms.

Its sections are known by their labels ("a. Thành phần, số lượng hồ sơ:", "5.4 Thời gian xử lý"), whether they are
headings, lines of text or cells of a table; the steps stand in a table of who does what and how long it takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from legal.document import LegalDocument, Provision
from legal.tables import grid
from legal.text import collapse, fold


@dataclass(frozen=True, slots=True)
class Step:
    """A step. `how_long`: its time in each column of times that the table has."""

    number: str
    what: str
    who: str
    how_long: tuple[str, ...]
    eid: str


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a section, and the eid of the provision that holds them."""

    text: str
    eid: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """`code`, `revision` as printed ("QT 11/CX-HCTP", "01"). `papers`, `fee`, `forms`, `results`: one an item."""

    code: str | None
    revision: str | None
    papers: tuple[Said, ...] = ()
    deadline: tuple[Said, ...] = ()
    fee: tuple[Said, ...] = ()
    forms: tuple[Said, ...] = ()
    results: tuple[Said, ...] = ()
    steps: tuple[Step, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps or (self.papers and (self.deadline or self.fee)))


#: Folded words that a label begins with -> what its section holds ("" for what is of no interest here).
_LABELS = (
    (r"thanh phan,?( va)? so luong ho so|thanh phan ho so|ho so( yeu cau)? (bao )?gom|ho so phai nop|thanh phan", "papers"),
    (r"so luong ho so|so bo ho so", ""),
    (r"thoi (han|gian) (giai quyet|xu ly|thuc hien)( thu tuc( hanh chinh)?| ho so| cong viec)?|tong thoi gian", "deadline"),
    (r"(muc )?(thu )?(le phi|phi)(,? (va )?le phi)?( \(neu co\))?(?= ?[:.]|$)", "fee"),
    (r"(ten )?mau don,? ?(to khai|mau to khai|hop dong)?.*|bieu mau,? to khai", "forms"),
    (r"ket qua (thuc hien|giai quyet)( thu tuc( hanh chinh)?)?", "results"),
    (r"doi tuong thuc hien|co quan (thuc hien|phoi hop|giai quyet)|noi tiep nhan|yeu cau,? dieu kien|dieu kien thuc hien"
     r"|can cu phap ly|co so phap ly|cach thuc thuc hien|trinh tu thuc hien|quy trinh (cac buoc )?xu ly|quy trinh xu ly"
     r"|quy trinh thuc hien|bieu mau|ho so (luu|can luu)|luu ho so|muc dich|pham vi|tai lieu vien dan|dinh nghia"
     r"|noi dung( quy trinh)?$|luu do", ""),
)  # fmt: skip
_COMPILED = [(re.compile(pattern), name) for pattern, name in _LABELS]
_NUMBER = re.compile(
    r"^\s*(?:(?:[a-zđ]|[IVX]{1,4}|\d{1,2}(?:\.\d{1,2})*)\s?[.)/]|[a-zđ](?= [A-ZĐÀ-Ỹ])|\d\.\d+(?=\s))\s*"
)
_ITEM = re.compile(r"^\s*(?:[-–+•*]|\(?\d{1,2}[.)](?!\d)|[a-zđ]\))\s*(?=\S)")
_NOTE = re.compile(r"^\W*(?:luu y|ghi chu|chu thich)\b")
_GROUP = re.compile(r"^\s*\*|:\s*$")
_REVISION = re.compile(
    r"lan (?:ban hanh|sua doi|soat xet)\s*(?:/\s*sua doi)?\s*:?\s*(?P<number>\d{1,3}(?:[./]\d{1,2})?)?\s*$"
)
_WHAT = re.compile(r"trinh tu|cac buoc|buoc cong viec|noi dung cong viec|noi dung thuc hien|^cong viec|noi dung")
_WHO = re.compile(r"trach nhiem|nguoi (thuc hien|chiu|xu ly)|don vi|bo phan|chuc danh|thuc hien")
_TIME = re.compile(r"thoi gian|thoi han")
_ORDER = re.compile(r"^(?:s?tt|so tt|buoc|b)\.?$")


def read_procedure(document: LegalDocument) -> Procedure:
    """What the document tells; empty where it has no such sections, and for a text with articles."""
    if any(node.kind == "article" for node in document.walk()):
        return Procedure(document.metadata.number, None)
    found: dict[str, list[Said]] = {name: [] for _, name in _LABELS if name}
    section = ""
    noted = False
    closed: set[str] = set()
    for text, eid, place in _lines(document.provisions):
        label = _label(text, place)
        if label is not None or place == "capitals":
            closed |= {section} if section and found[section] else set()
            section, text = label or ("", "")
            section = "" if section in closed else section
            noted = False
        if section and text and not noted:
            noted = bool(_NOTE.match(fold(text)))
            if not noted:
                found[section].append(Said(text, eid))
    return Procedure(
        code=document.metadata.number,
        revision=_revision(document.title_block),
        papers=tuple(_items(found["papers"])),
        deadline=tuple(found["deadline"]),
        fee=tuple(_items(found["fee"])),
        forms=tuple(_items(found["forms"])),
        results=tuple(_items(found["results"])),
        steps=tuple(step for root in document.provisions for node in root.walk() for step in _steps(node)),
    )


#: Where a line stands: a title in capitals (whatever was open ends), another line, the first cell of a row, within a cell.
_Place = Literal["capitals", "line", "cell", "inside"]


def _lines(provisions: Sequence[Provision]) -> Iterator[tuple[str, str, _Place]]:
    """The lines up to the attachments, with their eids and where they stand."""
    for root in provisions:
        for node in root.walk():
            if node.kind == "appendix":
                return
            if node.title_line:
                yield node.title_line, node.eid, "capitals" if node.title_line.isupper() else "line"
            if node.rows:
                if _header(node) is None:
                    for row in node.rows:
                        cells = [cell for cell in row if cell.strip() and not re.fullmatch(r"[\d.]+", cell.strip())]
                        for place, cell in enumerate(cells):
                            for line in cell.split("\n"):
                                yield line, node.eid, "cell" if place == 0 else "inside"
                continue
            for line in node.own_text.split("\n"):
                if line.strip():
                    yield line, node.eid, "line"


def _label(text: str, place: _Place) -> tuple[str, str] | None:
    """(the section that the line opens, the words after its label), None where it opens none."""
    if place == "inside" or (_ITEM.match(text) and not _NUMBER.match(text)):
        return None
    number = _NUMBER.match(text)
    body = text[number.end() :] if number else text
    head, colon, rest = body.partition(":")
    if not (number or colon or text.isupper() or place == "cell") or len(head) > 120:
        return None
    plain = fold(collapse(head))
    for pattern, name in _COMPILED:
        match = pattern.match(plain)
        if match is not None and (match.end() == len(plain) or not plain[match.end()].isalnum()):
            whole = colon or len(plain) - match.end() < (40 if number or text.isupper() else 1)
            return (name, rest.strip()) if whole else None
    return None


def _items(lines: Sequence[Said]) -> Iterator[Said]:
    """Items of a list; a text without any is one item a line. Lines that only name a group are left out."""
    listed = any(_ITEM.match(line.text) and not line.text.lstrip().startswith("*") for line in lines)
    for line in lines:
        if _GROUP.search(line.text):
            continue
        match = _ITEM.match(line.text)
        if match is not None or not listed:
            yield Said(line.text[match.end() if match else 0 :].strip(), line.eid)


def _revision(title_block: Sequence[str]) -> str | None:
    lines = [line for paragraph in title_block for line in paragraph.split("\n")]
    for at, line in enumerate(lines):
        match = _REVISION.search(fold(collapse(line)))
        if match is None:
            continue
        if match["number"]:
            return match["number"]
        below = collapse(lines[at + 1]) if at + 1 < len(lines) else ""
        if re.fullmatch(r"\d{1,3}(?:[./]\d{1,2})?", below):
            return below
    return None


def _header(node: Provision) -> tuple[int, dict[str, list[int]]] | None:
    """(row, columns by what they hold) of a table of steps."""
    for at, row in enumerate(grid(node)[:3]):
        columns: dict[str, list[int]] = {"order": [], "what": [], "who": [], "time": []}
        for place, cell in enumerate(row):
            plain = fold(collapse(cell)).strip(" *:.")
            for name, pattern in (("order", _ORDER), ("time", _TIME), ("what", _WHAT), ("who", _WHO)):
                if pattern.search(plain):
                    columns[name].append(place)
                    break
        if columns["what"] and columns["who"] and (columns["time"] or columns["order"]):
            return at, columns
    return None


def _steps(node: Provision) -> Iterator[Step]:
    if not node.rows or (found := _header(node)) is None:
        return
    top, columns = found
    rows = grid(node)
    heads = rows[top]
    count = 0
    for row in rows[top + 1 :]:
        what, who = (collapse(row[columns[name][0]].replace("\n", " ")) for name in ("what", "who"))
        if not what or row == heads or len(set(row)) == 1:  # a second header, a row across the table
            continue
        count += 1
        order = collapse(row[columns["order"][0]]).strip(" .") if columns["order"] else ""
        times = tuple(collapse(row[column].replace("\n", " ")) for column in columns["time"])
        yield Step(order or str(count), what, who, times, node.eid)
