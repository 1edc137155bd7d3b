"""What kind of file this is, told by its content and never by its name (libmagic is not needed)."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from ingest.encodings import sniff_text

HEAD = 1 << 16
_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
)
IMAGES = frozenset({"png", "jpeg", "tiff", "gif", "bmp", "webp"})
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = re.compile(
    rb"<!doctype\s+html|<html[\s>]|<(?:head|body|title|table|div|p|meta|span|h[1-6]|center|font)[\s>/]", re.IGNORECASE
)
_MARKDOWN = re.compile(
    r"^#{1,6} \S|^\|.+\|\s*\n\|[\s:|-]+\|\s*$|^```|\*\*[^*\n]+\*\*|^\s*>\s|\[[^\]\n]+\]\([^)\n]+\)", re.MULTILINE
)


_OFFICE_XML = "application/vnd.openxmlformats-officedocument."
_MEDIA = {
    "html": "text/html",
    "mhtml": "multipart/related",
    "docx": f"{_OFFICE_XML}wordprocessingml.document",
    "doc": "application/msword",
    "pdf": "application/pdf",
    "odt": "application/vnd.oasis.opendocument.text",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "md": "text/markdown",
    "xlsx": f"{_OFFICE_XML}spreadsheetml.sheet",
}


def media_type(kind: str) -> str:
    """The MIME type of a kind of file."""
    return f"image/{kind}" if kind in IMAGES else _MEDIA.get(kind, "application/octet-stream")


def media_types() -> list[str]:
    """Every MIME type that `media_type` gives."""
    return sorted({*(media_type(kind) for kind in (*_MEDIA, *IMAGES)), media_type("")})


def kind_of(path: Path) -> str:
    """`html mhtml docx doc pdf odt rtf txt md xlsx zip`, an image kind (IMAGES), `empty`, `encrypted` or `unknown`.

    `encrypted` is a modern Office file locked by a password (an OLE container around the package).
    Raises OSError when the file cannot be opened.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        return "empty"
    if head.startswith(_OLE):
        return _ole_kind(path)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(path)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"{\\rtf"):
        return "rtf"
    for magic, kind in _IMAGES:
        if head.startswith(magic) and (kind != "bmp" or head[6:10] == b"\0\0\0\0"):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return _text_kind(head)


def _ole_kind(path: Path) -> str:
    """Kind of an OLE container by the names of its streams (UTF-16 in the directory, which may stand anywhere)."""
    data = path.read_bytes() if path.stat().st_size <= 64 << 20 else path.open("rb").read(64 << 20)

    def has(name: str) -> bool:
        return name.encode("utf-16-le") + b"\0\0" in data

    if has("EncryptedPackage") and has("EncryptionInfo"):
        return "encrypted"
    if has("WordDocument"):
        return "doc"
    return "unknown"


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as package:
            names = set(package.namelist())
            mimetype = b""
            if "mimetype" in names and package.getinfo("mimetype").file_size < 200:
                mimetype = package.read("mimetype")
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError, KeyError):
        return "broken_zip"
    if "word/document.xml" in names or ("[Content_Types].xml" in names and any(n.startswith("word/") for n in names)):
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if mimetype.startswith(b"application/vnd.oasis.opendocument.text"):
        return "odt"
    if mimetype or "[Content_Types].xml" in names:
        return "unknown"
    return "zip"


def _text_kind(head: bytes) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:4096]
    header = start[:2048].lower()
    if re.match(rb"(?:[a-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?mime-version:", header) and b"multipart/" in header:
        return "mhtml"
    if re.match(rb"from\s+saved\s+by|from:\s*<?saved by|mime-version:", header) and b"content-type" in header:
        return "mhtml"
    text = sniff_text(head, whole=len(head) < HEAD)
    if text is None:
        return "unknown"
    ascii_head = text[:8192].encode("ascii", "ignore")
    opening = ascii_head.lstrip()
    if re.match(rb"(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*" + b"(?:" + _MARKUP.pattern + b")", opening, re.I | re.S):
        return "html"
    if opening.startswith(b"<") and len(_MARKUP.findall(ascii_head)) >= 3:
        return "html"
    if len(re.findall(rb"</?(?:p|div|td|tr|span|br|b|table)\b[^>]*>", ascii_head, re.IGNORECASE)) >= 10:
        return "html"
    if len(_MARKDOWN.findall(text)) >= 2:
        return "md"
    return "txt"
