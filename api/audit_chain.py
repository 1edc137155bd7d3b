"""The audit log as a chain in the database: appended by any process, each entry sealed over the one before it.

The seal is an HMAC with a key made from the pepper: who can write to the database, but does not have the pepper, cannot
change, drop, insert or reorder entries, nor cut off the end, without `verify` seeing it.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, text, update

from api.acts import Act
from api.doors_tables import AuditEndRow, AuditRow
from api.pepper import Pepper
from legal.errors import Conflict
from legal.text import nfc

_START = "0" * 64
#: The lock under which PostgreSQL's log grows: any number that all our processes share.
_LOG_LOCK = 7_314_002
_COLUMNS = tuple(column.name for column in AuditRow.__table__.columns)
_SEALED = tuple(name for name in _COLUMNS if name != "hash")
_BLOCK = 2000


@dataclass(frozen=True, slots=True)
class Record:
    """A stored entry. `at`: ISO 8601, UTC; `question` or `question_hash` where something was asked."""

    seq: int
    at: str
    who: str
    name: str
    role: str
    address: str
    action: str
    target: str
    status: int
    request_id: str
    question: str | None
    question_hash: str | None
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of the chain. `broken_at`: the first entry that does not fit, None when all do; `pruned`: entries taken out by
    retention."""

    entries: int
    pruned: int
    broken_at: int | None
    reason: str = ""


class AuditChain:
    """The log. `keep_questions`: store the words of questions instead of their keyed hash."""

    def __init__(self, engine: Engine, pepper: Pepper, *, keep_questions: bool = False) -> None:
        self._engine = engine
        self._seal_key = pepper.derived("audit-chain")
        self._question_key = pepper.derived("audit-question")
        self._keep_questions = keep_questions

    def question_hash(self, question: str) -> str:
        """What stands for a question whose words are not stored: the same words give the same hash in this home only."""
        return hmac.new(self._question_key, nfc(question.strip()).encode("utf-8", "surrogatepass"), sha256).hexdigest()

    def append(self, acts: Sequence[Act]) -> None:
        """Store acts in their order; whole or not at all."""
        if not acts:
            return
        with self._growing() as connection:
            seq, last = self._end(connection, "last")
            rows = []
            for act in acts:
                seq += 1
                values = self._values(seq, act)
                last = self._seal(last, values)
                rows.append({**values, "hash": last})
            connection.execute(insert(AuditRow), rows)
            self._set_end(connection, "last", seq, last)

    def records(
        self, after: int = 0, limit: int | None = None, *, who: str | None = None, action: str | None = None,
        since: datetime | None = None, until: datetime | None = None,
    ) -> Iterator[Record]:  # fmt: skip
        """Stored entries by their number, from the one after `after`."""
        query = select(*AuditRow.__table__.columns).order_by(AuditRow.seq).limit(min(limit or _BLOCK, _BLOCK))
        if who is not None:
            query = query.where(AuditRow.who == who)
        if action is not None:
            query = query.where(AuditRow.action == action)
        if since is not None:
            query = query.where(AuditRow.at >= _moment(since))
        if until is not None:
            query = query.where(AuditRow.at < _moment(until))
        while True:
            with self._engine.connect() as connection:
                rows = connection.execute(query.where(AuditRow.seq > after)).all()
            for row in rows:
                yield Record(*row)
            if limit is not None or len(rows) < _BLOCK:
                return
            after = rows[-1].seq

    def verify(self) -> Verdict:
        """Walk the whole chain."""
        with self._engine.connect() as connection:
            ends = {row.end: row for row in connection.execute(select(AuditEndRow.__table__))}
        if ends and (set(ends) != {"first", "last"} or not all(self._sealed(row) for row in ends.values())):
            return Verdict(0, 0, 1, "dấu niêm phong đầu, cuối của chuỗi bị mất hoặc bị sửa")
        first, end = (ends["first"], ends["last"]) if ends else (None, None)
        pruned = seq = first.seq if first else 0
        before = first.hash if first else _START
        for record in self.records():
            if end is None or record.seq > end.seq:
                break  # written since
            if record.seq != seq + 1:
                return Verdict(seq - pruned, pruned, seq + 1, "thiếu mục")
            if not hmac.compare_digest(
                self._seal(before, {name: getattr(record, name) for name in _SEALED}), record.hash
            ):
                return Verdict(seq - pruned, pruned, record.seq, "nội dung mục bị sửa")
            seq, before = record.seq, record.hash
        if end is not None and (seq, before) != (end.seq, end.hash):
            return Verdict(seq - pruned, pruned, seq + 1, "mất các mục cuối")
        if (extra := self._extra()) is not None:
            return Verdict(seq - pruned, pruned, extra, "có mục thêm ngoài chuỗi")
        return Verdict(seq - pruned, pruned, None)

    def _extra(self) -> int | None:
        """The first entry after the sealed end; both read at one moment."""
        end = select(AuditEndRow.seq).where(AuditEndRow.end == "last").scalar_subquery()
        with self._engine.connect() as connection:
            found = connection.execute(select(func.min(AuditRow.seq)).where(AuditRow.seq > func.coalesce(end, 0)))
            return found.scalar()

    def _sealed(self, row: Row[tuple[str, int, str, str]]) -> bool:
        return hmac.compare_digest(row.seal, self._end_seal(row.end, row.seq, row.hash))

    def prune(self, before: datetime) -> int:
        """Take out the entries before a moment; the rest stays verifiable. The number taken out. Raises Conflict for a
        broken chain: what was tampered with is not to vanish by retention."""
        verdict = self.verify()
        if verdict.broken_at is not None:
            raise Conflict(f"Chuỗi nhật ký bị đứt ở mục {verdict.broken_at}; không xoá gì trước khi làm rõ.")
        with self._growing() as connection:
            kept = connection.execute(select(func.min(AuditRow.seq)).where(AuditRow.at >= _moment(before))).scalar()
            top = connection.execute(select(func.max(AuditRow.seq))).scalar() or 0
            edge = top if kept is None else kept - 1
            seal = connection.execute(select(AuditRow.hash).where(AuditRow.seq == edge)).scalar()
            if seal is None:
                return 0
            gone = connection.execute(delete(AuditRow).where(AuditRow.seq <= edge)).rowcount
            self._set_end(connection, "first", edge, seal)
            return gone

    @contextmanager
    def _growing(self) -> Iterator[Connection]:
        """A transaction that no other process shares: the chain has one end."""
        with self._engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOG_LOCK})
            yield connection

    def _end(self, connection: Connection, end: str) -> tuple[int, str]:
        row = connection.execute(select(AuditEndRow.seq, AuditEndRow.hash).where(AuditEndRow.end == end)).one_or_none()
        if row is not None:
            return row.seq, row.hash
        for name in ("first", "last"):
            connection.execute(
                insert(AuditEndRow).values(end=name, seq=0, hash=_START, seal=self._end_seal(name, 0, _START))
            )
        return 0, _START

    def _set_end(self, connection: Connection, end: str, seq: int, seal: str) -> None:
        values = {"seq": seq, "hash": seal, "seal": self._end_seal(end, seq, seal)}
        connection.execute(update(AuditEndRow).where(AuditEndRow.end == end).values(**values))

    def _end_seal(self, end: str, seq: int, last: str) -> str:
        return hmac.new(self._seal_key, f"end|{end}|{seq}|{last}".encode(), sha256).hexdigest()

    def _seal(self, before: str, values: dict[str, object]) -> str:
        said = json.dumps([values[name] for name in _SEALED], ensure_ascii=True, separators=(",", ":"))
        return hmac.new(self._seal_key, f"{before}|{said}".encode(), sha256).hexdigest()

    def _values(self, seq: int, act: Act) -> dict[str, object]:
        asked = act.question
        return {
            "seq": seq,
            "at": _moment(act.at),
            "who": (act.caller.id if act.caller else "")[:300],
            "name": _plain(act.caller.name if act.caller else "", 300),
            "role": act.caller.role if act.caller else "",
            "address": act.address[:64],
            "action": act.action[:200],
            "target": _plain(act.target, 1000),
            "status": act.status,
            "request_id": act.request_id[:64],
            "question": _plain(asked, 4000) if asked is not None and self._keep_questions else None,
            "question_hash": self.question_hash(asked) if asked is not None and not self._keep_questions else None,
        }


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: str, longest: int) -> str:
    """Text that every database stores as it is: no NUL, no lone surrogates."""
    return value[:longest].encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
