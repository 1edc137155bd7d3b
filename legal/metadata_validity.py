"""When a document applies, by its own closing articles: "có hiệu lực thi hành từ ngày 01 tháng 01 năm 2015"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from legal.dates import find_dates, first_date
from legal.document import Evidence, Provision, Validity

_SELF = (
    r"(?:Bộ luật|Luật|Pháp lệnh|Nghị quyết|Nghị định|Quyết định|Chỉ thị|Thông tư(?: liên tịch)?|Quy chế|Quy định"
    r"|Quy trình|Nội quy|Điều lệ|Hướng dẫn|Kế hoạch|Thông báo|Chương trình|Kết luận|Văn bản|Đề án|Phương án|Lệnh)"
)
# The sentence is about this document as a whole: its name opens the sentence.
_EFFECT = re.compile(
    rf"(?:^|[.;:]\s+|\n\s*|[”\"]\s+)(?:\d+[.)]\s*|[a-zđ]\)\s*|-\s*)?"
    rf"(?:(?:{_SELF})(?: này)?(?: và [^.;\n]{{3,80}}? (?:ban hành )?kèm theo(?: {_SELF} này)?)?"
    rf"(?: (?:này )?(?:thay thế|bãi bỏ)[^.;\n]{{5,400}}?,? và| (?:này )?(?:đã )?được [^.;\n]{{5,200}}? thông qua"
    rf"[^.;\n]{{0,60}}?,? và)? )?"
    r"(?P<effect>(?:được |sẽ |bắt đầu )?(?:có hiệu lực(?: thi hành| áp dụng)?|được áp dụng|(?:được )?thi hành)"
    r",?\s*(?P<when>(?:kể )?(?:từ|sau)\b[^\n]*|ngay\b[^\n]*|vào ngày[^\n]*|trong vòng[^\n]*))",
    re.IGNORECASE,
)
_SUBJECTLESS = re.compile(r"(?:có hiệu lực|được áp dụng|thi hành)", re.IGNORECASE)
_AFTER_DAYS = re.compile(
    r"(?:sau\s+)?(?P<days>\d{1,3})\s*(?:\([^)]*\)\s*)?ngày,?\s*(?:kể\s+)?từ\s+ngày\s+(?P<event>[^.,;\n]{2,40})",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"(?:được\s+)?(?:ký|ban hành|thông qua)(?:\s+(?:ban hành|ký|thông qua))?\b", re.IGNORECASE)
_FROM_EVENT = re.compile(r"(?:kể\s+)?từ\s+ngày\s+(?P<event>[^.,;\n\d]{2,60})", re.IGNORECASE)
_UNTIL = re.compile(r"(?:đến|tới)\s+(?:hết\s+)?(ngày\s+[^.;\n]{6,30})", re.IGNORECASE)
_SUSPENDED = re.compile(
    rf"{_SELF} này (?:bị |được )?(?:tạm )?(?:ngưng|ngừng|đình chỉ) (?:hiệu lực(?: thi hành)?|(?:việc )?thi hành)"
    r"[^.\n]{0,40}?(?P<when>(?:kể )?từ\b[^\n]*)",
    re.IGNORECASE,
)
_STOPPED = re.compile(r"ngưng|ngừng|đình chỉ", re.IGNORECASE)
_EXCEPTION = re.compile(r",?\s*\b(?:trừ|ngoại trừ)\b|;|\.(?=\s|$)", re.IGNORECASE)
_CLOSING = re.compile(r"hiệu lực|thi hành|tổ chức thực hiện|điều khoản cuối", re.IGNORECASE)


def read_validity(provisions: Sequence[Provision], issued: date | None) -> tuple[Validity, dict[str, Evidence]]:
    """Validity of the whole document with its evidence ("effective_from", "effective_to").

    Sentences inside quotation marks (text for another law), about single articles, about other documents and inside
    attachments do not count. A start that hangs on a day the text does not tell ("từ ngày công bố") stays None, with
    the sentence as evidence.
    """
    best: tuple[int, Validity, dict[str, Evidence]] | None = None
    for rank, (provision, text, closing) in enumerate(closing_units(provisions)):
        for match in _EFFECT.finditer(text):
            opening = text[match.start() : match.start("effect")]
            if is_quoted(text, match.start("effect")) or (not re.search(_SELF, opening, re.IGNORECASE) and not closing):
                continue
            when = match["when"]
            cut = _EXCEPTION.search(when)
            start = first_day(when[: cut.start()] if cut else when, issued)
            sentence = _sentence(text, match.start("effect"))
            evidence = {"effective_from": Evidence(sentence, provision.eid)}
            last = last_day(when[: cut.start()] if cut else when)
            if last is not None:
                evidence["effective_to"] = Evidence(sentence, provision.eid)
            score = rank + (100000 if closing else 0) + (50000 if start else 0)
            if best is None or score > best[0]:
                best = (score, Validity(start, last + timedelta(days=1) if last else None), evidence)
            break
    validity, proofs = (best[1], best[2]) if best else (Validity(), {})
    since, until, proof = _suspension(provisions)
    if proof is None:
        return validity, proofs
    return replace(validity, suspended_from=since, suspended_to=until), proofs | {"suspended_from": proof}


def _suspension(provisions: Sequence[Provision]) -> tuple[date | None, date | None, Evidence | None]:
    """From when to when the document itself is suspended, where it says so."""
    for provision, text, _ in closing_units(provisions):
        for match in _SUSPENDED.finditer(text) if _STOPPED.search(text) else ():
            if is_quoted(text, match.start()):
                continue
            since, last = first_day(match["when"], None), last_day(match["when"])
            if since is not None:
                proof = Evidence(_sentence(text, match.start("when")), provision.eid)
                return since, last + timedelta(days=1) if last else None, proof
    return None, None, None


def last_day(when: str) -> date | None:
    """The day in "... đến hết ngày ...": the last one in force."""
    until = _UNTIL.search(when)
    return first_date(until[1]) if until else None


def first_day(when: str, issued: date | None) -> date | None:
    """The day on which it begins by words like "từ ngày 01/7/2025", "sau 45 ngày kể từ ngày ký"; None where the text
    alone does not tell it ("từ ngày công bố")."""
    until = _UNTIL.search(when)
    head = when[: until.start()] if until else when
    after = _AFTER_DAYS.search(head)
    if after:
        return issued + timedelta(days=int(after["days"])) if issued and _SIGNED.match(after["event"]) else None
    days = find_dates(head)
    event = _FROM_EVENT.search(head)
    if event and _SIGNED.match(event["event"]) and (not days or event.start() < days[0].start):
        return issued
    return days[0].day if days else None


def closing_units(provisions: Sequence[Provision]) -> Iterator[tuple[Provision, str, bool]]:
    """Provisions outside attachments with their searchable text, and whether a closing article holds them."""

    def down(nodes: Sequence[Provision], closing: bool) -> Iterator[tuple[Provision, str, bool]]:
        for node in nodes:
            if node.kind in ("appendix", "table"):
                continue
            here = closing or bool(_CLOSING.search(node.heading) and node.kind in ("article", "heading", "section"))
            yield node, f"{node.heading}\n{node.text}" if node.heading else node.text, here
            yield from down(node.children, here)

    return down(provisions, False)


def is_quoted(text: str, position: int) -> bool:
    """Whether a place stands inside quotation marks opened before it."""
    before = text[:position]
    if "“" in before or "”" in before:
        return before.count("“") > before.count("”")
    return before.count('"') % 2 == 1


def _sentence(text: str, position: int) -> str:
    """The sentence around a place, its end mark included."""
    start = max((m.end() for m in re.finditer(r"[.;]\s+|\n", text[:position])), default=0)
    end = re.compile(r"[.;](?=\s|$)|\n").search(text, position)
    return " ".join(text[start : end.end() if end else len(text)].split())
