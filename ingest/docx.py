"""Word packages (.docx, .docm) walked paragraph by paragraph and cell by cell.

`unstructured.partition_docx` loses tracked insertions, smart tags, simple fields, content controls, footnotes and text
boxes, glues the paragraphs of a cell and cuts paragraphs at page breaks (stack.md); so the package is walked here, and
of `unstructured` the part that is right is used: Word's automatic numbers.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.docx_numbers import label_reader, related, stories
from ingest.docx_styles import Look, Styles, W
from ingest.legacy import NOTE, LegacyRuns, legacy_runs
from ingest.limits import Limits
from ingest.package import check_package, read_member, refuse_doctype
from ingest.paragraphs import LINE_BREAK, Run, clean, paragraphs_of
from ingest.tables import table_or_contents, texts_in
from legal.blocks import Block, Cell, Source
from legal.errors import UnreadableDocument

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
# Wrappers whose content is shown: accepted insertions, links, smart tags, fields, controls, custom XML.
_SHOWN = frozenset(
    W + name
    for name in (
        "ins",
        "moveTo",
        "hyperlink",
        "smartTag",
        "fldSimple",
        "customXml",
        "dir",
        "bdo",
        "sdtContent",
        "rubyBase",
    )
)
_CHECKBOXES = {"F0A8": "□", "F06F": "□", "F071": "□", "F072": "□", "F0FE": "☒", "F0FD": "☒", "F0FC": "✓", "F052": "☑"}


@dataclass(slots=True)
class _Found:
    """What a package gives besides its blocks."""

    aside: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


class _Walker:
    """One pass over a story (body, header, footnote) of the package."""

    def __init__(self, styles: Styles, labels: Any, found: _Found, legacy: LegacyRuns) -> None:
        self._styles = styles
        self._legacy = legacy
        self._labels = labels
        self._found = found
        self._carried: list[Run] = []
        self._in_cell = 0

    def blocks(self, parent: Any) -> list[Block]:
        """The paragraphs and tables directly inside `parent`, wrappers opened."""
        blocks: list[Block] = []
        for child in parent:
            tag = child.tag
            if tag == W + "p":
                blocks.extend(self._paragraph(child))
            elif tag == W + "tbl":
                blocks.extend(self._table(child))
            elif tag == W + "sdt":
                content = child.find(W + "sdtContent")
                if content is not None:
                    blocks.extend(self.blocks(content))
            elif tag in _SHOWN:
                blocks.extend(self.blocks(child))
            elif tag == _MC + "AlternateContent":
                if (choice := _choice(child)) is not None:
                    blocks.extend(self.blocks(choice))
            elif tag == W + "altChunk":
                self._found.note("Tệp nhúng một tài liệu khác (altChunk): phần đó không được đọc.")
        return blocks

    def _paragraph(self, p: Any) -> list[Block]:
        properties = p.find(W + "pPr")
        look = self._styles.paragraph(properties)
        runs = self._carried
        self._carried = []
        label = self._label(p, properties)
        content: list[Run] = []
        self._inline(p, look, content)
        # An empty numbered paragraph prints its number: in a table's first column that is the step's number.
        if label and (any(run.text.strip() for run in content) or self._in_cell):
            runs.append(Run(label + " ", look.bold, look.italic))
        runs.extend(content)
        if properties is not None and properties.find(f"{W}rPr/{W}del") is not None:
            self._carried = runs  # a deleted paragraph mark: this paragraph runs on into the next
            return []
        return list(paragraphs_of(runs, look.align))

    def _label(self, p: Any, properties: Any) -> str:
        if self._labels is None:
            return ""
        return str(self._labels(p, properties))

    def _inline(self, parent: Any, look: Look, runs: list[Run]) -> None:
        for child in parent:
            tag = child.tag
            if tag == W + "r":
                self._run(child, look, runs)
            elif tag in _SHOWN:
                if tag in (W + "ins", W + "moveTo"):
                    self._found.note("Tệp có thay đổi chưa duyệt (track changes): đọc theo bản chấp nhận mọi thay đổi.")
                self._inline(child, look, runs)
            elif tag == W + "sdt":
                content = child.find(W + "sdtContent")
                if content is not None:
                    self._inline(content, look, runs)
            elif tag == _MC + "AlternateContent":
                if (choice := _choice(child)) is not None:
                    self._inline(choice, look, runs)
            elif tag in (_M + "oMath", _M + "oMathPara"):
                runs.append(Run("".join(text.text or "" for text in child.iter(_M + "t"))))
            elif tag == W + "p":  # a paragraph inside an inline control
                runs.append(Run(LINE_BREAK))
                self._inline(child, look, runs)

    def _run(self, r: Any, look: Look, runs: list[Run]) -> None:
        look = self._styles.run(look, r.find(W + "rPr"))
        pieces: list[str] = []
        for child in r:
            tag = child.tag
            if tag == W + "t":
                pieces.append((child.text or "").replace(LINE_BREAK, " "))
            elif tag in (W + "tab", W + "ptab"):
                pieces.append(" ")
            elif tag == W + "br":
                pieces.append(" " if child.get(W + "type") in ("page", "column") else LINE_BREAK)
            elif tag == W + "cr":
                pieces.append(LINE_BREAK)
            elif tag == W + "noBreakHyphen":
                pieces.append("-")
            elif tag == W + "softHyphen":
                pieces.append("\u00ad")  # in TCVN3 this is the letter ư
            elif tag == W + "sym":
                pieces.append(_symbol(child))
            elif tag == W + "ruby":
                base = child.find(W + "rubyBase")
                if base is not None:
                    self._inline(base, look, runs)
            elif tag == _MC + "AlternateContent":
                if (choice := _choice(child)) is not None:
                    self._aside(choice)
            elif tag in (W + "drawing", W + "pict", W + "object"):
                self._aside(child)
        text = "".join(pieces)
        if not text:
            return
        if self._legacy:
            text = self._legacy.text(text, look.font)
        if look.hidden:
            if hidden := clean(text):
                self._found.aside.append(hidden)
            return
        runs.append(Run(text.upper() if look.caps else text, look.bold, look.italic))

    def _aside(self, holder: Any) -> None:
        """Text boxes stand apart from the body."""
        for box in holder.iter(W + "txbxContent"):
            inner = _Walker(self._styles, None, self._found, self._legacy)
            self._found.aside.extend(texts_in(inner.blocks(box)))

    def _table(self, tbl: Any) -> list[Block]:
        rows: list[list[Cell]] = []
        contents: list[Block] = []
        above: dict[int, tuple[int, int]] = {}  # grid column -> where the cell that spans down from above stands
        for tr in _children(tbl, W + "tr"):
            properties = tr.find(W + "trPr")
            if properties is not None and properties.find(W + "del") is not None:
                continue
            row: list[Cell] = []
            column = _before(properties)
            for tc in _children(tr, W + "tc"):
                look = tc.find(W + "tcPr")
                span = _int(look, "gridSpan", 1)
                self._in_cell += 1
                blocks = self.blocks(tc)
                self._in_cell -= 1
                contents.extend(blocks)
                texts = tuple(texts_in(blocks))
                merge = None if look is None else look.find(W + "vMerge")
                across = None if look is None else look.find(W + "hMerge")
                if merge is not None and merge.get(W + "val", "continue") != "restart" and column in above:
                    at = above[column]
                    start = rows[at[0]][at[1]]
                    rows[at[0]][at[1]] = Cell(start.paragraphs + texts, start.colspan, start.rowspan + 1)
                elif across is not None and across.get(W + "val", "continue") != "restart" and row:
                    row[-1] = Cell(row[-1].paragraphs + texts, row[-1].colspan + span, row[-1].rowspan)
                else:
                    above.pop(column, None)
                    if merge is not None:
                        above[column] = (len(rows), len(row))
                    row.append(Cell(texts, span))
                column += span
            rows.append(row)
        return table_or_contents(rows, contents)


def _children(parent: Any, tag: str) -> list[Any]:
    """Children of one tag, also those wrapped in content controls, custom XML or tracked insertions."""
    found: list[Any] = []
    for child in parent:
        if child.tag == tag:
            found.append(child)
        elif child.tag == W + "sdt" and (content := child.find(W + "sdtContent")) is not None:
            found.extend(_children(content, tag))
        elif child.tag in _SHOWN:
            found.extend(_children(child, tag))
    return found


def _choice(alternate: Any) -> Any:
    choice = alternate.find(_MC + "Choice")
    return choice if choice is not None else alternate.find(_MC + "Fallback")


def _int(properties: Any, name: str, default: int) -> int:
    found = None if properties is None else properties.find(W + name)
    try:
        return default if found is None else min(max(int(found.get(W + "val", default)), 1), 1000)
    except ValueError:
        return default


def _before(properties: Any) -> int:
    return 0 if properties is None or properties.find(W + "gridBefore") is None else _int(properties, "gridBefore", 0)


def _symbol(sym: Any) -> str:
    code = (sym.get(W + "char") or "").upper()
    if re.match("wingdings|webdings|symbol", sym.get(W + "font") or "", re.IGNORECASE):
        return _CHECKBOXES.get(f"F0{code[-2:]}", "•")
    try:
        value = int(code, 16)
    except ValueError:
        return " "
    return "•" if 0xE000 <= value <= 0xF8FF else chr(value)


def read_docx(path: Path, limits: Limits) -> Source:
    """The body of a Word package; headers, footers, footnotes, text boxes and hidden text are furniture.

    Raises UnreadableDocument (broken, no text), EncryptedDocument, LimitExceeded.
    """
    names = check_package(path, limits)
    document = _open(path, limits)
    part = document.part
    found = _Found()
    if any(name.endswith("vbaProject.bin") for name in names):
        found.note("Tệp có macro: đã bỏ qua.")
    styles = Styles(related(part, "styles"))
    legacy = legacy_runs(_raw_runs(part.element.body, styles))
    if legacy:
        found.note(NOTE)
    walker = _Walker(styles, label_reader(document), found, legacy)
    try:
        blocks = walker.blocks(part.element.body)
    except RecursionError as error:
        raise UnreadableDocument("Tệp Word lồng nhau quá sâu.") from error
    boxes, found.aside = found.aside, []
    furniture: list[str] = []
    for kind in ("header", "footer", "footnotes", "endnotes"):
        for story in stories(part, kind):
            inner = _Walker(styles, None, found, legacy)
            holders = story.findall(W + kind[:-1]) if kind.endswith("notes") else [story]
            for holder in holders:
                furniture.extend(texts_in(inner.blocks(holder)))
    if not blocks and boxes:
        blocks = [paragraph for text in boxes for paragraph in paragraphs_of([Run(text)])]
        boxes = []
    if not blocks:
        raise UnreadableDocument("Tệp Word không có chữ nào trong phần thân (có thể chỉ là ảnh).")
    return Source("docx", tuple(blocks), (*boxes, *found.aside, *furniture), tuple(found.notes))


def _raw_runs(body: Any, styles: Styles) -> Iterator[tuple[str, str | None]]:
    """The text and font of every run, as they stand in the file."""
    for p in body.iter(W + "p"):
        look = styles.paragraph(p.find(W + "pPr"))
        for r in p.iter(W + "r"):
            text = "".join(
                "\u00ad" if child.tag == W + "softHyphen" else child.text or ""
                for child in r
                if child.tag in (W + "t", W + "softHyphen")
            )
            if text:
                yield text, styles.run(look, r.find(W + "rPr")).font


def _open(path: Path, limits: Limits) -> Any:
    import docx

    try:
        data = _repaired(path, limits)
        return docx.Document(io.BytesIO(data))
    except UnreadableDocument:
        raise
    except Exception as error:  # python-docx lets KeyError, XMLSyntaxError, ValueError and others through
        raise UnreadableDocument("Tệp Word bị hỏng, không mở được.") from error


def _repaired(path: Path, limits: Limits) -> bytes:
    """The package with what python-docx needs: transitional namespaces, the plain content type, XML without a DTD.

    Pictures, embedded files and macros are left out: they are never read.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(path) as package, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as copy:
        for member in package.infolist():
            name = member.filename
            if not name.endswith((".xml", ".rels")):
                copy.writestr(name, b"")
                continue
            data = refuse_doctype(read_member(package, name, limits.unpacked))
            if name == "[Content_Types].xml":
                data = re.sub(
                    rb"application/vnd\.(?:ms-word\.(?:document|template)\.macroEnabled(?:Template)?|"
                    rb"openxmlformats-officedocument\.wordprocessingml\.template)\.main\+xml",
                    _MAIN.encode(),
                    data,
                )
            if b"purl.oclc.org/ooxml" in data:
                data = data.replace(
                    b"http://purl.oclc.org/ooxml/wordprocessingml/main",
                    b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                ).replace(
                    b"http://purl.oclc.org/ooxml/officeDocument/relationships",
                    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                )
            copy.writestr(name, data)
    return out.getvalue()
