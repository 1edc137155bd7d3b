"""Another collection of the Qdrant server, which is to take over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.server import ServerIndex


class ServerSuccessor:
    """See `retrieval.index.Successor`: another collection of the server."""

    def __init__(self, over: ServerIndex, switch: Callable[[], None]) -> None:
        self.writer, self.manifest = over, over.manifest
        self._switch = switch

    def ready(self) -> ServerIndex:
        """See `Successor`."""
        return self.writer

    def switch(self) -> None:
        """See `Successor`."""
        self._switch()
