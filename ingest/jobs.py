"""`Jobs`: what was asked of the home and must be done whatever crashes: made, looked at, told to stop, tried again."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from ingest.catalogue import Catalogue
from ingest.catalogue_tables import DocumentRow, LabelRow
from ingest.files import FoundFile
from ingest.job_tables import JobFileRow, JobRow
from legal.errors import BadRequest, Conflict, NotFound

Kind = Literal["ingest", "reindex", "rollback", "delete", "change", "evaluate"]
State = Literal["queued", "running", "done", "failed", "cancelled"]
#: What a job does just now; the same words everywhere a job is shown.
Stage = Literal["waiting", "listing", "reading", "writing", "embedding", "building", "checking", "switching", "ended"]
#: What became of a file.
Outcome = Literal["added", "replaced", "unchanged", "duplicate", "older", "needs_review", "failed", "cancelled"]

ENDED: frozenset[str] = frozenset({"done", "failed", "cancelled"})
#: Jobs that take long; one of them runs at a time. The others are done beside them.
LONG: frozenset[str] = frozenset({"ingest", "reindex", "rollback", "evaluate"})


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file of a job; `reason` in Vietnamese where it failed or waits for review."""

    position: int
    file: FoundFile
    sha256: str
    state: Literal["waiting", "ended"]
    outcome: Outcome | None
    key: str | None
    passages: int
    tries: int
    code: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """A job. `done` of `total` are files, or documents of a re-index; `passages` embedded or written so far."""

    id: str
    kind: Kind
    state: State
    stage: Stage
    owner: str
    params: Mapping[str, Any]
    cancel: bool
    waiting_for: str | None
    total: int
    done: int
    passages: int
    failed: int
    result: Mapping[str, Any] | None
    code: str | None
    reason: str | None
    created: datetime
    started: datetime | None
    finished: datetime | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED

    @property
    def rate(self) -> float | None:
        """Files or documents a second since it began."""
        if self.started is None or not self.done:
            return None
        seconds = ((self.finished or datetime.now(UTC)) - self.started).total_seconds()
        return self.done / seconds if seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """How long it will take at that rate."""
        rate = self.rate
        return None if self.ended or rate is None else max(self.total - self.done, 0) / rate


_BY_STATE = select(JobRow.state, func.count()).group_by(JobRow.state)


class Jobs:
    """The jobs of a home. Usable from several threads and processes."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._sessions = catalogue.sessions

    def counts(self) -> dict[str, int]:
        """How many jobs are on record, by state."""
        with self._sessions() as session:
            return {state: count for state, count in session.execute(_BY_STATE)}  # noqa: C416  (rows are no pairs)

    def add(
        self,
        kind: Kind,
        owner: str,
        params: Mapping[str, Any] | None = None,
        *,
        idempotency: str | None = None,
        fingerprint: str = "",
        id: str | None = None,
        files: Sequence[FoundFile] = (),
    ) -> tuple[Job, bool]:
        """A new job, and whether it is new: with an `idempotency` key that this owner used before, the job it made.

        `fingerprint`: of what came with the key. `files`: what it is about, where that is known already. Raises
        Conflict for a key that came with something else.
        """
        token = None if idempotency is None else _hash(owner, idempotency)
        fingerprint = _hash(kind, json.dumps(params or {}, sort_keys=True, ensure_ascii=False), fingerprint)
        row = JobRow(
            id=id or str(uuid.uuid4()),
            kind=kind,
            state="queued",
            stage="waiting",
            owner=owner,
            token=token,
            fingerprint=fingerprint,
            params=dict(params or {}),
            cancel=False,
            total=len(files),
            done=0,
            passages=0,
            created=datetime.now(UTC),
        )
        try:
            with self._sessions.begin() as session:
                session.add(row)
                session.flush()
                session.add_all(_file_row(row.id, position, file) for position, file in enumerate(files))
        except IntegrityError:
            with self._sessions() as session:
                known = session.scalar(select(JobRow).where(JobRow.token == token))
            if token is None or known is None:
                raise
            if known.fingerprint != fingerprint:
                raise Conflict("Khoá Idempotency-Key này đã dùng cho một yêu cầu khác.") from None
            return self.get(known.id), False
        return self.get(row.id), True

    def get(self, id: str) -> Job:
        """A job. Raises NotFound."""
        with self._sessions() as session:
            row = session.get(JobRow, id)
            if row is None:
                raise NotFound("Không có công việc này.")
            failed = session.scalar(_failed().where(JobFileRow.job == id)) or 0
        return _job(row, failed)

    def page(
        self,
        *,
        states: Collection[str] = (),
        kinds: Collection[str] = (),
        owner: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> tuple[tuple[Job, ...], str | None]:
        """Jobs, latest first, and the cursor of the next page. `owner`: only this one's. Raises BadRequest, NotFound."""
        if not 1 <= limit <= 200:
            raise BadRequest("Số công việc mỗi trang phải từ 1 đến 200.")
        conditions: list[ColumnElement[bool]] = []
        if states:
            conditions.append(JobRow.state.in_(list(states)))
        if kinds:
            conditions.append(JobRow.kind.in_(list(kinds)))
        if owner is not None:
            conditions.append(JobRow.owner == owner)
        with self._sessions() as session:
            if cursor is not None:
                last = session.get(JobRow, cursor)
                if last is None:
                    raise BadRequest("Con trỏ trang không hợp lệ; hãy lấy lại từ trang đầu.")
                older = JobRow.created < last.created
                conditions.append(or_(older, (JobRow.created == last.created) & (JobRow.id > last.id)))
            query = select(JobRow).where(*conditions).order_by(JobRow.created.desc(), JobRow.id).limit(limit + 1)
            rows = session.scalars(query).all()
            shown = rows[:limit]
            counted = _failed().add_columns(JobFileRow.job).where(JobFileRow.job.in_([row.id for row in shown]))
            failed = {job: number for number, job in session.execute(counted.group_by(JobFileRow.job))}
        jobs = tuple(_job(row, failed.get(row.id, 0)) for row in shown)
        return jobs, shown[-1].id if len(rows) > limit else None

    def unfinished(self) -> list[Job]:
        """What is queued or running, oldest first."""
        with self._sessions() as session:
            query = select(JobRow).where(JobRow.state.in_(["queued", "running"])).order_by(JobRow.created, JobRow.id)
            return [_job(row, 0) for row in session.scalars(query)]

    def cancel(self, id: str) -> Job:
        """Tell a job to stop; one that has not begun is cancelled at once. Raises NotFound, Conflict where it ended."""
        with self._sessions.begin() as session:
            now = datetime.now(UTC)
            at_once = update(JobRow).where(JobRow.id == id, JobRow.state == "queued")
            gone = session.execute(at_once.values(state="cancelled", stage="ended", cancel=True, finished=now))
            if not _count(gone):
                session.execute(update(JobRow).where(JobRow.id == id, JobRow.state == "running").values(cancel=True))
        job = self.get(id)
        if job.ended and not job.cancel:
            raise Conflict("Công việc đã kết thúc.")
        return job

    def is_cancelled(self, id: str) -> bool:
        """Whether it was told to stop."""
        with self._sessions() as session:
            return bool(session.scalar(select(JobRow.cancel).where(JobRow.id == id)))

    def retry(self, id: str, owner: str, reach: Collection[str] | None = None) -> Job:
        """A new job for the files of an ended one that failed or were cancelled. It may touch what the first one might,
        and of that only what the labels `reach` open (None: all). Raises NotFound, Conflict."""
        job = self.get(id)
        if not job.ended:
            raise Conflict("Công việc còn đang chạy; chỉ làm lại được khi nó đã kết thúc.")
        if job.kind != "ingest":
            if job.state == "done":
                raise Conflict("Công việc đã xong, không có gì để làm lại.")
            return self.add(job.kind, owner, {**job.params, "reach": _narrower(job.params.get("reach"), reach)})[0]
        again = [one for one in self.files(id) if one.outcome in ("failed", "cancelled", None)]
        here = [one for one in again if one.file.path.is_file()]
        if not here and job.total:
            raise Conflict("Không có tệp lỗi nào còn giữ để làm lại.")
        params = {**job.params, "reach": _narrower(job.params.get("reach"), reach), "retry_of": id}
        return self.add("ingest", owner, params, files=[one.file for one in here])[0]

    def update(self, id: str, **values: Any) -> None:
        """Note how far it is: columns of the job."""
        with self._sessions.begin() as session:
            session.execute(update(JobRow).where(JobRow.id == id).values(**values))

    def begin(self, id: str) -> None:
        """It runs from now on; the clock starts once."""
        with self._sessions.begin() as session:
            row = session.get_one(JobRow, id)
            if row.state == "queued":
                row.state = "running"
                row.started = row.started or datetime.now(UTC)

    def end(self, id: str, state: State, *, code: str | None = None, reason: str | None = None) -> None:
        """It is over; files that were not reached are marked cancelled."""
        with self._sessions.begin() as session:
            row = session.get_one(JobRow, id)
            if row.state in ENDED:
                return
            row.state, row.stage, row.waiting_for = state, "ended", None
            row.code, row.reason, row.finished = code, reason, datetime.now(UTC)
            left = update(JobFileRow).where(JobFileRow.job == id, JobFileRow.state == "waiting")
            session.execute(left.values(state="ended", outcome="cancelled"))

    # Files

    def put_files(self, id: str, files: Sequence[FoundFile]) -> int:
        """The files of a job, once; how many it has."""
        with self._sessions.begin() as session:
            known = session.scalar(select(func.count()).select_from(JobFileRow).where(JobFileRow.job == id)) or 0
            if not known:
                session.add_all(_file_row(id, position, file) for position, file in enumerate(files))
            total = known or len(files)
            session.execute(update(JobRow).where(JobRow.id == id).values(total=total))
        return total

    def files(
        self, id: str, positions: range | None = None, *, visible: Collection[str] | None = None
    ) -> list[JobFile]:
        """Files in order; of those positions only. `visible`: a caller's labels: files whose documents none of them opens
        are left out."""
        query = select(JobFileRow).where(JobFileRow.job == id).order_by(JobFileRow.position)
        if positions is not None:
            query = query.where(JobFileRow.position >= positions.start, JobFileRow.position < positions.stop)
        if visible is not None:
            readable = select(LabelRow.key).where(LabelRow.label.in_(list(visible)))
            unknown = ~select(DocumentRow.key).where(DocumentRow.key == JobFileRow.key).exists()
            query = query.where(or_(JobFileRow.key.is_(None), JobFileRow.key.in_(readable), unknown))
        with self._sessions() as session:
            return [_job_file(row) for row in session.scalars(query)]

    def note_hash(self, id: str, position: int, sha256: str) -> None:
        """What a file's bytes are."""
        self._file(id, position, sha256=sha256)

    def note_try(self, id: str, position: int) -> int:
        """Its reading ended its process once more; how often by now."""
        with self._sessions.begin() as session:
            row = session.get_one(JobFileRow, (id, position))
            row.tries += 1
            return row.tries

    def note_begun(self, id: str, position: int) -> datetime:
        """It is about to be written; when that was first so."""
        with self._sessions.begin() as session:
            row = session.get_one(JobFileRow, (id, position))
            row.began = row.began or datetime.now(UTC)
            return row.began

    def note_outcome(
        self,
        id: str,
        position: int,
        outcome: Outcome,
        *,
        key: str | None = None,
        passages: int = 0,
        code: str | None = None,
        reason: str | None = None,
    ) -> None:
        """What became of a file; counted once."""
        with self._sessions.begin() as session:
            open_ = update(JobFileRow).where(
                JobFileRow.job == id, JobFileRow.position == position, JobFileRow.state == "waiting"
            )
            values = {"outcome": outcome, "key": key, "passages": passages, "code": code, "reason": reason}
            if _count(session.execute(open_.values(state="ended", **values))):
                counted = {"done": JobRow.done + 1, "passages": JobRow.passages + passages}
                session.execute(update(JobRow).where(JobRow.id == id).values(**counted))

    def _file(self, id: str, position: int, **values: Any) -> None:
        which = update(JobFileRow).where(JobFileRow.job == id, JobFileRow.position == position)
        with self._sessions.begin() as session:
            session.execute(which.values(**values))


def _narrower(one: Collection[str] | None, other: Collection[str] | None) -> list[str] | None:
    """Labels that both have; None has all."""
    if one is None or other is None:
        both = one if other is None else other
        return None if both is None else sorted(both)
    return sorted({*one} & {*other})


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _count(result: Any) -> int:
    return int(result.rowcount)


def _failed() -> Any:
    return select(func.count()).select_from(JobFileRow).where(JobFileRow.outcome == "failed")


def _job(row: JobRow, failed: int) -> Job:
    names = [name for name in Job.__slots__ if name != "failed"]
    return Job(failed=failed, **{name: getattr(row, name) for name in names})


def _file_row(id: str, position: int, file: FoundFile) -> JobFileRow:
    return JobFileRow(
        job=id,
        position=position,
        shown=file.known_as,
        path=str(file.path),
        side_car=None if file.side_car is None else str(file.side_car),
        given=file.given,
        size=file.size,
        mtime_ns=file.mtime_ns,
        sha256="",
        state="waiting",
        passages=0,
        tries=0,
    )


def _job_file(row: JobFileRow) -> JobFile:
    side_car = None if row.side_car is None else Path(row.side_car)
    file = FoundFile(Path(row.path), row.size, row.mtime_ns, row.shown, side_car, row.given)
    names = ("position", "sha256", "state", "outcome", "key", "passages", "tries", "code", "reason")
    return JobFile(file=file, **{name: getattr(row, name) for name in names})
