"""Opening the catalogue's database: connection, pragmas, migrations up to this program's schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from legal.errors import BadRequest, Conflict, ServiceUnavailable

#: The newest step in `ingest/migrations/versions`; a test keeps it so.
HEAD = "0003"

_MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(url: str) -> Engine:
    """An engine on the database, its schema up to date.

    `url`: an SQLAlchemy address; `postgresql://` means psycopg. Raises BadRequest for a malformed address,
    ServiceUnavailable when the database does not answer, Conflict when a newer phapquy made it.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        raise BadRequest("Địa chỉ cơ sở dữ liệu không đúng dạng, ví dụ: postgresql://user@host/phapquy.") from None
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    sqlite = address.get_backend_name() == "sqlite"
    try:
        engine = create_engine(address, pool_pre_ping=not sqlite, connect_args={"timeout": 30} if sqlite else {})
        if sqlite:
            event.listen(engine, "connect", _set_up_sqlite)
        with engine.begin() as connection:
            _migrate(connection)
    except ImportError:
        raise ServiceUnavailable("Chưa cài trình điều khiển PostgreSQL: pip install 'phapquy[postgres]'.") from None
    except DBAPIError:
        raise ServiceUnavailable("Không mở được cơ sở dữ liệu của danh mục; hãy kiểm tra địa chỉ và quyền.") from None
    return engine


def _set_up_sqlite(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Survives a killed process; after a power cut the last moments may be missing, which recovery mends from the index.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _migrate(connection: Connection) -> None:
    found = None
    if inspect(connection).has_table("alembic_version"):
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found == HEAD:
        return
    from alembic import command
    from alembic.util import CommandError

    config = migrations()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise Conflict(
            "Danh mục của kho này do một bản phapquy mới hơn tạo ra; hãy nâng cấp chương trình rồi mở lại."
        ) from None


def migrations() -> Any:
    """Alembic's configuration for our steps."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
