"""Folder rules: `.phapquy.yaml` in a folder says who may see the documents of its files and of the folders below.

access: [unit:so-tu-phap]

A rule that changed holds from the next ingest on. It never undoes what a person decided for one document: by a side-car,
or later.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ingest.side_car import read_side_car
from legal.errors import BadSideCar

#: The name of a rule's file.
RULE = ".phapquy.yaml"


class FolderRules:
    """The rules of the folders that an ingest comes by, each read once."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, ...] | BadSideCar | None] = {}

    def labels(self, known_as: str) -> tuple[str, ...] | None:
        """The labels that the nearest rule above a file gives its document; None where there is none.

        Raises BadSideCar for a rule that cannot be used: who may see the document is not guessed.
        """
        found = self._of(str(PurePosixPath(known_as).parent))
        if isinstance(found, BadSideCar):
            raise found
        return found

    def _of(self, folder: str) -> tuple[str, ...] | BadSideCar | None:
        if folder not in self._found:
            above = str(PurePosixPath(folder).parent)
            own = self._read(Path(folder) / RULE)
            self._found[folder] = own if own is not None or above == folder else self._of(above)
        return self._found[folder]

    @staticmethod
    def _read(file: Path) -> tuple[str, ...] | BadSideCar | None:
        if not file.is_file():
            return None
        try:
            given = read_side_car(file)
        except BadSideCar as error:
            return BadSideCar(f"{RULE} của thư mục: {error.reason}")
        if given.values or given.access is None:
            return BadSideCar(f"{RULE} của thư mục chỉ có và phải có mục access.")
        return given.access
