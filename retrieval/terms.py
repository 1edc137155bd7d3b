"""How much a term tells: question words tell nothing, syllables that stand in every law little, rare ones much.

The shares in `syllables.tsv` were counted over laws; they serve as a prior, so that an answer can be judged without
asking the index for statistics. A syllable that is not listed is rare.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import lru_cache
from importlib.resources import files
from math import log

from legal.text import lexical_terms

#: Words of asking, of courtesy and of grammar. They carry nothing that a provision could confirm.
_EMPTY: frozenset[str] = frozenset(
    """
    ai gì nào sao đâu bao nhiêu mấy thế vậy à ạ nhé nhỉ hả hay ơi dạ vâng xin hỏi cho biết giúp tôi tui em anh
    chị mình ông bà bạn muốn cần như đúng sai và hoặc thì là mà của các những một cái này đó kia ấy với về ở tại
    từ đến để do bởi vì nên nếu khi đã đang sẽ cũng còn vẫn chỉ rất lại ra vào lên xuống theo trong ngoài trên
    dưới bị được có phải không chưa rồi trường hợp quy định pháp luật điều khoản điểm sau đây dưới
    """.split()  # noqa: SIM905
)
_RAREST = 0.0008


@lru_cache(maxsize=1)
def _shares() -> Mapping[str, float]:
    text = (files("retrieval") / "syllables.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {syllable: float(share) for syllable, share in rows}


@lru_cache(maxsize=65536)
def weight(term: str) -> float:
    """What a term of `lexical_terms` tells, from 0 (nothing) to about 7 (a rare syllable).

    A bigram tells the mean of its parts, and nothing when one of them is empty.
    """
    parts = term.split("_")
    if len(parts) > 1:
        weights = [weight(part) for part in parts]
        return sum(weights) / len(weights) if all(weights) else 0.0
    if term in _EMPTY or (len(term) == 1 and not term.isdigit()):
        return 0.0
    return -log(max(_shares().get(term, _RAREST), _RAREST))


def informative(text: str) -> dict[str, float]:
    """The terms of a text that tell something, with their weights."""
    return {term: w for term in dict.fromkeys(lexical_terms(text)) if (w := weight(term)) > 0}


def share_of(wanted: Mapping[str, float], present: Set[str]) -> float:
    """The weighted share of `wanted` among `present`, between 0 and 1; 1 when nothing is wanted."""
    total = sum(wanted.values())
    return sum(w for term, w in wanted.items() if term in present) / total if total else 1.0
