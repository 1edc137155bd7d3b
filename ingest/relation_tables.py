"""The catalogue's tables of relations: what each version says of other documents, and what follows for its own status."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ingest.catalogue_tables import Base


class RelationRow(Base):
    """A relation that the live version of a document (`key`) states, see `legal.relations.Relation`. `target`: the number
    or name as printed; which document that is may change with every arrival and is worked out anew."""

    __tablename__ = "relations"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(ForeignKey("documents.key", ondelete="CASCADE"))
    target_key: Mapped[str | None] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(Text)
    eids: Mapped[list[str]] = mapped_column(JSON)
    year: Mapped[int | None]
    target_issued: Mapped[date | None]
    day: Mapped[date | None]
    until: Mapped[date | None]
    partly: Mapped[bool]
    excepted: Mapped[bool]
    sentence: Mapped[str] = mapped_column(Text)
    eid: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_relations_key", "key"), Index("ix_relations_target_key", "target_key"))


class StandingRow(Base):
    """What a live version says of its own effect, and what was derived from the relations and written to its card.
    `eids`: of its provisions, for citations of them."""

    __tablename__ = "standings"

    key: Mapped[str] = mapped_column(ForeignKey("documents.key", ondelete="CASCADE"), primary_key=True)
    version: Mapped[str] = mapped_column(String(36))
    own_from: Mapped[date | None]
    own_to: Mapped[date | None]
    suspended_from: Mapped[date | None]
    suspended_to: Mapped[date | None]
    derived_to: Mapped[date | None]
    derived_status: Mapped[str] = mapped_column(String(30))
    eids: Mapped[list[str]] = mapped_column(JSON, deferred=True, server_default="[]")
