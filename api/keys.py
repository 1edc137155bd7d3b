"""API keys: made, listed, rotated, revoked; kept as digests in the doors' database."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from api.caller import Role
from api.doors_tables import KeyDayRow, KeyRow
from api.pepper import Pepper
from legal.errors import Conflict, NotFound

#: What every key begins with: people and scanners of leaked secrets know it by this.
PREFIX = "pq_"
_ID_BYTES, _SECRET_BYTES = 5, 32
#: Days for which the use of keys is kept.
_DAYS_KEPT = 92


@dataclass(frozen=True, slots=True)
class KeyDraft:
    """What a key is to be. `labels`: None sees all; `per_minute`, `per_day`: calls, None as the settings say."""

    name: str
    role: Role
    owner: str = ""
    labels: frozenset[str] | None = frozenset({"public"})
    expires: datetime | None = None
    per_minute: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is known. `id`: its public prefix; `replaced_by`: the key that a rotation made."""

    id: str
    name: str
    owner: str
    role: Role
    labels: frozenset[str] | None
    created: datetime
    created_by: str
    expires: datetime | None
    revoked: datetime | None
    replaced_by: str | None
    per_minute: int | None
    per_day: int | None
    last_used: datetime | None

    def works(self, now: datetime) -> bool:
        """Whether it opens the door at that moment."""
        return self.revoked is None and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key with what is needed to check it."""

    key: Key
    digest: str


class KeyStore:
    """The keys of a home; several processes may use it at once."""

    def __init__(self, engine: Engine, pepper: Pepper) -> None:
        self._engine = engine
        self._pepper = pepper

    def digest(self, given: str) -> str:
        """What would be stored of a key."""
        return self._pepper.digest(given)

    def create(self, draft: KeyDraft, by: str) -> tuple[Key, str]:
        """Make a key; (what is known of it, the key itself, never to be had again)."""
        with Session(self._engine) as session, session.begin():
            row, whole = self._made(draft, by)
            session.add(row)
            return _key(row), whole

    def all(self) -> list[Key]:
        """Every key, newest first, revoked and expired ones too."""
        with Session(self._engine) as session:
            return [_key(row) for row in session.scalars(select(KeyRow).order_by(KeyRow.created.desc(), KeyRow.id))]

    def any_made(self) -> bool:
        """Whether a key was ever made: from then on nobody comes in without one."""
        with Session(self._engine) as session:
            return session.scalar(select(KeyRow.id).limit(1)) is not None

    def find(self, key_id: str) -> StoredKey | None:
        """The key of that id."""
        with Session(self._engine) as session:
            row = session.get(KeyRow, key_id)
            return None if row is None else StoredKey(_key(row), row.digest)

    def rotate(self, key_id: str, grace: timedelta, by: str) -> tuple[Key, str]:
        """Make a key like that one, which lives on for `grace`. Raises NotFound; Conflict for one that ended or was
        rotated before."""
        now = datetime.now(UTC)
        with Session(self._engine) as session, session.begin():
            row = session.scalars(select(KeyRow).where(KeyRow.id == key_id).with_for_update()).one_or_none()
            if row is None:
                raise unknown_key()
            old = _key(row)
            if not old.works(now) or old.replaced_by is not None:
                raise Conflict("Khoá này đã hết hạn, đã thu hồi hoặc đã được thay; hãy tạo khoá mới.")
            draft = KeyDraft(
                old.name, old.role, old.owner, old.labels, old.expires, old.per_minute, old.per_day
            )  # an end that was set stays: a rotation does not prolong
            fresh, whole = self._made(draft, by)
            session.add(fresh)
            taken = session.execute(
                update(KeyRow)
                .where(KeyRow.id == key_id, KeyRow.replaced_by.is_(None))
                .values(replaced_by=fresh.id, expires=min(now + grace, old.expires or datetime.max.replace(tzinfo=UTC)))
            )
            if cast("int", taken.rowcount) != 1:  # type: ignore[attr-defined]
                raise Conflict("Khoá này vừa được thay; hãy tạo khoá mới.")
            return _key(fresh), whole

    def revoke(self, key_id: str) -> Key:
        """End a key now; for good. Raises NotFound."""
        with Session(self._engine) as session, session.begin():
            row = session.get(KeyRow, key_id)
            if row is None:
                raise unknown_key()
            row.revoked = row.revoked or datetime.now(UTC)
            return _key(row)

    def other_peppers(self) -> int:
        """How many living keys were made with another pepper: they open nothing any more."""
        now = datetime.now(UTC)
        with Session(self._engine) as session:
            rows = session.scalars(select(KeyRow).where(KeyRow.pepper != self._pepper.mark))
            return sum(_key(row).works(now) for row in rows)

    def used(self, calls: Mapping[str, int], last: Mapping[str, datetime], day: date) -> dict[str, int]:
        """Add calls of a day; the day's whole counts by caller, those of other processes too."""
        with Session(self._engine) as session, session.begin():
            session.execute(delete(KeyDayRow).where(KeyDayRow.day < day - timedelta(days=_DAYS_KEPT)))
            insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
            for caller_id, count in sorted(calls.items()):  # in one order, or two processes lock each other out
                row = insert(KeyDayRow).values(key_id=caller_id, day=day, calls=count)
                session.execute(
                    row.on_conflict_do_update(
                        index_elements=[KeyDayRow.key_id, KeyDayRow.day], set_={"calls": KeyDayRow.calls + count}
                    )
                )
            for key_id, moment in last.items():
                session.execute(update(KeyRow).where(KeyRow.id == key_id).values(last_used=moment))
            return self._counts(session, calls.keys(), day)

    def counts(self, callers: Collection[str], day: date) -> dict[str, int]:
        """The calls of a day by caller."""
        with Session(self._engine) as session:
            return self._counts(session, callers, day)

    @staticmethod
    def _counts(session: Session, callers: Collection[str], day: date) -> dict[str, int]:
        rows = session.execute(
            select(KeyDayRow.key_id, KeyDayRow.calls).where(KeyDayRow.day == day, KeyDayRow.key_id.in_(list(callers)))
        )
        return {row.key_id: row.calls for row in rows}

    def _made(self, draft: KeyDraft, by: str) -> tuple[KeyRow, str]:
        key_id = PREFIX + secrets.token_hex(_ID_BYTES)
        whole = f"{key_id}_{secrets.token_hex(_SECRET_BYTES)}"
        row = KeyRow(
            id=key_id,
            name=draft.name,
            owner=draft.owner,
            role=draft.role,
            labels=None if draft.labels is None else sorted(draft.labels),
            digest=self._pepper.digest(whole),
            pepper=self._pepper.mark,
            created=datetime.now(UTC),
            created_by=by,
            expires=draft.expires,
            per_minute=draft.per_minute,
            per_day=draft.per_day,
        )
        return row, whole


def id_of(given: str) -> str | None:
    """The id that a key says it has; None for what has not the form of a key."""
    id_part, _, secret = given.rpartition("_")
    fits = given.isascii() and len(id_part) == len(PREFIX) + 2 * _ID_BYTES and len(secret) == 2 * _SECRET_BYTES
    return id_part if fits and id_part.startswith(PREFIX) else None


def _key(row: KeyRow) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        owner=row.owner,
        role=cast("Role", row.role),
        labels=None if row.labels is None else frozenset(row.labels),
        created=row.created,
        created_by=row.created_by,
        expires=row.expires,
        revoked=row.revoked,
        replaced_by=row.replaced_by,
        per_minute=row.per_minute,
        per_day=row.per_day,
        last_used=row.last_used,
    )


def unknown_key() -> NotFound:
    """For a key that is not there, for who asks."""
    return NotFound("Không có khoá này.")
