"""An ASGI application on a port of its own, in a thread of the tests' process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """Its address, without a path; it ends with the block."""
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    process = uvicorn.Server(config)
    thread = threading.Thread(target=process.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        process.should_exit = True
        thread.join(5)
        door.close()
