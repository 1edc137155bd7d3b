"""Which document a bare "Điều 5" belongs to, where the sentence tells in another way than by a name right behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from legal.references import Reference, locate
from legal.references_documents import THIS

#: "Luật X hết hiệu lực kể từ ngày ..., trừ Điều 159": an article of the law that ends.
_ENDS_BUT = re.compile(r"hết hiệu lực[^.;]*\b(?:trừ|ngoại trừ)\b[^.;]*$", re.IGNORECASE)
_STOP = re.compile(r"[.;:](?=\s)|\n")
_FAR = 200


@dataclass(frozen=True, slots=True)
class Outer:
    """What a document has and does: its own `eids`; the one document that it `amended`, "" for none or several."""

    eids: frozenset[str] = frozenset()
    amended: str = ""


def belonging(
    text: str, found: Sequence[Reference], outer: Outer, current: str = "", *, table: bool = False
) -> Iterable[Reference]:
    """The citations of one text in order, bare ones given to the document that they mean. `current`: where the text
    stands. `table`: each line of it is a row, whose provisions belong to the document named before them in it."""
    for place, reference in enumerate(found):
        if reference.relative and not reference.eids and text[reference.start :].startswith("Phần này"):
            continue  # "Phần này được miễn thuế" of a document without parts
        if reference.relative and (eids := _in_clause(reference.eids, current, outer)):
            yield replace(reference, eids=eids)
            continue
        if not reference.bare or not reference.eids:
            yield reference
            continue
        document = _named_for(text, found, place, outer, table)
        if not document and (eids := _article_behind(text, found, place, outer)):
            yield replace(reference, eids=eids)
        elif document:
            eids = tuple(_outside(eid) for eid in reference.eids)
            yield replace(reference, document=document, eids=eids)
        else:
            yield reference


def _named_for(text: str, found: Sequence[Reference], place: int, outer: Outer, table: bool) -> str:
    reference = found[place]
    begin = max((match.end() for match in _STOP.finditer(text, 0, reference.start)), default=0)
    if table:
        row = text.rfind("\n", 0, reference.start) + 1
        before = [one for one in found[:place] if one.start >= row and one.document != THIS]
        if before:
            return before[-1].document
    if _ENDS_BUT.search(text, begin, reference.start):
        ending = [one for one in found[:place] if one.start >= begin and one.document != THIS]
        if ending:
            return ending[0].document
    if all(locate(eid, outer.eids) is not None for eid in reference.eids):
        return ""
    for one in found[place + 1 :]:
        if one.start - reference.end > _FAR or _STOP.search(text, reference.end, one.start):
            break
        if one.relative or (one.document == THIS and not one.bare):
            break
        if one.document != THIS:
            return one.document
    return outer.amended


def _article_behind(text: str, found: Sequence[Reference], place: int, outer: Outer) -> tuple[str, ...]:
    """The eids of "điểm c khoản 1 và nghĩa vụ quy định tại điểm a khoản 2 Điều 17" with the article said last, where its
    own article has no such clause; () where that does not help."""
    reference = found[place]
    if any(locate(eid, outer.eids) for eid in reference.eids) or not all("__" in eid for eid in reference.eids):
        return ()
    for one in found[place + 1 :]:
        if one.start - reference.end > _FAR or _STOP.search(text, reference.end, one.start):
            return ()
        if one.document == THIS and one.eids and "__" in one.eids[0]:
            pieces = one.eids[0].split("__")
            for depth in range(1, len(pieces)):
                moved = tuple("__".join([*pieces[:depth], *eid.split("__")[depth:]]) for eid in reference.eids)
                if all(eid in outer.eids for eid in moved):
                    return moved
    return ()


def _in_clause(eids: Sequence[str], current: str, outer: Outer) -> tuple[str, ...]:
    """The eids of "điểm b Điều này" said in a clause whose article has no points outside its clauses; () elsewhere."""
    clause = re.match(r"(?:att_\d+__)?art_[^_]+__para_[^_]+", current)
    if clause is None or not eids or any(locate(eid, outer.eids) for eid in eids):
        return ()
    moved = tuple(
        f"{clause[0]}__{eid.rpartition('__')[2]}" for eid in eids if "__point_" in eid and "__para_" not in eid
    )
    return moved if len(moved) == len(eids) and all(eid in outer.eids for eid in moved) else ()


def _outside(eid: str) -> str:
    """The address without the annex that the text stands in."""
    return "__".join(piece for piece in eid.split("__") if not piece.startswith("att_")) or eid
