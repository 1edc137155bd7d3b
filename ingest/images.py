"""Image files (PNG, JPEG, TIFF with many pages, ...): each picture is a page, read by OCR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from ingest.limits import Limits
from ingest.ocr import recognise_all
from ingest.pdf import assemble, without_furniture
from ingest.review import confidence_note, doubts_of
from legal.blocks import Source
from legal.errors import LimitExceeded, UnreadableDocument


def read_image(path: Path, limits: Limits) -> Source:
    """The text of an image file. Raises UnreadableDocument, LimitExceeded, MissingProgram."""
    broken = "Tệp ảnh bị hỏng, không mở được."
    try:
        with Image.open(path) as image:
            frames = int(getattr(image, "n_frames", 1))
            if frames > limits.pages or image.width * image.height > limits.pixels:
                raise LimitExceeded("Ảnh quá lớn hoặc có quá nhiều trang so với giới hạn.")
            pages = [text for _, text in recognise_all(_frames(image, frames), limits.ocr_page_seconds)]
    except Image.DecompressionBombError as error:
        raise LimitExceeded("Ảnh bung ra quá lớn.") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise UnreadableDocument(broken) from error
    kept, furniture = without_furniture([list(page.segments) for page in pages])
    if not any(kept):
        raise UnreadableDocument("Không nhận ra chữ nào trong ảnh.")
    source = assemble(kept, [[] for _ in kept], furniture)
    recognised = dict(enumerate(pages, 1))
    notes = ("Đọc bằng OCR.", confidence_note(recognised))
    return Source("image", source.blocks, source.furniture, notes, doubts_of(recognised))


def _frames(image: Image.Image, count: int) -> Iterator[tuple[int, Callable[[], Image.Image]]]:
    for number in range(count):

        def picture(number: int = number) -> Image.Image:
            image.seek(number)
            dpi = image.info.get("dpi")
            upright = ImageOps.exif_transpose(image).convert("RGB")
            if dpi:
                upright.info["dpi"] = dpi
            return upright

        yield number, picture
