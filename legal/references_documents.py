"""Documents named in running text: "Luật này", "Nghị định số 123/2020/NĐ-CP", "Bộ luật dân sự năm 2015"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from legal.names import LawNames
from legal.number import DocumentNumber
from legal.titles import public_titles

THIS = "this"
_TYPES = (
    "Bộ luật", "Luật", "Pháp lệnh", "Hiến pháp", "Nghị quyết liên tịch", "Nghị quyết", "Nghị định",
    "Thông tư liên tịch", "Thông tư", "Quyết định", "Chỉ thị", "Quy chế", "Quy định", "Quy trình", "Quy chuẩn",
    "Nội quy", "Điều lệ", "Thông báo", "Hướng dẫn", "Kế hoạch", "Chương trình", "Sắc lệnh", "Lệnh", "Công văn",
    "Công điện", "Tờ trình", "Văn bản", "Kết luận", "Danh mục", "Biểu", "Đề án", "Phương án",
)  # fmt: skip
ATTACHED = (
    "Quy chế",
    "Quy định",
    "Quy trình",
    "Nội quy",
    "Điều lệ",
    "Danh mục",
    "Biểu",
    "Đề án",
    "Phương án",
    "Quy chuẩn",
)
_TYPE = "|".join(_TYPES)
_THIS_DOCUMENT = re.compile(rf"(?P<type>{_TYPE})\s+này(?!\w)")  # "quyết định này" of a court is no document
_ENACTED = r"(?:Quyết định|Nghị định|Thông tư|Nghị quyết)"
_ATTACHED_TO = re.compile(
    rf"(?P<type>{'|'.join(ATTACHED)})(?: [^.;:()“”\n]{{0,250}}?)? (?:ban hành )?kèm theo {_ENACTED}(?P<this> này)?",
    re.IGNORECASE,
)
# "Luật sửa đổi, bổ sung một số điều của Luật X số N": one document.
_AMENDING = re.compile(
    r"(?:Bộ luật|Luật|Pháp lệnh|Nghị định|Nghị quyết|Thông tư|Quyết định) sửa đổi(?:,? bổ sung)?"
    r"(?: (?:một số )?(?:điều|khoản)(?: \d+)?)? của (?=Bộ luật|Luật|Pháp lệnh|Nghị định|Nghị quyết|Thông tư|Quyết định)"
)
_TYPED = re.compile(rf"(?:{_TYPE})(?!\w)")
_WORD_OF_TYPE = re.compile(rf"(?<!\w){_TYPED.pattern}")
_WORD_OF_ATTACHED = re.compile(rf"(?<!\w)(?:{'|'.join(ATTACHED)})(?!\w)", re.IGNORECASE)
_WITH = re.compile(r"kèm theo", re.IGNORECASE)
_LAW_NAME = re.compile(r"(?:Bộ luật|Luật|Pháp lệnh|Hiến pháp)(?!\w)")
_OTHER_DOCUMENT = re.compile(
    r"(?:^|\W)(?:Bộ luật|Luật|Nghị định|Nghị quyết|Thông tư|Pháp lệnh|Quyết định|Hiến pháp|này|hoặc"
    r"|Điều \d|khoản \d)(?!\w)"
)
_NUMBER_AHEAD = re.compile(r"(?:\s+(?P<name>[^.;:()“”\n]{1,220}?))??\s*(?:,\s*)?(?:số:?\s*)?$", re.IGNORECASE)
_YEAR = re.compile(r"\s+(?:năm\s+)((?:19|20)\d\d)(?!\d)")
_DAY = re.compile(r",?\s+(?:được .{0,80}?thông qua )?ngày \d{1,2}(?:/| tháng )\d{1,2}(?:/| năm )((?:19|20)\d\d)(?!\d)")

_NO_NAME = """
    này và của có được khác định hoặc hay thì đã về tại là trên theo gia tục do nêu số bổ các đó sư trong đối áp sẽ
    không phải cho bị để với khi nếu vì ở từ trước sau cũng như mới cũ nào gì chung riêng sửa nước còn mà
    """.split()  # noqa: SIM905
_ENDS_NAME = """
    này và của có được hoặc hay thì đã về tại là theo do số năm hết để khi phải không cho đối trừ từ còn như với
    trong áp ban bằng trước sau kể nếu mà nhưng bị sẽ thực cũng đang đến cùng vẫn chưa chỉ các
    đứng bao quyết cần thuộc gồm nêu ghi hiện bởi nhằm ngày tháng
    """.split()  # noqa: SIM905
_AGAINST = re.compile(r"phòng,? chống(?!\w)", re.IGNORECASE)
_ABOUT = re.compile(r"về\s+")
_COUNTRY = re.compile(r"\s+(?:của\s+)?nước Cộng h(?:òa|oà) xã hội chủ nghĩa Việt Nam", re.IGNORECASE)
_WORD = re.compile(r"\s+(?!quy định\b)([^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class Mention:
    """A document named at a place; `attached`: what is meant is the text attached to it."""

    start: int
    end: int
    document: str
    year: int | None = None
    attached: bool = False
    type: str = ""


_TREATY = re.compile(
    r"(?:Công ước|Hiệp định|Hiệp ước|Nghị định thư)"
    r"(?: (?!(?:này|và|hoặc|có|được|đã|thì|là|mà|quy định|trong|do)\b)[^\s.,;:()|]+){1,12}"
)


def treaty_at(text: str, start: int) -> Mention | None:
    """The treaty that provisions are said to be of, so that they are not taken for those of the document itself."""
    match = _TREATY.match(text, start)
    return Mention(start, match.end(), match[0]) if match else None


def may_name(text: str) -> bool:
    """Whether a text can name a document otherwise than by its number alone; cheap."""
    return any(word in text for word in _TYPES) or "kèm theo" in text.lower()


@dataclass(slots=True)
class Documents:
    """Reads names and numbers of documents in one text."""

    text: str
    numbers: dict[int, tuple[int, DocumentNumber]]
    names: LawNames | None

    def all(self) -> Iterator[Mention]:
        position = 0
        found = {match.start() for match in _WORD_OF_TYPE.finditer(self.text)} | set(self.numbers)
        if _WITH.search(self.text):
            found |= {match.start() for match in _WORD_OF_ATTACHED.finditer(self.text)}
        for start in sorted(found):
            if start < position:
                continue
            mention = self.at(start)
            if mention is None and start in self.numbers:
                end, number = self.numbers[start]
                mention = Mention(start, end, str(number))
            if mention is not None:
                position = mention.end
                yield mention

    def at(self, start: int) -> Mention | None:
        """The document named from here on, if one is."""
        if this := _THIS_DOCUMENT.match(self.text, start):
            return Mention(start, this.end(), THIS, type=this["type"].lower())
        if amending := _AMENDING.match(self.text, start):
            inner = self.at(amending.end())
            if inner is None or inner.document == THIS:
                return None
            named = DocumentNumber.try_parse(inner.document) is not None
            document = inner.document if named else f"{' '.join(amending[0].split())} {inner.document}"
            return Mention(start, inner.end, document, inner.year)
        if attached := _ATTACHED_TO.match(self.text, start):
            if attached["this"]:
                return Mention(start, attached.end(), THIS, attached=True, type=attached["type"].lower())
            if number := self._number_after(attached.end()):
                return Mention(start, number[0], str(number[1]), attached=True)
        typed = _TYPED.match(self.text, start)
        if typed is None:
            return None
        if number := self._number_after(typed.end()):
            return Mention(start, number[0], str(number[1]))
        law = _LAW_NAME.match(self.text, start)
        return self._named(law) if law else None

    def _number_after(self, position: int) -> tuple[int, DocumentNumber] | None:
        """The number that belongs to a type word ending here: directly, or after the name and "số"."""
        for start in sorted(self.numbers):
            if start < position:
                continue
            between = self.text[position:start]
            match = _NUMBER_AHEAD.fullmatch(between)
            if match is None or len(between) > 240:
                return None
            name = match["name"] or ""
            if name and (_OTHER_DOCUMENT.search(name) or not re.search(r"số:?\s*$", between, re.IGNORECASE)):
                return None
            return self.numbers[start]
        return None

    def _named(self, law: re.Match[str]) -> Mention | None:
        head = law[0]
        end = law.end()
        if head != "Hiến pháp":
            end = self._name_end(law.end())
            if end == law.end():
                return None
        name = " ".join(self.text[law.start() : end].split())
        country = _COUNTRY.match(self.text, end)
        year = _YEAR.match(self.text, country.end() if country else end)
        end = country.end() if country else end
        if year and head == "Hiến pháp":
            name = f"{name} {year[1]}"
        said = year or _DAY.match(self.text, end)  # the day itself is not part of the name
        return Mention(law.start(), year.end() if year else end, name, int(said[1]) if said else None)

    def _name_end(self, position: int) -> int:
        """Where the name that follows a type word ends; `position` itself when none follows."""
        space = re.compile(r"\s+").match(self.text, position)
        if space is None:
            return position
        start = space.end()
        start = about.end() if (about := _ABOUT.match(self.text, start)) else start
        end = public_titles().end_at(self.text, start)
        if self.names is not None:
            end = max(end, self.names.titles.end_at(self.text, start))
        if end > start:
            return end
        first = _WORD.match(self.text, position)
        if first and first[1] == "về" and self.text[:position].endswith("Pháp lệnh"):
            first = _WORD.match(self.text, first.end())
        if first is None or first[1].lower() in _NO_NAME:
            return position
        end = against.end() if (against := _AGAINST.match(self.text, start)) else first.end()
        while (word := _WORD.match(self.text, end)) and word[1].lower() not in _ENDS_NAME:
            if end - position > 80:
                break
            end = word.end()
        return end
