"""Negation in a statement against its quote: one that was put in or taken out turns the meaning.

Seen are negations next to the words that they deny, and those that alone tell a statement from the quote's words. One
that works from afar or by meaning alone ("từ chối" for "không nhận") is not.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from legal.text import collapse, nfc, normalise_tone, syllables

_NOT = frozenset({"không", "chưa", "chẳng", "cấm", "đừng"})
#: With these behind it "không" counts or limits and denies nothing.
_NOT_DENYING = frozenset(
    {"quá", "dưới", "ít", "vượt", "chỉ", "những", "kể", "phân", "gian", "khí", "phụ", "lớn", "nhỏ", "thấp", "cao"}
)
_LIGHT = frozenset({"được", "phải", "bị", "có", "thể", "là", "còn", "nghiêm", "hề", "cho", "phép", "các", "hành", "vi"})
#: Words by which a statement may deny in its own way what the source denies with "không".
_SOFT_NOT = _NOT | {"miễn", "thiếu", "trái"}
#: Words of which a turn between yes and no consists.
_TURNING = _SOFT_NOT | _LIGHT | {"quyền", "trách", "nhiệm", "nghĩa", "vụ", "thì", "sẽ", "vẫn", "cũng", "đều"}
_DENYING_INTRO = re.compile(r"cấm|không được|không có quyền", re.IGNORECASE)


def turned_negation(lead: str, statement: str, quote: str, intro: str) -> list[str]:
    """A negation that one of both has and the other lacks on the same words.

    `lead`: the line that opens the list in which the statement stands, if any. `intro`: what stands over the quote
    (heading, opening of its clause): "Những người sau đây không được ..." denies all below. Seen are negations next to
    the words they deny; one that works from afar or by meaning alone is not.
    """
    flat, own = collapse(nfc(quote)).lower(), collapse(nfc(statement)).strip(" .;,").lower()
    if (begins := flat.find(own)) >= 0:
        return ["phủ định"] if _tokens(flat[:begins])[-1:] in (["không"], ["chưa"], ["cấm"]) else []
    said, there = _tokens(f"{lead} {statement}"), _tokens(quote)
    over = _tokens(intro)
    if _taken_out(said, there) or _taken_out(said, over + there):
        return ["phủ định"]
    above = bool(_DENYING_INTRO.search(intro))
    if above and not any(t in _SOFT_NOT or t == "vi" for t in said) and not any(t in _NOT for t in there):
        return ["phủ định"]
    for words in _denied(said):
        places = _places(words[-2:], there)
        above_it = _places(words[-2:], over)
        if above or (not places and any(_is_denied(over, at) for at in above_it)):
            continue
        if places and not any(_is_denied(there, at) for at in places):
            return ["phủ định"]
        if not places and not any(token in _SOFT_NOT for token in there):
            return ["phủ định"]
    for words in _denied(there):
        for head in {words, words[-2:]}:
            places, theirs = _places(head, said), _places(head, there)
            denied_here = all(_is_denied(there, at) for at in theirs)
            if places and denied_here and not any(_is_denied(said, at, _SOFT_NOT) for at in places):
                return ["phủ định"]
    return []


def _taken_out(said: list[str], there: list[str]) -> bool:
    """Whether, the words of both laid side by side, a place where all else agrees has a negation in one only."""
    blocks = SequenceMatcher(None, said, there, autojunk=False).get_opcodes()
    for place, (kind, a, b, c, d) in enumerate(blocks):
        if kind == "equal" or not 0 < place < len(blocks) - 1:
            continue
        before, after = blocks[place - 1], blocks[place + 1]
        agreeing = (before[2] - before[1]) + (after[2] - after[1])
        mine, theirs = said[a:b], there[c:d]
        if agreeing < 3 or not all(token in _TURNING for token in (*mine, *theirs)):
            continue
        if _denies(mine, said[b : b + 1], _SOFT_NOT) != _denies(theirs, there[d : d + 1], _SOFT_NOT):
            return True
    return False


def _denies(tokens: list[str], after: list[str], words: frozenset[str]) -> bool:
    follow = [*tokens, *after]
    return any(
        token in words and not (token == "không" and follow[i + 1 : i + 2] and follow[i + 1] in _NOT_DENYING)
        for i, token in enumerate(tokens)
    )


def _tokens(text: str) -> list[str]:
    return [normalise_tone(s) for s in syllables(text)]


def _denied(tokens: list[str]) -> list[tuple[str, ...]]:
    """The words behind each negation up to the second that means something: ("được", "đăng", "ký")."""
    heads: list[tuple[str, ...]] = []
    for i, token in enumerate(tokens):
        if token not in _NOT or (i and tokens[i - 1] == "hàng"):
            continue
        if token == "không" and i + 1 < len(tokens) and tokens[i + 1] in _NOT_DENYING:
            continue
        j = i + 1
        while j < len(tokens) and tokens[j] in _LIGHT:
            j += 1
        if tokens[j : j + 2]:
            heads.append(tuple(tokens[i + 1 : j + 2]))
    return heads


def _places(head: tuple[str, ...], tokens: list[str]) -> list[int]:
    return [i for i in range(len(tokens) - len(head) + 1) if tuple(tokens[i : i + len(head)]) == head]


def _is_denied(tokens: list[str], at: int, words: frozenset[str] = _NOT) -> bool:
    near = tokens[max(0, at - 5) : at]
    return any(
        t in words and not (t == "không" and i + 1 < len(near) and near[i + 1] in _NOT_DENYING)
        for i, t in enumerate(near)
    )
