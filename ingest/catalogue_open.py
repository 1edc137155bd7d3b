"""Opening a database of the home: connection, pragmas, migrations up to this program's schema."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from legal.errors import BadRequest, Conflict, DatabaseAway, ServiceUnavailable

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ExceptionContext

#: The newest step in `ingest/migrations/versions`; a test keeps it so.
HEAD = "0008"

#: The lock under which PostgreSQL's schema is changed: any number that all our processes share.
_SCHEMA_LOCK = 7_314_001
_PSYCOPG = "postgresql+psycopg"
_DRIVERS = {"sqlite": "sqlite", "postgresql": _PSYCOPG, "postgres": _PSYCOPG, _PSYCOPG: _PSYCOPG}


@dataclass(frozen=True, slots=True)
class Chain:
    """Schema steps of one room. `head`: the newest; `table`: where the database keeps how far it is."""

    folder: Path
    head: str
    table: str = "alembic_version"


CATALOGUE = Chain(Path(__file__).parent / "migrations", HEAD)


def database_address(url: str) -> URL:
    """An address with its driver: of an SQLite file, or of PostgreSQL in either spelling. Raises BadRequest."""
    address: URL | None = None
    with suppress(ArgumentError):
        address = make_url(url)
    if address is None or address.drivername not in _DRIVERS:
        raise BadRequest("Địa chỉ cơ sở dữ liệu không đúng dạng, ví dụ: postgresql://user@host/phapquy.")
    return address.set(drivername=_DRIVERS[address.drivername])


def open_database(url: str, chain: Chain = CATALOGUE) -> Engine:
    """An engine on the database, the chain's schema up to date.

    `url`: see `database_address`. Raises BadRequest for another one, ServiceUnavailable when the database does not
    answer, Conflict when a newer phapquy made it. What is done on the engine raises DatabaseAway while PostgreSQL
    does not answer.
    """
    address = database_address(url)
    sqlite = address.get_backend_name() == "sqlite"
    try:
        patience = {"timeout": 30} if sqlite else {"connect_timeout": 10}
        engine = create_engine(address, pool_pre_ping=not sqlite, connect_args=patience)
        set_up = _set_up_sqlite if sqlite else _set_up_postgresql
        event.listen(engine, "connect", set_up, insert=True)  # before the first look at what it is
        with engine.begin() as connection:
            _migrate(connection, chain)
    except ImportError:
        raise ServiceUnavailable("Chưa cài trình điều khiển PostgreSQL: pip install 'phapquy[postgres]'.") from None
    except DBAPIError:
        raise ServiceUnavailable("Không mở được cơ sở dữ liệu của kho; hãy kiểm tra địa chỉ và quyền.") from None
    if not sqlite:
        event.listen(engine, "handle_error", _away)
    return engine


def _away(context: ExceptionContext) -> None:
    """Also a deadlock or a full disk: what was asked was not done, and may be asked again."""
    if context.is_pre_ping:  # a connection of before a restart: it is made anew
        return
    if context.is_disconnect or isinstance(context.sqlalchemy_exception, OperationalError | InterfaceError):
        raise DatabaseAway("Cơ sở dữ liệu tạm thời không trả lời; hãy thử lại sau ít giây.")


def _set_up_postgresql(connection: Any, record: Any) -> None:
    """Its text has no NUL, what people and files say may: as SQLite, take it in and find nothing by it.

    Raises BadRequest for a database that cannot hold Vietnamese, as some systems make them by default.
    """
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise BadRequest("Cơ sở dữ liệu phải dùng mã UTF8: createdb --encoding=UTF8 --template=template0 phapquy.")
    from psycopg.types.string import StrDumperUnknown

    class Dumper(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))

    connection.adapters.register_dumper(str, Dumper)


def _set_up_sqlite(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Survives a killed process; after a power cut the last moments may be missing, which recovery mends from the index.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _migrate(connection: Connection, chain: Chain) -> None:
    if _found(connection, chain) == chain.head:
        return
    # Processes that start at the same time wait for the first one.
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SCHEMA_LOCK})
    if _found(connection, chain) == chain.head:
        return
    from alembic import command
    from alembic.util import CommandError

    config = migrations(chain)
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise Conflict(
            "Danh mục của kho này do một bản phapquy mới hơn tạo ra; hãy nâng cấp chương trình rồi mở lại."
        ) from None


def _found(connection: Connection, chain: Chain) -> str | None:
    if not inspect(connection).has_table(chain.table):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {chain.table}")).scalar()
    return found


def migrations(chain: Chain = CATALOGUE) -> Any:
    """Alembic's configuration for a chain's steps."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(chain.folder).replace("%", "%%"))
    return config
