"""Everyday words to the words of the law, and the abbreviations of the administration: what a question may also mean.

The entries are data (`lexicon.tsv`, `abbreviations.tsv`); an agency adds its own rows in a file of the same form.
Expansions never replace what the user typed: they are handed on beside it, with less weight, and shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from legal.errors import BadRequest
from legal.text import nfc, normalise_tone, syllables

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """`found`: the words of the question (as the lexicon spells them); `terms`: what the law writes for them."""

    found: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Entries by their syllables. Longer entries win over shorter ones that they contain."""

    entries: Mapping[Key, Expansion]
    longest: int

    @classmethod
    def of(cls, rows: Iterable[tuple[str, tuple[str, ...]]]) -> Lexicon:
        """From (everyday words, legal terms); a later row for the same words adds its terms to the earlier one's."""
        entries: dict[Key, Expansion] = {}
        for words, terms in rows:
            key = _key(words)
            known = entries[key].terms if key in entries else ()
            entries[key] = Expansion(words, tuple(dict.fromkeys((*known, *terms))))
        return cls(entries, max((len(key) for key in entries), default=0))

    def expand(self, text: str) -> tuple[Expansion, ...]:
        """The entries found in a text, left to right, longest first, never overlapping; terms that the text already has
        are left out."""
        tokens = _key(text)
        there = " ".join(tokens)
        found: dict[str, Expansion] = {}
        place = 0
        while place < len(tokens):
            for length in range(min(self.longest, len(tokens) - place), 0, -1):
                entry = self.entries.get(tokens[place : place + length])
                if entry is None:
                    continue
                terms = tuple(term for term in entry.terms if " ".join(_key(term)) not in there)
                if terms:
                    found.setdefault(entry.found, Expansion(entry.found, terms))
                place += length - 1
                break
            place += 1
        return tuple(found.values())


def parse_rows(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Rows of a lexicon file: words, a tab, legal terms divided by `|`; `#` starts a comment line.

    Raises BadRequest with the number of the first line that has another form.
    """
    rows: list[tuple[str, tuple[str, ...]]] = []
    for number, line in enumerate(nfc(text).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words, tab, right = line.partition("\t")
        terms = tuple(term.strip() for term in right.split("|") if term.strip())
        if not tab or not terms or not _key(words):
            raise BadRequest(f"Tệp từ điển: dòng {number} phải có dạng «từ thường dùng<TAB>từ trong luật | từ khác».")
        rows.append((words.strip(), terms))
    return rows


@lru_cache(maxsize=1)
def builtin_rows() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The rows that come with phapquy: everyday words, and abbreviations in both directions."""
    folder = files("legal")
    words = parse_rows((folder / "lexicon.tsv").read_text(encoding="utf-8"))
    short = parse_rows((folder / "abbreviations.tsv").read_text(encoding="utf-8"))
    back = [(full, (abbreviation,)) for abbreviation, (full, *_) in short]
    return (*words, *short, *back)


def _key(text: str) -> Key:
    return tuple(normalise_tone(syllable) for syllable in syllables(text))
