"""What a document says of others, and of itself: relations, citations, amending instructions, read in one go."""

from __future__ import annotations

from dataclasses import dataclass

from legal.document import Evidence, LegalDocument
from legal.names import LawNames
from legal.references_placed import PlacedReference, placed_references
from legal.relations import Relation, find_relations
from legal.relations_changes import Change, instructions, typed_changes


@dataclass(frozen=True, slots=True)
class Said:
    """`untyped`: amending instructions that were not understood."""

    relations: tuple[Relation, ...] = ()
    references: tuple[PlacedReference, ...] = ()
    changes: tuple[Change, ...] = ()
    untyped: tuple[Evidence, ...] = ()


def said_by(document: LegalDocument, names: LawNames | None = None) -> Said:
    """All of it. `names`: titles that are not public ones, so that they end where they end; what is read depends on
    nothing else, in particular not on what happens to be known."""
    told = list(instructions(document, names))
    changes, untyped = typed_changes(told)
    return Said(
        tuple(find_relations(document, names)),
        tuple(placed_references(document, names, told)),
        tuple(changes),
        tuple(untyped),
    )
