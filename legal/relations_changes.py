"""What an amending document does to another, as typed changes: replace, insert, repeal, rename, changes of words.

"Bổ sung Điều 93b vào sau Điều 93 như sau: “...”" is an insert of `art_93b` after `art_93` with the quoted text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from legal.document import Evidence, LegalDocument, Provision
from legal.names import LawNames, name_words
from legal.quoted import quoted_spans, unquoted
from legal.references import find_references
from legal.references_documents import THIS
from legal.relations import HISTORY, title_relations
from legal.relations_phrases import OF_WORDS, QUOTE, words_changed
from legal.text import collapse, nfc

ChangeKind = Literal["replace", "insert", "repeal", "rename", "replace_phrase", "insert_phrase", "remove_phrase"]


@dataclass(frozen=True, slots=True)
class Change:
    """One instruction. `document`: number or name of what is changed; `eids`: the provisions changed, new ones for an
    insert, () for the whole document. `after`, `before`: eid behind or in front of which is inserted. `text`: the new text
    without its quotation marks; `source`: the provision of this document whose text it is, where it is not quoted. `old`,
    `new`: words replaced, put in behind (`old` is then what they follow) or taken out. `sentence`, `eid`: where it is
    said."""

    kind: ChangeKind
    document: str
    eids: tuple[str, ...] = ()
    after: str = ""
    before: str = ""
    text: str = ""
    source: str = ""
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
    words: tuple[Change, ...] = ()  # changes of words whose places the members of a list tell


_ATTACHED = "att_1__"
_MARKER = r"^(?:\d+[a-z]?[.)]\s*|[a-zđ]\)\s*|[-–+]\s*)?"
_VERB = re.compile(
    _MARKER + r"(?P<verb>Sửa đổi(?:,? bổ sung)?(?:,? bãi bỏ)?|Bổ sung|Bãi bỏ(?:, sửa đổi, bổ sung)?"
    r"|Hủy bỏ|Thay thế|Thay|Bỏ|Đổi tên|Sửa)\b(?! đổi)",
    re.IGNORECASE,
)
_VERBS = ("sửa", "bổ", "bỏ", "thay", "đổi")
#: The older way: "Điều 48 được sửa đổi, bổ sung như sau".
_PASSIVE = re.compile(
    _MARKER + r"(?P<what>(?:Các |Những )?(?:Tên|Tiêu đề|Đoạn|Điều|Khoản|Điểm|Chương|Mục|Phần|Phụ lục)\b[^.;:\n]*?)"
    r" (?:được|nay) (?P<verb>sửa đổi(?:,? bổ sung)?|bổ sung|bãi bỏ|thay thế)(?P<tail> (?:nh[ưu] sau|bằng|thành)\b.*|[.;:]?$)",
    re.IGNORECASE | re.DOTALL,
)
_PASSIVE_WORDS = re.compile(
    _MARKER + rf"(?P<what>(?:(?:Trong|Tại) [^{QUOTE}.;]*?)?(?:các )?(?:cụm từ|từ ngữ|từ)\s*{QUOTE}.*?)"
    r" (?:được|nay) (?P<verb>thay thế|thay|sửa|bỏ|bãi bỏ)\b(?P<tail>.*)",
    re.IGNORECASE | re.DOTALL,
)
_SOME = re.compile(
    r"\b(?:một số|các) (?:cụm từ|từ|nội dung|điểm|khoản|điều|điều, khoản|khoản, điểm|điểm, khoản)\b(?! \d| [a-zđ]\b)",
    re.IGNORECASE,
)
#: A power to repeal is no repeal: "bãi bỏ văn bản trái với Hiến pháp".
_POWER = re.compile(r"\btrái với\b|\b(?:một phần|toàn bộ) (?:hoặc|văn bản|nghị quyết|quyết định)\b", re.IGNORECASE)
_AFTER = re.compile(
    r"\s(?:vào\s+)?(?:liền )?(?P<side>sau|trước)\s+(?=(?:cụm từ|từ|chữ|các |điểm|khoản|Điều|Chương|Mục|Phụ lục|Phần))",
    re.IGNORECASE,
)
_BY_ATTACHED = re.compile(
    r"(?P<old>.*?) bằng (?P<new>.*?)(?: (?:ban hành|được ban hành))? kèm theo (?:Bộ luật|Luật|\w+ \w+) này",
    re.IGNORECASE,
)
_SECOND = re.compile(r"(?<!sửa đổi)(?:,| và|;)\s+(?=(?:bổ sung|bãi bỏ|sửa đổi)\b)", re.IGNORECASE)
_INTO = re.compile(r"\s(?:vào|của|tại|trong|thuộc)\s+(?=(?:cuối |đầu )?(?:khoản|Điều|điểm|Chương|Mục))", re.IGNORECASE)
_BREAK = re.compile(
    rf"(?<=\.)\s+(?=[^\s{QUOTE}])|\n|(?<=;)\s+(?=(?:bổ sung|sửa đổi|bãi bỏ|bỏ|thay thế|thay|hủy bỏ) (?:các )?(?:cụm )?từ\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """A sentence that changes another document, or opens a list of such. `start`, `end`: in `printed(provision)`, as the
    spans of the `quotes` that belong to it. `document`: what it changes; `within`: the eid there that bare clauses belong
    to. `changes`: () where it only opens a list (`opens`) or was not understood."""

    provision: Provision
    start: int
    end: int
    quotes: tuple[tuple[int, int], ...]
    document: str
    within: str
    changes: tuple[Change, ...]
    opens: bool


def printed(provision: Provision) -> str:
    """Heading and own text, as instructions are read in them."""
    text = provision.own_text
    return nfc(f"{provision.heading}\n{text}" if provision.heading and provision.title_line else text)


def typed_changes(told: Iterable[Instruction]) -> tuple[list[Change], list[Evidence]]:
    """The changes of these instructions, and the sentences of those that were not understood."""
    changes: list[Change] = []
    unread: list[Evidence] = []
    for one in told:
        changes.extend(one.changes)
        if not one.changes and not one.opens:
            sentence = unquoted(printed(one.provision))[one.start : one.end]
            unread.append(Evidence(collapse(sentence), one.provision.eid))
    return changes, unread


def instructions(document: LegalDocument, names: LawNames | None = None) -> Iterator[Instruction]:
    """Every amending instruction of a document, in reading order."""
    amended = {relation.target for relation in title_relations(document, names) if relation.kind == "amends"}
    target = next(iter(amended)) if len(amended) == 1 else ""
    title = find_references(nfc(document.metadata.title or ""), names=names)
    attached = any(reference.attached for reference in title if reference.document == target)
    place = _Place(target, numbers=tuple(numbers_of_names(document).items()), attached=attached)
    yield from _walk(document.provisions, place, names)


def numbers_of_names(document: LegalDocument) -> dict[str, str]:
    """Words of a name -> number, where preamble, title or headings print both: "Luật Nuôi ong số 20/2032/QH17" is what a
    later bare "Luật Nuôi ong" means."""
    known: dict[str, str] = {}
    headings = (provision.heading for provision in document.provisions)
    for text in (*document.preamble, document.metadata.title or "", *headings):
        clean = nfc(text)
        for reference in find_references(clean):
            name, separator, _ = clean[reference.start : reference.end].rpartition(" số ")
            if separator:
                inner = re.sub(r"^.*\b(?:điều|khoản)\b.* của (?=Luật|Bộ luật|Pháp lệnh)", "", name)
                known[" ".join(name_words(inner))] = reference.document
    return known


def _walk(provisions: Sequence[Provision], place: _Place, names: LawNames | None) -> Iterator[Instruction]:
    for provision in provisions:
        if provision.kind in ("appendix", "table"):
            continue
        here = place
        text = printed(provision)
        lower = text.lower()
        if not place.words and not any(verb in lower for verb in _VERBS):
            yield from _walk(provision.children, here, names)
            continue
        plain_text = _marked(text)
        for start, end, spans in _sentences(text, plain_text):
            sentence = plain_text[start:end].replace(QUOTE, " ")
            plain = HISTORY.sub(" ", plain_text[start:end])
            verb = _VERB.match(plain) or _PASSIVE.match(plain) or _PASSIVE_WORDS.match(plain)
            if verb is None:
                if place.words:
                    yield from _listed(provision, start, end, sentence, place, names)
                continue
            if verb["verb"].lower() == "bãi bỏ" and _POWER.search(plain):
                continue
            rest = plain[verb.end() :] if verb.re is _VERB else f"{verb['what']} {verb['tail']}"
            here_now = _place(plain, here, names)
            if not here_now.document:
                if plain.rstrip().endswith(":") and OF_WORDS.search(rest):
                    here = replace(
                        here_now,
                        words=tuple(_changes(rest, verb["verb"].lower(), _texts(text, spans), here_now, names)),
                    )
                continue
            quotes = _texts(text, spans)
            found = list(_changes(rest, verb["verb"].lower(), quotes, here_now, names))
            said = collapse(sentence.removeprefix(provision.marker))
            opens = _opens_list(plain, provision, quotes)
            changes = tuple(
                replace(_within(change, here_now.attached), sentence=said, eid=provision.eid) for change in found
            )
            yield Instruction(
                provision, start, end, tuple(spans), here_now.document, here_now.eid, changes, opens and not found
            )
            if opens and (not found or provision.children):
                here = here_now
            elif plain.rstrip().endswith(":") and all(change.old or change.new for change in found):
                here = replace(here_now, words=tuple(found))
        yield from _walk(provision.children, here, names)


def _listed(
    provision: Provision, start: int, end: int, sentence: str, place: _Place, names: LawNames | None
) -> Iterator[Instruction]:
    """A member of the list that follows "Bỏ từ “quy hoạch” tại các điều, khoản của các luật sau đây:"."""
    found: dict[str, list[str]] = {}
    for reference in find_references(sentence, names=names):
        document = place.document if reference.document == THIS else reference.document
        found.setdefault(document, []).extend(reference.eids)
    said = collapse(sentence.removeprefix(provision.marker))
    for document, eids in found.items():
        changes = tuple(
            replace(words, document=document, eids=tuple(eids), sentence=said, eid=provision.eid)
            for words in place.words
        )
        yield Instruction(provision, start, end, (), document, "", changes, False)


def _texts(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """What stands between the quotation marks."""
    return [text[a + 1 : b - 1].strip() if text[b - 1] in '”"' else text[a + 1 : b] for a, b in spans]


def _marked(text: str) -> str:
    """The text with its quotations blanked out but for a mark where each begins; offsets unchanged."""
    letters = list(unquoted(text))
    for start, _ in quoted_spans(text):
        letters[start] = QUOTE
    return "".join(letters)


def _sentences(text: str, plain: str) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Sentences outside quotations as (start, end), each with the quotations in it and after it."""
    spans = quoted_spans(text)
    position = 0
    pieces: list[tuple[int, int]] = []
    for end in [*(match.end() for match in _BREAK.finditer(plain)), len(plain)]:
        piece = plain[position:end]
        if piece.strip(f" \n.,;{QUOTE}"):
            start = position + len(piece) - len(piece.lstrip())
            pieces.append((start, start + len(piece.strip())))
        position = end
    for number, (start, end) in enumerate(pieces):
        until = pieces[number + 1][0] if number + 1 < len(pieces) else len(text)
        yield start, end, [(a, b) for a, b in spans if start <= a < until]


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
    after, before = (
        f"{_ATTACHED}{eid.removeprefix(_ATTACHED)}" if eid else "" for eid in (change.after, change.before)
    )
    return replace(change, eids=eids, after=after, before=before)


def _eids(plain: str, place: _Place, names: LawNames | None) -> tuple[str, ...]:
    found = [eid for reference in find_references(plain, place.eid, names=names) for eid in reference.eids]
    return tuple(dict.fromkeys(found))


def _changes(rest: str, verb: str, quotes: Sequence[str], place: _Place, names: LawNames | None) -> Iterator[Change]:
    """The changes one instruction makes; none where it only introduces others or is not understood."""
    if OF_WORDS.search(rest) and quotes:
        for words in words_changed(rest, verb, quotes, lambda said: _eids(said, place, names)):
            kind: ChangeKind = "replace_phrase" if words.old and words.new else "remove_phrase"
            kind = "insert_phrase" if verb.startswith("bổ sung") else kind
            yield Change(kind, place.document, words.eids, old=words.old, new=words.new)
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
            yield Change("rename", place.document, (place.eid.split("__para_")[0],) if place.eid else (), text=text)
        elif (attached := _BY_ATTACHED.match(part)) and (eids := _eids(attached["old"], place, names)):
            sources = _eids(attached["new"], _Place(), names)
            yield Change("replace", place.document, eids, source=sources[0] if sources else "")


def _inserted(part: str, text: str, place: _Place, names: LawNames | None) -> Iterator[Change]:
    after = _AFTER.search(part)
    head = part[: after.start()] if after else part
    tail = part[after.end() :] if after else ""
    behind = _eids(tail, place, names)
    into = _INTO.search(head)
    around = behind or (_eids(head[into.end() :], place, names) if into else ())
    at = replace(place, eid=around[-1] if around and around[-1].startswith("art_") else place.eid)
    eids = _eids(head[: into.start()] if into else head, at, names)
    beside = behind[-1] if behind else ""
    front = after is not None and after["side"].lower() == "trước"
    sides = {"before": beside} if front else {"after": beside or (around[-1] if around and not eids else "")}
    if text and (eids or around):
        yield Change("insert", place.document, eids, text=text, **sides)
