"""Faults in the log: where they happened, never what they say, which may quote a question or a document."""

from __future__ import annotations

from typing import Any


def fault_place(error: BaseException) -> dict[str, Any]:
    """Type and code places of an exception, innermost last, without its message."""
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 4:
        chain.append(type(current).__name__)
        current = current.__cause__ or current.__context__
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return {"error": " <- ".join(chain), "places": places[-6:]}
