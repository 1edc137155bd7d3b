"""PDFs: lines with their places from PDFium or OCR, furniture taken off, tables and paragraphs put together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from ingest.isolate import ask_for_time
from ingest.legacy import NOTE
from ingest.limits import Limits
from ingest.ocr import PageText, recognise_all
from ingest.paragraphs import starts_item
from ingest.pdf_layout import Band, Flow, bands_of, column_regions, margins_of, region_table
from ingest.pdf_segments import Segment, pdfium_segments, poppler_segments
from ingest.pdf_tables import RuledTable, is_ruled, ruled_tables, table_of
from ingest.review import confidence_note, doubts_of, is_ruined
from legal.blocks import Source
from legal.errors import EncryptedDocument, LimitExceeded, UnreadableDocument
from legal.legacy import Encoding, encoding_of
from legal.syllables import impossible_share

_PAGE_NUMBER = re.compile(r"[-–—\s|]*(?:(?:trang|page)\s*)?\d{1,4}(?:\s*[/|]\s*\d{1,4})?[-–—\s|]*\Z", re.IGNORECASE)
_STAMP = re.compile(
    r"(?:được\s+)?ký\s+(?:số\s+)?bởi\b|người\s+ký\s*:|thời\s+gian\s+ký\s*:|ngày\s+ký\s*:|ký\s+ngày\s*:|"
    r"digitally signed|"
    r"signature\s+(?:valid|not)|signed\s+by\b",
    re.IGNORECASE,
)
_STAMP_GOES_ON = re.compile(
    r"(?:email|cơ quan|chức vụ|lý do|date|reason|location)\s*:|\d{1,2}[./-]\d{1,2}[./-]\d{4}", re.IGNORECASE
)
# Above this share of syllables that no Vietnamese word can have, the text layer is ruined (good laws: at most 0.074).
RUINED = 0.2
_FEW_LETTERS = 12
_EDGE = 3  # running heads have at most so many lines


def read_pdf(path: Path, limits: Limits) -> Source:
    """The document in a PDF; page numbers, running heads and signature stamps are furniture.

    Pages that are pictures, or whose text layer is ruined, are read by OCR; what it read badly is in `doubts`.
    Raises EncryptedDocument, UnreadableDocument (broken, no text), LimitExceeded (too many pages), MissingProgram.
    """
    document = _open(path)
    try:
        count = len(document)
        if count == 0:
            raise UnreadableDocument("Tệp PDF không có trang nào (hỏng hoặc bị cắt cụt).")
        if count > limits.pages:
            raise LimitExceeded(f"Tệp PDF có {count} trang, quá giới hạn {limits.pages} trang.")
        return _compose(path, document, limits)
    except pdfium.PdfiumError as error:
        raise UnreadableDocument("Tệp PDF bị hỏng, có trang không đọc được.") from error
    finally:
        document.close()


def _open(path: Path) -> Any:
    try:
        return pdfium.PdfDocument(str(path))
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise EncryptedDocument("Tệp PDF được bảo vệ bằng mật khẩu; hãy gỡ mật khẩu rồi nạp lại.") from error
        raise UnreadableDocument("Tệp PDF bị hỏng hoặc bị cắt cụt.") from error


def _compose(path: Path, document: Any, limits: Limits) -> Source:
    pages: list[list[Segment]] = []
    tables: list[list[RuledTable]] = []
    scanned: list[int] = []
    for number in range(len(document)):
        page = document[number]
        found = ruled_tables(path, number) if is_ruled(page) else []
        segments = _segments(page, found)
        if (_letters(segments) < _FEW_LETTERS or is_ruined(_text([segments]))) and _pictured(page):
            scanned.append(number)
        pages.append(segments)
        tables.append(found)
        page.close()
    legacy = encoding_of(_text(pages))
    if legacy is not None:
        pages = [_segments(document[number], found, legacy) for number, found in enumerate(tables)]
    if impossible_share(_text(pages)) > RUINED:
        pages, ruined = _second_reading(path, pages, limits)
        scanned = sorted({*scanned, *ruined})
    notes: tuple[str, ...] = (NOTE,) if legacy else ()
    doubts: tuple[str, ...] = ()
    if scanned:
        read = _recognised(document, scanned, limits)
        for number, page_text in read.items():
            pages[number], tables[number] = list(page_text.segments), []
        which = "mọi trang" if len(scanned) == len(pages) else f"{len(scanned)}/{len(pages)} trang"
        recognised = {number + 1: page_text for number, page_text in read.items()}
        notes = (*notes, f"Đọc {which} bằng OCR.", confidence_note(recognised))
        doubts = doubts_of(recognised)
    if not sum(map(_letters, pages)):
        raise UnreadableDocument("Tệp PDF không có chữ nào.")
    pages, furniture = without_furniture(pages)
    source = assemble(pages, tables, furniture)
    return replace(source, notes=notes, doubts=doubts)


def _recognised(document: Any, numbers: list[int], limits: Limits) -> dict[int, PageText]:
    """OCR of the pages with these numbers (0-based)."""
    ask_for_time(limits.ocr_page_seconds * len(numbers))

    def picture(number: int) -> Callable[[], Image.Image]:
        return lambda: _rendered(document[number], limits)

    return dict(recognise_all(((number, picture(number)) for number in numbers), limits.ocr_page_seconds))


def _rendered(page: Any, limits: Limits) -> Image.Image:
    """The page as a picture in which one pixel is one pixel of its largest scan; 200 dpi where there is none."""
    scale = 200 / 72
    widest = 0.0
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, _, right, _ = image.get_bounds()
        if right - left > widest:
            widest = right - left
            scale = max(image.get_px_size()) / max(right - left, image.get_bounds()[3] - image.get_bounds()[1])
    most = (limits.pixels / max(page.get_width() * page.get_height(), 1.0)) ** 0.5
    picture: Image.Image = page.render(scale=min(max(scale, 1.0), most), grayscale=True).to_pil()
    return picture


def _segments(page: Any, tables: list[RuledTable], legacy: Encoding | None = None) -> list[Segment]:
    text_page = page.get_textpage()
    try:
        cells = [cell for table in tables for cell in table.cells]
        return pdfium_segments(text_page, page.get_height(), cells, legacy)
    finally:
        text_page.close()


def _letters(segments: Sequence[Segment]) -> int:
    return sum(c.isalnum() for segment in segments for c in segment.text)


def _text(pages: Sequence[Sequence[Segment]]) -> str:
    return "\n".join(segment.text for segments in pages for segment in segments)


def _pictured(page: Any) -> bool:
    """Whether pictures cover most of the page."""
    area = page.get_width() * page.get_height()
    covered = 0.0
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = image.get_bounds()
        covered += max(right - left, 0) * max(top - bottom, 0)
    return bool(covered > 0.4 * area)


def _second_reading(path: Path, pages: list[list[Segment]], limits: Limits) -> tuple[list[list[Segment]], list[int]]:
    """poppler's text where PDFium's is ruined (fonts whose letters map wrongly lead them astray differently).

    Also the pages (0-based) where both are ruined: those have to be looked at as pictures.
    """
    ruined: list[int] = []
    better: list[list[Segment]] = []
    for number, segments in enumerate(pages):
        if impossible_share(_text([segments])) > RUINED:
            other = poppler_segments(path, number + 1, limits.seconds)
            if other is not None and _letters(other) and impossible_share(_text([other])) <= RUINED:
                segments = other
            else:
                ruined.append(number)
        better.append(segments)
    return better, ruined


def without_furniture(pages: list[list[Segment]]) -> tuple[list[list[Segment]], list[str]]:
    """Pages without page numbers, running heads and feet, and signature stamps; and what was taken off, in order."""
    edges = [_edges(segments) for segments in pages]
    seen = Counter(key for page in edges for key in {_key(s) for side in page for band in side for s in band})
    often = max(3, len(pages) // 3)

    def is_furniture(segment: Segment) -> bool:
        if _PAGE_NUMBER.match(segment.text):
            return True
        continues = segment.text[:1].islower() or starts_item(segment.text)
        return seen[_key(segment)] >= often and not continues

    kept: list[list[Segment]] = []
    furniture: list[str] = []
    for segments, page in zip(pages, edges, strict=True):
        off: set[int] = set()
        for side in page:  # from the edge inward, as long as everything on the line is furniture
            for band in side:
                if not all(map(is_furniture, band)):
                    break
                off |= {id(segment) for segment in band}
        rest: list[Segment] = []
        stamped = False
        for segment in segments:
            stamped = bool(_STAMP.match(segment.text)) or (stamped and bool(_STAMP_GOES_ON.match(segment.text)))
            if stamped or id(segment) in off:
                furniture.append(segment.text)
            else:
                rest.append(segment)
        kept.append(rest)
    return kept, furniture


def _edges(segments: Sequence[Segment]) -> tuple[list[Band], list[Band]]:
    """The outermost lines at the top and at the bottom of a page, outside tables, each list from the edge inward."""
    bands: dict[float, Band] = {}
    for segment in segments:
        if segment.cell is None:
            near = next((y for y in bands if abs(y - segment.baseline) < 0.45 * segment.size), segment.baseline)
            bands.setdefault(near, []).append(segment)
    order = sorted(bands)
    return [bands[y] for y in order[:_EDGE]], [bands[y] for y in order[::-1][:_EDGE]]


def _key(segment: Segment) -> str:
    """A running head without what changes from page to page."""
    return re.sub(r"\d+", "#", segment.text).casefold()


def assemble(pages: list[list[Segment]], tables: list[list[RuledTable]], furniture: list[str]) -> Source:
    """The blocks of a document from its pages' segments (a Source of kind `pdf`)."""
    banded = [bands_of([s for s in segments if s.cell is None]) for segments in pages]
    flow = Flow(margins_of(banded))
    for at, bands in enumerate(banded):
        _page_into(flow, bands, pages[at], tables[at], at + 1)
    flow.close()
    if not flow.blocks:
        raise UnreadableDocument("Tệp PDF không có chữ nào.")
    return Source("pdf", tuple(flow.blocks), tuple(furniture))


def _page_into(flow: Flow, bands: list[Band], segments: list[Segment], tables: list[RuledTable], page: int) -> None:
    waiting = sorted(tables, key=lambda table: table.box.top)
    regions = dict(column_regions(bands))
    at = 0
    while at < len(bands):
        while waiting and waiting[0].box.top < bands[at][0].baseline:
            flow_table(flow, waiting.pop(0), segments, tables, page)
        if at in regions:
            end = regions[at]
            flow.block(region_table(bands[at:end], page))
            at = end
            continue
        for segment in bands[at]:
            flow.line(segment, page)
        at += 1
    for table in waiting:
        flow_table(flow, table, segments, tables, page)


def flow_table(flow: Flow, table: RuledTable, segments: list[Segment], tables: list[RuledTable], page: int) -> None:
    """Put a ruled table into the flow, its cells filled with the page's segments."""
    before = sum(len(other.cells) for other in tables[: tables.index(table)])
    for block in table_of(table, before, segments, page):
        flow.block(block)
