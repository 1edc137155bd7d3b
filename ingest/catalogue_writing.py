"""`CatalogueWriting`: the steps by which a document comes, changes and goes, each intent journalled.

A write is two steps with the index between them: `begin_write` (the version is stored and journalled), the points go
into the index, `finish_write` (the version answers, the one before is kept as replaced). What a crash cuts off stays in
the journal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from ingest.catalogue import Catalogue, card_of
from ingest.catalogue_plain import card_fields, card_json, people_of, plain, typed
from ingest.catalogue_records import Intent, KnownFile, LiveVersion, NewVersion
from ingest.catalogue_tables import (
    LIVE,
    NEEDS_REVIEW,
    REMOVED,
    REPLACED,
    WRITING,
    DocumentRow,
    FileRow,
    JournalRow,
    LabelRow,
    MetaRow,
    VersionRow,
)
from ingest.files import FoundFile
from legal.document import Metadata
from legal.errors import NotFound, PhapquyError
from legal.number import DocumentNumber
from legal.text import fold
from retrieval.passage import DocumentCard


class CatalogueWriting:
    """The writing side of a catalogue. One writer at a time (`Home.writing`)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._sessions = catalogue.sessions

    # What is known

    def files(self) -> dict[str, KnownFile]:
        """Every file that was met, by its path."""
        with self._sessions() as session:
            rows = session.scalars(select(FileRow))
            return {row.path: KnownFile(**{name: getattr(row, name) for name in KnownFile.__slots__}) for row in rows}

    def live(self) -> dict[str, LiveVersion]:
        """The version that answers, by document key."""
        return self._in_state(LIVE)

    def held(self) -> dict[str, LiveVersion]:
        """The version that waits for review, by document key."""
        return self._in_state(NEEDS_REVIEW)

    def _in_state(self, state: str) -> dict[str, LiveVersion]:
        with self._sessions() as session:
            rows = session.scalars(select(VersionRow).where(VersionRow.state == state))
            return {
                row.key: LiveVersion(row.key, row.id, row.passages, row.sha256, row.text_hash, row.file_time)
                for row in rows
            }

    def cards(self) -> dict[str, DocumentCard]:
        """The card of every document that answers or waits for review, by key; without access labels."""
        waiting = select(VersionRow.key).where(VersionRow.state == NEEDS_REVIEW)
        with self._sessions() as session:
            known = or_(DocumentRow.current_version.is_not(None), DocumentRow.key.in_(waiting))
            rows = session.scalars(select(DocumentRow).where(known))
            return {row.key: card_of(row, row.current_version or "", ()) for row in rows}

    def labels(self, key: str) -> tuple[str, ...]:
        """The access labels of a document; empty for an unknown one."""
        with self._sessions() as session:
            return _labels(session, key)

    def are_labels_given(self, key: str) -> bool:
        """Whether a person decided on the labels of this document."""
        with self._sessions() as session:
            return bool(session.scalar(select(DocumentRow.labels_given).where(DocumentRow.key == key)))

    def give_labels(self, key: str) -> None:
        """A person decides on the labels of this document: no folder's rule undoes it."""
        with self._sessions.begin() as session:
            session.execute(update(DocumentRow).where(DocumentRow.key == key).values(labels_given=True))

    def is_hidden(self, key: str, reach: Collection[str] | None) -> bool:
        """Whether a document of that key is or was here that none of the labels `reach` opens (None opens all)."""
        if reach is None:
            return False
        opened = exists().where(LabelRow.key == DocumentRow.key, LabelRow.label.in_(list(reach)))
        with self._sessions() as session:
            return session.scalar(select(DocumentRow.key).where(DocumentRow.key == key, ~opened)) is not None

    def card(self, key: str) -> DocumentCard:
        """The card of a document that answers. Raises NotFound."""
        with self._sessions() as session:
            row = session.get(DocumentRow, key)
            if row is None or row.current_version is None:
                raise NotFound("Không có văn bản này trong kho.")
            return card_of(row, row.current_version, _labels(session, key))

    def card_of_version(self, key: str, version: str) -> DocumentCard:
        """The card that a version has, or will have once it is finished. Raises NotFound."""
        with self._sessions() as session:
            intent = session.scalar(_write_intent(version))
            if intent is not None:
                fields = typed(intent.details["card"])
                return DocumentCard(**fields)  # type: ignore[arg-type]
        return replace(self.card(key), version=version)

    def passages_of(self, version: str) -> int:
        """How many passages a version has; -1 for an unknown one."""
        with self._sessions() as session:
            found = session.scalar(select(VersionRow.passages).where(VersionRow.id == version))
            return -1 if found is None else found

    def journal(self) -> list[Intent]:
        """What was begun and not finished, oldest first."""
        with self._sessions() as session:
            rows = session.scalars(select(JournalRow).order_by(JournalRow.id))
            return [Intent(row.id, row.operation, row.key, row.version, dict(row.details)) for row in rows]

    # Files

    def note_file(self, file: KnownFile) -> None:
        """Remember what became of a file."""
        with self._sessions.begin() as session:
            _put_file(session, file)

    def note_failure(self, file: FoundFile, sha256: str, error: PhapquyError) -> None:
        """Remember why a file did not become a document."""
        self.note_file(KnownFile.of(file, sha256, None, error))

    def forget_file(self, path: str) -> None:
        """Remember nothing of a file."""
        with self._sessions.begin() as session:
            session.execute(delete(FileRow).where(FileRow.path == path))

    # A document comes

    def begin_write(self, new: NewVersion, file: KnownFile | None) -> None:
        """Store the version and the intent to make it the one that answers."""
        card = new.card
        with self._sessions.begin() as session:
            if session.get(DocumentRow, card.key) is None:
                now = _now()
                session.add(DocumentRow(key=card.key, created=now, updated=now, title_folded=""))
                session.flush()
            _add_version(session, new, WRITING)
            details = {"card": card_json(card), "metadata": people_of(new.metadata), "file": _file_json(file)}
            session.add(
                JournalRow(operation="write", key=card.key, version=card.version, details=details, created=_now())
            )

    def finish_write(self, key: str, version: str) -> None:
        """The version answers from now on; the one before is kept as replaced. Doing it twice does no harm."""
        with self._sessions.begin() as session:
            intent = session.scalar(_write_intent(version))
            if intent is None:
                return
            details = intent.details
            session.execute(
                update(VersionRow)
                .where(VersionRow.key == key, VersionRow.state == LIVE, VersionRow.id != version)
                .values(state=REPLACED)
            )
            session.execute(update(VersionRow).where(VersionRow.id == version).values(state=LIVE))
            file = None if details["file"] is None else KnownFile(**details["file"])
            _supersede_held(session, key, version, file)
            row = session.get_one(DocumentRow, key)
            row.current_version = version
            row.updated = _now()
            _describe(session, row, {**details["metadata"], **card_fields(details["card"])})
            if file is not None:
                _put_file(session, file)
            session.delete(intent)

    def abandon_write(self, key: str, version: str) -> None:
        """Forget a version that cannot be made to answer; a document that never answered goes with it."""
        with self._sessions.begin() as session:
            session.execute(delete(JournalRow).where(JournalRow.operation == "write", JournalRow.version == version))
            session.execute(delete(VersionRow).where(VersionRow.id == version))
            if session.scalar(select(VersionRow.id).where(VersionRow.key == key).limit(1)) is None:
                session.execute(delete(DocumentRow).where(DocumentRow.key == key))

    def keep_aside(self, new: NewVersion, file: KnownFile | None, state: str = REPLACED) -> None:
        """Store a version that does not answer: an older one (`replaced`), a doubtful one (`needs_review`, in place of
        one that waited before it)."""
        with self._sessions.begin() as session:
            row = session.get(DocumentRow, new.card.key)
            if row is None:
                now = _now()
                row = DocumentRow(key=new.card.key, created=now, updated=now, title_folded="")
                session.add(row)
                session.flush()
            if row.current_version is None:
                _describe(session, row, {**people_of(new.metadata), **card_fields(card_json(new.card))})
            if state == NEEDS_REVIEW:
                _supersede_held(session, new.card.key, new.card.version, file)
            _add_version(session, new, state)
            if file is not None:
                _put_file(session, file)

    def begin_accept(self, card: DocumentCard, metadata: Metadata, passages: int) -> None:
        """The intent to let a version that waits for review answer."""
        with self._sessions.begin() as session:
            values = {"state": WRITING, "passages": passages}
            session.execute(update(VersionRow).where(VersionRow.id == card.version).values(**values))
            details = {"card": card_json(card), "metadata": people_of(metadata), "file": None}
            session.add(
                JournalRow(operation="write", key=card.key, version=card.version, details=details, created=_now())
            )

    # A document changes or goes

    def begin_change(self, key: str, changes: Mapping[str, Any]) -> int:
        """Change fields of a document (`status`, its days, `suspended_parts`, `access`); the intent's id."""
        with self._sessions.begin() as session:
            row = session.get(DocumentRow, key)
            if row is None or row.current_version is None:
                raise NotFound("Không có văn bản này trong kho.")
            given = plain(changes)
            _describe(session, row, given)
            row.updated = _now()
            intent = JournalRow(
                operation="card", key=key, version=row.current_version, details={"changes": given}, created=_now()
            )
            session.add(intent)
            session.flush()
            return intent.id

    def begin_remove(self, key: str) -> int:
        """The intent to remove a document; its id."""
        with self._sessions.begin() as session:
            intent = JournalRow(operation="remove", key=key, version=None, details={}, created=_now())
            session.add(intent)
            session.flush()
            return intent.id

    def finish_remove(self, key: str, intent: int) -> None:
        """The document no longer answers; its versions stay on record as removed, its files are forgotten."""
        with self._sessions.begin() as session:
            versions = select(VersionRow.id).where(VersionRow.key == key)
            session.execute(delete(FileRow).where(FileRow.version.in_(versions)))
            session.execute(update(VersionRow).where(VersionRow.key == key).values(state=REMOVED))
            row = session.get(DocumentRow, key)
            if row is not None:
                row.current_version = None
                row.updated = _now()
            session.execute(delete(JournalRow).where(JournalRow.id == intent))

    def finish(self, intent: int) -> None:
        """Strike an intent out of the journal."""
        with self._sessions.begin() as session:
            session.execute(delete(JournalRow).where(JournalRow.id == intent))

    def set_passages(self, version: str, passages: int) -> None:
        """Correct a version's number of passages after it was chunked anew."""
        with self._sessions.begin() as session:
            session.execute(update(VersionRow).where(VersionRow.id == version).values(passages=passages))

    def set_meta(self, name: str, value: str) -> None:
        """Remember a fact about the home."""
        with self._sessions.begin() as session:
            session.merge(MetaRow(name=name, value=value))


def changes_of(details: Mapping[str, Any]) -> dict[str, object]:
    """The changes of a `card` intent, typed as the index wants them."""
    return typed(details["changes"])


def _write_intent(version: str) -> Select[JournalRow]:
    return select(JournalRow).where(JournalRow.operation == "write", JournalRow.version == version)


def _add_version(session: Session, new: NewVersion, state: str) -> None:
    session.add(
        VersionRow(
            id=new.card.version,
            key=new.card.key,
            sha256=new.sha256,
            text_hash=new.text_hash,
            file_name=new.file_name,
            file_time=new.file_time,
            kind=new.kind,
            size=new.size,
            state=state,
            tree=new.tree,
            said=new.said,
            coverage=new.coverage,
            notes=list(new.notes),
            doubts=list(new.doubts),
            provisions=new.provisions,
            passages=new.passages,
            created=_now(),
        )
    )


def _describe(session: Session, row: DocumentRow, fields: Mapping[str, Any]) -> None:
    values = typed(fields)
    access: Any = values.pop("access", None)
    for name, value in values.items():
        setattr(row, name, value)
    if "title" in fields or "number" in fields:
        row.title_folded = fold(row.title or "")
        number = DocumentNumber.try_parse(row.number) if row.number else None
        row.number_key = number.key if number else row.number
    if access is not None:
        session.execute(delete(LabelRow).where(LabelRow.key == row.key))
        session.add_all(LabelRow(key=row.key, label=label) for label in sorted({*access}))


def _supersede_held(session: Session, key: str, version: str, file: KnownFile | None) -> None:
    """A version has come: what waited for review of the same document, or came from the same file, waits no longer."""
    same = VersionRow.key == key
    if file is not None:
        brought = select(FileRow.version).where(FileRow.path == file.path, FileRow.version.is_not(None))
        same = or_(same, VersionRow.id.in_(brought))
    waiting = (VersionRow.state == NEEDS_REVIEW, VersionRow.id != version)
    session.execute(
        update(VersionRow).where(*waiting, same).values(state=REPLACED).execution_options(synchronize_session=False)
    )


def _labels(session: Session, key: str) -> tuple[str, ...]:
    return tuple(session.scalars(select(LabelRow.label).where(LabelRow.key == key).order_by(LabelRow.label)))


def _put_file(session: Session, file: KnownFile) -> None:
    session.merge(FileRow(**_file_json(file) or {}, seen=_now()))


def _file_json(file: KnownFile | None) -> dict[str, Any] | None:
    return None if file is None else {name: getattr(file, name) for name in KnownFile.__slots__}


def _now() -> datetime:
    return datetime.now(UTC)
