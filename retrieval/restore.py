"""Diacritics for questions typed without them: a syllable bigram model counted over the indexed texts, read by Viterbi.

The dense model collapses on text without diacritics and folding the index would merge words that differ (án/an,
thuế/thuê), so the question is restored instead. The counts come from the agency's own documents (`count_syllables`),
are summed in the catalogue and handed in here as a compact `SyllableModel`.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from math import exp, log

from legal.text import fold, nfc

_SYLLABLE = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"[^\W_]+")
_LETTER = re.compile(r"[A-Za-z]")
#: What a syllable without diacritics may be joined to: blanks only; punctuation starts a new phrase.
_BLANKS = re.compile(r"[ \t]+")

#: Above this share of accented syllables (Vietnamese has 0.6 to 0.8) the typist plainly uses them: nothing is changed.
_PLAINLY_ACCENTED = 0.5
#: How often each phrase of `legal/question_phrases.txt` counts as seen.
_QUESTION_WEIGHT = 20

BigramKey = tuple[str, str]
START = ""


def count_syllables(texts: Iterable[str]) -> Counter[BigramKey]:
    """Counts of neighbouring syllables (lower case, NFC) in texts; `("", s)` counts every occurrence of `s` itself."""
    counts: Counter[BigramKey] = Counter()
    for text in texts:
        before, end = START, -1
        clean = nfc(text).lower()
        for match in _TOKEN.finditer(clean):
            syllable = match.group()
            if not _SYLLABLE.fullmatch(syllable):
                before, end = START, match.end()
                continue
            counts[START, syllable] += 1
            if before and _BLANKS.fullmatch(clean, end, match.start()):
                counts[before, syllable] += 1
            before, end = syllable, match.end()
    return counts


@dataclass(frozen=True, slots=True)
class Restored:
    """A question as it was read. `changed`: whether any syllable differs from what was typed (case aside)."""

    text: str
    changed: bool
    accented_share: float  # share of the typed syllables that carried a diacritic, 0..1


@dataclass(frozen=True, slots=True)
class SyllableModel:
    """Compact counts: `forms` folded syllable -> accented forms seen with it; bigrams as sorted keys with counts."""

    index: Mapping[str, int]
    unigrams: array[int]
    keys: array[int]
    counts: array[int]
    forms: Mapping[str, tuple[str, ...]] = field(repr=False)
    total: int

    @classmethod
    def build(cls, counted: Mapping[BigramKey, int]) -> SyllableModel:
        """From summed counts (see `count_syllables`); an empty mapping gives a model that restores nothing."""
        if counted:
            counted = Counter(counted) + _question_words()
        alone = sorted(s for (before, s), n in counted.items() if before == START and n > 0)
        index = {syllable: i for i, syllable in enumerate(alone)}
        unigrams = array("q", (counted[START, s] for s in alone))
        forms: defaultdict[str, list[str]] = defaultdict(list)
        for syllable in alone:
            forms[fold(syllable)].append(syllable)
        size = len(alone)
        pairs = sorted(
            (index[a] * size + index[b], n)
            for (a, b), n in counted.items()
            if a != START and n > 0 and a in index and b in index
        )
        keys = array("q", (key for key, _ in pairs))
        counts = array("q", (n for _, n in pairs))
        return cls(index, unigrams, keys, counts, {k: tuple(v) for k, v in forms.items()}, sum(unigrams))

    def restore(self, text: str, *, margin: float = 1.5) -> Restored:
        """Put diacritics back where they are missing. Syllables typed with them, codes and numbers stay as they are.

        The more of the question carries diacritics already, the likelier the text with them must be (in nats, from
        nothing up to several times `margin`) before a bare syllable is changed: "cho con" in an accented question is
        what it says.
        """
        clean = nfc(text)
        tokens = list(_TOKEN.finditer(clean))
        typed = [t.group() for t in tokens if _SYLLABLE.fullmatch(t.group())]
        if not typed or not self.index:
            return Restored(clean, False, 1.0)
        # "Đ" alone in a code (NĐ-CP) is no sign that the typist uses diacritics.
        accented = sum(1 for s in typed if fold(s) != s.lower() and len(s) > 1)
        share = accented / len(typed)
        if share > _PLAINLY_ACCENTED:
            return Restored(clean, False, share)
        penalty = 0.0 if share == 0.0 else margin * (1.0 + 6.0 * share)
        pieces: list[str] = []
        position = 0
        changed = False
        for phrase in self._phrases(clean, tokens):
            for match, form in zip(phrase, self._best(phrase, penalty), strict=True):
                word = match.group()
                pieces.append(clean[position : match.start()])
                pieces.append(word if form == word.lower() else _with_case(word, form))
                changed = changed or form != word.lower()
                position = match.end()
        pieces.append(clean[position:])
        return Restored("".join(pieces), changed, share)

    def _phrases(self, text: str, tokens: list[re.Match[str]]) -> Iterable[list[re.Match[str]]]:
        phrase: list[re.Match[str]] = []
        for token in tokens:
            if phrase and not _BLANKS.fullmatch(text, phrase[-1].end(), token.start()):
                yield phrase
                phrase = []
            phrase.append(token)
        if phrase:
            yield phrase

    def _candidates(self, word: str) -> tuple[str, ...]:
        lower = word.lower()
        bare = lower.isascii() and _LETTER.search(lower) and _SYLLABLE.fullmatch(lower)
        code = len(word) > 1 and word.isupper()
        if not bare or (code and lower not in self.forms):
            return (lower,)
        forms = self.forms.get(lower, ())
        return forms if lower in forms else (*forms, lower)

    def _best(self, phrase: list[re.Match[str]], penalty: float) -> list[str]:
        """Viterbi over the candidate forms of a phrase."""
        words = [match.group() for match in phrase]
        # A phrase all in capitals is shouting, one capital word among small ones is a code ("UBND").
        shouted = all(word.isupper() for word in words)
        best: list[dict[str, tuple[float, str]]] = []
        for place, word in enumerate(words):
            lower = word.lower()
            keep = len(word) > 1 and word.isupper() and not shouted
            here: dict[str, tuple[float, str]] = {}
            for form in (lower,) if keep else self._candidates(word):
                cost = 0.0 if form == lower else penalty
                if place == 0:
                    here[form] = (self._log_unigram(form) - cost, START)
                    continue
                before, score = max(
                    ((previous, value[0] + self._log_bigram(previous, form)) for previous, value in best[-1].items()),
                    key=lambda pair: pair[1],
                )
                here[form] = (score - cost, before)
            best.append(here)
        form = max(best[-1], key=lambda f: best[-1][f][0])
        chosen = [form]
        for column in reversed(best[1:]):
            form = column[form][1]
            chosen.append(form)
        return chosen[::-1]

    def _log_unigram(self, syllable: str) -> float:
        i = self.index.get(syllable)
        seen = 0 if i is None else self.unigrams[i]
        return log((seen + 0.1) / (self.total + 1000))

    def _log_bigram(self, before: str, syllable: str) -> float:
        """Interpolated: 0.9 of the bigram, 0.1 of the unigram."""
        unigram = self._log_unigram(syllable)
        i, j = self.index.get(before), self.index.get(syllable)
        if i is None or j is None:
            return unigram + log(0.1)
        key = i * len(self.index) + j
        at = bisect_left(self.keys, key)
        seen = self.counts[at] if at < len(self.keys) and self.keys[at] == key else 0
        return log(0.9 * seen / self.unigrams[i] + 0.1 * exp(unigram))


@lru_cache(maxsize=1)
def _question_words() -> Counter[BigramKey]:
    """Counts of how people ask, which no law does: "là gì", "đúng hay sai", "bao nhiêu tiền"."""
    lines = (files("legal") / "question_phrases.txt").read_text(encoding="utf-8").splitlines()
    counted = count_syllables(line for line in lines if not line.startswith("#"))
    return Counter({key: n * _QUESTION_WEIGHT for key, n in counted.items()})


def _with_case(typed: str, form: str) -> str:
    if len(typed) > 1 and typed.isupper():
        return form.upper()
    return form[:1].upper() + form[1:] if typed[:1].isupper() else form
