"""Where the title of a law ends in running text: by the titles that are known, in any letter case and tone placement."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from legal.text import nfc, normalise_tone

_WORD = re.compile(r"[^\W_]+")
#: What may stand between two words of a title.
_JOINT = re.compile(r"[\s,()/&–-]+")
_HEAD = re.compile(r"(?:Bộ luật|Luật|Pháp lệnh)(?:\s+về)?\s+", re.IGNORECASE)


class Titles:
    """Titles without their type ("Đất đai"), to be found in texts."""

    def __init__(self, titles: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for title in dict.fromkeys(titles):
            words = tuple(_key(word) for word in _WORD.findall(nfc(title)))
            if words:
                self._by_first[words[0]].append(words)
        for known in self._by_first.values():
            known.sort(key=len, reverse=True)

    def end_at(self, text: str, start: int) -> int:
        """Where the longest known title that begins at `start` ends; `start` when none does. Text in NFC."""
        first = _WORD.match(text, start)
        known = self._by_first.get(_key(first[0])) if first else None
        if first is None or not known:
            return start
        ends = [first.end()]
        words = [_key(first[0])]
        for _ in range(1, len(known[0])):
            joint = _JOINT.match(text, ends[-1])
            word = _WORD.match(text, joint.end()) if joint else None
            if word is None:
                break
            words.append(_key(word[0]))
            ends.append(word.end())
        for title in known:
            if tuple(words[: len(title)]) == title:
                return ends[len(title) - 1]
        return start


def bare_title(title: str) -> str:
    """A law's title without its type; "" where it is no law's."""
    head = _HEAD.match(title)
    return title[head.end() :] if head else ""


@lru_cache(maxsize=1)
def public_titles() -> Titles:
    """The titles of laws, codes and ordinances of Vietnam, of today and of the last decades."""
    return Titles(public_title_list())


def public_title_list() -> list[str]:
    """The same titles as a list, without their types."""
    return (files("legal") / "law_titles.txt").read_text(encoding="utf-8").splitlines()


@lru_cache(maxsize=8192)
def _key(word: str) -> str:
    split = unicodedata.normalize("NFD", normalise_tone(word.lower()))
    return unicodedata.normalize("NFC", split.replace("y", "i"))
