"""One file read into the parsed document that `phapquy parse` prints; needs neither home nor models."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def read_file(file: Path) -> dict[str, Any]:
    """The parsed document as fixed JSON values; raises DocumentError."""
    from ingest.load import load
    from ingest.tree_json import parsed_json
    from legal.reading import read_document

    return parsed_json(read_document(load(file), file.name))
