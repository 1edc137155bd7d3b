"""What a document ends with: the formula of adoption, the signature, the recipients."""

from __future__ import annotations

import re

from legal.structure_lines import Line, cell_paragraphs

_ADOPTED = re.compile(
    r"(?:Bộ luật|Luật|Nghị quyết|Pháp lệnh|Hiến pháp) này (?:đã )?(?:được|đã) "
    r"(?:Quốc hội|Ủy ban [Tt]hường vụ|Hội đồng nhân dân).*thông qua",
)
_RECIPIENTS = re.compile(r"[*\s]*nơi (?:nhận|gửi)\s*:?", re.IGNORECASE)
_OFFICE = re.compile(
    r"(?:T/?M|K/?T|T/?L|T/?U/?Q|Q(?=\.))(?:\.\s?|\s)[A-ZĐÀ-Ỹ]{2,}(?:,? [A-ZĐÀ-Ỹ-]+)*|(?:PHÓ |Q\. )?"
    r"(?:CHỦ TỊCH|BỘ TRƯỞNG|THỨ TRƯỞNG|THỦ TƯỚNG|GIÁM ĐỐC|TỔNG GIÁM ĐỐC|CỤC TRƯỞNG|TỔNG CỤC TRƯỞNG|CHÁNH VĂN PHÒNG"
    r"|CHÁNH ÁN|VIỆN TRƯỞNG|TRƯỞNG PHÒNG|TRƯỞNG BAN|HIỆU TRƯỞNG|CHỦ NHIỆM|THỐNG ĐỐC"
    r"|TỔNG THANH TRA|TỔNG KIỂM TOÁN|NGƯỜI KÝ)(?:,? [A-ZĐÀ-Ỹ-]+)*",
)


def is_recipients(text: str) -> bool:
    """`Nơi nhận:`."""
    return bool(_RECIPIENTS.match(text))


def is_adoption(text: str) -> bool:
    """`Luật này đã được Quốc hội ... thông qua ngày ...`: the formula that closes a law."""
    return bool(_ADOPTED.match(text))


def closes_body(line: Line) -> bool:
    """Whether the line begins what follows the body: recipients, a signature."""
    if line.table is None:
        return bool(_RECIPIENTS.match(line.text))
    texts = cell_paragraphs(line.table)
    if len(line.table.rows) > 6 or sum(map(len, texts)) > 2500:
        return False
    return any(
        _RECIPIENTS.match(text) or (_OFFICE.match(text) and text.isupper()) or "(Đã ký)" in text for text in texts
    )


def is_office(text: str) -> bool:
    """`KT. CHỦ TỊCH`, `GIÁM ĐỐC`: the office of the one who signs, alone on its line."""
    return text.isupper() and bool(_OFFICE.fullmatch(text))
