"""The catalogue's tables of jobs: what was asked for, how far it is, and what became of each file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ingest.catalogue_tables import Base, Moment


class JobRow(Base):
    """A job. `params`: what it was asked for. `token`: owner and idempotency key, `fingerprint` what came with it.
    `cancel`: it is to stop. `waiting_for`: why it cannot go on just now. `result`: of what is not a list of files."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(20))
    owner: Mapped[str] = mapped_column(Text)
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    cancel: Mapped[bool]
    waiting_for: Mapped[str | None] = mapped_column(Text)
    total: Mapped[int]
    done: Mapped[int]
    passages: Mapped[int]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    code: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str | None] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(Moment)
    started: Mapped[datetime | None] = mapped_column(Moment)
    finished: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (Index("ix_jobs_state", "state"), Index("ix_jobs_created", "created"))


class JobFileRow(Base):
    """A file of a job. `path`: where it lies; `shown`: by what it is known; `given`: the SHA-256 of its side-car.
    `tries`: how often its reading ended its process. `outcome`: see `ingest.jobs.Outcome`; `key`: its document."""

    __tablename__ = "job_files"

    job: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    shown: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    side_car: Mapped[str | None] = mapped_column(Text)
    given: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str | None] = mapped_column(String(20))
    key: Mapped[str | None] = mapped_column(String(300))
    passages: Mapped[int]
    tries: Mapped[int]
    code: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str | None] = mapped_column(Text)
    began: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (Index("ix_job_files_state", "job", "state"),)
