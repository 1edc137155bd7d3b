"""A document of law as data: `LegalDocument`, its tree of `Provision`s, its `Metadata` and `Validity`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Literal

Kind = Literal[
    "part", "chapter", "section", "subsection", "article", "clause", "point", "subpoint",
    "appendix", "heading", "table", "block",
]  # fmt: skip
Status = Literal["in_force", "partly_in_force", "expired", "not_yet_in_force", "suspended", "unknown"]

#: Kinds whose printed marker ("1.", "a)") opens their text; the other kinds print it in a title line of their own.
INLINE_KINDS: frozenset[str] = frozenset({"clause", "point", "subpoint"})


@dataclass(frozen=True, slots=True)
class Provision:
    """A node of the tree.

    `number`: bare ("8", "93b", "II", "đ"), "" where there is none. `marker`: as printed ("Điều 8.", "1.", "đ)"), "" where
    there is none. `heading`: the title after the marker. `text`: own text after marker and heading, before and between the
    children, newline between paragraphs. `rows`: for a table, its cells' texts row by row; `spans`: how many (columns, rows)
    each cell takes, () where each takes one. `eid`: unique in the document.
    """

    kind: Kind
    number: str
    eid: str
    marker: str = ""
    heading: str = ""
    text: str = ""
    children: tuple[Provision, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    spans: tuple[tuple[tuple[int, int], ...], ...] = ()

    @property
    def title_line(self) -> str:
        """Marker and heading as one line ("Điều 8. Điều kiện kết hôn"); "" for inline kinds."""
        return "" if self.kind in INLINE_KINDS else f"{self.marker} {self.heading}".strip()

    @property
    def own_text(self) -> str:
        """Own text as printed: with the marker in front for clauses, points and subpoints; a table's rows by " | "."""
        if self.kind in INLINE_KINDS:
            return f"{self.marker} {self.text}".strip()
        if self.rows:
            return "\n".join(" | ".join(" ".join(cell.split()) for cell in row) for row in self.rows)
        return self.text

    @property
    def full_text(self) -> str:
        """The provision's text that is quoted and addressed by offsets: own text, then the children with their titles.

        The provision's own title line is not part of it.
        """
        return "".join(text for _, _, text in self.spans_text())

    def spans_text(self) -> Iterator[tuple[Provision, int, str]]:
        """Pieces of `full_text` in order as (provision, start, piece); pieces concatenate to `full_text` exactly."""
        position = 0
        for node, line in self._lines():
            piece = line if position == 0 else "\n" + line
            yield node, position, piece
            position += len(piece)

    def _lines(self, top: bool = True) -> Iterator[tuple[Provision, str]]:
        if not top and self.title_line:
            yield self, self.title_line
        if self.own_text:
            yield self, self.own_text
        for child in self.children:
            yield from child._lines(top=False)

    def walk(self) -> Iterator[Provision]:
        """This provision and all below it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value was found: the sentence, and the eid of its provision ("" in the title block)."""

    sentence: str
    eid: str = ""


@dataclass(frozen=True, slots=True)
class Validity:
    """Hiệu lực, by day. None means unknown, which is a state of its own. `effective_to` is the first day NOT in force.

    `suspended_from`, `suspended_to`: ngưng hiệu lực, from a day and up to the first day in force again (None: until
    another document ends it).
    """

    effective_from: date | None = None
    effective_to: date | None = None
    suspended_from: date | None = None
    suspended_to: date | None = None

    def status(self, on: date) -> Status:
        """The status on a day, as far as the dates tell."""
        if self.effective_to is not None and on >= self.effective_to:
            return "expired"
        if self.suspended_from is not None and self.suspended_from <= on and on < (self.suspended_to or date.max):
            return "suspended"
        if self.effective_from is None:
            return "unknown"
        return "in_force" if on >= self.effective_from else "not_yet_in_force"


#: The days of a `Validity`, in its order.
VALIDITY_DAYS = tuple(one.name for one in fields(Validity))


@dataclass(frozen=True, slots=True)
class PartValidity:
    """Provisions that apply from or to days of their own ("Điều 190 có hiệu lực từ ngày ..."), with the words behind it.

    A day that the sentence does not tell is None: there the document's own holds.
    """

    eid: str
    effective_from: date | None
    effective_to: date | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Suspension:
    """A provision of a document that another one suspends, from a day and up to the first day in force again (None: until
    another document ends it)."""

    eid: str
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says of itself. Missing values are None, never guessed. `number` is normalised (`52/2014/QH13`).

    `issuers`: each of several agencies that issued it together; `issuer` then names them all. `subject`: lĩnh vực.
    `secrecy`: "Mật", "Tối mật", "Tuyệt mật"; `urgency`: "Khẩn", "Thượng khẩn", "Hỏa tốc". `parts`: provisions with
    days of their own.
    """

    number: str | None = None
    type: str | None = None
    title: str | None = None
    issuer: str | None = None
    signer: str | None = None
    signer_title: str | None = None
    issued: date | None = None
    place: str | None = None
    issuers: tuple[str, ...] = ()
    subject: str | None = None
    secrecy: str | None = None
    urgency: str | None = None
    validity: Validity = field(default_factory=Validity)
    parts: tuple[PartValidity, ...] = ()
    evidence: dict[str, Evidence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LegalDocument:
    """Văn bản: metadata, the tree, and what stands around the body (each a list of paragraphs as printed)."""

    metadata: Metadata
    provisions: tuple[Provision, ...]
    title_block: tuple[str, ...] = ()
    preamble: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    furniture: tuple[str, ...] = ()

    def walk(self) -> Iterator[Provision]:
        """All provisions in reading order."""
        for provision in self.provisions:
            yield from provision.walk()

    def find(self, eid: str) -> Provision | None:
        """The provision with that eid, if there is one."""
        return next((p for p in self.walk() if p.eid == eid), None)

    def path(self, eid: str) -> tuple[Provision, ...]:
        """From the root down to the provision, itself included; empty when there is none."""

        def down(nodes: tuple[Provision, ...]) -> tuple[Provision, ...]:
            for node in nodes:
                if node.eid == eid:
                    return (node,)
                below = down(node.children)
                if below:
                    return (node, *below)
            return ()

        return down(self.provisions)

    def validity_of(self, eid: str) -> Validity:
        """When a provision applies: by what is said of it or of what it stands in, else as the document."""
        validity = self.metadata.validity
        for part in self.metadata.parts:  # what holds others comes first
            if (
                eid == part.eid
                or eid.startswith(f"{part.eid}__")
                or any(above.eid == part.eid for above in self.path(eid))
            ):
                validity = replace(
                    validity,
                    effective_from=part.effective_from or validity.effective_from,
                    effective_to=part.effective_to or validity.effective_to,
                )
        return validity

    def with_metadata(self, metadata: Metadata) -> LegalDocument:
        """The same document under other metadata."""
        return replace(self, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Citation:
    """Viện dẫn: a document's number with the eid of a provision ("" for the whole document) and the words quoted.

    `start`, `end`: character offsets of `quote` in the provision's `full_text`.
    """

    number: str
    eid: str = ""
    quote: str = ""
    start: int | None = None
    end: int | None = None
