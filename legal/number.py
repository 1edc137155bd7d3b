"""Số hiệu: `DocumentNumber`, read in every spelling that occurs, printed in one.

Forms (Nghị định 30/2020/NĐ-CP, phụ lục I and III; the laws' own numbering before it): `52/2014/QH13`, `123/2020/NĐ-CP`,
`715/QĐ-UBND`, `30a/2008/NQ-CP`, the old `18-L/CTN`, `15-NQ/TW`, `36-CP`, and the codes of internal procedures,
`QT 11/CX-HCTP`, `QT-TP-05`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from legal.composed import compose
from legal.errors import BadRequest

_TYPES = {
    "L": "Luật", "LCT": "Luật", "PL": "Pháp lệnh", "SL": "Sắc lệnh", "NĐ": "Nghị định", "NQ": "Nghị quyết",
    "NQLT": "Nghị quyết liên tịch", "QĐ": "Quyết định", "TT": "Thông tư", "TTLT": "Thông tư liên tịch", "CT": "Chỉ thị",
    "QC": "Quy chế", "QyĐ": "Quy định", "TC": "Thông cáo", "TB": "Thông báo", "HD": "Hướng dẫn", "CTr": "Chương trình",
    "KH": "Kế hoạch", "PA": "Phương án", "ĐA": "Đề án", "DA": "Dự án", "BC": "Báo cáo", "BB": "Biên bản",
    "TTr": "Tờ trình", "HĐ": "Hợp đồng", "CĐ": "Công điện", "VBHN": "Văn bản hợp nhất", "QT": "Quy trình",
    "QTNB": "Quy trình", "LTT": "Lệnh", "KL": "Kết luận", "CV": "Công văn",
}  # fmt: skip
#: Whole code words in their own spelling, also when typed in capitals or without Đ. "HD" stays as it is: Hướng dẫn.
_WHOLE = {"ND": "NĐ", "QD": "QĐ", "CD": "CĐ", "TTG": "TTg", "TTR": "TTr", "CTR": "CTr", "QYD": "QyĐ", "QYĐ": "QyĐ"}
#: Parts of agencies' codes that are often typed without their Đ.
_PARTS = {
    "HDND": "HĐND", "HDBT": "HĐBT", "HDNN": "HĐNN", "HDTP": "HĐTP", "HDTV": "HĐTV", "HDQT": "HĐQT", "BLDTB": "BLĐTB",
    "SLDTB": "SLĐTB", "LDTBXH": "LĐTBXH", "GDDT": "GDĐT", "GD&DT": "GD&ĐT", "TLDLD": "TLĐLĐ", "LDLD": "LĐLĐ",
    "DBQH": "ĐBQH", "BDBP": "BĐBP", "VPDP": "VPĐP",
}  # fmt: skip

_FLAT = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹣－", "-") | dict.fromkeys("∕⁄／", "/") | dict.fromkeys("\u00a0\u202f\u2009", " ")
)
_UNMARK = str.maketrans("ĐƯƠÔÊÂĂ", "DUOOEAA")
_YEAR = r"(?:19|20)\d\d"
_WORD = r"[A-ZĐƯƠÔÊÂĂ][A-ZĐƯƠÔÊÂĂ&]{0,15}\d{0,2}"
_SUFFIX = rf"{_WORD}(?:[-.]{_WORD}){{0,4}}(?:/{_WORD}(?:[-.]{_WORD}){{0,2}})?"
# One alternative a form, over text in capitals without spaces around its separators.
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?P<serial>\d{{1,6}}[A-ZĐ]?)(?P<joint>/)(?:(?P<year>{_YEAR})/)?(?P<suffix>{_SUFFIX})",
        rf"(?P<serial>\d{{1,6}}[A-ZĐ]?)(?P<joint>-)(?P<suffix>{_WORD}/{_WORD}|CP|TTG|HĐBT|HDBT)",
        rf"(?P<prefix>[A-ZĐ]{{2,6}})[ .:_-]*(?P<serial>\d{{1,4}}[A-Z]?)(?P<joint>/)(?:(?P<year>{_YEAR})/)?"
        rf"(?P<suffix>{_SUFFIX})",
        r"(?P<prefix>(?:QT[A-Z]{0,4}|BM|HDCV)(?:[.-][A-ZĐ]{1,8}){0,3})[ .-]*(?P<serial>\d{1,4})",
    )
)
_LABEL = re.compile(
    r"^\s*(?:[^\W\d]{2,9}\s+){0,3}(?:s[ốo]|m[ãa](?: hi[ệe]u| s[ốo])?|k[ýy] hi[ệe]u)\s*[:.]?\s*(?=\S)", re.IGNORECASE
)

_S = r"\s{0,2}"
_AGENCY = r"(?:CP|TTg|UBND|H[ĐD]ND|UBTVQH|CTN|VPCP|B(?!AN\b)[A-ZĐ&]{2,7})"
_JOINT = rf"(?:-|\s?-\s?(?={_AGENCY}(?![^\W\d_])))"
_CODE = r"(?:TTg|QyĐ|TTr|CTr|[A-ZĐƯ][A-ZĐƯ&]+\d{0,2}|[A-Z](?=-))(?!\w)"
_CODES = rf"{_CODE}(?:{_JOINT}{_CODE}){{0,4}}"
_LOWER = (
    r"(?:qh\d{1,2}|ubtvqh\d{1,2}|(?:n[đd]|q[đd]|nq|tt|ttlt|ct|pl|kh|tb|bc|hd|vbhn|c[đd])"
    r"(?:-[a-zđ&]{2,10}\d{0,2})+)(?!\w)"
)
_BEFORE = r"(?<![\w/.,%-])"
_IN_TEXT = re.compile(
    rf"{_BEFORE}(?:"
    rf"(?:QT|QTNB|BM|HDCV)[ .-]?\d{{1,4}}{_S}/{_S}(?:{_YEAR}{_S}/{_S})?{_CODES}"
    rf"|\d{{1,6}}[a-zđA-Z]?{_S}/{_S}{_YEAR}{_S}/{_S}{_CODES}(?:/{_CODE})?"
    rf"|\d{{1,6}}[a-zđA-Z]?{_S}/{_S}(?:{_CODE}{_JOINT}{_CODES}(?:/{_CODE})?|(?:CP|TTg|TW|SL|CTN|H[ĐD]BT)(?!\w))"
    rf"|\d{{1,6}}[a-zđ]?{_S}-{_S}(?:(?:L|LCT|NQ|N[ĐD]|Q[ĐD]|CT|TB|TT|HD|QyĐ|KL){_S}/{_S}{_CODE}|(?:CP|TTg|H[ĐD]BT)(?!\w))"
    rf"|(?i:\d{{1,6}}[a-zđ]?{_S}/{_S}(?:{_YEAR}{_S}/{_S})?{_LOWER})"
    rf"|(?i:\d{{1,6}}{_S}-{_S}(?:l{_S}/{_S}ctn|nq{_S}/{_S}tw))(?!\w)"
    r")"
)


#: What every number in running text has; most texts have none, and are told so at the cost of one search.
_MAY_HAVE = re.compile(r"\d[a-zđA-Z]?\s{0,2}[-/‐‑‒–—―−﹣－∕⁄／]")


class UnreadableNumber(BadRequest, ValueError):
    """The text is no document number."""

    code = "unreadable_number"


@dataclass(frozen=True, slots=True, eq=False)
class DocumentNumber:
    """A document's number. `str()` gives the one normal spelling; equal are numbers of one `key`.

    `serial`: as printed, leading zeros kept ("07", "30a"). `year`: four digits, where the form has one. `suffix`: what
    follows, in its own spelling ("QH13", "NĐ-CP", "L/CTN"). `prefix`: of procedures ("QT"). `joint`: after the serial.
    """

    serial: str
    year: int | None = None
    suffix: str = ""
    prefix: str = ""
    joint: str = "/"

    @classmethod
    def parse(cls, text: str) -> DocumentNumber:
        """Read one number, with or without a label before it ("Luật số:", "Mã hiệu:").

        Tolerates NFD, lower case, spaces, any hyphen, missing Đ. Raises `UnreadableNumber` (a ValueError) otherwise.
        """
        clean = compose(text).text.translate(_FLAT)
        clean = (
            re.sub(r"\s*([/-])\s*", r"\1", " ".join(_LABEL.sub("", clean).split())).strip(" .,;:()[]\"'“”/-").upper()
        )
        for form in _FORMS:
            if found := form.fullmatch(clean):
                parts = found.groupdict()
                prefix = parts.get("prefix") or ""
                return cls(
                    serial=parts["serial"].lower(),
                    year=int(parts["year"]) if parts.get("year") else None,
                    suffix=_respell(parts.get("suffix") or ""),
                    prefix=prefix,
                    joint=parts.get("joint") or "-",
                )
        raise UnreadableNumber("Số hiệu văn bản không đúng dạng, ví dụ dạng đúng: 52/2014/QH13, 715/QĐ-UBND.")

    @classmethod
    def try_parse(cls, text: str) -> DocumentNumber | None:
        """Like `parse`, None instead of an error."""
        try:
            return cls.parse(text)
        except UnreadableNumber:
            return None

    @property
    def key(self) -> str:
        """What two spellings of one number share: no leading zeros, no Đ, capitals. For looking up, not for showing."""
        year = f"{self.year}/" if self.year else ""
        serial = self.serial.lstrip("0") or "0"
        return f"{self.prefix} {serial}{self.joint}{year}{self.suffix}".strip(" -").upper().translate(_UNMARK)

    @property
    def type(self) -> str | None:
        """The type of document that the code names ("Nghị định"); None where it names none, as in `52/2014/QH13`."""
        if self.prefix:
            return _TYPES.get(re.split("[.-]", self.prefix)[0])
        return _TYPES.get(re.split("[-./]", self.suffix)[0])

    @property
    def issuer_code(self) -> str:
        """The issuer's part of the code: "CP", "UBND", "BTP-BNG", "QH13"; "" where there is none."""
        if self.prefix:
            return self.suffix
        first, *rest = re.split("[-/]", self.suffix)
        return "-".join(rest) if first in _TYPES else self.suffix

    def __str__(self) -> str:
        year = f"{self.year}/" if self.year else ""
        if self.prefix:
            return f"{self.prefix} {self.serial}/{year}{self.suffix}" if self.suffix else f"{self.prefix}-{self.serial}"
        return f"{self.serial}{self.joint}{year}{self.suffix}"

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, DocumentNumber) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.key)


def find_all(text: str) -> list[tuple[int, int, DocumentNumber]]:
    """Every document number in running text as (start, end, number), offsets in the text as given, in order."""
    composed = compose(text)
    if not _MAY_HAVE.search(composed.text):
        return []
    found = []
    for match in _IN_TEXT.finditer(composed.text.translate(_FLAT)):
        number = DocumentNumber.try_parse(match[0])
        if number is not None:
            found.append((*composed.span(match.start(), match.end()), number))
    return found


def _respell(suffix: str) -> str:
    """Each code word of an upper-case suffix in its own spelling."""

    def word(match: re.Match[str]) -> str:
        code = _WHOLE.get(match[0], match[0])
        for typed, right in _PARTS.items():
            code = code.replace(typed, right)
        return code

    return re.sub(r"[^-./]+", word, suffix)
