"""Who issued a document and who signed it, as names in normal case: "Ủy ban nhân dân tỉnh X", "Sở Tư pháp"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from legal.dates import find_dates
from legal.document import Evidence
from legal.number import DocumentNumber
from legal.text import collapse

_BELOW = re.compile(
    r"(?:(?:Bộ luật|Luật|Nghị quyết)\s+)?(?:số|mã hiệu|mã số|ký hiệu)\s*:?\s|lần ban hành|V/v", re.IGNORECASE
)
_ISSUERS = {
    "QUỐC HỘI": "Quốc hội", "CHÍNH PHỦ": "Chính phủ", "THỦ TƯỚNG CHÍNH PHỦ": "Thủ tướng Chính phủ",
    "CHỦ TỊCH NƯỚC": "Chủ tịch nước", "ỦY BAN THƯỜNG VỤ QUỐC HỘI": "Ủy ban thường vụ Quốc hội",
    "BỘ CÔNG THƯƠNG": "Bộ Công Thương", "VĂN PHÒNG CHÍNH PHỦ": "Văn phòng Chính phủ",
    "VĂN PHÒNG QUỐC HỘI": "Văn phòng Quốc hội",
    "NGÂN HÀNG NHÀ NƯỚC VIỆT NAM": "Ngân hàng Nhà nước Việt Nam", "NGÂN HÀNG NHÀ NƯỚC": "Ngân hàng Nhà nước",
    "TÒA ÁN NHÂN DÂN TỐI CAO": "Tòa án nhân dân tối cao", "KIỂM TOÁN NHÀ NƯỚC": "Kiểm toán nhà nước",
    "VIỆN KIỂM SÁT NHÂN DÂN TỐI CAO": "Viện kiểm sát nhân dân tối cao", "THANH TRA CHÍNH PHỦ": "Thanh tra Chính phủ",
    "HỘI ĐỒNG THẨM PHÁN TÒA ÁN NHÂN DÂN TỐI CAO": "Hội đồng Thẩm phán Tòa án nhân dân tối cao",
}  # fmt: skip
_BY_CODE = {
    "CP": "Chính phủ", "TTg": "Thủ tướng Chính phủ", "CTN": "Chủ tịch nước", "BTP": "Bộ Tư pháp", "BTC": "Bộ Tài chính",
    "BNV": "Bộ Nội vụ", "BCA": "Bộ Công an", "BQP": "Bộ Quốc phòng", "BYT": "Bộ Y tế", "BXD": "Bộ Xây dựng",
    "BCT": "Bộ Công Thương", "BNG": "Bộ Ngoại giao", "BGDĐT": "Bộ Giáo dục và Đào tạo",
    "BKHCN": "Bộ Khoa học và Công nghệ",
    "BTNMT": "Bộ Tài nguyên và Môi trường", "BGTVT": "Bộ Giao thông vận tải", "BTTTT": "Bộ Thông tin và Truyền thông",
    "BLĐTBXH": "Bộ Lao động - Thương binh và Xã hội", "BKHĐT": "Bộ Kế hoạch và Đầu tư",
    "NHNN": "Ngân hàng Nhà nước Việt Nam",
    "BVHTTDL": "Bộ Văn hóa, Thể thao và Du lịch", "BNNPTNT": "Bộ Nông nghiệp và Phát triển nông thôn",
    "VPCP": "Văn phòng Chính phủ", "TTCP": "Thanh tra Chính phủ",
}  # fmt: skip
_AREA = r"(?:TỈNH|THÀNH PHỐ|TP\.?|QUẬN|HUYỆN|THỊ XÃ|THỊ TRẤN|PHƯỜNG|XÃ(?! HỘI)|ĐẶC KHU)"
AGENCY = re.compile(
    r"^(?:BỘ|SỞ|PHÒNG|BAN|CỤC|CHI CỤC|TỔNG CỤC|VỤ|VIỆN|TRƯỜNG|TRUNG TÂM|VĂN PHÒNG|ỦY BAN|HỘI ĐỒNG|TÒA ÁN|CÔNG AN|HỘI"
    r"|ĐOÀN|THANH TRA|NGÂN HÀNG|KIỂM TOÁN|CHÍNH PHỦ|QUỐC HỘI|THỦ TƯỚNG|CHỦ TỊCH|BẢO HIỂM|ĐẢNG|TỈNH ỦY|HUYỆN ỦY|MẶT TRẬN"
    r"|BỆNH VIỆN|CÔNG TY|QUỸ|TẬP ĐOÀN|TỔNG CÔNG TY|LIÊN ĐOÀN|HỌC VIỆN|ĐẠI HỌC|UBND|HĐND)\b"
)

_TOGETHER = re.compile(rf"\s+[-–]\s+(?={AGENCY.pattern.removeprefix('^')})")


def read_issuer(
    lines: Sequence[str], heading: int, number: DocumentNumber | None, kind: str | None, evidence: dict[str, Evidence]
) -> tuple[str, ...]:
    """The agency printed above the number, of a superior and its unit the unit; all of several that issue together."""
    above: list[str] = []
    for line in lines[:heading]:
        if _BELOW.match(line) or find_dates(line) or re.search(r"(?i), ngày\b", line):
            if above:
                break
            continue
        if line.isupper() or AGENCY.match(line.upper()):
            above.append(line)
    names: list[str] = []
    for line in above:
        upper = re.sub(
            r"\bUỶ\b", "ỦY", line.upper().replace("UBND", "ỦY BAN NHÂN DÂN").replace("HĐND", "HỘI ĐỒNG NHÂN DÂN")
        )
        if names and not AGENCY.match(upper):
            names[-1] += " " + upper  # the name goes on: ỦY BAN NHÂN DÂN / TỈNH X
        elif upper not in names:
            names.append(upper)
    if names:
        evidence["issuer"] = Evidence(" ".join(above))
        parts = [part.strip(" -–") for name in names for part in _TOGETHER.split(name)]
        ministries = all(re.match("BỘ |TÒA ÁN|VIỆN KIỂM SÁT|THANH TRA|NGÂN HÀNG", name) for name in names)
        joint = kind is not None and kind.endswith("liên tịch")
        if ministries or joint or len(parts) > len(names):
            return tuple(map(agency_case, parts))
        unit = agency_case(names[-1])
        area = re.search(rf"\b{_AREA} .*", names[0])
        if len(names) > 1 and area and not re.search(rf"\b{_AREA}\b", names[-1]):
            unit += " " + agency_case(area[0])
        return (unit,)
    if number is None:
        return ()
    code = number.issuer_code
    if re.match(r"QH\d+$", code) or (kind == "Luật" and code == "CTN"):
        return ("Quốc hội",)
    if code.startswith("UBTVQH"):
        return ("Ủy ban thường vụ Quốc hội",)
    return tuple(_BY_CODE[part] for part in code.split("-") if part in _BY_CODE)


def agency_case(name: str) -> str:
    """An agency's name in normal case: "SỞ TƯ PHÁP" is "Sở Tư pháp", "ỦY BAN NHÂN DÂN TỈNH X" keeps the place's."""
    upper = collapse(unicodedata.normalize("NFC", name)).upper()
    upper = re.sub(r"\bUỶ\b", "ỦY", upper).replace("TOÀ ÁN", "TÒA ÁN")
    if upper in _ISSUERS:
        return _ISSUERS[upper]
    if not name.isupper():
        return collapse(name)
    area = re.search(rf"(?:^|\s)({_AREA}) (.*)$", upper)
    head = upper[: area.start()].strip() if area else upper
    if head:
        words = [word.lower() for word in head.split(" ")]
        prefix = (
            2
            if re.match(r"(?:ỦY BAN|HỘI ĐỒNG|CHI CỤC|TỔNG CỤC|VĂN PHÒNG|TRUNG TÂM|THANH TRA|NGÂN HÀNG|CÔNG TY)\b", head)
            else 1
        )
        names_office = not re.match(r"(?:ỦY BAN NHÂN DÂN|HỘI ĐỒNG NHÂN DÂN|CÔNG AN|TÒA ÁN|VIỆN KIỂM SÁT)\b", head)
        for index, word in enumerate(words):
            starts = index == 0 or (
                names_office and (index == prefix or words[index - 1] in ("và", "-") or words[index - 1][-1] == ",")
            )
            words[index] = word.capitalize() if starts and word != "và" else word
        head = normal_case_kept(" ".join(words))
    if not area:
        return head
    place = area[2].title() if area[2] != "Y" else area[2]
    return f"{head} {area[1].lower()} {place}".strip()


def normal_case_kept(text: str) -> str:
    """Names of the State's bodies inside an agency's name with their own capitals."""
    for wrong, right in (("việt nam", "Việt Nam"), ("quốc hội", "Quốc hội"), ("chính phủ", "Chính phủ")):
        text = re.sub(rf"\b{wrong}\b", right, text, flags=re.IGNORECASE)
    return text


_NAME_WORD = r"[A-ZĐÂĂÊÔƠƯÁÀẢÃẠẤẦẨẪẬẮẰẲẴẶÉÈẺẼẸẾỀỂỄỆÍÌỈĨỊÓÒỎÕỌỐỒỔỖỘỚỜỞỠỢÚÙỦŨỤỨỪỬỮỰÝỲỶỸỴ][a-zđ\u00e0-\u1ef9’'\-]*"
_NAME = re.compile(rf"(?:{_NAME_WORD})(?: {_NAME_WORD}){{1,5}}")
_RANK = re.compile(
    r"^(?:(?:PGS|GS|TS|ThS|BS|LS|Dr|Ts|CN)\.?\s*)+|^(?:Đại tướng|Thượng tướng|Trung tướng|Thiếu tướng|Đại tá|Thượng tá"
    r"|Trung tá|Thiếu tá|Đ/c|Ông|Bà)\s+"
)
_OFFICE_WORD = re.compile(
    r"\b(?:CHỦ TỊCH|TM\.|KT\.|TL\.|TUQ\.|Q\.|PHÓ|TRƯỞNG|BỘ TRƯỞNG|GIÁM ĐỐC|THỦ TƯỚNG|CHÁNH|THỐNG ĐỐC|HIỆU TRƯỞNG"
    r"|CHỦ NHIỆM|TỔNG|NHÂN DÂN|CHÍNH PHỦ|QUỐC HỘI|ỦY BAN|SỞ|PHÒNG|VĂN PHÒNG|BÍ THƯ|CỤC|ĐỘI)\b",
    re.IGNORECASE,
)
_SURNAME_LIST = (
    "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý vương đinh trương lâm mai đào đoàn "
    "tô hà cao chu châu lưu lương tạ thái thạch tăng trịnh triệu tống từ ông quách quản phùng nông ninh nghiêm "
    "mạc lò lục la kiều khúc hứa giang giàng diệp doãn danh đàm điểu đồng vi vàng sùng thào tòng quàng cầm bế "
    "bạch âu an uông ung văn viên "
)
_SURNAMES = frozenset(_SURNAME_LIST.split())


def read_signer(lines: Sequence[str]) -> tuple[str | None, str | None]:
    """(name, title) of who signed: the last line that is a person's name, and the offices in capitals above it."""
    name: str | None = None
    offices: list[str] = []
    pending: list[str] = []
    for raw in lines:
        line = re.sub(r"\(?\s*(?:đã ký|ký tên|signed)[^)]*\)?", "", raw, flags=re.IGNORECASE).strip(" .,;")
        for piece in _office_and_name(line):
            person = _person(piece)
            if person:
                name, offices, pending = person, pending or offices, []
            elif piece.isupper() and _OFFICE_WORD.search(piece):
                pending.append(piece)
    return name, collapse(" ".join(offices)) or None if name else None


def _office_and_name(line: str) -> tuple[str, ...]:
    """ "CHỦ TỊCH QUỐC HỘI Nguyễn Văn A" in two: capitals, then words with one capital each; else the line alone."""
    words = line.split(" ")
    cut = next((i for i, word in enumerate(words) if len(word) > 1 and word.istitle()), 0)
    if cut and len(words) - cut >= 2 and " ".join(words[:cut]).isupper() and _NAME.fullmatch(" ".join(words[cut:])):
        return " ".join(words[:cut]), " ".join(words[cut:])
    return (line,)


def _person(line: str) -> str | None:
    """The name in a line that holds nothing else; None when it is no person's name."""
    bare = _RANK.sub("", line).strip()
    words = bare.split(" ")
    if not 2 <= len(words) <= 6 or (_OFFICE_WORD.search(bare) and words[0].lower() not in _SURNAMES):
        return None
    if bare.isupper():
        return bare.title() if words[0].lower() in _SURNAMES and not _OFFICE_WORD.search(bare) else None
    known = words[0].lower() in _SURNAMES
    return bare if _NAME.fullmatch(bare) and (known or all(word[0].isupper() for word in words)) else None
