"""Relations between documents as their texts state them: căn cứ, hướng dẫn, sửa đổi, thay thế, bãi bỏ, dẫn chiếu.

Each runs from the document that says it to the one named, with the day from which it holds and the sentence behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from legal.dates import find_dates, first_date
from legal.document import LegalDocument, Provision
from legal.names import LawNames
from legal.number import DocumentNumber
from legal.quoted import unquoted
from legal.references import Reference, find_references
from legal.references_documents import THIS
from legal.text import collapse, nfc

RelationKind = Literal[
    "based_on", "guides", "amends", "replaces", "repeals", "suspends", "corrects", "consolidates", "refers"
]  # fmt: skip

#: How an official calls each, seen from the document that says it and from the one it is said of.
RELATION_LABELS: Mapping[RelationKind, tuple[str, str]] = {
    "based_on": ("căn cứ", "là căn cứ của"),
    "guides": ("quy định chi tiết, hướng dẫn", "được quy định chi tiết, hướng dẫn bởi"),
    "amends": ("sửa đổi, bổ sung", "được sửa đổi, bổ sung bởi"),
    "replaces": ("thay thế", "bị thay thế bởi"),
    "repeals": ("bãi bỏ", "bị bãi bỏ bởi"),
    "suspends": ("ngưng hiệu lực", "bị ngưng hiệu lực bởi"),
    "corrects": ("đính chính", "được đính chính bởi"),
    "consolidates": ("hợp nhất", "được hợp nhất bởi"),
    "refers": ("dẫn chiếu", "được dẫn chiếu bởi"),
}


@dataclass(frozen=True, slots=True)
class Relation:
    """`target`: number in normal form, or a name with `year` or `target_issued` where printed. `eids`: its provisions,
    () for the whole. `partly`: not the whole target is meant. `excepted`: the whole but for
    provisions that the sentence names ("trừ ..."). `day`: first day it holds, None
    unknown. `until`: of a suspension, the first day on which it no longer holds. `sentence`, `eid`: where it is said
    ("" around the body)."""

    kind: RelationKind
    target: str
    eids: tuple[str, ...] = ()
    year: int | None = None
    target_issued: date | None = None
    day: date | None = None
    partly: bool = False
    excepted: bool = False
    sentence: str = ""
    eid: str = ""
    until: date | None = None


_SELF = (
    r"(?:Bộ luật|Luật|Pháp lệnh|Nghị quyết|Nghị định|Quyết định|Chỉ thị|Thông tư(?: liên tịch)?|Quy chế|Quy định"
    r"|Văn bản|Quy trình)"
)
_SENTENCE_END = re.compile(r"(?<=[.;])\s+(?=[A-ZĐÀ-Ỹa-zđ\d“])|\n")
_EXPIRES = re.compile(r"hết hiệu lực(?: thi hành| pháp luật)?,?\s*(?:(?:kể )?từ|vào|sau)\b", re.IGNORECASE)
_EXPIRES_SUBJECT = re.compile(
    rf"^(?:\d+[a-z]?[.)]\s*|[a-zđ]\)\s*|-\s*)?(?:Các|Những|Toàn bộ|Quy định|Chương|Mục|Phần|Điều|Khoản|Điểm|{_SELF})\b",
    re.IGNORECASE,
)
_REPLACES = re.compile(rf"{_SELF} này\b.*?\bthay thế(?: cho)?\b(?! cụm từ)", re.IGNORECASE | re.DOTALL)
_REPEALS = re.compile(
    rf"^(?:\d+[a-z]?[.)]\s*|[a-zđ]\)\s*|-\s*)?(?:{_SELF} này\b.{{0,200}}?)?\b(?:bãi bỏ|huỷ bỏ|hủy bỏ)\b",
    re.IGNORECASE | re.DOTALL,
)
_REPEALED = re.compile(r"\b(?:bị|được) bãi bỏ\b", re.IGNORECASE)
_AMENDS = re.compile(
    r"^(?:\d+[a-z]?[.)]\s*|[a-zđ]\)\s*|-\s*)?(?:Bãi bỏ, )?(?:Sửa đổi|Bổ sung|Thay thế cụm từ|Bỏ cụm từ|Thay cụm từ)\b",
    re.IGNORECASE,
)
_TELLING = (
    *("hiệu lực", "ngưng", "ngừng", "đình chỉ", "bãi bỏ", "hủy bỏ", "huỷ bỏ", "thay thế", "sửa đổi", "bổ sung"),
    *("đính chính", "cụm từ"),
)
_NAMES_DOCUMENT = re.compile(
    r"(?:Bộ luật|Luật|Pháp lệnh|Hiến pháp|Nghị quyết|Nghị định|Thông tư|Quyết định|Chỉ thị)(?! này)|\d/[A-ZĐ\d]"
)
_SUSPENDS = re.compile(
    r"\b(?:tạm )?(?:ngưng|ngừng|đình chỉ)(?: toàn bộ| một phần)?(?: việc)?(?: thi hành| hiệu lực(?: thi hành)?| áp dụng)",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"(?:đến|tới)\s+(?:hết\s+)?(?:ngày\s+)?(?=\d)", re.IGNORECASE)
_CORRECTS = re.compile(r"\bđính chính\b", re.IGNORECASE)
#: What only tells a target's history: "đã được sửa đổi, bổ sung một số điều theo Luật số ... và Luật số ...".
HISTORY = re.compile(
    r"(?:,?\s*(?:đã )?được sửa đổi,? bổ sung[^;.]*?(?:theo|bởi|bằng|tại) )"
    rf"(?:{_SELF}[^;.,()]{{0,200}}?số [^\s,;()]+(?: (?:ngày|năm) [\d/ thángnăm]+\d)?(?:,? và |, |(?=\W|$)))+",
    re.IGNORECASE,
)
_CALLED = re.compile(r"\(sau đây (?:gọi|viết)[^)]*\)")
_EXCEPT = re.compile(r",?\s*\b(?:trừ|ngoại trừ)\b.*", re.IGNORECASE | re.DOTALL)
#: Words before a document's name that narrow what is meant to a part of it.
_SCOPE = re.compile(
    r"\b(?:điều|khoản|điểm|chương|mục|phần|phụ lục|danh mục|quy định về|quy định tại|các quy định|những quy định"
    r"|nội dung|trái với|một phần|cụm từ|văn bản)\b",
    re.IGNORECASE,
)
_BARE_LEAD = re.compile(
    r"\s*(?:(?:\d+[a-z]?[.)]|[a-zđ]\)|-)\s*)?(?:toàn bộ(?: nội dung)?|các|những|và|:|,)?\s*", re.IGNORECASE
)


def find_relations(document: LegalDocument, names: LawNames | None = None) -> list[Relation]:
    """Every relation that the document states, in reading order, the plain references ("refers") last, one a target.

    Text quoted for insertion into another law states nothing of its own and is left out.
    """
    metadata = document.metadata
    start = metadata.validity.effective_from
    found: list[Relation] = [*_from_preamble(document, names), *title_relations(document, names)]
    for provision, text, inherited in _sentences(document.provisions):
        found.extend(_from_sentence(provision, text, inherited, start, names))
    found = [relation for relation in found if relation.target != metadata.number]
    stated = {relation.target for relation in found}
    for provision in document.walk():
        if not _NAMES_DOCUMENT.search(provision.own_text):
            continue
        text = unquoted(nfc(provision.own_text))
        for reference in find_references(text, provision.eid, names=names):
            if reference.document in (THIS, "", metadata.number) or reference.document in stated:
                continue
            stated.add(reference.document)
            sentence = _around(text, reference.start)
            found.append(_relation("refers", reference, text, None, sentence, provision.eid))
    return list(dict.fromkeys(found))


def resolve_target(relation: Relation, names: LawNames, spoken: date | None, source: str) -> str | None:
    """The key of the document that a relation means; None where no known one fits for certain. `spoken`, `source`: day of
    issue and key of the document that states it: what it touches is older than itself."""
    return document_named(relation.target, relation.year, names, spoken, source, relation.target_issued)


def document_named(
    target: str,
    year: int | None,
    names: LawNames,
    spoken: date | None,
    source: str,
    issued: date | None = None,
    *,
    later: bool = False,
) -> str | None:
    """The key of the document that a text means by a number or a name, None where no known one fits for certain.

    `year`, `issued`: as printed with it. `spoken`, `source`: day of issue and key of the document that says it. A name
    without number means the newest document of that title that is older than the one that speaks; a number one not
    later than it, unless `later` (a consolidated text names what amended it).
    """
    year = year or (issued.year if issued else None)
    numbered = DocumentNumber.try_parse(target) is not None
    for match in names.resolve(target, year):
        entry = match.entry
        if entry.key == source or match.quality < 1.0 or match.same_year is False:
            continue
        if issued and entry.issued and entry.issued != issued:
            continue
        if spoken is None or entry.issued is None or entry.issued < spoken or (numbered and later):
            return entry.key
        if entry.issued == spoken and numbered:
            return entry.key
    return None


def _from_preamble(document: LegalDocument, names: LawNames | None) -> Iterator[Relation]:
    for paragraph in document.preamble:
        for line in nfc(paragraph).splitlines():
            if not re.match(r"Căn cứ\b", line, re.IGNORECASE):
                continue
            clean = HISTORY.sub(" ", line)
            for reference in find_references(clean, names=names):
                if reference.document not in (THIS, ""):
                    yield _relation("based_on", reference, clean, None, collapse(line), "")


def title_relations(document: LegalDocument, names: LawNames | None) -> Iterator[Relation]:
    """What the title and the enacting sentence say: amending, guiding, correcting, consolidating, repealing."""
    metadata = document.metadata
    enacting = next((p for p in document.preamble if re.match(r"Quốc hội ban hành", p)), "")
    for text in (enacting, metadata.title or ""):
        text = nfc(text)
        kind: RelationKind | None = None
        rest = ""
        if match := re.search(r"sửa đổi,? bổ sung|sửa đổi|bổ sung", text, re.IGNORECASE):
            kind, rest = "amends", text[match.end() :]
        elif match := _CORRECTS.search(text):
            kind, rest = "corrects", text[match.end() :]
        elif match := re.search(r"\bhợp nhất\b", text, re.IGNORECASE):
            kind, rest = "consolidates", text[match.end() :]
        elif match := re.search(r"\b(?:bãi bỏ|hủy bỏ)\b", text, re.IGNORECASE):
            kind, rest = "repeals", text[match.end() :]
        elif match := re.search(r"quy định chi tiết|hướng dẫn", text, re.IGNORECASE):
            kind, rest = "guides", text[match.end() :]
        if kind is None:
            continue
        rest = HISTORY.sub(" ", rest)
        references = [r for r in find_references(rest, names=names) if r.document not in (THIS, "")]
        for reference in references:
            day = metadata.validity.effective_from
            yield _relation(kind, reference, rest, day, collapse(text), "", bool(reference.eids))
        if references:
            return


def _sentences(provisions: Sequence[Provision], inherited: str = "") -> Iterator[tuple[Provision, str, str]]:
    """Sentences outside quotations and attachments with their provision; after "... sau đây hết hiệu lực:" the members
    of the list come with that sentence as third value."""
    for provision in provisions:
        if provision.kind in ("appendix", "table"):
            continue
        opened = inherited
        heading = f"{provision.heading}\n" if provision.kind == "article" and provision.heading else ""
        whole = nfc(heading + provision.own_text)
        told = inherited or _tells(whole)
        for sentence in _SENTENCE_END.split(unquoted(whole)) if told else ():
            text = collapse(sentence)
            if text:
                yield provision, text, opened
                if text.endswith(":") and (_EXPIRES.search(text) or _REPEALS.search(text) or _REPLACES.search(text)):
                    opened = text
        yield from _sentences(provision.children, opened)


def _tells(text: str) -> bool:
    """Whether a text can state what happens to a document; cheap."""
    lower = text.lower()
    return any(word in lower for word in _TELLING)


def _from_sentence(
    provision: Provision, text: str, inherited: str, start: date | None, names: LawNames | None
) -> Iterator[Relation]:
    if not inherited and not _tells(text):
        return
    clean = _CALLED.sub(" ", HISTORY.sub(" ", text))
    kind: RelationKind
    if inherited and not re.search(r"hiệu lực|bãi bỏ|thay thế|sửa đổi", clean):
        kind, part, ruling = "repeals" if _REPEALS.search(inherited) else "replaces", clean, inherited
        if _AMENDS.search(inherited):
            return
    elif suspends := _SUSPENDS.search(clean):
        yield from _suspensions(clean, suspends, provision, start, names)
        return
    elif (expires := _EXPIRES.search(clean)) and _EXPIRES_SUBJECT.match(clean):
        kind, part, ruling = "replaces", clean[: expires.start()], clean[expires.start() :]
    elif _AMENDS.match(clean):
        kind, part, ruling = "amends", clean, ""
    elif replaces := _REPLACES.search(clean):
        kind, part, ruling = "replaces", clean[replaces.end() :], ""
    elif repeals := _REPEALS.match(clean):
        kind, part, ruling = "repeals", clean[repeals.end() :], ""
    elif repealed := _REPEALED.search(clean):
        kind, part, ruling = "repeals", clean[: repealed.start()], clean[repealed.end() :]
    elif corrects := _CORRECTS.match(clean):
        kind, part, ruling = "corrects", clean[corrects.end() :], ""
    else:
        return
    excepted = bool(_EXCEPT.search(ruling) or _EXCEPT.search(part))
    part = _EXCEPT.sub("", part)
    day = _day(ruling, start) if kind in ("replaces", "repeals") else start
    before = 0
    narrowed = False  # by a division named apart from its document: "Chương IX - Đánh giá kỹ năng nghề của Luật ..."
    for reference in find_references(part, provision.eid, names=names):
        lead = part[before : reference.start]
        scoped = (
            narrowed
            or bool(_SCOPE.search(lead) or _SCOPE.match(part, reference.start))
            or (before == 0 and not _BARE_LEAD.fullmatch(lead))
        )
        before = reference.end
        if reference.document in (THIS, "") or reference.document.startswith("Hiến pháp"):
            narrowed = reference.document == THIS
            continue
        narrowed = False
        partly = bool(reference.eids) or (scoped and kind in ("replaces", "repeals"))
        sentence = f"{inherited} {text}" if inherited else text
        yield replace(_relation(kind, reference, part, day, sentence, provision.eid, partly), excepted=excepted)


def _suspensions(
    text: str, said: re.Match[str], provision: Provision, start: date | None, names: LawNames | None
) -> Iterator[Relation]:
    """`Ngưng hiệu lực thi hành Nghị định số ... từ ngày ... đến hết ngày ...`; also `Nghị định số ... bị ngưng ...`."""
    after = text[said.end() :]
    targets = [r for r in find_references(after, provision.eid, names=names) if r.document not in (THIS, "")]
    words = after
    if not targets:
        words = text[: said.start()]
        targets = [r for r in find_references(words, provision.eid, names=names) if r.document not in (THIS, "")]
    if not targets:
        return
    ruling = after[targets[-1].end :] if words is after else after
    from_day = re.search(r"(?:kể )?từ\s+ngày", ruling, re.IGNORECASE)
    end = _UNTIL.search(ruling)
    last = first_date(ruling[end.end() :]) if end else None
    day = first_date(ruling[from_day.end() : end.start() if end else None]) if from_day else None
    for reference in targets:
        partly = bool(reference.eids) or bool(_SCOPE.search(words[: reference.start]))
        relation = _relation("suspends", reference, words, day or start, collapse(text), provision.eid, partly)
        yield replace(relation, until=last + timedelta(days=1) if last else None)


def _day(ruling: str, start: date | None) -> date | None:
    """From which day: the one printed, else the start of the document that says so."""
    head = _EXCEPT.sub("", ruling)
    return first_date(head) or start


def _relation(
    kind: RelationKind, reference: Reference, text: str, day: date | None, sentence: str, eid: str, partly: bool = False
) -> Relation:
    """The relation that a reference at its place in `text` stands for; a day printed right after it is the target's."""
    printed = find_dates(text[reference.end : reference.end + 40])
    beside = bool(printed) and not text[reference.end : reference.end + printed[0].start].strip(" ,")
    return Relation(
        kind,
        reference.document,
        reference.eids,
        reference.year,
        printed[0].day if beside else None,
        day,
        partly,
        sentence=sentence,
        eid=eid,
    )


def _around(text: str, position: int) -> str:
    start = max((match.end() for match in _SENTENCE_END.finditer(text[:position])), default=0)
    end = _SENTENCE_END.search(text, position)
    return collapse(text[start : end.start() if end else len(text)])
