"""Type and title of a document from the lines of its title block: "Luật Hộ tịch", "Quyết định ban hành Quy chế ..."."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from legal.number import find_all
from legal.text import collapse

#: Heading in the title block -> type. A bộ luật is a luật (Luật 80/2015/QH13, điều 4: "gọi chung là luật").
TYPES = {
    "HIẾN PHÁP": "Hiến pháp", "BỘ LUẬT": "Luật", "LUẬT": "Luật", "PHÁP LỆNH": "Pháp lệnh", "LỆNH": "Lệnh",
    "SẮC LỆNH": "Sắc lệnh", "NGHỊ QUYẾT LIÊN TỊCH": "Nghị quyết liên tịch", "NGHỊ QUYẾT": "Nghị quyết",
    "NGHỊ ĐỊNH": "Nghị định", "QUYẾT ĐỊNH": "Quyết định", "CHỈ THỊ": "Chỉ thị",
    "THÔNG TƯ LIÊN TỊCH": "Thông tư liên tịch", "THÔNG TƯ": "Thông tư", "QUY TRÌNH": "Quy trình", "QUY CHẾ": "Quy chế",
    "QUY ĐỊNH": "Quy định", "NỘI QUY": "Nội quy", "ĐIỀU LỆ": "Điều lệ", "THÔNG BÁO": "Thông báo",
    "THÔNG CÁO": "Thông cáo",
    "HƯỚNG DẪN": "Hướng dẫn", "KẾ HOẠCH": "Kế hoạch", "CHƯƠNG TRÌNH": "Chương trình", "PHƯƠNG ÁN": "Phương án",
    "ĐỀ ÁN": "Đề án", "DỰ ÁN": "Dự án", "BÁO CÁO": "Báo cáo", "BIÊN BẢN": "Biên bản", "TỜ TRÌNH": "Tờ trình",
    "HỢP ĐỒNG": "Hợp đồng", "CÔNG ĐIỆN": "Công điện", "CÔNG VĂN": "Công văn", "KẾT LUẬN": "Kết luận",
    "VĂN BẢN HỢP NHẤT": "Văn bản hợp nhất", "THỦ TỤC": "Thủ tục", "BIỂU PHÍ": "Biểu phí",
}  # fmt: skip
_SPOKEN = {"BỘ LUẬT": "Bộ luật"}  # how the title begins, where it is not the type
_NAME_FIRST = {"HIẾN PHÁP", "BỘ LUẬT", "LUẬT", "PHÁP LỆNH"}  # their name is a name: "Luật Hộ tịch"
_BY_LENGTH = sorted(TYPES, key=len, reverse=True)

_SESSION = re.compile(
    r"\s*CỦA QUỐC HỘI(?: NƯỚC CỘNG H(?:ÒA|OÀ) XÃ HỘI CHỦ NGHĨA VIỆT NAM)?(?=\s*(?:,? ?SỐ \d|KH(?:ÓA|OÁ)|NGÀY|VỀ|$))"
    r"|\s*,?\s*KH(?:ÓA|OÁ) [IVX]+\s*,?\s*(?:KỲ HỌP(?: BẤT THƯỜNG)? (?:THỨ|LẦN) \S+)?"
)
_DAY = re.compile(r"\s*,?\s*NGÀY \d{1,2}(?:/\d{1,2}/| THÁNG \d{1,2} NĂM )\d{4}")
_STOP = re.compile(
    r"(?:Căn cứ|Để |Xét |Theo |Thực hiện |Kính gửi|Chương |CHƯƠNG |Điều |Phần |PHẦN |MỤC LỤC|Luật này|Quốc hội ban hành"
    r"|\d+[.)])"
)
_OFFICE = re.compile(
    r"(?:CHỦ TỊCH|PHÓ CHỦ TỊCH|[ỦU][YỶ] BAN|UBND|GIÁM ĐỐC|TỔNG GIÁM ĐỐC|BỘ TRƯỞNG|THỦ TƯỚNG|HỘI ĐỒNG|CHÍNH PHỦ"
    r"|THỐNG ĐỐC|TỔNG|CỤC TRƯỞNG|CHÁNH |VIỆN TRƯỞNG|TRƯỞNG |HIỆU TRƯỞNG|QUỐC HỘI|BỘ |SỞ )"
)


_ABOUT = re.compile(r"^(?:V\s?/\s?v|Về việc|Trích yếu)\s*:?\s*", re.IGNORECASE)


def read_type(lines: Sequence[str]) -> tuple[str, int, str] | None:
    """The heading that names the type, as (heading in capitals, index of its line, rest of the line after it)."""
    for index, line in enumerate(lines):
        squeezed = line.strip(" :.")
        if re.fullmatch(r"(?:\w ){3,}\w(?:\s{1,3}(?:\w ){1,}\w)*", line):  # Q U Y Ế T  Đ Ị N H
            squeezed = _respaced(line) or squeezed
        for heading in _BY_LENGTH:
            if squeezed.upper() == heading and (squeezed.isupper() or len(lines) > index + 1):
                return heading, index, ""
            if (
                squeezed.startswith(heading + " ")
                and squeezed.isupper()
                and not re.match(r"S[ỐỐ]\b", squeezed[len(heading) + 1 :])
            ):
                return heading, index, squeezed[len(heading) + 1 :]
    return None


#: "Ủy ban nhân dân xã ... thông báo như sau:" is the body's first sentence.
_OPENS_BODY = re.compile(r"\b(?:như sau|sau đây|dưới đây)\s*:$", re.IGNORECASE)


def read_title(lines: Sequence[str], context: str, number: str | None) -> tuple[str | None, str | None, str]:
    """(type, title, evidence) from the title block's lines.

    `context`: text in normal case (preamble and first articles), from which names in capitals take their case.
    `number`: the document's own, which old laws repeat in the title.
    """
    found = read_type(lines)
    if found is None:
        return _subject_of_letter(lines)
    heading, index, rest = found
    named = [rest] if rest else []
    for line in lines[index + 1 :]:
        if _STOP.match(line) or len(line) > 600:
            break
        if named and line.isupper() and (_OFFICE.match(line) or not named[-1].isupper()):
            break
        if named and not line.isupper() and named[-1].isupper() and (heading in _NAME_FIRST or line.endswith(".")):
            break
        if not named and line.isupper() and _OFFICE.match(line) and heading not in _NAME_FIRST:
            break
        if named and (re.match(r"\(.*\)$", line) or _OPENS_BODY.search(line)):
            break
        named.append(line)
    printed = collapse(" ".join(named)).rstrip(" .:,;")
    name = _without_own_data(printed, number) if printed.isupper() else printed
    if not name:
        return TYPES[heading], None, heading
    return TYPES[heading], join_title(heading, normal_case(name, context)), f"{heading} {printed}"


def _subject_of_letter(lines: Sequence[str]) -> tuple[str | None, str | None, str]:
    """A letter has no heading; it says what it is about under its number: "V/v trồng cây"."""
    for at, line in enumerate(lines):
        if not _ABOUT.match(line):
            continue
        said = [line]
        for below in lines[at + 1 : at + 4]:  # the narrow column breaks it over lines
            if below.isupper() or _STOP.match(below) or re.search(r"(?i)\bngày\b|^số\b|độc lập|cộng h", below):
                break
            said.append(below)
        printed = collapse(" ".join(said))
        name = _ABOUT.sub("", printed).strip(" .:")
        return ("Công văn", f"Công văn về việc {name[:1].lower()}{name[1:]}", printed) if name else (None, None, "")
    return None, None, ""


def join_title(heading: str, name: str) -> str:
    """Type and name as an official writes them in running text."""
    first = _SPOKEN.get(heading, TYPES[heading])
    if heading in _NAME_FIRST and not name.lower().startswith("sửa đổi"):
        name = name[:1].upper() + name[1:]
    else:
        word = name.split(" ", 1)[0]
        if not word.isupper() and not name.startswith(
            ("Bộ ", "Quốc hội", "Chính phủ", "Ủy ban", "Hội đồng", "Việt Nam")
        ):
            name = name[:1].lower() + name[1:]
    # A law named inside begins with a capital: "của Luật Bảo hiểm y tế".
    name = re.sub(
        r"\b((?:Bộ luật|Luật|Pháp lệnh) )(?!sửa đổi|số|này|và|có|của|sư)(\w)", lambda m: m[1] + m[2].upper(), name
    )
    return f"{first} {name}"


def _without_own_data(name: str, number: str | None) -> str:
    """A title in capitals without the number, day and Assembly that old laws print inside it."""
    own = [(start, end) for start, end, found in find_all(name) if number and str(found) == number]
    if own:
        start, end = own[0]
        name = re.sub(r"\s*,?\s*SỐ\s*$", "", name[:start]) + _DAY.sub("", name[end:])
        name = re.sub(r"^SỐ\s*$", "", name)
        name = re.sub(r"\s*CỦA QUỐC HỘI\s*$", "", name)
    name = collapse(_SESSION.sub("", name))
    name = re.sub(r"^(?:CỦA QUỐC HỘI(?: NƯỚC .*? VIỆT NAM)?\s*)?(?:VỀ LUẬT|VỀ) (?=\w)", "", name) if own else name
    return name.strip(" ,.-")


def _respaced(line: str) -> str | None:
    letters = line.replace(" ", "").upper()
    return next((heading for heading in _BY_LENGTH if heading.replace(" ", "") == letters), None)


#: Words that keep their capitals when no context tells (longest first where one begins another).
_PROPER = (
    "Cộng hòa xã hội chủ nghĩa Việt Nam", "Mặt trận Tổ quốc Việt Nam", "Quân đội nhân dân Việt Nam", "Công an nhân dân",
    "Hội đồng nhân dân", "Ủy ban nhân dân", "Ủy ban thường vụ Quốc hội", "Ngân hàng Nhà nước", "Đảng Cộng sản Việt Nam",
    "Chính phủ", "Quốc hội", "Việt Nam", "Hà Nội", "Tòa án nhân dân", "Viện kiểm sát nhân dân", "Thủ tướng Chính phủ",
    "Chủ tịch nước", "Hội Chữ thập đỏ", "Nghị định", "Thông tư", "Quyết định", "Nghị quyết", "Sở Tư pháp",
    "Quy chế", "Hiến pháp", "Pháp lệnh",
)  # fmt: skip
_PLACE = re.compile(r"\b((?:tỉnh|thành phố|quận|huyện|thị xã|thị trấn|phường|xã(?! hội)) )((?:\w+(?: |$)){1,3})$")


def normal_case(name: str, context: str) -> str:
    """A name printed in capitals in normal case: words standing in `context` take its case, known names theirs."""
    if not name.isupper():
        return name
    words = name.split(" ")
    lowered = context.lower()
    out: list[str] = []
    position = 0
    while position < len(words):
        taken = 0
        for length in range(min(12, len(words) - position), 1, -1):
            seen = _in_context(" ".join(words[position : position + length]).lower(), context, lowered)
            if seen:
                out.append(seen)
                taken = length
                break
        if not taken:
            word = words[position]
            out.append(word if _is_code(word) else word.lower())
            taken = 1
        position += taken
    text = " ".join(out)
    for proper in _PROPER:
        text = re.sub(rf"\b{re.escape(proper)}\b", proper, text, flags=re.IGNORECASE)
    text = re.sub(r"(?<!pháp )(?<!kỷ )(?<!\d )\b(bộ luật|luật) (?!sư)(?=\w)", lambda m: m[0].capitalize(), text)
    return _PLACE.sub(lambda m: m[1] + m[2].title(), text)


def _is_code(word: str) -> bool:
    return (
        bool(re.search(r"\d", word)) or bool(re.fullmatch(r"[IVXLC]+", word)) or word in {"UBND", "HĐND", "ISO", "TCVN"}
    )


def _in_context(words: str, context: str, lowered: str) -> str | None:
    """How `context` spells these words when not all in capitals; the commonest way, not a sentence's first."""
    seen: Counter[str] = Counter()
    at = lowered.find(words)
    while at >= 0:
        end = at + len(words)
        spelled = context[at:end]
        if not (context[at - 1 : at].isalnum() or context[end : end + 1].isalnum() or spelled.isupper()):
            seen[spelled] += 1
        at = lowered.find(words, end)
    within = {spelling: count for spelling, count in seen.items() if spelling[0].islower()}
    return max(within or seen, key=lambda spelling: seen[spelling]) if seen else None
