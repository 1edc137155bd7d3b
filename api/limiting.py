"""How much a caller, and an address, may ask: calls a minute and a day, and failed tries to get in."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.caller import LOCAL, Caller
from api.faults import fault_place
from api.keys import KeyStore
from api.settings import CallSettings
from legal.errors import PhapquyError

log = structlog.get_logger("phapquy.limits")

#: Seconds between two writes of how often keys were used.
EVERY = 5.0


class TooMany(PhapquyError):
    """More calls than are allowed. `after`: seconds after which to try again."""

    code = "too_many_requests"
    status = 429

    def __init__(self, reason: str, after: float) -> None:
        super().__init__(reason)
        self.after = max(1, math.ceil(after))


class Limits:
    """The limits of this process; the calls of a day are counted in the database, across processes and restarts,
    seconds late."""

    def __init__(self, settings: CallSettings, keys: KeyStore) -> None:
        self._settings = settings
        self._keys = keys
        self._windows = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._lock = threading.Lock()
        self._known: dict[tuple[date, str], int] = {}  # as the database last had it
        self._since: Counter[tuple[date, str]] = Counter()  # not yet in the database
        self._last: dict[str, datetime] = {}

    def address(self, address: str) -> None:
        """A call from an address. Raises TooMany."""
        self._one_more("address", address, self._settings.per_address, "Địa chỉ này gọi quá nhiều; hãy thử lại sau.")

    def failed(self, address: str) -> None:
        """A try to get in with a wrong key. Raises TooMany once there were too many from the address."""
        self._one_more(
            "failed", address, self._settings.failures, "Quá nhiều lần dùng khoá sai từ địa chỉ này; hãy thử lại sau."
        )

    def caller(self, caller: Caller) -> None:
        """A call by a caller. Raises TooMany over the calls of a minute or a day."""
        if caller is LOCAL:
            return
        per_minute = caller.per_minute or self._settings.per_key
        self._one_more("key", caller.id, per_minute, f"Khoá này chỉ được gọi {per_minute} lượt mỗi phút.")
        now = datetime.now(UTC)
        today = (now.date(), caller.id)
        with self._lock:
            if today not in self._known:
                self._known = {one: count for one, count in self._known.items() if one[0] == now.date()}
                self._known[today] = self._keys.counts([caller.id], now.date()).get(caller.id, 0)
            if caller.per_day is not None and self._known[today] + self._since[today] >= caller.per_day:
                midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
                raise TooMany(f"Khoá này đã dùng hết {caller.per_day} lượt của ngày.", (midnight - now).total_seconds())
            self._since[today] += 1
            self._last[caller.id] = now

    def flush(self) -> None:
        """Write how often keys were used, and learn what other processes counted."""
        with self._lock:
            calls, last = Counter(self._since), dict(self._last)
        for day in {one[0] for one in calls}:
            counted = {name: count for (of, name), count in calls.items() if of == day}
            try:
                known = self._keys.used(counted, last, day)
            except Exception as error:
                log.error("use_not_written", **fault_place(error))
                continue
            with self._lock:
                for name, count in counted.items():
                    self._known[day, name] = known[name]
                    self._since[day, name] -= count
                self._since = +self._since

    def _one_more(self, kind: str, name: str, per_minute: int, reason: str) -> None:
        item = RateLimitItemPerMinute(per_minute)
        if not self._windows.hit(item, kind, name):
            reset, _ = self._windows.get_window_stats(item, kind, name)
            raise TooMany(reason, reset - time.time())
