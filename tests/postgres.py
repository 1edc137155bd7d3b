"""A PostgreSQL of the tests' own: a throw-away cluster on a free port of this machine, where the programs are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`; None where there is none that may be run: it refuses to run as root."""
    beside = shutil.which("initdb")
    folders = [Path(beside).resolve().parent] if beside else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = next(
        (folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None
    )
    return found if os.getuid() or _account() else None


def _account() -> str | None:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None


@dataclass
class Cluster:
    """A running cluster; its databases are empty ones of the tests."""

    programs: Path
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="phapquy-postgres-")))
    port: int = 0
    made: int = 0

    def begin(self) -> None:
        """Make and start it."""
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        options = [
            "-D",
            str(self.folder / "data"),
            "-U",
            "phapquy",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run([self.programs / "initdb", *options], check=True, capture_output=True, **self._as())
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        """Start it, again after `stop`; it answers when this returns."""
        options = ["-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", *options, "-c", "fsync=off"],
                stdout=log, stderr=log, **self._as(),
            )  # fmt: skip
        until = time.monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"PostgreSQL did not start; see {self.folder}.log")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it as an operator restarting it would: connections are cut."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)

    def end(self) -> None:
        """Stop it and remove everything."""
        self.stop()
        shutil.rmtree(self.folder)
        (self.folder.parent / f"{self.folder.name}.log").unlink()

    def database(self, encoding: str = "UTF8") -> str:
        """The address of a new, empty database."""
        self.made += 1
        with self._connection() as connection:
            connection.execute(f"CREATE DATABASE kho{self.made} ENCODING '{encoding}' TEMPLATE template0")
        return f"postgresql://phapquy@127.0.0.1:{self.port}/kho{self.made}"

    def _connection(self) -> Any:
        import psycopg

        return psycopg.connect(f"host=127.0.0.1 port={self.port} user=phapquy dbname=postgres", autocommit=True)

    def _answers(self) -> bool:
        import psycopg

        try:
            self._connection().close()
        except psycopg.OperationalError:
            return False
        return True

    def _as(self) -> dict[str, Any]:
        return {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"} if os.getuid() == 0 else {}
