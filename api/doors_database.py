"""The doors' database: a file of its own in the home, or the catalogue's PostgreSQL; opened with its schema up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from api.doors_tables import VERSION_TABLE
from ingest.catalogue_open import Chain, open_database
from ingest.home import Home

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: The newest step in `api/migrations/versions`; a test keeps it so.
HEAD = "0003"
DOORS = Chain(Path(__file__).parent / "migrations", HEAD, VERSION_TABLE)


def doors_file(home: Home) -> Path:
    """The SQLite file, where no database is set."""
    return home.path / "doors.sqlite3"


def open_doors(home: Home, database_url: str | None) -> Engine:
    """The engine. Raises as `open_database`."""
    if database_url:
        return open_database(database_url, DOORS)
    home.prepare()
    file = doors_file(home)
    if not file.exists():
        file.touch(mode=0o600, exist_ok=True)
    return open_database(f"sqlite:///{file.absolute()}", DOORS)
