"""Which document a reading is of: the rule by which a new file replaces, joins or stays beside what is known."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from ingest.catalogue_records import KnownFile, LiveVersion
from ingest.catalogue_writing import CatalogueWriting
from ingest.files import FoundFile
from ingest.reading import Reading
from legal.document import Metadata
from legal.text import fold

_WITH_YEAR = re.compile(r"/(?:19|20)\d\d(?:/|$)")

Action = Literal["add", "replace", "duplicate", "older"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens with a reading. `version`: for a duplicate, the version that has its text already."""

    action: Action
    key: str
    version: str | None = None


class Known:
    """The documents of a home while an ingest runs: what was live at its start and what it decided since.

    The rule: a file that is read again replaces what it brought. Else, of several files of one document one with the
    same words is a duplicate; of different texts the file written last answers, the other is kept as a version.

    One document is: same number and, as far as both are known, same issuer. A number without a year ("715/QĐ-UBND",
    "QT 11/CX-HCTP") comes again every year and is miscopied from procedure to procedure: there the day and most words
    of the title must agree too. A document without a number is known by its file's name; two files of one name and
    different text are two documents.
    """

    def __init__(self, writing: CatalogueWriting) -> None:
        self.files: dict[str, KnownFile] = writing.files()
        self.live: dict[str, LiveVersion] = writing.live()
        self.held: dict[str, LiveVersion] = writing.held()
        self.shas: dict[str, str] = {one.sha256: one.version for one in (*self.held.values(), *self.live.values())}
        self._before: dict[str, LiveVersion | None] = {}
        self._bearers: dict[str, dict[str, Metadata]] = {}  # by number, by key
        for key, card in writing.cards().items():
            if card.number:
                described = Metadata(number=card.number, title=card.title, issuer=card.issuer, issued=card.issued)
                self._bearers.setdefault(card.number, {})[key] = described

    def is_unchanged(self, file: FoundFile) -> bool:
        """Whether the file is as it was when it became a version, by size and time alone."""
        known = self.files.get(file.known_as)
        return (
            known is not None
            and known.version is not None
            and (known.size, known.mtime_ns, known.given) == (file.size, file.mtime_ns, file.given)
        )

    def same_bytes(self, file: FoundFile, sha256: str) -> str | None:
        """The version that a file with these bytes and this side-car already is, or that such a file brought."""
        known = self.files.get(file.known_as)
        if known is not None and known.version is not None and (known.sha256, known.given) == (sha256, file.given):
            return known.version
        return None if file.given or (known is not None and known.given) else self.shas.get(sha256)

    def key_of(self, version: str) -> str | None:
        """The document of a version that answers or waits for review."""
        both = (*self.live.values(), *self.held.values())
        return next((one.key for one in both if one.version == version), None)

    def misnamed(self, file: FoundFile, sha256: str, key: str) -> str | None:
        """The key under which these very bytes of this file answered until a side-car named another document."""
        known = self.files.get(file.known_as)
        if known is None or (known.sha256, known.given) == (sha256, file.given):
            return None
        live = self.live.get(self._brought_by(file))
        return live.key if live is not None and live.sha256 == sha256 and live.key != key else None

    def decide(self, file: FoundFile, reading: Reading) -> Decision:
        """The reading's document and what happens; the caller says so with `took` when it is going to be written."""
        key = self._key(file, reading)
        live, held = self.live.get(key), self.held.get(key)
        for one in (live, held if reading.doubts else None):
            if one is not None and one.text_hash == reading.text_hash:
                return Decision("duplicate", key, one.version)
        if live is None:
            return Decision("add", key)
        known = self.files.get(file.known_as)
        if (known is not None and known.version == live.version) or file.time >= live.file_time:
            return Decision("replace", key)
        return Decision("older", key)

    def took(self, file: FoundFile, reading: Reading, sha256: str, key: str, version: str) -> None:
        """A reading is going to answer as this version, or, with doubts, to wait for review."""
        taken = LiveVersion(key, version, 0, sha256, reading.text_hash, file.time)
        if reading.doubts:
            self.held[key] = taken
        else:
            self._before[version] = self.live.get(key)
            self.live[key] = taken
            self.held.pop(key, None)
        self.shas[sha256] = version
        metadata = reading.document.metadata
        if metadata.number:
            self._bearers.setdefault(metadata.number, {})[key] = metadata

    def lost(self, key: str, version: str) -> None:
        """A reading that was taken could not be written after all."""
        before = self._before.pop(version, None)
        if key in self.live and self.live[key].version == version:
            self.shas.pop(self.live.pop(key).sha256, None)
            if before is not None:
                self.live[key] = before

    def _key(self, file: FoundFile, reading: Reading) -> str:
        metadata = reading.document.metadata
        number = metadata.number
        if not number:
            return self._file_key(file, reading)
        bearers = self._bearers.get(number, {})
        brought = self._brought_by(file)
        if brought in bearers:
            return brought
        for key, other in bearers.items():
            if _same_document(metadata, other):
                return key
        if not bearers:
            return number
        issuers = {slug(other.issuer or "") for other in bearers.values()}
        days = {other.issued for other in bearers.values()}
        if metadata.issuer and slug(metadata.issuer) not in issuers:
            key = f"{number}@{slug(metadata.issuer)}"
        elif metadata.issued and metadata.issued not in days:
            key = f"{number}@{metadata.issued.isoformat()}"
        else:
            key = f"{number}@{slug(metadata.title or '')[:80]}"
        return key if key not in bearers else f"{key}-{_place(file)}"

    def _brought_by(self, file: FoundFile) -> str:
        """The key of the document that answers from this file as it was; "" for none."""
        known = self.files.get(file.known_as)
        if known is None or known.version is None:
            return ""
        both = (*self.live.items(), *self.held.items())
        return next((key for key, one in both if one.version == known.version), "")

    def _file_key(self, file: FoundFile, reading: Reading) -> str:
        brought = self._brought_by(file)
        if brought.startswith("file:"):
            return brought
        key = f"file:{slug(PurePosixPath(file.name).stem) or 'van-ban'}"
        live_now = self.live.get(key) or self.held.get(key)
        if live_now is None or live_now.text_hash == reading.text_hash:
            return key
        return f"{key}-{_place(file)}"


def _same_document(one: Metadata, other: Metadata) -> bool:
    """Whether two texts of one number are of one document."""
    if one.issuer and other.issuer and slug(one.issuer) != slug(other.issuer):
        return False
    if one.number and _WITH_YEAR.search(one.number):
        return True
    if one.issued and other.issued and one.issued != other.issued:
        return False
    if not one.title or not other.title:
        return True
    here, there = set(fold(one.title).split()), set(fold(other.title).split())
    return len(here & there) >= 0.6 * len(here | there)


def _place(file: FoundFile) -> str:
    """A short name for where a file lies."""
    return hashlib.blake2b(file.known_as.encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()


def slug(text: str) -> str:
    """Lower-case letters and digits without diacritics, hyphens between: "UBND tỉnh A" is `ubnd-tinh-a`."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:120].strip("-")
