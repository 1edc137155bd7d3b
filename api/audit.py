"""`AuditLog`: acts are taken in at once and written in batches by a thread of their own, so that a request waits for none.

A process that is killed loses at most the acts of the last moment (`EVERY` seconds); one that ends well loses none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from api.acts import Act
from api.audit_chain import AuditChain
from api.faults import fault_place
from legal.errors import Conflict, ServiceUnavailable

log = structlog.get_logger("phapquy.audit")

#: Seconds between two writes.
EVERY = 0.5
#: Acts that may wait while the database does not take them; beyond it nobody is served.
MOST_WAITING = 20_000
_PRUNED_EVERY = 24 * 3600.0


class AuditLog:
    """The log of this process. `keep_for`: entries older than this are taken out once a day; None keeps all."""

    def __init__(self, chain: AuditChain, keep_for: timedelta | None = None) -> None:
        self.chain = chain
        self._keep_for = keep_for
        self._waiting: list[Act] = []
        self._lock = threading.Lock()  # of the list
        self._writing = threading.Lock()  # of the chain: batches in their order
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def record(self, act: Act) -> None:
        """Take an act in. Raises ServiceUnavailable when the log cannot be written for long."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                raise ServiceUnavailable("Không ghi được nhật ký kiểm toán; hãy báo quản trị viên.")
            self._waiting.append(act)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="phapquy-audit", daemon=True)
                self._thread.start()

    @property
    def unwritten(self) -> int:
        """How many acts wait."""
        return len(self._waiting)

    def full(self) -> bool:
        """Whether nothing more can be taken in: nobody may act unseen."""
        return len(self._waiting) >= MOST_WAITING

    def flush(self) -> None:
        """Write what waits, now. What cannot be written waits on."""
        with self._writing:
            with self._lock:
                batch, self._waiting = self._waiting, []
            try:
                self.chain.append(batch)
            except Exception as error:
                with self._lock:
                    self._waiting[:0] = batch
                log.error("audit_not_written", waiting=len(self._waiting), **fault_place(error))

    def prune(self) -> int:
        """Take out what is older than the setting says, and log that."""
        if self._keep_for is None:
            return 0
        gone = self.chain.prune(datetime.now(UTC) - self._keep_for)
        if gone:
            self.record(Act(caller=None, action="audit prune", target=str(gone)))
        return gone

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(30)
        self.flush()

    def _work(self) -> None:
        pruned = 0.0
        while not self._ended.wait(EVERY):
            if self._waiting:
                self.flush()
            if not pruned or time.monotonic() - pruned > _PRUNED_EVERY:
                pruned = time.monotonic()
                self._quietly(self.prune)

    @staticmethod
    def _quietly(work: Callable[[], object]) -> None:
        try:
            work()
        except Conflict as error:
            log.error("audit_chain_broken", code=error.code)
        except Exception as error:
            log.error("audit_not_pruned", **fault_place(error))
