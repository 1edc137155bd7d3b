"""Every citation in a document, each with the place where it stands and the document that it means there.

In an amending law a bare "Điều 5" of an instruction is an article of the law that is amended, and "Luật này", "khoản 2
Điều này" inside the quoted new text speak from where that text will stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from legal.composed import compose
from legal.document import LegalDocument, Provision
from legal.names import LawNames, name_words
from legal.quoted import unquoted
from legal.quoted_provisions import opening, quoted_lines
from legal.references import Reference, find_references
from legal.references_belonging import Outer, belonging
from legal.references_documents import THIS
from legal.relations import title_relations
from legal.relations_changes import Instruction, instructions, numbers_of_names, printed


@dataclass(frozen=True, slots=True)
class PlacedReference:
    """A citation at its place. `eid`: the provision in which it is printed, "" before the body. `start`, `end`: offsets in
    the provision's `full_text`; with `heading`, in its heading; before the body, in the preamble's paragraphs joined by
    line ends. `reference`: what it says, its offsets the same."""

    eid: str
    reference: Reference
    heading: bool = False


def placed_references(
    document: LegalDocument, names: LawNames | None = None, amending: Iterable[Instruction] | None = None
) -> Iterator[PlacedReference]:
    """All citations, the preamble's first, in reading order. `names`: known documents, so that names end where they end.
    `amending`: the document's instructions, where they have been read."""
    told: dict[str, list[Instruction]] = {}
    for one in instructions(document, names) if amending is None else amending:
        told.setdefault(one.provision.eid, []).append(one)
    eids = frozenset(provision.eid for provision in document.walk())
    amended = {relation.target for relation in title_relations(document, names) if relation.kind == "amends"}
    outer = Outer(eids, next(iter(amended)) if len(amended) == 1 else "")
    numbers = numbers_of_names(document)
    for placed in _all(document, told, outer, names):
        reference = placed.reference
        number = numbers.get(" ".join(name_words(reference.document))) if numbers and reference.year is None else None
        yield replace(placed, reference=replace(reference, document=number)) if number else placed


def _all(
    document: LegalDocument, told: dict[str, list[Instruction]], outer: Outer, names: LawNames | None
) -> Iterator[PlacedReference]:
    preamble = "\n".join(document.preamble)
    for reference in belonging(preamble, find_references(preamble, names=names), outer):
        yield PlacedReference("", reference)
    yield from _walk(document.provisions, (), told, outer, names)


def _walk(
    provisions: Sequence[Provision],
    above: tuple[str, ...],
    told: dict[str, list[Instruction]],
    outer: Outer,
    names: LawNames | None,
    quoting: tuple[Instruction, str] | None = None,
) -> Iterator[PlacedReference]:
    """`quoting`: the instruction whose quotation goes on in these provisions (a table), and the eid it has reached."""
    for provision in provisions:
        found = told.get(provision.eid)
        goes_on = quoting if provision.kind == "table" else None
        if found:
            yield from _of_amending(provision, above, found, outer, names)
            goes_on = _unclosed(printed(provision), found[-1])
        elif goes_on is not None:
            for reference in find_references(provision.own_text, goes_on[1], names=names):
                yield PlacedReference(provision.eid, _in_target(reference, goes_on[0]))
        else:
            headed = provision.heading if provision.title_line else ""
            for text, heading in ((headed, True), (provision.own_text, False)):
                plain = find_references(text, provision.eid, names=names, above=above) if text else []
                for reference in belonging(text, plain, outer, provision.eid, table=bool(provision.rows)):
                    yield PlacedReference(provision.eid, reference, heading)
        yield from _walk(provision.children, (*above, provision.eid), told, outer, names, goes_on)


def _unclosed(text: str, one: Instruction) -> tuple[Instruction, str] | None:
    """The instruction with the eid that its quotation has reached, where that is still open at the end of the text."""
    if not one.quotes or text[one.quotes[-1][1] - 1] in '”"':
        return None
    start, end = one.quotes[-1]
    eids = [eid for change in one.changes for eid in change.eids]
    return one, list(quoted_lines(text[start:end], eids or [one.within]))[-1][0]


def _of_amending(
    provision: Provision,
    above: tuple[str, ...],
    told: Sequence[Instruction],
    outer: Outer,
    names: LawNames | None,
) -> Iterator[PlacedReference]:
    text = printed(provision)
    own = list(text)
    found: list[Reference] = []
    for one in told:
        spans = [(one.start, one.end), *one.quotes]
        for start, end in spans:
            own[start:end] = "." * (end - start)
        said = unquoted(text)[one.start : one.end]
        found.extend(
            _of_target(_moved(reference, one.start), one)
            for reference in find_references(said, one.within, names=names)
        )
        eids = [eid for change in one.changes for eid in change.eids]
        for start, end in one.quotes:
            quoted = text[start:end]
            for eid, a, b in quoted_lines(quoted, eids or [one.within]):
                headed = opening(quoted[a:b])
                inside = find_references(quoted[a + headed : b], eid, names=names)
                found.extend(_in_target(_moved(reference, start + a + headed), one) for reference in inside)
    rest = "".join(own)
    found.extend(belonging(rest, find_references(rest, provision.eid, names=names, above=above), outer, provision.eid))
    found.sort(key=lambda reference: (reference.start, reference.end))
    whole = f"{provision.heading}\n{provision.own_text}" if provision.heading and provision.title_line else None
    printed_text = compose(whole if whole is not None else provision.own_text)
    for reference in found:
        start, end = printed_text.span(reference.start, reference.end)
        heading = whole is not None and start < len(provision.heading)
        shift = 0 if whole is None or heading else len(provision.heading) + 1
        yield PlacedReference(provision.eid, replace(reference, start=start - shift, end=end - shift), heading)


def _moved(reference: Reference, by: int) -> Reference:
    return replace(reference, start=reference.start + by, end=reference.end + by)


def _of_target(reference: Reference, one: Instruction) -> Reference:
    """A citation in the instruction's own words: a bare one means the amended document."""
    return replace(reference, document=one.document) if reference.bare else reference


def _in_target(reference: Reference, one: Instruction) -> Reference:
    """A citation in the quoted new text: it speaks from inside the amended document."""
    return replace(reference, document=one.document) if reference.document == THIS else reference
