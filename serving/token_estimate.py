"""How many tokens a text has at most, about, when the server that will read it does not tell."""

from __future__ import annotations

import re

_PARTS = re.compile(r"(?P<letters>[^\W\d_]+)|(?P<single>\S)")
_BYTES_A_TOKEN = 2.5  # of Vietnamese letters in UTF-8: below what the common multilingual vocabularies reach


def estimate_tokens(text: str) -> int:
    """Rather too many than too few: one for each digit and sign, one for every 2.5 bytes of a word's letters."""
    tokens = 0
    for part in _PARTS.finditer(text):
        letters = part["letters"]
        tokens += -int(-len(letters.encode("utf-8", "replace")) // _BYTES_A_TOKEN) if letters else 1
    return tokens
