"""Changes of words: thay cụm từ “A” tại X, cụm từ “B” tại Y bằng cụm từ “C”; bỏ từ “D”; bổ sung từ “E” vào sau từ “F”."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

#: Stands in an instruction's words for a quotation.
QUOTE = "\ue000"
_NEW = re.compile(r"\b(?:bằng|thành|là)\s+(?:\w+\s+){0,3}$", re.IGNORECASE)
_BESIDE = re.compile(r"\b(?:sau|trước)\s+(?:\w+\s+){0,3}$", re.IGNORECASE)
#: Whether an instruction is about words at all.
OF_WORDS = re.compile(
    rf"\b(?:cụm từ|các từ|từ ngữ|từ|chữ|dấu|số|đoạn)\s*{QUOTE}|\b(?:cụm từ|các từ)\b(?=\s*$)", re.IGNORECASE
)


@dataclass(slots=True)
class Words:
    """Words changed: `old` replaced by `new`, or one of them alone; at the provisions `eids`, () for everywhere."""

    old: str = ""
    new: str = ""
    eids: tuple[str, ...] = ()


def words_changed(
    said: str, verb: str, quotes: Sequence[str], eids_in: Callable[[str], tuple[str, ...]]
) -> Iterator[Words]:
    """The words that an instruction changes. `said`: what follows its verb, `QUOTE` for each of the `quotes` in order.
    `eids_in`: the provisions that a stretch of it names. A place said behind several words is the place of all of them."""
    pieces = said.split(QUOTE)
    before, after = pieces[:-1], pieces[1:]
    found: list[Words] = []
    waiting: list[Words] = []  # words whose counterpart or place has not been said yet
    everywhere = eids_in(pieces[0])
    for lead, text, tail in zip(before, quotes, after, strict=False):
        eids = eids_in(tail)
        if verb.startswith(("thay", "sửa", "đổi")):
            if _NEW.search(lead):
                for words in waiting:
                    words.new = text
                    words.eids = words.eids or eids or everywhere
                found += waiting
                waiting = []
            else:
                waiting.append(Words(text, eids=eids))
            continue
        if verb.startswith("bổ sung") and waiting and _BESIDE.search(lead):
            waiting[-1].old = text
        elif verb.startswith("bổ sung"):
            waiting.append(Words(new=text))
        elif not _BESIDE.search(lead):
            waiting.append(Words(text))
        if eids:
            for words in waiting:
                words.eids = eids
            found += waiting
            waiting = []
    if not verb.startswith(("thay", "sửa", "đổi")):
        for words in waiting:
            words.eids = everywhere
        found += waiting
    yield from found
