"""A citation as people type it, resolved to the exact provisions it names, or a reason why there are none.

Pure but for `opened`, which gives the documents that the caller may read: for a hidden one it raises as for one that
does not exist, so that neither reasons nor the list of other documents tell of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from legal.document import LegalDocument, Provision
from legal.errors import BadRequest, NotFound
from legal.labels import label_of
from legal.names import LawNames
from legal.number import find_all
from legal.references import locate
from legal.text import collapse, fold, nfc
from retrieval.addresses import document_name
from retrieval.named import CitedProvision, Trouble, beside, named_provisions, place_label
from retrieval.passage import DocumentCard, validity_in

#: A document and its tree, by key. Raises NotFound.
Opened = Callable[[str], tuple[DocumentCard, LegalDocument]]

_LONGEST = 500
_REASONS: dict[Trouble, str] = {
    "unknown": "Không có văn bản này trong kho văn bản.",
    "other_year": "Kho văn bản không có văn bản tên này của năm đã nêu.",
    "ambiguous": "Tên này có thể chỉ nhiều văn bản khác nhau; hãy nêu số hiệu, hoặc tên đầy đủ và năm.",
    "contradiction": "Tên và số hiệu đã nêu không phải của cùng một văn bản.",
}
_NO_CITATION = "Không nhận ra viện dẫn; ví dụ đúng: khoản 2 Điều 8 Luật Hộ tịch, Điều 5 60/2014/QH13."
_NO_DOCUMENT = "Viện dẫn không nêu tên hoặc số hiệu của một văn bản có trong kho."
_NOT_READ = "Có phần của viện dẫn không đọc được; hãy viết đủ, ví dụ: điểm a khoản 1 Điều 8 Luật Hộ tịch."
#: Left over of a provision's address: a figure, or a unit without its number.
_PIECES = re.compile(r"\d|(?<!\w)(?:dieu|khoan|diem|chuong|tieu muc|phu luc|tiet|[dk])(?!\w)")
_DAY = re.compile(r"(?:ngay\s+)?\d{1,2}\s*(?:/|-|\.|thang)\s*\d{1,2}\s*(?:/|-|\.|,?\s*nam)\s*\d{4}|nam\s+\d{4}")
_SHORT_AND = re.compile(r"(?<=[A-ZĐ])&(?=[A-ZĐ])")  # "Luật HN&GĐ"
_AND = re.compile(r"\s*&\s*")
_D_OR_DD = re.compile(r"(?<![a-z])diem\s+d(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a citation names. `provision` None: the whole document. `path`: title lines above it, outermost first."""

    document: DocumentCard
    provision: Provision | None = None
    label: str = ""
    article: str | None = None
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolution:
    """`found`: everything that was named is in `results`. `others`: what the name may also mean, best first. `reason`:
    why something was not found, None where all was. `missing`: the labels of that."""

    text: str
    as_of: date
    found: bool
    results: tuple[Resolved, ...] = ()
    others: tuple[DocumentCard, ...] = ()
    reason: str | None = None
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def resolve(text: str, names: LawNames, on: date, opened: Opened, *, only_in_force: bool = False) -> Resolution:
    """The provisions that a citation names, accented or not, however carelessly typed.

    `names`: of the documents that the caller may read. `on`: the day for which a name is read and a status told.
    `only_in_force`: a document out of force that day is not found. A year without such a document, a number that is not
    that law's, an article that is not there are not found either; nothing near takes their place.
    Raises BadRequest for an empty text or one of more than 500 characters.
    """
    text = collapse(nfc(_AND.sub(" và ", _SHORT_AND.sub("", text))))
    if not any(letter.isalnum() for letter in text):
        raise BadRequest("Viện dẫn trống.")
    if len(text) > _LONGEST:
        raise BadRequest(f"Viện dẫn quá dài: tối đa {_LONGEST} ký tự.")
    cited = named_provisions(text, names, on)
    if not cited:
        return Resolution(text, on, False, reason=_NO_CITATION)
    unread = _unread(text, cited)
    results: list[Resolved] = []
    missing: list[str] = []
    reasons: list[str] = []
    others = dict.fromkeys(key for one in cited for key in one.others)
    for one in cited:
        reason = _NO_DOCUMENT if not one.document else _REASONS.get(one.trouble) or unread
        found: Resolved | None = None
        if reason is None:
            found, reason = _look(one, on, opened, only_in_force)
        if found is not None:
            results.append(found)
            continue
        missing.append(one.label)
        reasons.append(reason or _NO_DOCUMENT)
        others.update(dict.fromkeys(one.keys))
    shown = [_card(key, opened) for key in others if key not in {found.document.key for found in results}]
    return Resolution(
        text=text,
        as_of=on,
        found=not missing,
        results=tuple(results),
        others=tuple(card for card in shown if card is not None),
        reason=reasons[0] if reasons else None,
        missing=tuple(missing),
        notes=_notes(text, results),
    )


def _look(one: CitedProvision, on: date, opened: Opened, only_in_force: bool) -> tuple[Resolved | None, str | None]:
    """The provision in the first of its documents that has it, or why there is none."""
    reason: str | None = None
    for key in one.keys:
        try:
            card, tree = opened(key)
        except NotFound:
            continue
        eid = _place(one, tree) if one.eid else None
        applies = card.validity if eid is None else validity_in(tree, card, eid)
        if only_in_force and applies.status(on) in ("expired", "not_yet_in_force", "suspended"):
            reason = reason or f"{document_name(card)} không có hiệu lực vào ngày {on:%d/%m/%Y}."
            continue
        if not one.eid:
            return Resolved(card), None
        if eid is None:
            reason = f"{document_name(card)} không có {place_label(one.eid)}."
            continue
        above = tree.path(eid)
        article = next((node.number for node in reversed(above) if node.kind == "article"), None)
        titles = tuple(node.title_line for node in above[:-1] if node.title_line)
        return Resolved(card, above[-1], label_of(above), article, titles), None
    return None, reason or _REASONS["unknown"]


def _place(one: CitedProvision, tree: LegalDocument) -> str | None:
    """The document's own eid: of its body, else of the regulation attached to it."""
    eids = {provision.eid for provision in tree.walk()}
    return next((found for eid in one.eids if (found := locate(eid, eids)) is not None), None)


def _card(key: str, opened: Opened) -> DocumentCard | None:
    try:
        return opened(key)[0]
    except NotFound:
        return None


def _unread(text: str, cited: tuple[CitedProvision, ...]) -> str | None:
    """Why the citation says more than was read of it: a piece of an address. None where it does not."""
    said = {one.document for one in cited}
    rest = beside(text, cited)
    for start, end, number in reversed(find_all(rest)):
        if str(number) in said:
            rest = rest[:start] + " " + rest[end:]
    rest = _DAY.sub(" ", fold(rest))
    for one in cited:
        rest = rest.replace(str(one.year), " ") if one.year else rest
    return _NOT_READ if _PIECES.search(rest) else None


def _notes(text: str, results: list[Resolved]) -> tuple[str, ...]:
    """Said where a citation typed without diacritics may mean điểm đ too."""
    if not text.isascii() or not _D_OR_DD.search(text):
        return ()
    if any(found.provision is not None and found.provision.eid.endswith("point_d") for found in results):
        return ("Gõ không dấu: đã hiểu là điểm d; nếu cần điểm đ, hãy gõ có dấu.",)
    return ()
