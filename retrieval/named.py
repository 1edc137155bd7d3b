"""Provisions that a question names ("khoản 2 Điều 8 Luật Hộ tịch", "Điều 5 52/2014/QH13"): found in its text, looked up exactly."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from legal.labels import eid_label
from legal.number import find_all
from legal.text import fold
from retrieval.index import Index, SearchFilter, Sparse
from retrieval.passage import Passage

_ADDRESS = re.compile(
    r"(?:(?:điểm|diem)\s+(?P<point>[a-zđ])\s*,?\s*)?(?:(?:khoản|khoan|k)\s*(?P<clause>\d{1,3}[a-z]?)\s*,?\s*)?"
    r"(?:điều|dieu|đ)\s*(?P<article>\d{1,4}[a-zđ]?)\b(?:\s*,?\s*(?:khoản|khoan|k)\s*(?P<after>\d{1,3}[a-z]?)\b)?",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?P<type>bộ luật|bo luat|luật|luat|pháp lệnh|phap lenh|hiến pháp|hien phap)\s+(?P<name>[^\d,.;:?!()\"“”]{2,80})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CitedProvision:
    """A provision that a question names. `number`: normalised, if the document is named so; `name`: its name as typed, else ""."""

    eid: str
    article: str | None = None
    number: str | None = None
    name: str = ""

    @property
    def exact(self) -> bool:
        """Whether it names one provision of one document; else there is nothing to look up."""
        return bool(self.eid and (self.number or self.name))

    @property
    def label(self) -> str:
        """As an official writes it."""
        return " ".join(part for part in (eid_label(self.eid) if self.eid else "", self.number or self.name) if part)


def named_provisions(text: str) -> tuple[CitedProvision, ...]:
    """The provisions and documents that a question names, in order."""
    numbers = find_all(text)
    names = [(m.start(), f"{m['type']} {m['name']}".strip()) for m in _NAME.finditer(text)]
    found: list[CitedProvision] = []
    for match in _ADDRESS.finditer(text):
        article = match["article"].lower()
        eid = f"art_{article}"
        clause = match["clause"] or match["after"]
        if clause:
            eid += f"__para_{clause.lower()}"
        if match["point"]:
            eid += f"__point_{match['point'].lower()}"
        number = min(numbers, key=lambda n: abs(n[0] - match.end()), default=None)
        name = min((n for n in names if n[0] >= match.end()), default=min(names, default=None))
        found.append(
            CitedProvision(
                eid,
                article,
                number=str(number[2]) if number else None,
                name="" if number or name is None else name[1],
            )
        )
    if not found and numbers:
        found = [CitedProvision("", number=str(number)) for _, _, number in numbers]
    return tuple(dict.fromkeys(found))


async def look_up(
    index: Index, one: CitedProvision, where: SearchFilter, name_vector: Callable[[str], Sparse]
) -> list[Passage]:
    """The passages in which a named provision stands, in reading order, under the caller's filter; empty if it is not there.

    A document named by number is fetched exactly; one named by name is found among the articles of that number whose
    document's title the name spells out. Nothing is guessed: a provision that is not there brings no neighbour.
    """
    if one.number:
        return await index.fetch(replace(where, numbers=(one.number,), eids=(one.eid,)), limit=8)
    if one.name and one.article:
        near = await index.search(None, name_vector(one.name), replace(where, articles=(one.article,)), limit=20)
        key = named_document([scored.passage for scored in near.lexical], one.name)
        if key is not None:
            return await index.fetch(replace(where, documents=(key,), eids=(one.eid,)), limit=8)
    return []


def beside(text: str, found: Sequence[Passage]) -> str:
    """What a question says beside addresses, numbers and the names of the documents found (of any, if none was): folded."""
    rest = text
    for start, end, _ in reversed(find_all(text)):
        rest = rest[:start] + " " + rest[end:]
    rest = _ADDRESS.sub(" ", rest)
    rest = fold(rest if found else _NAME.sub(" ", rest))
    for passage in found:
        rest = rest.replace(fold(passage.document.title or "\n"), " ").replace(
            _bare(passage.document.title or "\n"), " "
        )
    return rest


def named_document(passages: Sequence[Passage], name: str) -> str | None:
    """The key of the document that a name means: the shortest title that the name spells out, the youngest of equals."""
    wanted = _bare(name)
    best: tuple[int, int, str] | None = None
    for passage in passages:
        title = _bare(f"{passage.document.title or ''}")
        if not title or not (wanted == title or wanted.startswith(f"{title} ")):
            continue
        issued = passage.document.issued
        rank = (-len(title), -(issued.toordinal() if issued else 0), passage.document.key)
        best = rank if best is None or rank < best else best
    return best[2] if best else None


def _bare(name: str) -> str:
    """A document's name without its type, folded."""
    return re.sub(r"^(bo luat|luat|phap lenh)\s+", "", fold(name)).strip()
