"""Viện dẫn in legal text: which provisions of which document a text names, resolved as far as the text itself tells.

"khoản 2 và khoản 3 Điều 8 của Luật Hộ tịch", "điểm a khoản 1 Điều này", "Luật này", "Nghị định số 123/2020/NĐ-CP".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from legal.composed import compose
from legal.names import LawNames
from legal.number import find_all
from legal.references_documents import ATTACHED, THIS, Documents, Mention, may_name, treaty_at
from legal.references_grammar import Chain, Item, chains, eids_of, flatten

_TAIL = re.compile(r"\s+(?:(?:của|tại|trong|thuộc|theo)\s+)?", re.IGNORECASE)
#: A number behind the end of a word for a division: most texts have none, and are told so at the cost of one search.
_MAY_COUNT = re.compile(
    r"(?:iều|iểm|oản|ục|ương|hần|iết|IỀU|IỂM|OẢN|ỤC|ƯƠNG|HẦN)"
    r"\s+(?:[\divxlIVXL]|[a-zđA-ZĐ]\d?\b|này|trên|nói|thứ|số|từ|Thứ|THỨ|Số|SỐ)|\d\s*\w?\s*[/-]"
)
_ANNEXED = re.compile(r"\s+(?:(?:được )?ban hành )?kèm theo\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """One citation. `start`, `end`: offsets in the text as given.

    `eids`: the provisions named, () for the whole document or where the text tells too little. `document`: "this", a
    number in normal form, a name as printed ("Luật Hôn nhân và gia đình"), or "" where a question names none.
    `year`: the year said with a name. `relative`: said from where the text stands ("Điều này").
    `attached`: the text attached to the document is meant ("Quy chế ban hành kèm theo Quyết định số ...").
    `bare`: no document is said with it, not even this one.
    """

    start: int
    end: int
    eids: tuple[str, ...] = ()
    document: str = THIS
    year: int | None = None
    relative: bool = False
    attached: bool = False
    bare: bool = False


def find_references(
    text: str, eid: str = "", document: str = THIS, names: LawNames | None = None, above: Sequence[str] = ()
) -> list[Reference]:
    """Every citation in a text of law, in order.

    `eid`: the provision that the text stands in, for "khoản 2 Điều này". `document`: what a bare "Điều 5" belongs to
    (an amending article gives the law it amends). `names`: known documents, so that names end where they end.
    `above`: eids of the provisions around it, outermost first, for "Chương này".
    """
    composed = compose(text)
    clean = composed.text
    if not (_MAY_COUNT.search(clean) or may_name(clean)):
        return []
    flat = flatten(clean)
    numbers = {start: (end, number) for start, end, number in find_all(clean)}
    reader = Documents(clean, numbers, names)
    found: list[Reference] = []
    taken: list[tuple[int, int]] = []
    for chain in chains(clean, flat):
        annex = "att" in chain.items[-1].levels
        tail = (_ANNEXED.match(clean, chain.end) if annex else None) or _TAIL.match(clean, chain.end)
        named = (reader.at(tail.end()) or treaty_at(clean, tail.end())) if tail else None
        end = named.end if named else chain.end
        taken.append((chain.start, end))
        found.extend(_from_chain(chain, named, eid, document, above))
    for mention in reader.all():
        if not any(start <= mention.start < end for start, end in taken):
            found.append(
                Reference(mention.start, mention.end, (), mention.document, mention.year, attached=mention.attached)
            )
    found.sort(key=lambda reference: (reference.start, reference.end))
    return [
        replace(r, start=composed.span(r.start, r.end)[0], end=composed.span(r.start, r.end)[1])
        if composed.origin
        else r
        for r in found
    ]


def locate(eid: str, eids: Collection[str]) -> str | None:
    """The document's own eid for one read in a text: itself, or the only one that ends with it, since a text says
    "Chương II" where the document has `part_1__chp_2`, and "Điều 5" in an annex without articles is the body's. None when
    there is none or several."""
    if eid in eids:
        return eid
    fitting = [known for known in eids if known.endswith(f"__{eid}") and not known.startswith("att_")]
    if len(fitting) == 1:
        return fitting[0]
    annex, _, inner = eid.partition("__")
    return locate(inner, eids) if annex.startswith("att_") and inner and not fitting else None


def _from_chain(
    chain: Chain, named: Mention | None, current: str, document: str, above: Sequence[str]
) -> Iterator[Reference]:
    """One reference for each run of members of one document: "Điều này" never belongs to the law named after it."""
    runs: list[list[Item]] = []
    for item in chain.items:
        if runs and runs[-1][0].relative == item.relative:
            runs[-1].append(item)
        else:
            runs.append([item])
    for place, run in enumerate(runs):
        relative = run[0].relative
        belongs = named is not None and (not relative or named.document == THIS)
        target = named.document if named is not None and belongs else document
        own = relative or target == THIS
        inside = current if own else ""
        if named is not None and belongs and own and not relative:
            inside = _attachment(named, current)
        eids = tuple(eid for item in run for eid in eids_of(item, inside if own else "", above if own else ()))
        if named is not None and belongs and named.attached and not own:
            eids = tuple(f"att_1__{eid}" for eid in eids)
        last = place == len(runs) - 1
        yield Reference(
            chain.start if place == 0 else run[0].start,
            named.end if named is not None and belongs and last else run[-1].end,
            tuple(dict.fromkeys(eids)),
            THIS if relative else target,
            named.year if named is not None and belongs else None,
            relative,
            named is not None and belongs and named.attached,
            not (relative or (named is not None and belongs)),
        )


def _attachment(named: Mention, current: str) -> str:
    """Where "Điều 5 Quy chế này" looks: the attachment the text stands in; "Quyết định này" said there: outside it."""
    outside = "__".join(piece for piece in current.split("__") if not piece.startswith("att_"))
    if named.attached:
        return "att_1"
    if current.startswith("att_") and named.type not in {kind.lower() for kind in ATTACHED}:
        return outside
    return current
