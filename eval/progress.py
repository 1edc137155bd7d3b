"""How far a measurement is, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable

from api.terminal import print_line


def counted(what: str) -> Callable[[int], Callable[[int], None]]:
    """A progress line for a total and then for each number done: rewritten on a terminal, once at the end elsewhere."""

    def of(total: int) -> Callable[[int], None]:
        terminal = sys.stderr.isatty()

        def say(done: int) -> None:
            if terminal:
                print(f"\r{done}/{total} {what}", end="\n" if done == total else "", file=sys.stderr, flush=True)
            elif done == total:
                print_line(f"{done}/{total} {what}")

        return say

    return of
