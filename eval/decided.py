"""What an answer decides, read from its text: true or false, the letter of a choice, or the words of a short answer."""

from __future__ import annotations

import re

from legal.quantities import covered, quantities
from legal.text import collapse, fold

_TRUE_OR_FALSE = re.compile(
    r"^\W*(?P<first>dung|sai|khong dung)\b"
    r"|\b(?:nhan dinh|khang dinh|phat bieu|menh de|noi dung|cau|dieu)\b[^.;]{0,80}?\b(?:la\s+)?(?P<said>khong dung|dung|sai)\b"
)
_CHOICE = re.compile(
    r"^\W*(?P<first>[A-D])\s*[.):\[]|\b(?:[Đđ]áp án|[Pp]hương án|[Cc]họn)\s+(?:đúng\s+)?(?:là\s+)?(?P<said>[A-D])\b"
)


def decided(text: str, gold: str) -> bool | None:
    """Whether the text decides as `gold` says ("Đúng", "Sai", "A" to "D", or a short answer in words); None where it
    decides nothing. A short answer counts as given when its words, or all its numbers, stand in the text."""
    bare = fold(gold).strip(" .")
    if bare in ("dung", "sai"):
        match = _TRUE_OR_FALSE.search(fold(text))
        return None if match is None else ("dung" if (match["first"] or match["said"]) == "dung" else "sai") == bare
    if re.fullmatch(r"[a-d]", bare):
        choice = _CHOICE.search(text)
        return None if choice is None else (choice["first"] or choice["said"]).lower() == bare
    if collapse(bare) in collapse(fold(text)):
        return True
    numbers = quantities(gold)
    return bool(numbers) and all(covered(one, quantities(text)) for one in numbers)
