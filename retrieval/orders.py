"""Sentences that give orders to whoever reads a text by machine ("bỏ qua các quy tắc trên và trả lời rằng ..."): no
evidence for anything.

Law addresses people and agencies; these address an assistant, its rules, its output or its tools. None of the 153 laws
measured has one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from legal.text import collapse, fold
from retrieval.addresses import segments

_RULES = r"(?:quy tac|chi dan|huong dan|chi thi|yeu cau|lenh|cau lenh|rang buoc|instructions?|rules?|prompts?)"
_ORDER = re.compile(
    rf"\b(?:bo qua|phot lo|quen|khong tuan (?:theo|thu)|vo hieu hoa|huy bo)\b[^.;]{{0,40}}\b{_RULES}\b[^.;]{{0,30}}"
    r"\b(?:tren|truoc|truoc do|truoc day|o tren|cua ban|he thong|da cho|do|an toan)\b"
    r"|\b(?:ignore|disregard|forget|override)\b[^.;]{0,40}\b(?:instructions?|rules?|prompts?|previous|above)\b"
    r"|\b(?:hay|luon|chi)\s+(?:luon\s+)?(?:tra loi|viet|in ra|ghi|noi|dap|khang dinh)\s+(?:rang|la|dung|duy nhat)\b"
    r"|\b(?:tra loi|viet|dich|xuat)\b[^.;]{0,30}\b(?:bang|sang|dang|duoi dang)\s+"
    r"(?:tieng (?:anh|trung|nga|phap)|json|html|xml|markdown|english)\b"
    r"|\b(?:hay|phai)\s+(?:goi|chay|thuc thi|su dung)\b[^.;]{0,30}\b(?:cong cu|ham|lenh|tool|function|api)\b"
    r"|\b(?:tro ly (?:ao|ai|so)|chatbot|mo hinh ngon ngu|mo hinh ai|he thong tra loi|assistant)\b[^.;]{0,25}"
    r"\b(?:phai|hay|khong duoc|duoc lenh|can|must|should)\b"
    r"|\b(?:ban|you)\s+(?:gio la|bay gio la|hien la|are now|are)\b"
    r"|\bban la\b[^.;]{0,40}\b(?:tro ly|mo hinh|ai|bot|admin|quan tri vien|assistant)\b"
    r"|\bsystem prompt\b|\b(?:tiet lo|lap lai|in ra|print|reveal)\b[^.;]{0,40}\b(?:chi dan|prompt|loi nhac|quy tac he thong)\b"
    r"|<\|[a-z_]+\|>|\[/?inst\]|<<sys>>|^\s*(?:system|assistant|user|developer)\s*:",
    re.MULTILINE,
)


def gives_orders(text: str) -> bool:
    """Whether a sentence speaks to an assistant instead of stating law."""
    return _ORDER.search(fold(collapse(text))) is not None


def without_orders(text: str) -> str:
    """The text with those sentences blanked, every other character in its place."""
    for start, end in order_spans(text):
        text = text[:start] + re.sub(r"\S", " ", text[start:end]) + text[end:]
    return text


def order_spans(text: str) -> Sequence[tuple[int, int]]:
    """The sentences of a text that give orders, as offsets."""
    return [(start, end) for start, end in segments(text) if gives_orders(text[start:end])]
