"""Lines of a document and the markers that may open a division: what a single line can tell by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from legal.blocks import Block, Paragraph, Table
from legal.document import Kind
from legal.text import LOOK_ALIKES, collapse, nfc


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line or paragraph, or a table in its place (`text` is then empty)."""

    text: str
    table: Table | None = None
    bold: bool = False
    centered: bool = False

    @property
    def capitals(self) -> bool:
        """Whether its letters are capitals throughout."""
        return self.text.isupper()


@dataclass(frozen=True, slots=True)
class Marker:
    """What stands at a line's start: `printed` as it is, bare `number`, the `rest` of the line; `glyph`: its style."""

    kind: Kind
    number: str
    printed: str
    rest: str
    glyph: str = ""


def lines_of(blocks: Iterable[Block]) -> list[Line]:
    """Paragraphs line by line (a newline in a paragraph separates lines) and tables, in order; nothing is left out."""
    lines: list[Line] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            for piece in block.text.split("\n"):
                text = collapse(nfc(piece))
                if text:
                    lines.append(Line(text, None, block.bold, block.align == "center"))
        else:
            lines.append(Line("", block))
    return lines


def cell_texts(table: Table) -> tuple[tuple[str, ...], ...]:
    """A table's cells row by row, each cell's paragraphs separated by newlines; rows without any text are left out."""
    rows = (tuple("\n".join(map(_clean, cell.paragraphs)) for cell in row) for row in table.rows)
    return tuple(row for row in rows if any(row))


def cell_spans(table: Table) -> tuple[tuple[tuple[int, int], ...], ...]:
    """How many (columns, rows) each cell of `cell_texts` takes; () where each takes one."""
    kept = [any(_clean(text) for cell in row for text in cell.paragraphs) for row in table.rows]
    spans = tuple(
        tuple((cell.colspan, max(1, sum(kept[at : at + cell.rowspan]))) for cell in row)
        for at, row in enumerate(table.rows)
        if kept[at]
    )
    return spans if any(span != (1, 1) for row in spans for span in row) else ()


def cell_paragraphs(table: Table) -> list[str]:
    """All paragraphs of a table in reading order."""
    return [text for row in table.rows for cell in row for text in map(_clean, cell.paragraphs) if text]


def _clean(text: str) -> str:
    return collapse(nfc(text))


_NUMBER = r"(?:[IVXLC]+[a-zđ]?|\d{1,3}[a-zđ]?|[A-Z])"
_DIVISION = re.compile(
    rf"(?P<word>Tiểu mục|TIỂU MỤC|Tiểu Mục|Mục|MỤC|Chương|CHƯƠNG|Phần|PHẦN)\s+"
    rf"(?P<number>(?:thứ|THỨ|Thứ)\s+(?:mười\s+|MƯỜI\s+|Mười\s+)?\w+|{_NUMBER}|l{{1,3}}|VIla)(?!\w)"
    r"\s*(?P<mark>[.:–-]*)\s*(?P<rest>.*)",
    re.DOTALL,
)
_DIVISION_KINDS: dict[str, Kind] = {
    "tiểu mục": "subsection", "mục": "section", "chương": "chapter", "phần": "part",
}  # fmt: skip
_ARTICLE = re.compile(
    r"(?P<word>[ĐÐƉD]iều|[ĐÐƉ]IỀU|Điền(?= \d+[a-zđ]?\.)|[ĐÐ]iểu(?= \d+[a-zđ]?\.))\s*"
    r"(?P<number>\d{1,4}[a-zđ]{0,2})(?![\w/])\s*(?P<mark>[.:]\s?[-–]?|[-–)])?\s*(?P<rest>.*)"
)
_CLAUSE = re.compile(r"(?P<number>\d{1,3}[a-zđ]?\d?)\s?(?P<mark>[.)]|[-–/](?=\s))(?!\d)\s*(?P<rest>.*)")
_DECIMAL = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3}){1,3})[.):]?(?![\w,%/])\s*(?P<rest>.*)")
_POINT = re.compile(r"(?P<number>[a-zđðаеіорсух]|I(?=\)))\s?(?P<mark>\)|\.(?!\d))\s*(?P<rest>.*)")
_TIET = re.compile(r"(?P<number>[a-zđ]\.?\d{1,2})(?P<mark>[.)])(?!\d)\s*(?P<rest>.*)")
_BRACKET = re.compile(r"\((?P<number>\d{1,2}|[ivx]{1,5}|[a-zđ]\d?)\)\s*(?P<rest>.*)")
_DASH = re.compile(r"(?P<mark>[-–—+•*·▪○□])(?![-–—+*._…\d])\s*(?P<rest>\S.*)")
# A line that goes on like this after "Điều 5" or "Chương II" speaks of that provision, it does not open it.
_GOES_ON = re.compile(
    r"[a-zà-ỹđ,;)]|(?:Luật|Bộ luật|Nghị định|Nghị quyết|Thông tư|Quyết định|Pháp lệnh|Hiến pháp|Quy chế"
    r"|Quy định|Điều lệ|Điều|Chương|Mục|Phần|Phụ lục|Khoản)\b(?!.*[a-zà-ỹ]:$)"
)
_LONGEST_TITLE = 400


def cuts_a_word(text: str, at: int) -> bool:
    """Whether a cut at that offset would part a word."""
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def division(text: str) -> Marker | None:
    """Phần, Chương, Mục or Tiểu mục that the line opens."""
    match = _DIVISION.match(text)
    if match is None or cuts_a_word(text, match.start("rest")):
        return None
    rest = match["rest"]
    if len(rest) > _LONGEST_TITLE or (rest and not match["mark"] and _GOES_ON.match(rest)):
        return None
    if rest and match["mark"] and (rest[0].islower() or rest[0] in ",;)"):
        return None
    number = match["number"]
    if set(number) == {"l"} or number == "VIla":  # a small L typed for the roman I
        number = number.replace("l", "I")
    kind = _DIVISION_KINDS[match["word"].lower()]
    if kind in {"section", "subsection"} and not match["mark"] and rest and not rest.isupper():
        return None
    return Marker(kind, number, text[: match.start("rest")].strip(), rest)


def article(text: str) -> Marker | None:
    """An article's heading by its form alone; whether it is one, the sequence of the articles has to say."""
    match = _ARTICLE.match(text)
    if match is None or cuts_a_word(text, match.start("rest")):
        return None
    rest, mark = match["rest"], match["mark"] or ""
    if not mark and rest and (_GOES_ON.match(rest) or not rest[0].isalnum()):
        return None
    if mark in {")", "-", "–"} and (rest[:1].islower() or rest[:1].isdigit()):
        return None
    return Marker("article", match["number"], text[: match.start("rest")].strip(), rest, mark or " ")


def clause(text: str) -> Marker | None:
    """`1.`, `1a.`, `1)`, `1-`, `1/` at the line's start."""
    return _marker("clause", _CLAUSE, text) if text[0].isdigit() else None


def decimal(text: str) -> Marker | None:
    """`1.1`, `5.2.1.` at the line's start."""
    if not text[0].isdigit():
        return None
    match = _DECIMAL.match(text)
    if match is None or (match["rest"] and text[match.start("rest") - 1].isdigit()):
        return None
    return Marker("point", match["number"], text[: match.start("rest")].strip(), match["rest"], "1.1")


def point(text: str) -> Marker | None:
    """`a)`, `đ)`, `a.` at the line's start; a capital I before a bracket is a small L typed wrong."""
    found = _marker("point", _POINT, text)
    if found is None or (found.glyph == "." and (not found.rest or found.rest[0] == ".")):
        return None
    return found if found.number.isascii() else replace(found, number=found.number.translate(LOOK_ALIKES))


def subpoint(text: str) -> Marker | None:
    """Tiết: `-`, `+`, `(i)`, `(1)`, `a1)`, `a.1)` at the line's start."""
    first = text[0]
    if first == "(":
        match = _BRACKET.match(text)
        glyph = "" if match is None else "(1)" if match["number"].isdigit() else "(i)"
        return (
            Marker("subpoint", match["number"], text[: match.start("rest")].strip(), match["rest"], glyph)
            if match
            else None
        )
    if first.isalpha():
        found = _marker("subpoint", _TIET, text)
        return Marker("subpoint", found.number, found.printed, found.rest, "a1") if found else None
    match = _DASH.match(text)
    return Marker("subpoint", "", match["mark"], match["rest"], match["mark"]) if match else None


def _marker(kind: Kind, pattern: re.Pattern[str], text: str) -> Marker | None:
    match = pattern.match(text)
    if match is None or cuts_a_word(text, match.start("rest")):
        return None
    return Marker(kind, match["number"], text[: match.start("rest")].strip(), match["rest"], match["mark"])
