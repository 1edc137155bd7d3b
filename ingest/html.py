"""HTML: the law found inside the page and walked into paragraphs and tables.

`unstructured` drops everything inside `<form>` (whole saved portal pages give nothing) and joins `<br>` lines, so the
tree is walked here with lxml (stack.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from ingest.html_content import content_of
from ingest.legacy import NOTE, LegacyRuns, legacy_runs
from ingest.paragraphs import LINE_BREAK, Run, clean, paragraphs_of, texts_of
from ingest.tables import table_or_contents, texts_in
from legal.blocks import Align, Block, Cell, Source
from legal.errors import LimitExceeded, UnreadableDocument

# fmt: off
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "html", "legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul",
))
# fmt: on
# fmt: off
_SKIPPED = frozenset((
    "head", "script", "style", "noscript", "template", "select", "option", "button", "svg", "object", "iframe",
    "canvas", "audio", "video", "map", "input", "textarea", "title", "meta", "link",
))
# fmt: on
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden", re.IGNORECASE)
_WEIGHT = re.compile(r"font-weight\s*:\s*(bold|[6-9]00|normal|[1-4]00)", re.IGNORECASE)
_SLANT = re.compile(r"font-style\s*:\s*(italic|normal)", re.IGNORECASE)
_ALIGN = re.compile(r"text-align\s*:\s*(left|center|right|justify)", re.IGNORECASE)
_ALIGNS: dict[str, Align] = {"left": "left", "center": "center", "right": "right", "justify": "justify"}
_FONT = re.compile(r"font-family\s*:\s*[\"']?([^;,\"']+)", re.IGNORECASE)
# Letters that stand for others in TCVN3 and VNI and are rare in Unicode Vietnamese.
_OLD_LETTERS = re.compile("[®µ¸¶¹©¨¬«øûïñöåäëü]")
_MAX_DEPTH = 2000


@dataclass(slots=True)
class _OpenTable:
    """A table being read. `blocks` are its cells' contents in order, kept in case it only lays out the page."""

    rows: list[list[Cell]] = field(default_factory=list)
    cell: list[str] | None = None
    span: tuple[int, int] = (1, 1)
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Look:
    """What a style attribute says; None where it says nothing."""

    hidden: bool
    bold: bool | None
    italic: bool | None
    align: Align | None


@lru_cache(maxsize=1024)  # a page of Word repeats a few styles thousands of times
def _look_of(style: str) -> _Look:
    weight, slant, align = _WEIGHT.search(style), _SLANT.search(style), _ALIGN.search(style)
    return _Look(
        hidden=_HIDDEN.search(style) is not None,
        bold=None if weight is None else weight[1].lower() not in ("normal", "100", "200", "300", "400"),
        italic=None if slant is None else slant[1].lower() == "italic",
        align=None if align is None else _ALIGNS[align[1].lower()],
    )


def _span(element: etree._Element, name: str) -> int:
    try:
        return min(max(int(element.get(name, "1")), 1), 1000)
    except ValueError:
        return 1


def _list_marker(element: etree._Element) -> str:
    """The number that a browser prints before an item of `<ol>`; a bullet's dash for `<ul>`."""
    parent = element.getparent()
    if parent is None or parent.tag != "ol":
        return "- " if parent is not None and parent.tag == "ul" and "".join(element.itertext()).strip() else ""
    try:
        number = int(parent.get("start", "1"))
    except ValueError:
        number = 1
    number += sum(1 for sibling in element.itersiblings("li", preceding=True))
    if (first := parent.get("type")) in ("a", "A"):
        return f"{chr(ord(first) + (number - 1) % 26)}) "
    return f"{number}. "


class _Walker:
    """One pass over the content block, with a stack instead of recursion: depth costs nothing."""

    def __init__(self, legacy: LegacyRuns) -> None:
        self._legacy = legacy
        self._font: list[str | None] = [None]
        self.blocks: list[Block] = []
        self.hidden: list[str] = []
        self._runs: list[Run] = []
        self._bold: list[bool] = [False]
        self._italic: list[bool] = [False]
        self._align: list[Align | None] = [None]
        self._tables: list[_OpenTable] = []

    def walk(self, root: etree._Element) -> None:
        skipping: etree._Element | None = None
        depth = 0
        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event in ("comment", "pi"):
                if skipping is None:
                    self._text(element.tail)
                continue
            if event == "start":
                depth += 1
                if depth > _MAX_DEPTH:
                    raise LimitExceeded("Tệp HTML lồng nhau quá sâu.")
                if skipping is None:
                    if self._skipped(element):
                        skipping = element
                    else:
                        self._start(element)
                continue
            depth -= 1
            if skipping is None:
                self._end(element)
            elif skipping is element:
                skipping = None
            if skipping is None and element is not root:
                self._text(element.tail)
        self._flush()

    def _skipped(self, element: etree._Element) -> bool:
        if element.tag in _SKIPPED:
            return True
        style = element.get("style")
        if style and _look_of(style).hidden:
            text = clean("".join(element.itertext()))
            if text:
                self.hidden.append(text)
            return True
        return False

    def _text(self, text: str | None) -> None:
        if text:
            if self._legacy:
                text = self._legacy.text(text, self._font[-1])
            self._runs.append(Run(text.replace(LINE_BREAK, " "), self._bold[-1], self._italic[-1]))

    def _start(self, element: etree._Element) -> None:
        tag = element.tag
        style = element.get("style") or ""
        bold, italic = self._bold[-1], self._italic[-1]
        if tag in ("b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"):
            bold = True
        elif tag in ("i", "em"):
            italic = True
        if style:
            look = _look_of(style)
            bold = bold if look.bold is None else look.bold
            italic = italic if look.italic is None else look.italic
        if self._legacy:
            self._font.append(_font_of(element) or self._font[-1])
        self._bold.append(bold)
        self._italic.append(italic)
        if tag == "br":
            self._runs.append(Run(LINE_BREAK))
        elif tag in _BLOCKS:
            self._flush()
            self._open_block(element, style)
        self._text(element.text)

    def _open_block(self, element: etree._Element, style: str) -> None:
        align = self._align[-1]
        if style and (aligned := _look_of(style).align) is not None:
            align = aligned
        elif (named := (element.get("align") or "").lower()) in _ALIGNS:
            align = _ALIGNS[named]
        elif element.tag == "center":
            align = "center"
        self._align.append(align)
        if element.tag == "table":
            self._tables.append(_OpenTable())
        elif element.tag == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif element.tag in ("td", "th") and self._tables:
            table = self._tables[-1]
            table.cell = []
            table.span = (_span(element, "colspan"), _span(element, "rowspan"))
        elif element.tag == "li" and (marker := _list_marker(element)):
            self._runs.append(Run(marker, self._bold[-1], self._italic[-1]))

    def _end(self, element: etree._Element) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._flush()
            self._align.pop()
            if tag in ("td", "th") and self._tables:
                table = self._tables[-1]
                if table.cell is not None:
                    if not table.rows:
                        table.rows.append([])
                    table.rows[-1].append(Cell(tuple(table.cell), *table.span))
                    table.cell = None
            elif tag == "table" and self._tables:
                self._close_table(self._tables.pop())
        self._bold.pop()
        self._italic.pop()
        if self._legacy:
            self._font.pop()

    def _flush(self) -> None:
        if not self._runs:
            return
        runs, self._runs = self._runs, []
        if not self._tables:
            self.blocks.extend(paragraphs_of(runs, self._align[-1]))
            return
        table = self._tables[-1]
        table.blocks.extend(paragraphs_of(runs, self._align[-1]))
        if table.cell is not None:
            table.cell.extend(texts_of(runs))

    def _close_table(self, table: _OpenTable) -> None:
        blocks = table_or_contents(table.rows, table.blocks)
        if not self._tables:
            self.blocks.extend(blocks)
            return
        outer = self._tables[-1]
        outer.blocks.extend(blocks)
        if outer.cell is not None:
            outer.cell.extend(texts_in(blocks))


def read_html(data: bytes) -> Source:
    """The law inside an HTML page: paragraphs and tables in reading order; menus and the like are furniture.

    Raises UnreadableDocument when the page has no text, LimitExceeded when it is nested beyond any real page.
    """
    return read_markup(decode_html(data))


def decode_html(data: bytes) -> str:
    """The page's text: by byte order mark, else UTF-8, else the charset it names, else windows-1258."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    named = re.search(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", data[:4096])
    candidates = ["utf-8"]
    if named:
        candidates.append(named[1].decode("ascii"))
    candidates.append("cp1258")
    for name in candidates:
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("utf-8", "replace")


def read_markup(text: str) -> Source:
    """As read_html, from decoded text."""
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""))
    if not text.strip():
        raise UnreadableDocument("Tệp HTML rỗng.")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_pis=True)
    root = etree.fromstring(text.encode("utf-8", "replace"), parser=parser)
    if root is None:
        raise UnreadableDocument("Tệp HTML không có nội dung đọc được.")
    content, furniture = content_of(root)
    legacy = legacy_runs(_raw_runs(content))
    walker = _Walker(legacy)
    walker.walk(content)
    if not walker.blocks:
        raise UnreadableDocument("Trang HTML không có đoạn văn bản nào.")
    return Source("html", tuple(walker.blocks), (*furniture, *walker.hidden), (NOTE,) if legacy else ())


def _font_of(element: etree._Element) -> str | None:
    """The font that an element names for its text."""
    if element.tag == "font" and element.get("face"):
        return element.get("face")
    found = _FONT.search(element.get("style") or "")
    return found[1].strip() if found else None


def _raw_runs(content: etree._Element) -> Iterator[tuple[str, str | None]]:
    """Texts with the nearest font named around them; only where a page can be in an old encoding at all."""
    raw = "".join(content.itertext())
    if not _OLD_LETTERS.search(raw):
        return
    fonts: list[str | None] = [None]
    for event, element in etree.iterwalk(content, events=("start", "end")):
        if event == "start":
            fonts.append(_font_of(element) or fonts[-1])
            if element.text and element.tag not in _SKIPPED:
                yield element.text, fonts[-1]
        else:
            fonts.pop()
            if element.tail and element is not content:
                yield element.tail, fonts[-1]
