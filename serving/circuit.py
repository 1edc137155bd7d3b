"""A circuit breaker: after several failures in a row a model is left alone for a while, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class Circuit:
    """Closed: calls go through. Open after `failures` in a row, for `pause` seconds; then one call tries again.

    Used from one event loop; not locked.
    """

    def __init__(self, failures: int = 3, pause: float = 15.0, clock: Callable[[], float] = monotonic) -> None:
        self._failures = failures
        self._pause = pause
        self._clock = clock
        self._count = 0
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls are held back now."""
        return self._count >= self._failures and self._clock() < self._until

    def succeeded(self) -> None:
        """The model answered, be it with a refusal."""
        self._count = 0

    def failed(self) -> None:
        """The model did not answer; a trial after the pause that fails opens the circuit again at once."""
        self._count += 1
        if self._count >= self._failures:
            self._until = self._clock() + self._pause

    def trip(self) -> None:
        """Known to be down without asking: open at once."""
        self._count = max(self._count, self._failures)
        self._until = self._clock() + self._pause

    def hope(self) -> None:
        """Seen alive while the circuit was open: the next call may try now, the others wait for its outcome."""
        self._until = min(self._until, self._clock())

    def allows(self) -> bool:
        """Whether to call now. After the pause only the first caller is let through until it has reported."""
        if self._count < self._failures:
            return True
        if self._clock() < self._until:
            return False
        self._until = self._clock() + self._pause
        return True
