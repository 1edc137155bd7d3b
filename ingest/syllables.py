"""The syllable counts of the documents that answer, kept up to date in the home's cache, for restoring diacritics.

Counting a law takes a good part of a second, so counts are kept and only what came or went is counted.
"""

from __future__ import annotations

import json
import threading
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from ingest.catalogue import Catalogue
from ingest.catalogue_writing import CatalogueWriting
from legal.document import LegalDocument
from legal.errors import NotFound
from legal.text import fold
from retrieval.restore import BigramKey, SyllableModel, count_syllables

_FORMAT = 1


class SyllableCounts:
    """The counts in `folder` (which must exist) and the model made of them. Safe for several threads.

    A damaged or missing file is no error: it is counted anew at the next `refresh`.
    """

    def __init__(self, folder: Path) -> None:
        self._counts_file = folder / "syllables.json.z"
        self._model_file = folder / "syllables.npz"
        self._lock = threading.Lock()
        self._loaded: tuple[int, SyllableModel | None] = (-1, None)

    def model(self) -> SyllableModel | None:
        """The model as it was last refreshed, by this process or another; None before the first time."""
        try:
            changed = self._model_file.stat().st_mtime_ns
        except OSError:
            return None
        if changed != self._loaded[0]:
            with self._lock:
                if changed != self._loaded[0]:
                    self._loaded = (changed, _load_model(self._model_file))
        return self._loaded[1]

    def refresh(self, catalogue: Catalogue) -> bool:
        """Count what came since the last time, take out what went; whether anything had changed. Blocking."""
        live = {entry.version: key for key, entry in CatalogueWriting(catalogue).live().items()}
        with self._lock:
            known, counted = _load_counts(self._counts_file)
            come, gone = set(live) - set(known), set(known) - set(live)
            if not come and not gone and self._model_file.exists():
                return False
            try:
                for version in gone:
                    counted.subtract(count_syllables(_texts(catalogue.tree(known[version], version))))
            except NotFound:  # its tree is not kept any more: from the beginning
                come, counted = set(live), Counter()
            for version in come:
                counted.update(count_syllables(_texts(catalogue.tree(live[version], version))))
            counted = +counted
            _save_counts(self._counts_file, live, counted)
            _save_model(self._model_file, SyllableModel.build(counted))
            return True


def _texts(document: LegalDocument) -> Iterator[str]:
    for node in document.walk():
        yield node.heading
        yield node.own_text


def _load_counts(file: Path) -> tuple[dict[str, str], Counter[BigramKey]]:
    try:
        value = json.loads(zlib.decompress(file.read_bytes()))
        if value["format"] == _FORMAT:
            counted = Counter({(a, b): n for a, following in value["counts"].items() for b, n in following.items()})
            return value["versions"], counted
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zlib.error):
        pass
    return {}, Counter()


def _save_counts(file: Path, versions: Mapping[str, str], counted: Mapping[BigramKey, int]) -> None:
    following: dict[str, dict[str, int]] = {}
    for (before, syllable), number in counted.items():
        following.setdefault(before, {})[syllable] = number
    value = {"format": _FORMAT, "versions": dict(versions), "counts": following}
    data = zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8"), 3)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(data)
    fresh.replace(file)


def _save_model(file: Path, model: SyllableModel) -> None:
    fresh = file.with_suffix(".new")
    with fresh.open("wb") as stream:
        np.savez(
            stream,
            syllables=np.frombuffer("\n".join(model.index).encode("utf-8"), dtype=np.uint8),
            unigrams=np.array(model.unigrams, dtype="<i8"),
            keys=np.array(model.keys, dtype="<i8"),
            counts=np.array(model.counts, dtype="<i8"),
        )
    fresh.replace(file)


def _load_model(file: Path) -> SyllableModel | None:
    try:
        with np.load(file, allow_pickle=False) as kept:
            syllables = kept["syllables"].tobytes().decode("utf-8").split("\n")
            unigrams, keys, counts = (array("q", kept[name].tobytes()) for name in ("unigrams", "keys", "counts"))
    except (OSError, ValueError, KeyError):
        return None
    if len(unigrams) != len(syllables) or len(keys) != len(counts):
        return None
    forms: dict[str, tuple[str, ...]] = {}
    for syllable in syllables:
        bare = fold(syllable)
        forms[bare] = (*forms.get(bare, ()), syllable)
    return SyllableModel({s: i for i, s in enumerate(syllables)}, unigrams, keys, counts, forms, sum(unigrams))
