"""Which version a file brought, as the catalogue remembers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from ingest.catalogue import Catalogue
from ingest.catalogue_tables import NEEDS_REVIEW, REPLACED, FileRow, VersionRow


@dataclass(frozen=True, slots=True)
class Brought:
    """The version that a file became. `first`: no version of the document is older."""

    key: str
    version: str
    passages: int
    created: datetime
    first: bool
    waits: bool
    doubts: tuple[str, ...]


def brought_by(catalogue: Catalogue, path: str) -> Brought | None:
    """What the file known under that path became; None where it is unknown or failed."""
    query = select(VersionRow).join(FileRow, FileRow.version == VersionRow.id).where(FileRow.path == path)
    with catalogue.sessions() as session:
        row = session.scalar(query)
        if row is None:
            return None
        older = select(func.count()).where(VersionRow.key == row.key, VersionRow.created < row.created)
        first = not session.scalar(older)
        waits = row.state == NEEDS_REVIEW
        return Brought(row.key, row.id, row.passages, row.created, first, waits, tuple(row.doubts))


def follow_corrections(catalogue: Catalogue, key: str, version: str) -> None:
    """Files that brought an earlier version of these very bytes brought this one."""
    with catalogue.sessions.begin() as session:
        live = session.get_one(VersionRow, version)
        same = (VersionRow.key == key, VersionRow.sha256 == live.sha256, VersionRow.state == REPLACED)
        earlier = select(VersionRow.id).where(*same)
        session.execute(update(FileRow).where(FileRow.version.in_(earlier)).values(version=version))
