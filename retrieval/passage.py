"""`Passage`: what is embedded and searched; one provision, or a part of a long one, with all that a hit shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from legal.document import LegalDocument, Suspension, Validity


@dataclass(frozen=True, slots=True)
class Span:
    """A provision inside a passage: `start` and `end` are offsets in the text of the passage's provision (`full_text`).

    It is the whole provision's range, `provision.full_text == owner.full_text[start:end]`, also where only a part of it
    stands in the passage: `start` may then lie before the passage and `end` after it.
    """

    eid: str
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DocumentCard:
    """What every passage knows of its document. `key`: the document's identity in this home. `version`: id of this reading.
    `suspended_from`, `suspended_to`: as in `Validity`. `suspended_parts`: what others suspend of it; an index keeps it with
    the passages concerned, not with the card."""

    key: str
    version: str
    number: str | None
    title: str | None
    type: str | None
    issuer: str | None
    issued: date | None
    status: str = "unknown"
    effective_from: date | None = None
    effective_to: date | None = None
    access: tuple[str, ...] = ("public",)
    suspended_from: date | None = None
    suspended_to: date | None = None
    suspended_parts: tuple[Suspension, ...] = ()

    @property
    def validity(self) -> Validity:
        """When the document applies."""
        return Validity(self.effective_from, self.effective_to, self.suspended_from, self.suspended_to)


@dataclass(frozen=True, slots=True)
class Passage:
    """A searchable piece.

    `id`: UUID, stable for document version, eid and part. `eid`, `label`, `article`, `heading`, `path`: of the provision it
    belongs to (`article` is the bare number or None; `path` the title lines above it, outermost first). `text`: verbatim,
    `provision.full_text[start:start + len(text)]`. `spans`: the provisions inside, finest last. `part` of `parts`, from 0.
    `lead`: words from elsewhere that a part of a long provision needs to be understood: the opening of its clause, the header
    row of its table. Embedded, never shown or quoted; an index need not keep it. `validity`: when the provision applies,
    where that is not when its document does.
    """

    id: str
    document: DocumentCard
    eid: str
    label: str
    article: str | None
    heading: str
    path: tuple[str, ...]
    text: str
    start: int = 0
    part: int = 0
    parts: int = 1
    spans: tuple[Span, ...] = ()
    lead: str = ""
    validity: Validity | None = None

    @property
    def applies(self) -> Validity:
        """When it applies: by its own days, else by its document's."""
        return self.validity or self.document.validity

    @property
    def context(self) -> str:
        """The heading lines repeated before the text when it is embedded: title of the document, path, own title line, lead.

        Over-long titles are shortened here (they stand whole in the card, the path and the heading), so that the text keeps
        its room in the embedder's window.
        """
        lines = [shortened(line, 240) for line in (self.document.title or self.document.number or "", *self.path[-1:])]
        own = f"{self.label}. {shortened(self.heading, 400)}" if self.heading else self.label
        return "\n".join(line for line in (*lines, own, self.lead) if line)

    @property
    def embedded_text(self) -> str:
        """What the embedder sees."""
        return f"{self.context}\n{self.text}"


def validity_in(document: LegalDocument, card: DocumentCard, eid: str) -> Validity:
    """When a provision applies: by its own days, those of its document, and what others suspend of it."""
    own = document.validity_of(eid)
    end = min((day for day in (own.effective_to, card.effective_to) if day is not None), default=None)
    since, until = card.suspended_from, card.suspended_to
    if since is None and card.suspended_parts:
        around = {node.eid for node in document.path(eid)}
        since, until = next(((one.since, one.until) for one in card.suspended_parts if one.eid in around), (None, None))
    return Validity(own.effective_from or card.effective_from, end, since, until)


def shortened(line: str, limit: int) -> str:
    """A line of at most `limit` characters, cut at a word, with an ellipsis where something was cut."""
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head) + "…"
