"""The names of the documents that answer, for the caller who asks: `KnownNames`, kept up to date with the catalogue."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from ingest.catalogue import Catalogue
from ingest.catalogue_tables import DocumentRow, LabelRow
from legal.names import LawName, LawNames

#: Seconds after which a look is taken whether another process changed the catalogue.
_LOOK_AGAIN = 2.0
#: Sets of access labels whose names are kept at a time.
_READERS_KEPT = 64

_Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Named:
    """A document's name and who may read it."""

    name: LawName
    access: frozenset[str]


class KnownNames:
    """Documents by name, of those that a caller may read: a hidden document has no name. Safe for several threads.

    `refresh` makes them anew when documents came, changed or went; between two calls of it the catalogue is looked at
    every other second, beside the questions, so that no question waits for it.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._stamp: _Stamp | None = None
        self._named: Sequence[_Named] = ()
        self._made: OrderedDict[frozenset[str] | None, LawNames] = OrderedDict()
        self._looked = 0.0

    def names(self, access: frozenset[str] | None = None) -> LawNames:
        """The names of what may be read with one of the labels `access`; of everything where it is None."""
        if self._stamp is None:
            self.refresh()
        elif time.monotonic() - self._looked > _LOOK_AGAIN and self._looking.acquire(blocking=False):
            threading.Thread(target=self._look, name="phapquy-names", daemon=True).start()
        with self._lock:
            made = self._made.get(access)
            if made is None:
                named = self._named
                made = LawNames(one.name for one in named if access is None or one.access & access)
                self._made[access] = made
                while len(self._made) > _READERS_KEPT:
                    self._made.popitem(last=False)
            self._made.move_to_end(access)
            return made

    def refresh(self) -> bool:
        """Read the names anew if the catalogue changed since the last time; whether it had. Blocking."""
        stamp = self._now()
        self._looked = time.monotonic()
        if stamp == self._stamp:
            return False
        named = self._read()
        with self._lock:
            self._named, self._stamp = named, stamp
            self._made.clear()
        return True

    def _look(self) -> None:
        try:
            self.refresh()
        except Exception:  # a database that is away now: the names of before go on
            self._looked = time.monotonic()
        finally:
            self._looking.release()

    def _now(self) -> _Stamp:
        """What differs whenever documents came, changed or went."""
        query = select(func.max(DocumentRow.updated), func.count(DocumentRow.current_version))
        with self._catalogue.sessions() as session:
            return tuple(session.execute(query).one())

    def _read(self) -> list[_Named]:
        row = DocumentRow
        columns = (row.key, row.number, row.title, row.issued, row.effective_from, row.effective_to)
        labels: dict[str, set[str]] = {}
        with self._catalogue.sessions() as session:
            for key, label in session.execute(select(LabelRow.key, LabelRow.label)):
                labels.setdefault(key, set()).add(label)
            known = session.execute(select(*columns).where(row.current_version.is_not(None)).order_by(row.key)).all()
        return [_Named(LawName(*one), frozenset(labels.get(one.key, ()))) for one in known]
