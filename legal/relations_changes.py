"""What an amending document does to another, as typed changes: replace, insert, repeal, rename, changes of words.

"Bổ sung Điều 93b vào sau Điều 93 như sau: “...”" is an insert of `art_93b` after `art_93` with the quoted text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from legal.document import Evidence, LegalDocument, Provision
from legal.names import LawNames, name_words
from legal.quoted import quoted_spans, unquoted
from legal.references import find_references
from legal.references_documents import THIS
from legal.relations import HISTORY, title_relations
from legal.text import collapse, nfc

ChangeKind = Literal["replace", "insert", "repeal", "rename", "replace_phrase", "insert_phrase", "remove_phrase"]


@dataclass(frozen=True, slots=True)
class Change:
    """One instruction. `document`: number or name of what is changed; `eids`: the provisions changed, new ones for an
    insert, () for the whole document. `after`: eid behind which is inserted. `text`: the new text without its quotation
    marks. `old`, `new`: words replaced, put in behind (`old` is then what they follow) or taken out. `sentence`, `eid`:
    where it is said."""

    kind: ChangeKind
    document: str
    eids: tuple[str, ...] = ()
    after: str = ""
    text: str = ""
    old: str = ""
    new: str = ""
    sentence: str = ""
    eid: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """What instructions refer to where nothing else is said: the document, and an article or clause of it. `attached`:
    they mean the text attached to it."""

    document: str = ""
    eid: str = ""
    numbers: tuple[tuple[str, str], ...] = ()  # names of laws (their words) with the numbers printed beside them
    attached: bool = False


_ATTACHED = "att_1__"
_MARKER = r"^(?:\d+[a-z]?[.)]\s*|[a-zđ]\)\s*|[-–+]\s*)?"
_VERB = re.compile(
    _MARKER + r"(?P<verb>Sửa đổi(?:,? bổ sung)?(?:,? bãi bỏ)?|Bổ sung|Bãi bỏ(?:, sửa đổi, bổ sung)?"
    r"|Hủy bỏ|Thay thế|Thay|Bỏ|Đổi tên|Sửa)\b",
    re.IGNORECASE,
)
_PHRASE = re.compile(r"\b(?:cụm từ|các từ|từ ngữ|từ|chữ|dấu)\b(?=\s{2,}|\s*$| và )", re.IGNORECASE)
_SOME = re.compile(
    r"\b(?:một số|các) (?:cụm từ|từ|nội dung|điểm|khoản|điều|điều, khoản|khoản, điểm|điểm, khoản)\b(?! \d| [a-zđ]\b)",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s(?:vào\s+)?(?:liền )?(?P<side>sau|trước)\s+(?=(?:cụm từ|từ|chữ|các |điểm|khoản|Điều|Chương|Mục|Phụ lục|Phần))",
    re.IGNORECASE,
)
_SECOND = re.compile(r"(?:,| và|;)\s+(?=(?:bổ sung|bãi bỏ|sửa đổi)\b)", re.IGNORECASE)
_INTO = re.compile(r"\s(?:vào|của|tại|trong|thuộc)\s+(?=(?:cuối |đầu )?(?:khoản|Điều|điểm|Chương|Mục))", re.IGNORECASE)
_BREAK = re.compile(r"(?<=\.)\s+(?=\S)|(?<=;)\s+(?!(?:bổ sung|sửa đổi|bãi bỏ) (?!(?:cụm )?từ))|\n")


def find_changes(document: LegalDocument, names: LawNames | None = None) -> tuple[list[Change], list[Evidence]]:
    """(changes, instructions that could not be typed), both in reading order."""
    amended = {relation.target for relation in title_relations(document, names) if relation.kind == "amends"}
    target = next(iter(amended)) if len(amended) == 1 else ""
    title = find_references(nfc(document.metadata.title or ""), names=names)
    attached = any(reference.attached for reference in title if reference.document == target)
    place = _Place(target, numbers=_numbers_of_names(document), attached=attached)
    changes: list[Change] = []
    unread: list[Evidence] = []
    _walk(document.provisions, place, names, changes, unread)
    return changes, unread


def _numbers_of_names(document: LegalDocument) -> tuple[tuple[str, str], ...]:
    """ "Luật Nuôi ong số 20/2032/QH17" in preamble and headings: what a later bare "Luật Nuôi ong" means."""
    known: dict[str, str] = {}
    for text in (*document.preamble, *(provision.heading for provision in document.provisions)):
        clean = nfc(text)
        for reference in find_references(clean):
            name, separator, _ = clean[reference.start : reference.end].rpartition(" số ")
            if separator:
                inner = re.sub(r"^.*\b(?:điều|khoản)\b.* của (?=Luật|Bộ luật|Pháp lệnh)", "", name)
                known[" ".join(name_words(inner))] = reference.document
    return tuple(known.items())


def _walk(
    provisions: Sequence[Provision],
    place: _Place,
    names: LawNames | None,
    changes: list[Change],
    unread: list[Evidence],
) -> None:
    for provision in provisions:
        if provision.kind in ("appendix", "table"):
            continue
        here = place
        for sentence, quotes in _instructions(provision):
            plain = HISTORY.sub(" ", sentence)
            verb = _VERB.match(plain)
            if verb is None:
                continue
            here_now = _place(plain, here, names)
            if not here_now.document:
                continue
            found = list(_changes(plain[verb.end() :], verb["verb"].lower(), quotes, here_now, names))
            said = collapse(sentence)
            if found:
                inside = here_now.attached
                changes.extend(replace(_within(change, inside), sentence=said, eid=provision.eid) for change in found)
            elif _opens_list(plain, provision, quotes):
                here = here_now
            else:
                unread.append(Evidence(said, provision.eid))
            if not found or provision.children:
                here = here_now if _opens_list(plain, provision, quotes) else here
        _walk(provision.children, here, names, changes, unread)


def _instructions(provision: Provision) -> Iterator[tuple[str, list[str]]]:
    """Sentences of a provision with quotations blanked out, each with the quotations in it and after it."""
    text = nfc(provision.text)
    if provision.kind in ("article", "section", "chapter") and provision.heading:
        text = f"{nfc(provision.heading)}\n{text}"
    plain = unquoted(text)
    spans = quoted_spans(text)
    position = 0
    pieces: list[tuple[int, int]] = []
    for end in [*(match.end() for match in _BREAK.finditer(plain)), len(plain)]:
        if plain[position:end].strip(" \n.;"):
            pieces.append((position, end))
        position = end
    for number, (start, end) in enumerate(pieces):
        until = pieces[number + 1][0] if number + 1 < len(pieces) else len(text)
        quotes = [
            text[a + 1 : b - 1].strip() if text[b - 1] in '”"' else text[a + 1 : b]
            for a, b in spans
            if start <= a < until
        ]
        yield plain[start:end].strip(), quotes


def _opens_list(plain: str, provision: Provision, quotes: Sequence[str]) -> bool:
    """Whether the instruction only introduces others: "Sửa đổi, bổ sung một số khoản của Điều 8 như sau:"."""
    introduces = bool(_SOME.search(plain)) or plain.rstrip().endswith(":") or provision.kind == "article"
    return not quotes and introduces


def _place(plain: str, place: _Place, names: LawNames | None) -> _Place:
    """The document and article that an instruction itself names, else those around it."""
    document, eid, attached = place.document, place.eid, place.attached
    for reference in find_references(plain, place.eid, names=names):
        if reference.document != THIS:
            named = dict(place.numbers).get(" ".join(name_words(reference.document)), reference.document)
            if named != document:
                eid = ""
            document, attached = named, reference.attached
        last = reference.eids[-1].removeprefix(_ATTACHED) if reference.eids else ""
        if last.startswith("art_"):
            eid = last
    return _Place(document, eid, place.numbers, attached)


def _within(change: Change, attached: bool) -> Change:
    """The change with its provisions looked for in the attached text, where that is meant."""
    if not attached:
        return change
    eids = tuple(eid if eid.startswith(_ATTACHED) else _ATTACHED + eid for eid in change.eids)
    after = _ATTACHED + change.after.removeprefix(_ATTACHED) if change.after else ""
    return replace(change, eids=eids, after=after)


def _eids(plain: str, place: _Place, names: LawNames | None) -> tuple[str, ...]:
    found = [eid for reference in find_references(plain, place.eid, names=names) for eid in reference.eids]
    return tuple(dict.fromkeys(found))


def _changes(rest: str, verb: str, quotes: Sequence[str], place: _Place, names: LawNames | None) -> Iterator[Change]:
    """The changes one instruction makes; none where it only introduces others or is not understood."""
    if _PHRASE.search(rest) and quotes:
        yield from _of_words(rest, verb, quotes, place, names)
        return
    text = "\n".join(quotes)
    parts = _SECOND.split(rest)
    for number, part in enumerate(parts):
        if number:
            second = re.match(r"(?:bổ sung|bãi bỏ|sửa đổi(?:,? bổ sung)?)\b", part, re.IGNORECASE)
            verb = second[0].lower() if second else verb
            part = part[second.end() :] if second else part
        if _SOME.search(part) and not quotes:
            return
        if verb.startswith(("bãi bỏ", "hủy bỏ")) and "sửa đổi" not in verb:
            if eids := _eids(part, place, names):
                yield Change("repeal", place.document, eids)
            elif number == 0 and find_references(part, names=names) and not _SOME.search(part):
                yield Change("repeal", place.document)
        elif verb.startswith("bổ sung"):
            yield from _inserted(part, text, place, names)
        elif quotes and (eids := _eids(part, place, names)):
            named = re.match(r"\s*(?:tên|tiêu đề)\b", part, re.IGNORECASE) and not re.search(r"nội dung|\bvà\b|,", part)
            yield Change("rename" if named else "replace", place.document, eids, text=text)
        elif quotes and re.match(r"\s*(?:tên|tiêu đề)\b", part, re.IGNORECASE):
            yield Change("rename", place.document, text=text)


def _inserted(part: str, text: str, place: _Place, names: LawNames | None) -> Iterator[Change]:
    after = _AFTER.search(part)
    head = part[: after.start()] if after else part
    tail = part[after.end() :] if after else ""
    behind = _eids(tail, place, names)
    into = _INTO.search(head)
    around = behind or (_eids(head[into.end() :], place, names) if into else ())
    at = replace(place, eid=around[-1] if around and around[-1].startswith("art_") else place.eid)
    eids = _eids(head[: into.start()] if into else head, at, names)
    if eids and text:
        yield Change("insert", place.document, eids, after=behind[-1] if behind else "", text=text)
    elif around and text:
        yield Change("insert", place.document, (), after=around[-1], text=text)


def _of_words(rest: str, verb: str, quotes: Sequence[str], place: _Place, names: LawNames | None) -> Iterator[Change]:
    eids = _eids(rest, place, names)
    if verb.startswith(("thay", "sửa", "đổi")):
        if len(quotes) >= 2:
            for old, new in zip(quotes[:-1], [quotes[-1]] * (len(quotes) - 1), strict=True):
                yield Change("replace_phrase", place.document, eids, old=old, new=new)
    elif verb.startswith(("bỏ", "bãi bỏ", "hủy bỏ")):
        for old in quotes:
            yield Change("remove_phrase", place.document, eids, old=old)
    elif verb.startswith("bổ sung"):
        yield Change("insert_phrase", place.document, eids, old=quotes[1] if len(quotes) > 1 else "", new=quotes[0])
