"""Pictures of pages read by Tesseract (`vie`), at the scan's own resolution, several pages at a time.

Resampling to 300 dpi makes noisy scans worse (stack.md: 6.8% against 0.34% wrong characters), so the picture is read
as it is; it is turned only when it is clearly askew.
"""

from __future__ import annotations

import functools
import io
import math
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from ingest.paragraphs import clean
from ingest.pdf_segments import Box, Segment
from legal.errors import LimitExceeded, MissingProgram, UnreadableDocument

_A4_INCHES = 8.27
_TURN_FROM = 0.7  # degrees; Tesseract copes with less, and turning blurs
_STEEPEST = 4.0
_GRAIN = 2.0  # grey levels by which the paper differs from its surroundings, on the mean


@dataclass(frozen=True, slots=True)
class PageText:
    """What was read on one page. `confidence`: mean of the engine's own, by letters, 0 to 1; 0 without text."""

    segments: tuple[Segment, ...]
    confidence: float


@functools.cache
def ocr_program() -> str:
    """The Tesseract program with its Vietnamese model. Raises MissingProgram with what to do."""
    program = shutil.which("tesseract")
    advice = "để đọc trang quét; hãy chạy `make system` để cài."
    if program is None:
        raise MissingProgram(f"Cần Tesseract {advice}")
    listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=30, check=False)
    if "vie" not in (listed.stdout + listed.stderr).split():
        raise MissingProgram(f"Cần dữ liệu tiếng Việt của Tesseract (tesseract-ocr-vie) {advice}")
    return program


def recognise_all(
    pictures: Iterable[tuple[int, Callable[[], Image.Image]]], page_seconds: float
) -> Iterator[tuple[int, PageText]]:
    """(key, text) for each (key, function that gives the page's picture), in order, one page a core at a time.

    The functions are called here, one after another (PDFium is not for threads).
    Raises MissingProgram, LimitExceeded (a page takes more than `page_seconds`), UnreadableDocument.
    """
    program = ocr_program()
    cores = os.cpu_count() or 1
    running: list[tuple[int, Future[PageText]]] = []
    with ThreadPoolExecutor(cores, "ocr") as pool:
        try:
            for key, picture in pictures:
                if len(running) > cores:
                    first, future = running.pop(0)
                    yield first, future.result()
                running.append((key, pool.submit(recognise, program, picture(), page_seconds)))
            for first, future in running:
                yield first, future.result()
        finally:
            for _, future in running:
                future.cancel()


def recognise(program: str, picture: Image.Image, seconds: float) -> PageText:
    """The text of one page's picture. Raises LimitExceeded, UnreadableDocument."""
    grey = _quietened(picture.convert("L"))
    angle = skew_of(grey)
    if abs(angle) >= _TURN_FROM:
        grey = grey.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=255)
        angle = 0.0
    dpi = _dpi(picture)
    data = io.BytesIO()
    grey.save(data, "PNG", compress_level=1)
    command = [program, "stdin", "stdout", "-l", "vie", "--dpi", str(dpi), "tsv"]
    keep = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(
            command,
            input=data.getvalue(),
            capture_output=True,
            timeout=seconds,
            check=False,
            env={**keep, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise LimitExceeded("Nhận dạng chữ của một trang quá thời gian cho phép.") from error
    if done.returncode:
        raise UnreadableDocument("Tesseract không đọc được một trang ảnh.")
    return _page_text(done.stdout.decode("utf-8", "replace"), 72.0 / dpi, angle, grey.size)


def _quietened(grey: Image.Image) -> Image.Image:
    """The picture without a scanner's grain, where it has any: grain is taken for dots and marks."""
    calm = grey.filter(ImageFilter.MedianFilter(3))
    pixels, smooth = np.asarray(grey, np.int16), np.asarray(calm, np.int16)
    paper = smooth > 200
    grain = float(np.abs(pixels - smooth)[paper].mean()) if paper.any() else 0.0
    return calm if grain > _GRAIN else grey


def _dpi(picture: Image.Image) -> int:
    """Resolution of a page's picture: as marked, where that gives a plausible page, else as if it were A4."""
    marked = picture.info.get("dpi", (0, 0))[0]
    if marked and 5.5 <= min(picture.size) / float(marked) <= 12:
        return round(float(marked))
    return max(round(min(picture.size) / _A4_INCHES), 70)


def skew_of(grey: Image.Image) -> float:
    """By how many degrees (counter-clockwise) a page has to be turned so that its lines lie level; within 4."""
    factor = max(grey.width // 700, 1)
    small = grey.reduce(factor)
    pixels = np.asarray(small)
    ink = Image.fromarray(((pixels < pixels.mean() * 0.75) * np.uint8(255)).astype(np.uint8))

    def sharpness(angle: float) -> float:
        rows = np.asarray(ink.rotate(angle, resample=Image.Resampling.NEAREST)).sum(axis=1, dtype=np.float64)
        return float(np.square(np.diff(rows)).sum())

    best = max(np.arange(-_STEEPEST, _STEEPEST + 0.01, 0.5), key=sharpness)
    return float(max(np.arange(best - 0.4, best + 0.41, 0.1), key=sharpness))


def _page_text(table: str, scale: float, angle: float, size: tuple[int, int]) -> PageText:
    """Segments from Tesseract's table of words. `scale`: points a pixel; `angle`: the slant left in the picture."""
    lines: dict[tuple[str, ...], list[tuple[str, Box, float]]] = {}
    weights = confidences = 0.0
    turn = math.radians(angle)
    sine, cosine, x_mid, y_mid = math.sin(turn), math.cos(turn), size[0] / 2, size[1] / 2
    for row in table.splitlines()[1:]:
        columns = row.split("\t")
        if len(columns) != 12 or columns[0] != "5":
            continue
        text, confidence = clean(columns[11]), float(columns[10])
        if not text or (confidence < 40 and not any(map(str.isalnum, text))):
            continue
        left, top, width, height = map(float, columns[6:10])
        x, y = left + width / 2 - x_mid, top + height / 2 - y_mid
        x, y = x * cosine + y * sine + x_mid, -x * sine + y * cosine + y_mid
        box = Box((x - width / 2) * scale, (y - height / 2) * scale, (x + width / 2) * scale, (y + height / 2) * scale)
        lines.setdefault(tuple(columns[1:5]), []).append((text, box, confidence))
        weights += len(text)
        confidences += len(text) * confidence / 100
    segments = [segment for words in lines.values() for segment in _line_segments(words)]
    return PageText(tuple(segments), confidences / weights if weights else 0.0)


def _line_segments(words: list[tuple[str, Box, float]]) -> Iterator[Segment]:
    heights = sorted(box.bottom - box.top for _, box, _ in words)
    size = min(max(heights[len(heights) // 2] / 0.85, 6.0), 40.0)
    feet = sorted(box.bottom for _, box, _ in words)
    baseline = feet[len(feet) // 3]
    start = 0
    for at in range(1, len(words) + 1):
        if at < len(words) and words[at][1].x0 - words[at - 1][1].x1 <= 3.0 * size:
            continue
        part = [box for _, box, _ in words[start:at]]
        box = Box(part[0].x0, min(b.top for b in part), part[-1].x1, max(b.bottom for b in part))
        yield Segment(" ".join(text for text, _, _ in words[start:at]), box, baseline, size, part[0].x1 - part[0].x0)
        start = at
