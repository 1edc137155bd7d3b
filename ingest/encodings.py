"""Text files: which encoding the bytes are in. UTF-8, UTF-16, windows-1258; anything else is not taken for text."""

from __future__ import annotations

import codecs
import re

from legal.legacy import decode, encoding_of

_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x19\x1c-\x1f\ufffe\uffff]")
# What real texts in these encodings contain; too many others and it is a binary file.
_MAX_CONTROLS = 0.002


def sniff_text(data: bytes, whole: bool = True) -> str | None:
    """The text of `data`, or None when it is no text. `whole`: False when `data` is only a file's beginning."""
    found = decode_text(data, whole)
    return found[0] if found else None


def _incremental(data: bytes, name: str, whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(name)("strict").decode(data, final=whole)
    except UnicodeDecodeError:
        return None


def decode_text(data: bytes, whole: bool = True) -> tuple[str, str] | None:
    """The text and the name of its encoding (`utf-8`, `utf-16`, `cp1258`, `tcvn3`, `vni`), or None when the bytes are no text."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _incremental(data, "utf-16", whole)
        return (text, "utf-16") if text is not None and _plausible(text) else None
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    nulls = data[:4096].count(0)
    if nulls:
        # UTF-16 without a mark: nearly every other byte of an ASCII-rich text is zero, always on the same side.
        sample = data[: min(len(data), 4096) // 2 * 2]
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        if min(even, odd) * 10 < max(even, odd) and max(even, odd) > len(sample) // 10:
            name = "utf-16-le" if odd > even else "utf-16-be"
            text = _incremental(data[: len(data) // 2 * 2], name, whole)
            if text is not None and _plausible(text):
                return text, "utf-16"
        return None
    text = _incremental(data, "utf-8", whole)
    if text is not None:
        return (text, "utf-8") if _plausible(text) else None
    old = data.decode("cp1252", "replace").replace("\ufffd", "")
    if (legacy := encoding_of(old)) is not None:
        return decode(old, legacy), legacy
    text = _incremental(data, "cp1258", whole)
    if text is None:
        text = data.decode("cp1252", "replace")
        return (text, "cp1252") if _plausible(text) and text.count("\ufffd") < 0.01 * len(text) else None
    return (text, "cp1258") if _plausible(text) else None


def _plausible(text: str) -> bool:
    """Whether the characters are those of a text: hardly any control characters, no unassigned ones."""
    sample = text[:65536]
    return len(_CONTROLS.findall(sample)) <= _MAX_CONTROLS * len(sample)
