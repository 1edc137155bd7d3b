"""The stamps on a document: mức độ mật (Mật, Tối mật, Tuyệt mật) and mức độ khẩn (Khẩn, Thượng khẩn, Hỏa tốc).

They stand alone, in capitals, above the document's title or beside its number (Nghị định 30/2020/NĐ-CP, Phụ lục I; Luật
Bảo vệ bí mật nhà nước 2018, điều 8); a title that speaks of secrets is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from legal.document import Evidence
from legal.text import collapse

_SECRECY = {"TUYỆT MẬT": "Tuyệt mật", "TỐI MẬT": "Tối mật", "MẬT": "Mật"}
_URGENCY = {
    "HỎA TỐC HẸN GIỜ": "Hỏa tốc hẹn giờ", "HỎA TỐC": "Hỏa tốc", "THƯỢNG KHẨN": "Thượng khẩn", "KHẨN": "Khẩn",
}  # fmt: skip
_MARK = r"TUYỆT MẬT|TỐI MẬT|MẬT|HỎA TỐC(?:\s*[-–,(]?\s*HẸN GIỜ[^,;]{0,40})?|THƯỢNG KHẨN|KHẨN(?: CẤP)?"
_LABEL = r"(?:(?:ĐỘ|MỨC ĐỘ|DẤU|DẤU CHỈ MỨC ĐỘ)\s+(?:MẬT|KHẨN)\s*[:\-–]?\s*|TÀI LIỆU\s+)?"
_FRAME = r"[\s*\-–—_.\[\](){}|#\"“”'’:]*"
#: A line that is nothing but marks.
_STAMP = re.compile(rf"{_FRAME}{_LABEL}(?P<marks>(?:{_MARK})(?:{_FRAME}[/;,]?{_FRAME}{_LABEL}(?:{_MARK}))*){_FRAME}")
#: Marks before or after the number on its line.
_BESIDE = re.compile(rf"^{_FRAME}(?P<first>{_MARK})\s+(?=S[ỐO]\s*:)|S[ỐO]\s*:\s*[^\s]+\s+(?P<last>{_MARK}){_FRAME}$")
_LABELLED = re.compile(rf"(?:ĐỘ|MỨC ĐỘ)\s+(?:MẬT|KHẨN)\s*[:\-–]\s*(?P<marks>{_MARK})\b")
_EACH = re.compile(_MARK)


@dataclass(frozen=True, slots=True)
class Marks:
    """The gravest of each kind of mark that a document bears; None where it bears none."""

    secrecy: str | None = None
    urgency: str | None = None


def read_marks(lines: Sequence[str], around: Sequence[str], evidence: dict[str, Evidence]) -> Marks:
    """The marks among the lines above the title (`lines`) and those printed around the text (`around`: running heads,
    text boxes)."""
    secrecy: list[str] = []
    urgency: list[str] = []
    for line in (*lines, *around):
        for mark in _marks(line):
            wanted, known, name = (
                (secrecy, _SECRECY, "secrecy") if mark.endswith("MẬT") else (urgency, _URGENCY, "urgency")
            )
            plain = " ".join(re.sub(r"[-–,(]", " ", mark).split())
            said = next(value for key, value in known.items() if plain.startswith(key))
            if not wanted or list(known.values()).index(said) < list(known.values()).index(wanted[0]):
                wanted[:] = [said]
                evidence[name] = Evidence(line)
    return Marks(next(iter(secrecy), None), next(iter(urgency), None))


def _marks(line: str) -> list[str]:
    """The marks on a line, in capitals; none in a line that says more."""
    if len(line) > 160:
        return []
    plain = collapse(line).upper().replace("HOẢ", "HỎA")
    labelled = [found["marks"] for found in _LABELLED.finditer(plain)]
    if labelled:
        return labelled
    stamp = _STAMP.fullmatch(plain)
    if stamp is not None:
        return [found.group() for found in _EACH.finditer(stamp["marks"])]
    beside = _BESIDE.search(plain)
    return [found for found in (beside["first"], beside["last"]) if found] if beside is not None else []
