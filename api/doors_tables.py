"""The doors' own tables: API keys and their use, the audit log. A change needs a step in `api/migrations/versions`."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ingest.catalogue_tables import Moment

#: They may share the catalogue's PostgreSQL database, so their steps are counted in a table of their own.
VERSION_TABLE = "doors_alembic_version"


class Base(DeclarativeBase):
    """Root of the tables."""

    metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(column_0_label)s"})


class KeyRow(Base):
    """An API key, without the key. `labels`: null sees all; `pepper`: which pepper `digest` was made with."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(20))
    labels: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    digest: Mapped[str] = mapped_column(String(64))
    pepper: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(Text)
    expires: Mapped[datetime | None] = mapped_column(Moment)
    revoked: Mapped[datetime | None] = mapped_column(Moment)
    replaced_by: Mapped[str | None] = mapped_column(String(20))
    per_minute: Mapped[int | None]
    per_day: Mapped[int | None]
    last_used: Mapped[datetime | None] = mapped_column(Moment)


class KeyDayRow(Base):
    """How often a caller (key, or subject of a token) called on a day."""

    __tablename__ = "api_key_days"

    key_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    calls: Mapped[int]


class AnswerRow(Base):
    """An answer that was given, so that people can say what they think of it. `cited`: [number, article, eid] each;
    `question`: only where the agency keeps the words of questions."""

    __tablename__ = "answers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    caller: Mapped[str] = mapped_column(String(300))
    given: Mapped[datetime] = mapped_column(Moment)
    as_of: Mapped[date]
    mode: Mapped[str] = mapped_column(String(20))
    cited: Mapped[list[list[str | None]]] = mapped_column(JSON)
    question: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_answers_given", "given"),)


class FeedbackRow(Base):
    """What a person said of an answer. `expected`: [number, article] of the provisions that should have been cited."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    caller: Mapped[str] = mapped_column(String(300))
    said: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(String(20))
    comment: Mapped[str] = mapped_column(Text)
    question: Mapped[str | None] = mapped_column(Text)
    expected: Mapped[list[list[str]]] = mapped_column(JSON)

    __table_args__ = (Index("ix_feedback_answer_id", "answer_id"), Index("ix_feedback_kind", "kind"))


class AuditRow(Base):
    """An entry of the audit log. Everything is stored as it is hashed; `hash` covers it and the hash before it."""

    __tablename__ = "audit_log"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32), index=True)
    who: Mapped[str] = mapped_column(String(300))
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(200))
    target: Mapped[str] = mapped_column(Text)
    status: Mapped[int]
    request_id: Mapped[str] = mapped_column(String(64))
    question: Mapped[str | None] = mapped_column(Text)
    question_hash: Mapped[str | None] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditEndRow(Base):
    """Where the chain begins ("first": the entry before the first that is kept) and ends ("last"), sealed by the pepper."""

    __tablename__ = "audit_ends"

    end: Mapped[str] = mapped_column(String(10), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))
