"""How officials write a provision's address ("điểm a khoản 1 Điều 8") and how the code does: `art_8__para_1__point_a`.

`eid_label` and `parse_label` go back and forth without a document; `label_of` and `labels` print the numbers as the
document itself prints them ("Chương II", "Chương 2"), and name the attachment an article stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from legal.document import LegalDocument, Provision
from legal.errors import BadRequest
from legal.numerals import arabic, ordinal_words, roman
from legal.text import collapse, fold, nfc

#: What an attached text can be called: "Quy chế ban hành kèm theo Quyết định ...".
ATTACHED_TYPES = (
    "Quy chế", "Quy định", "Quy trình", "Quy chuẩn kỹ thuật", "Quy chuẩn", "Quy hoạch", "Quy ước", "Điều lệ", "Nội quy",
    "Kế hoạch", "Đề án", "Phương án", "Chương trình", "Hướng dẫn", "Chiến lược", "Định mức", "Tiêu chuẩn", "Bảng giá",
    "Bảng lương", "Bảng", "Biểu", "Hiệp định", "Nghị định thư", "Công ước", "Bản thỏa thuận", "Thủ tục", "Bộ quy tắc",
    "Quy tắc",
)  # fmt: skip
ATTACHED_SUFFIX = "ban hành kèm theo"

_WORDS = {
    "part": "Phần", "chp": "Chương", "sec": "Mục", "subsec": "Tiểu mục", "art": "Điều", "para": "khoản",
    "point": "điểm", "item": "tiết", "att": "Phụ lục", "table": "Bảng", "blk": "Đoạn",
}  # fmt: skip
_PREFIXES = {word.lower(): prefix for prefix, word in _WORDS.items()}
_MERGED = {"sec", "item"}  # "Mục 5.2" is mục 2 under mục 5
_SEGMENT = re.compile(
    r"(part|chp|sec|subsec|art|para|point|item|att|table|blk)_([0-9a-zđ]+(?:\.[0-9a-zđ]+)*)(?:-(\d+))?"
)
_ONE = r"[0-9A-Za-zĐđ]+(?: ?\(lần \d+\))?"
_LABEL = re.compile(
    r"(tiểu mục|mục|chương|phần|điều|khoản|điểm|tiết|phụ lục|bảng|đoạn)\s+(?:số\s+)?"
    rf"(thứ (?:mười \w+|\w+)(?: ?\(lần \d+\))?|{_ONE}(?:\.{_ONE})*)"
    rf"|((?:{'|'.join(ATTACHED_TYPES)})\s+{ATTACHED_SUFFIX})",
    re.IGNORECASE,
)
_TIMES = re.compile(r"^(.*?) ?\(lần (\d+)\)$")


def labels(document: LegalDocument) -> dict[str, str]:
    """Every eid of the document with its label, in reading order."""

    def down(nodes: Sequence[Provision], above: tuple[Provision, ...]) -> Iterator[tuple[str, str]]:
        for node in nodes:
            path = (*above, node)
            yield node.eid, label_of(path)
            yield from down(node.children, path)

    return dict(down(document.provisions, ()))


def label(document: LegalDocument, eid: str) -> str:
    """The label of one provision; that of the eid alone where the document has no such provision."""
    path = document.path(eid)
    return label_of(path) if path else eid_label(eid)


def find_label(document: LegalDocument, text: str) -> str | None:
    """The eid of the provision that the document labels so; letter case and diacritics do not matter."""
    wanted = fold(collapse(text))
    return next((eid for eid, known in labels(document).items() if fold(known) == wanted), None)


def label_of(path: Sequence[Provision]) -> str:
    """The label of the last provision of a path that runs from the root down to it ("" for an empty path)."""
    pieces: list[str] = []
    numbers: list[str] = []  # of merged levels, innermost first
    past_article = False
    for depth in range(len(path) - 1, -1, -1):
        node = path[depth]
        if node.kind == "appendix":
            pieces.append(attachment_name(node))
            continue
        if past_article:
            continue
        past_article = node.kind == "article"
        match = _last_segment(node.eid)
        if match is None:
            continue
        prefix, number, times = match
        if node.kind == "heading" and not node.number and node.heading:
            pieces.append(f"{_WORDS[prefix]} “{collapse(node.heading)[:60]}”")
            continue
        if node.kind == "heading" and depth and path[depth - 1].number:  # "5.2" under "5" adds "2"
            number = node.number.removeprefix(f"{path[depth - 1].number}.") or number
        else:
            number = node.number or number
        shown = _shown(prefix, number) + (f" (lần {times})" if times else "")
        numbers.append(shown)
        if prefix in _MERGED and depth and _prefix(path[depth - 1].eid) == prefix:
            continue
        pieces.append(f"{_WORDS[prefix]} {'.'.join(reversed(numbers))}")
        numbers = []
    return " ".join(pieces)


def attachment_name(node: Provision) -> str:
    """How an attachment is named in a label: "Phụ lục I", "Mẫu số 01", "Quy chế ban hành kèm theo"."""
    title = nfc(f"{node.marker} {node.heading}").strip().lower()
    for name in ATTACHED_TYPES:
        if title.startswith(name.lower()):
            return f"{name} {ATTACHED_SUFFIX}"
    marker = collapse(node.marker).rstrip(".:")
    if marker and len(marker) <= 40:
        words = marker.split(" ")
        plain = [word.lower() if len(word) > 1 and word.isupper() and not roman_like(word) else word for word in words]
        return " ".join([plain[0].capitalize(), *plain[1:]])
    match = _last_segment(node.eid)
    return f"Phụ lục {match[1]}" if match else "Phụ lục"


def roman_like(word: str) -> bool:
    """Whether a word consists of roman digits only."""
    return bool(re.fullmatch(r"[IVXLC]+[a-zđ]?", word))


def eid_label(eid: str) -> str:
    """The label of an eid where no document is at hand: `att_1__art_5` is "Điều 5 Phụ lục 1".

    Raises BadRequest when it is no eid.
    """
    segments = []
    for piece in eid.split("__"):
        match = _SEGMENT.fullmatch(piece)
        if match is None:
            raise BadRequest(
                f"“{eid[:80]}” không phải là địa chỉ của một điều khoản (ví dụ đúng: art_8__para_1__point_a)."
            )
        segments.append((match[1], match[2], match[3]))
    pieces: list[str] = []
    numbers: list[str] = []
    for position in range(len(segments) - 1, -1, -1):
        prefix, number, times = segments[position]
        numbers.append(_printed(prefix, number) + (f" (lần {times})" if times else ""))
        if prefix in _MERGED and position and segments[position - 1][0] == prefix:
            continue
        pieces.append(f"{_WORDS[prefix]} {'.'.join(reversed(numbers))}")
        numbers = []
    return " ".join(pieces)


def parse_label(text: str) -> str:
    """The eid that a label names: "điểm a khoản 1 Điều 8" is `art_8__para_1__point_a`. Commas, letter case and
    spaces do not matter. An article of an attached regulation is taken to stand in the first attachment.

    Raises BadRequest when the text is no label.
    """
    clean = collapse(nfc(text).replace(",", " "))
    position = 0
    segments: list[str] = []  # innermost first
    for match in _LABEL.finditer(clean):
        if clean[position : match.start()].strip():
            break
        position = match.end()
        if match[3]:
            segments.append("att_1")
            continue
        prefix = _PREFIXES[match[1].lower()]
        parts = match[2].split(".") if prefix in _MERGED else [match[2]]
        for part in reversed(parts):
            times = _TIMES.match(part)
            number = _bare(prefix, times[1] if times else part)
            segments.append(f"{prefix}_{number}" + (f"-{times[2]}" if times else ""))
    if not segments or clean[position:].strip():
        raise BadRequest("Không hiểu vị trí điều khoản này; cách viết đúng ví dụ: điểm a khoản 1 Điều 8.")
    return "__".join(reversed(segments))


def _printed(prefix: str, number: str) -> str:
    """An eid's number as it is usually printed."""
    digits = re.match(r"(\d+)([a-zđ]*)$", number)
    if digits and prefix == "chp":
        return roman(int(digits[1])) + digits[2]
    if digits and prefix == "part" and not digits[2]:
        words = ordinal_words(int(digits[1]))
        return f"thứ {words}" if words else number
    return number


def _shown(prefix: str, number: str) -> str:
    """A document's own number; "thứ NHẤT" in capitals reads "thứ nhất"."""
    return number.lower() if prefix == "part" and " " in number else number


def _bare(prefix: str, number: str) -> str:
    """A printed number as it stands in an eid."""
    if prefix in {"part", "chp", "sec", "subsec", "att"}:
        return arabic(number)
    return number.lower()


def _last_segment(eid: str) -> tuple[str, str, str | None] | None:
    match = _SEGMENT.fullmatch(eid.rsplit("__", 1)[-1])
    return (match[1], match[2], match[3]) if match else None


def _prefix(eid: str) -> str:
    match = _last_segment(eid)
    return match[0] if match else ""
