"""The terminal's two channels: results on standard output, progress, notes and errors on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def result_console() -> Console:
    """For a person's reading, on standard output."""
    from rich.console import Console

    return Console(highlight=False)


def note_console() -> Console:
    """For everything that is not the result, on standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """One JSON value on standard output, UTF-8 whatever the locale says."""
    text = json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None)
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass") + b"\n")
    sys.stdout.flush()


def print_text(text: str | bytes) -> None:
    """A whole file (XML, HTML) on standard output, UTF-8 whatever the locale says."""
    sys.stdout.buffer.write(text if isinstance(text, bytes) else text.encode("utf-8"))
    sys.stdout.buffer.write(b"\n")
    sys.stdout.flush()


def print_line(text: str) -> None:
    """One line on standard error, without markup."""
    sys.stderr.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stderr.flush()


@contextmanager
def results_only() -> Iterator[None]:
    """Keep standard output for results: what a library prints there meanwhile goes to standard error."""
    real = sys.stdout
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        sys.stdout = real
