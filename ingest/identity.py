"""Which document a reading is of: the rule by which a new file replaces, joins or stays beside what is known."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from ingest.catalogue_writing import CatalogueWriting, KnownFile, LiveVersion
from ingest.files import FoundFile
from ingest.reading import Reading
from legal.text import fold

Action = Literal["add", "replace", "duplicate", "older"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens with a reading. `version`: for a duplicate, the version that has its text already."""

    action: Action
    key: str
    version: str | None = None


class Known:
    """The documents of a home while an ingest runs: what was live at its start and what it decided since.

    The rule: a file that is read again replaces what it brought. Else, of several files of one document (same number,
    same issuer as far as known) one with the same words is a duplicate; of different texts the file written last
    answers, the other is kept as a version. A document without a number is known by its file's name; two files of one
    name and different text are two documents.
    """

    def __init__(self, writing: CatalogueWriting) -> None:
        self.files: dict[str, KnownFile] = writing.files()
        self.live: dict[str, LiveVersion] = writing.live()
        self.shas: dict[str, str] = {live.sha256: live.version for live in self.live.values()}
        self._before: dict[str, LiveVersion | None] = {}
        self._numbers: dict[str, dict[str, str | None]] = {}
        for key, (number, issuer) in writing.numbered().items():
            if number:
                self._numbers.setdefault(number, {})[key] = issuer

    def is_unchanged(self, file: FoundFile) -> bool:
        """Whether the file is as it was when it became a version, by size and time alone."""
        known = self.files.get(str(file.path))
        return (
            known is not None
            and known.version is not None
            and (known.size, known.mtime_ns) == (file.size, file.mtime_ns)
        )

    def decide(self, file: FoundFile, reading: Reading) -> Decision:
        """The reading's document and what happens; the caller says so with `took` when it is going to be written."""
        key = self._key(file, reading)
        live = self.live.get(key)
        if live is None:
            return Decision("add", key)
        if live.text_hash == reading.text_hash:
            return Decision("duplicate", key, live.version)
        known = self.files.get(str(file.path))
        if (known is not None and known.version == live.version) or file.time >= live.file_time:
            return Decision("replace", key)
        return Decision("older", key)

    def took(self, file: FoundFile, reading: Reading, sha256: str, key: str, version: str) -> None:
        """A reading is going to answer as this version."""
        self._before[version] = self.live.get(key)
        self.live[key] = LiveVersion(key, version, 0, sha256, reading.text_hash, file.time)
        self.shas[sha256] = version
        number = reading.document.metadata.number
        if number:
            self._numbers.setdefault(number, {})[key] = reading.document.metadata.issuer

    def lost(self, key: str, version: str) -> None:
        """A reading that was taken could not be written after all."""
        before = self._before.pop(version, None)
        if key in self.live and self.live[key].version == version:
            self.shas.pop(self.live.pop(key).sha256, None)
            if before is not None:
                self.live[key] = before

    def _key(self, file: FoundFile, reading: Reading) -> str:
        number, issuer = reading.document.metadata.number, reading.document.metadata.issuer
        if not number:
            return self._file_key(file, reading)
        bearers = self._numbers.get(number, {})
        for key, other in bearers.items():
            if issuer is None or other is None or slug(issuer) == slug(other):
                return key
        return f"{number}@{slug(issuer or '')}" if bearers else number

    def _file_key(self, file: FoundFile, reading: Reading) -> str:
        known = self.files.get(str(file.path))
        if known is not None:
            for key, live in self.live.items():
                if live.version == known.version and key.startswith("file:"):
                    return key
        key = f"file:{slug(file.path.stem) or 'van-ban'}"
        live_now = self.live.get(key)
        if live_now is None or live_now.text_hash == reading.text_hash:
            return key
        place = hashlib.blake2b(str(file.path).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
        return f"{key}-{place}"


def slug(text: str) -> str:
    """Lower-case letters and digits without diacritics, hyphens between: "UBND tỉnh A" is `ubnd-tinh-a`."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:120].strip("-")
