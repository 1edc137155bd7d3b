"""`Said` as compressed JSON for the catalogue, and back."""

from __future__ import annotations

import zlib
from functools import lru_cache

from pydantic import TypeAdapter

from legal.said import Said


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Said]:
    return TypeAdapter(Said)


def pack_said(said: Said) -> bytes:
    """To be read by `unpack_said`."""
    return zlib.compress(_adapter().dump_json(said, exclude_defaults=True))


def unpack_said(data: bytes) -> Said:
    """What `pack_said` packed."""
    return _adapter().validate_json(zlib.decompress(data))
