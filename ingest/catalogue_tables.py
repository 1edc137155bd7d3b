"""The catalogue's tables as typed SQLAlchemy models. A change needs a step in `ingest/migrations/versions`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    false,
)
from sqlalchemy import TypeDecorator as _TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ingest.catalogue_plain import parts_plain, parts_typed
from legal.document import Suspension

#: Constraint names are fixed, so that migrations can name them on every database.
_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

# States of a version.
WRITING = "writing"  # in the journal: its points may or may not be in the index
LIVE = "live"  # the one that answers
REPLACED = "replaced"  # kept, does not answer
REMOVED = "removed"
NEEDS_REVIEW = "needs_review"  # read with doubts: kept, not in the index until accepted


class Moment(_TypeDecorator[datetime]):
    """A moment in UTC, aware in Python on every database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To naive UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """To aware UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Suspensions(_TypeDecorator[tuple[Suspension, ...]]):
    """Suspended provisions, as JSON in the database."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Iterable[Suspension] | None, dialect: Dialect) -> list[list[str | None]]:
        """To JSON."""
        return parts_plain(value or ())

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[Suspension, ...]:
        """From JSON."""
        return parts_typed(value or ())


class Base(DeclarativeBase):
    """Root of the tables."""

    metadata = MetaData(naming_convention=_NAMES)


class DocumentRow(Base):
    """A document. Without `current_version` it has no reading that answers (never whole yet, or removed).
    `suspended_parts`: what others suspend of it. `labels_given`: its labels are a person's
    decision about this document, which no folder's rule undoes."""

    __tablename__ = "documents"

    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    number: Mapped[str | None] = mapped_column(Text)
    number_key: Mapped[str | None] = mapped_column(Text)  # what all spellings of the number share
    title: Mapped[str | None] = mapped_column(Text)
    title_folded: Mapped[str] = mapped_column(Text, default="")
    type: Mapped[str | None] = mapped_column(Text)
    issuer: Mapped[str | None] = mapped_column(Text)
    signer: Mapped[str | None] = mapped_column(Text)
    signer_title: Mapped[str | None] = mapped_column(Text)
    issued: Mapped[date | None]
    place: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(30), default="unknown")
    effective_from: Mapped[date | None]
    effective_to: Mapped[date | None]
    suspended_from: Mapped[date | None]
    suspended_to: Mapped[date | None]
    suspended_parts: Mapped[tuple[Suspension, ...]] = mapped_column(Suspensions, default=tuple, server_default="[]")
    current_version: Mapped[str | None] = mapped_column(String(36))
    labels_given: Mapped[bool] = mapped_column(default=False, server_default=false())
    created: Mapped[datetime] = mapped_column(Moment)
    updated: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        Index("ix_documents_number_key", "number_key"),
        Index("ix_documents_issued", "issued"),
        Index("ix_documents_type", "type"),
        Index("ix_documents_issuer", "issuer"),
    )


class LabelRow(Base):
    """An access label of a document."""

    __tablename__ = "document_labels"

    key: Mapped[str] = mapped_column(ForeignKey("documents.key", ondelete="CASCADE"), primary_key=True)
    label: Mapped[str] = mapped_column(String(100), primary_key=True)

    __table_args__ = (Index("ix_document_labels_label", "label"),)


class VersionRow(Base):
    """One reading of one file as a document. `tree`: see `ingest/tree_json.py`; `said`: `ingest/said_json.py`, None for
    what older programs read; `text_hash`: of its words in order.
    `doubts`: why a person must look before it answers."""

    __tablename__ = "versions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(ForeignKey("documents.key", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    text_hash: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(Text)
    file_time: Mapped[float]
    kind: Mapped[str] = mapped_column(String(20))
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(20))
    tree: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    said: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    coverage: Mapped[float | None]
    notes: Mapped[list[str]] = mapped_column(JSON)
    doubts: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    provisions: Mapped[int]
    passages: Mapped[int]
    created: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        Index("ix_versions_key", "key"),
        Index("ix_versions_sha256", "sha256"),
        Index("ix_versions_state", "state"),
    )


class FileRow(Base):
    """A file that was met, by its path: what became of it. `version`: None when it failed, with `code` and `reason`.
    `given`: the SHA-256 of its side-car, "" without one."""

    __tablename__ = "files"

    path: Mapped[str] = mapped_column(Text, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[str | None] = mapped_column(String(36))
    code: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str | None] = mapped_column(Text)
    given: Mapped[str] = mapped_column(String(64), server_default="")
    seen: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (Index("ix_files_sha256", "sha256"), Index("ix_files_version", "version"))


class JournalRow(Base):
    """What is about to happen to the index: written before it happens, deleted when the catalogue says it happened."""

    __tablename__ = "journal"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    operation: Mapped[str] = mapped_column(String(20))  # write, remove, card
    key: Mapped[str] = mapped_column(String(300))
    version: Mapped[str | None] = mapped_column(String(36))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    created: Mapped[datetime] = mapped_column(Moment)


class MetaRow(Base):
    """A fact about the whole home: the embedder that made the index."""

    __tablename__ = "meta"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
