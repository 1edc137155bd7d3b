"""`Catalogue`: which documents a home holds, as the doors ask for them: lists, trees, originals, counts."""

from __future__ import annotations

import base64
import binascii
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, sessionmaker

from ingest.catalogue_open import open_database
from ingest.catalogue_tables import LIVE, NEEDS_REVIEW, DocumentRow, FileRow, LabelRow, MetaRow, VersionRow
from ingest.said_json import unpack_said
from ingest.tree_json import unpack
from legal.document import LegalDocument
from legal.errors import BadRequest, NotFound
from legal.number import DocumentNumber
from legal.said import Said, said_by
from legal.text import fold
from retrieval.passage import DocumentCard

_TREES_KEPT = 8
_BEFORE_ALL = date(1, 1, 1)  # documents without a date come last


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents. All given conditions must hold; of several values one must.

    `text`: words of the title or number, with or without diacritics. `effective_on`: in force that day and not suspended,
    as far as is known. `labels`: that the document has, None for any. `access`: the caller's labels, None for an
    unrestricted caller.
    """

    types: Collection[str] = ()
    issuers: Collection[str] = ()
    statuses: Collection[str] = ()
    issued_from: date | None = None
    issued_to: date | None = None
    effective_on: date | None = None
    text: str = ""
    labels: Collection[str] | None = None
    access: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A document that answers, with the file that its current version was read from."""

    card: DocumentCard
    signer: str | None
    signer_title: str | None
    place: str | None
    sha256: str
    file_name: str
    kind: str
    size: int
    coverage: float | None
    notes: tuple[str, ...]
    provisions: int
    passages: int
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """A version of a document, live or not."""

    id: str
    state: str
    sha256: str
    file_name: str
    kind: str
    size: int
    coverage: float | None
    notes: tuple[str, ...]
    provisions: int
    passages: int
    created: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list. `next`: the cursor of the following page, None at the end."""

    entries: tuple[Entry, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What the home holds. `failed`: files that could not become a document; `needs_review`: versions held back."""

    documents: int
    provisions: int
    passages: int
    failed: int
    needs_review: int


class Catalogue:
    """The catalogue's reading side: blocking, safe for several threads. `ingest.catalogue_writing` is the other."""

    def __init__(self, url: str) -> None:
        """Open the database and bring its schema up to date; errors as `open_database`."""
        self.engine = open_database(url)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._trees: OrderedDict[str, LegalDocument] = OrderedDict()
        self._trees_lock = threading.Lock()

    def documents(self, where: DocumentFilter | None = None, cursor: str | None = None, limit: int = 50) -> Page:
        """Documents, latest issued first. `limit`: 1 to 500. Raises BadRequest for a cursor that is none of ours."""
        if not 1 <= limit <= 500:
            raise BadRequest("Số văn bản mỗi trang phải từ 1 đến 500.")
        issued = func.coalesce(DocumentRow.issued, _BEFORE_ALL)
        query = _entries().where(*_conditions(where or DocumentFilter()))
        if cursor is not None:
            day, key = _read_cursor(cursor)
            query = query.where(or_(issued < day, and_(issued == day, DocumentRow.key > key)))
        query = query.order_by(issued.desc(), DocumentRow.key).limit(limit + 1)
        with self.sessions() as session:
            rows = session.execute(query).all()
            labels = _labels(session, [row[0].key for row in rows])
        entries = tuple(_entry(document, version, labels.get(document.key, ())) for document, version in rows)
        if len(entries) <= limit:
            return Page(entries)
        last = entries[limit - 1].card
        return Page(entries[:limit], _write_cursor(last.issued or _BEFORE_ALL, last.key))

    def document(self, number_or_key: str, access: Collection[str] | None = None) -> Entry:
        """The document with that key, or with that number in any spelling (`~` for `/` too).

        Raises NotFound, also for a document that the caller may not see.
        """
        known = DocumentNumber.try_parse(number_or_key.replace("~", "/"))
        match = DocumentRow.key == number_or_key
        if known is not None:
            match = or_(match, DocumentRow.number_key == known.key)
        query = _entries().where(match, *_conditions(DocumentFilter(access=access)))
        # The key itself first; of several issuers' documents with one number the latest.
        query = query.order_by((DocumentRow.key == number_or_key).desc(), DocumentRow.issued.desc(), DocumentRow.key)
        with self.sessions() as session:
            row = session.execute(query.limit(1)).first()
            if row is None:
                raise NotFound("Không có văn bản này trong kho.")
            return _entry(row[0], row[1], _labels(session, [row[0].key]).get(row[0].key, ()))

    def tree(self, key: str, version: str | None = None) -> LegalDocument:
        """The document as read; of its current version unless another is named. Raises NotFound."""
        with self.sessions() as session:
            if version is None:
                version = session.scalar(select(DocumentRow.current_version).where(DocumentRow.key == key))
            if version is None:
                raise NotFound("Không có văn bản này trong kho.")
            with self._trees_lock:
                if version in self._trees:
                    self._trees.move_to_end(version)
                    return self._trees[version]
            query = select(VersionRow.tree).where(VersionRow.id == version, VersionRow.key == key)
            packed = session.scalar(query)
        if packed is None:
            raise NotFound("Không có phiên bản này của văn bản trong kho.")
        document = unpack(packed)
        with self._trees_lock:
            self._trees[version] = document
            while len(self._trees) > _TREES_KEPT:
                self._trees.popitem(last=False)
        return document

    def said(self, key: str, version: str) -> Said:
        """What a version says of others, as it was read; read anew where the reading did not keep it, or was another
        grammar's. Raises NotFound."""
        with self.sessions() as session:
            packed = session.scalar(select(VersionRow.said).where(VersionRow.id == version, VersionRow.key == key))
        return (unpack_said(packed) if packed is not None else None) or said_by(self.tree(key, version))

    def versions(self, key: str) -> tuple[VersionEntry, ...]:
        """All versions of a document that are kept, newest first; empty for an unknown one."""
        query = select(VersionRow).where(VersionRow.key == key).order_by(VersionRow.created.desc(), VersionRow.id)
        with self.sessions() as session:
            return tuple(_version(row) for row in session.scalars(query))

    def original(self, key: str, version: str | None = None) -> VersionEntry:
        """The version whose `sha256` names the original file (`ingest.originals`). Raises NotFound."""
        wanted = version or self.document(key).card.version
        found = next((entry for entry in self.versions(key) if entry.id == wanted), None)
        if found is None:
            raise NotFound("Không có phiên bản này của văn bản trong kho.")
        return found

    def counts(self) -> Counts:
        """What the home holds."""
        live = select(func.count(), func.sum(VersionRow.provisions), func.sum(VersionRow.passages))
        with self.sessions() as session:
            documents, provisions, passages = session.execute(live.where(VersionRow.state == LIVE)).one()
            failed = session.scalar(select(func.count()).select_from(FileRow).where(FileRow.code.is_not(None)))
            review = session.scalar(
                select(func.count()).select_from(VersionRow).where(VersionRow.state == NEEDS_REVIEW)
            )
        return Counts(documents, int(provisions or 0), int(passages or 0), failed or 0, review or 0)

    def meta(self, name: str) -> str | None:
        """A fact about the home."""
        with self.sessions() as session:
            return session.scalar(select(MetaRow.value).where(MetaRow.name == name))

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def _entries() -> Select[DocumentRow, VersionRow]:
    return select(DocumentRow, VersionRow).join(VersionRow, VersionRow.id == DocumentRow.current_version)


def _conditions(where: DocumentFilter) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, values in (
        (DocumentRow.type, where.types),
        (DocumentRow.issuer, where.issuers),
        (DocumentRow.status, where.statuses),
    ):
        if values:
            found.append(column.in_(list(values)))
    if where.issued_from is not None:
        found.append(DocumentRow.issued >= where.issued_from)
    if where.issued_to is not None:
        found.append(DocumentRow.issued <= where.issued_to)
    if where.effective_on is not None:
        begins, ends = DocumentRow.effective_from, DocumentRow.effective_to
        found += [or_(begins.is_(None), begins <= where.effective_on), or_(ends.is_(None), ends > where.effective_on)]
        since, until = DocumentRow.suspended_from, DocumentRow.suspended_to
        found.append(or_(since.is_(None), since > where.effective_on, until <= where.effective_on))
    for word in fold(where.text).split():
        found.append(
            or_(
                DocumentRow.title_folded.contains(word, autoescape=True),
                func.lower(DocumentRow.number_key).contains(word, autoescape=True),
            )
        )
    for labels in (where.labels, where.access):
        if labels is not None:
            found.append(exists().where(LabelRow.key == DocumentRow.key, LabelRow.label.in_(list(labels))))
    return found


def _labels(session: Session, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    query = select(LabelRow.key, LabelRow.label).where(LabelRow.key.in_(keys)).order_by(LabelRow.label)
    for key, label in session.execute(query):
        found[key] = (*found.get(key, ()), label)
    return found


def card_of(row: DocumentRow, version: str, access: Sequence[str]) -> DocumentCard:
    """A document's row as the card that its passages carry."""
    return DocumentCard(
        key=row.key,
        version=version,
        number=row.number,
        title=row.title,
        type=row.type,
        issuer=row.issuer,
        issued=row.issued,
        status=row.status,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        access=tuple(access),
        suspended_from=row.suspended_from,
        suspended_to=row.suspended_to,
        suspended_parts=row.suspended_parts,
    )


def _entry(row: DocumentRow, version: VersionRow, access: Sequence[str]) -> Entry:
    return Entry(
        card=card_of(row, version.id, access),
        signer=row.signer,
        signer_title=row.signer_title,
        place=row.place,
        created=row.created,
        updated=row.updated,
        **_file(version),
    )


def _version(row: VersionRow) -> VersionEntry:
    return VersionEntry(id=row.id, state=row.state, created=row.created, **_file(row))


def _file(row: VersionRow) -> dict[str, Any]:
    names = ("sha256", "file_name", "kind", "size", "coverage", "provisions", "passages")
    return {"notes": tuple(row.notes), **{name: getattr(row, name) for name in names}}


def _write_cursor(day: date, key: str) -> str:
    return base64.urlsafe_b64encode(f"{day.isoformat()} {key}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[date, str]:
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        day, _, key = plain.partition(" ")
        return date.fromisoformat(day), key
    except (ValueError, binascii.Error):
        raise BadRequest("Con trỏ trang không hợp lệ; hãy lấy lại từ trang đầu.") from None
