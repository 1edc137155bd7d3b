"""Whether reading a document lost or doubled a word: the words of the file's blocks against those of what was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from legal.blocks import Block
from legal.document import LegalDocument
from legal.structure import printed_words, source_words

#: Below this share a person has to look at the document before it is searched.
ENOUGH = 0.995


@dataclass(frozen=True, slots=True)
class Coverage:
    """`share`: 1.0 when every word of the source stands in the document exactly once; a word lost and a word doubled
    both lower it, the greater of the two counts. `missing`, `doubled`: those words with how often."""

    share: float
    missing: Counter[str] = field(default_factory=Counter)
    doubled: Counter[str] = field(default_factory=Counter)

    @property
    def enough(self) -> bool:
        """Whether the document may be searched as it was read."""
        return self.share >= ENOUGH


def coverage(blocks: Sequence[Block], furniture: Sequence[str], document: LegalDocument) -> Coverage:
    """The words of a file's blocks and furniture against the tree and all that was classified (letterhead, preamble,
    signature, recipients, furniture)."""
    source, printed = source_words(blocks, furniture), printed_words(document)
    missing, doubled = source - printed, printed - source
    wrong = max(missing.total(), doubled.total())
    return Coverage(1.0 - min(1.0, wrong / max(1, source.total())), missing, doubled)
