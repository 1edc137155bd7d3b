"""MHTML: a web page saved with its parts in one file; only the page itself is read, nothing it names is fetched."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

from ingest.html import decode_html, read_markup
from ingest.limits import Limits
from legal.blocks import Source
from legal.errors import UnreadableDocument


def read_mhtml(path: Path, limits: Limits) -> Source:
    """The first HTML part's document. Raises UnreadableDocument when there is none."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() != "text/html":
            continue
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes) or not payload.strip():
            continue
        charset = part.get_content_charset()
        try:
            text = payload.decode(charset) if charset else decode_html(payload)
        except (LookupError, UnicodeDecodeError):
            text = decode_html(payload)
        source = read_markup(text)
        return Source("mhtml", source.blocks, source.furniture, source.notes)
    raise UnreadableDocument("Tệp MHTML không có trang HTML nào bên trong.")
