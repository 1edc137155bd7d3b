"""`Said` as compressed JSON for the catalogue, and back."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import lru_cache

from pydantic import TypeAdapter

from legal.said import Said

#: Of what texts are read by; raised whenever the grammar of references, relations or changes reads something otherwise.
#: What was read by another one is read again, from the stored tree, at the next ingest or re-index.
FORMAT = 2


@dataclass(frozen=True, slots=True)
class _Stored:
    """`format`: 1 where it is not said."""

    format: int = 1
    said: Said = field(default_factory=Said)


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[_Stored]:
    return TypeAdapter(_Stored)


def pack_said(said: Said) -> bytes:
    """To be read by `unpack_said`."""
    return zlib.compress(_adapter().dump_json(_Stored(FORMAT, said), exclude_defaults=True))


def unpack_said(data: bytes) -> Said | None:
    """What `pack_said` packed; None for what was read by another grammar."""
    stored = _adapter().validate_json(zlib.decompress(data))
    return stored.said if stored.format == FORMAT else None
