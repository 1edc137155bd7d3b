"""`phapquy serve` in a process of its own, for measurements that go through HTTP."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from api.running import living_record
from api.settings import Settings
from legal.errors import ServiceUnavailable

_PATIENCE = 120.0


@contextmanager
def own_server(settings: Settings) -> Iterator[str]:
    """The server on the settings' home, ready; its URL. Raises ServiceUnavailable where it does not start."""
    program = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "0"]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until and process.poll() is None:
            record = living_record(settings.home)
            if record is not None and record.pid == process.pid and _is_ready(record.public):
                yield record.public
                return
            time.sleep(0.2)
        raise ServiceUnavailable("phapquy serve không khởi động được để đo.")
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=30.0, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
