"""The catalogue's tables of citations and amending instructions: what the text of each live version names, where."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ingest.catalogue_tables import Base


class NamedRow(Base):
    """A document that another (`key`) names, once for all places. `target`: its number or name as printed, "" for the
    document itself. `target_key`: which one that is here; worked out anew with every arrival and removal."""

    __tablename__ = "named_documents"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(ForeignKey("documents.key", ondelete="CASCADE"))
    target: Mapped[str] = mapped_column(Text)
    year: Mapped[int | None]
    target_key: Mapped[str | None] = mapped_column(String(300))

    __table_args__ = (Index("ix_named_documents_key", "key"), Index("ix_named_documents_target_key", "target_key"))


class CitationRow(Base):
    """One provision that a citation names: a citation of three has three rows. `eid`, `heading`, `start`, `end`: its place,
    see `legal.references_placed.PlacedReference`. `provision`: as the text tells it, "" for the whole document."""

    __tablename__ = "citations"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(ForeignKey("documents.key", ondelete="CASCADE"))
    named: Mapped[int] = mapped_column(ForeignKey("named_documents.id", ondelete="CASCADE"))
    eid: Mapped[str] = mapped_column(Text)
    heading: Mapped[bool]
    start: Mapped[int]
    end: Mapped[int]
    provision: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_citations_key_eid", "key", "eid"), Index("ix_citations_named", "named", "provision"))


class ChangeRow(Base):
    """What an amending instruction does to one provision, see `legal.relations_changes.Change`; `kind` is "untyped" for one
    that was not understood. `text`: the new text of this provision alone. `day`: from which day, None unknown."""

    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(ForeignKey("documents.key", ondelete="CASCADE"))
    named: Mapped[int | None] = mapped_column(ForeignKey("named_documents.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    provision: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    old: Mapped[str] = mapped_column(Text)
    new: Mapped[str] = mapped_column(Text)
    day: Mapped[date | None]
    sentence: Mapped[str] = mapped_column(Text)
    eid: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_changes_key", "key"), Index("ix_changes_named", "named"))
