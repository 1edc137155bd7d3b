"""Follow-up questions ("còn người nước ngoài thì sao?") made to stand alone, by the model or by rule.

Earlier turns only say what the question is about; they are no source: the answer rests on what the standalone question
finds. What a model makes of them may bring no document, place or number that nobody named.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from legal.errors import ModelRefused, ServiceUnavailable
from legal.names import LawNames
from legal.number import find_all
from legal.quantities import covered, quantities
from legal.references import find_references
from legal.references_documents import THIS
from legal.text import collapse, fold, nfc, syllables
from retrieval.answer import Turn
from retrieval.named import document_meant, named_provisions, place_label
from retrieval.prompt import as_data, prompt_text
from retrieval.settings import RetrievalSettings
from retrieval.terms import weight
from retrieval.verify_addresses import addresses
from serving.circuit import Circuit
from serving.protocols import Generator, Message

log = logging.getLogger(__name__)

REWRITE = "rewrite.v1"
_TURNS, _TURN_CHARACTERS, _REWRITE_TOKENS = 6, 700, 200

_OPENS = re.compile(
    r"^(?:con|the|vay|the con|neu vay|neu the|con neu|the thi|ngoai ra|truong hop nay|truong hop do|vi sao|tai sao)\b"
)
_POINTS_BACK = re.compile(
    r"\bthi sao\b|\bnhu vay\b|\bnhu the\b|\b(?:noi|neu) tren\b|\bo tren\b|"
    r"\b(?:dieu|khoan|diem|luat|quy dinh|van ban|viec|truong hop|thu tuc|ho so|nguoi|giay|muc|thoi han|cai) (?:nay|do|ay|kia)\b"
)
#: What can be asked of any procedure; a question of these words alone does not say of which.
_GENERIC = frozenset(
    """
    lệ phí mức tiền thời hạn gian bao lâu giải quyết giấy tờ hồ sơ thủ tục gồm nộp cơ quan thẩm quyền nơi đâu ai cần làm
    xử phạt bị điều kiện trách nhiệm trình tự bước mẫu đơn kết quả nhận trả online trực tuyến mất ngày chi phí miễn giảm
    nào gì căn cứ pháp lý trả lời rõ hơn chi tiết cụ thể ví dụ nói thêm giải thích tóm tắt lại
    """.split()  # noqa: SIM905
)
_PLACE = re.compile(r"(?:(?:điểm\s+[a-zđ]|khoản\s+\d+[a-zđ]?)[\s,]*)+", re.IGNORECASE)
_THIS_PLACE = re.compile(r"\b(?:điều|khoản|điểm) (?:này|đó|ấy)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that says by itself what it asks. `by`: who made it so; None where it is as it was typed."""

    text: str
    by: Literal["model", "rule"] | None = None


class FollowUps:
    """Makes questions stand alone. `generator` None: by rule. `circuit`: the generator's, shared with the answers."""

    def __init__(self, generator: Generator | None, circuit: Circuit, settings: RetrievalSettings) -> None:
        self._generator = generator
        self._circuit = circuit
        self._settings = settings

    async def standalone(self, question: str, history: Sequence[Turn], names: LawNames | None, on: date) -> Standalone:
        """The question with what the earlier turns add. A model that fails leaves it to the rule; nothing is raised."""
        if not history:
            return Standalone(question)
        if self._generator is not None and self._circuit.allows():
            text = await self._rewritten(self._generator, question, history)
            if text is not None:
                return Standalone(text, "model" if text != question else None)
        text = by_rule(question, history, names, on)[: self._settings.max_question]
        return Standalone(text, "rule" if text != question else None)

    async def _rewritten(self, generator: Generator, question: str, history: Sequence[Turn]) -> str | None:
        parts: list[str] = []
        stream = generator.stream(_prompt(question, history), max_tokens=_REWRITE_TOKENS, temperature=0.0)
        try:
            async with asyncio.timeout(self._settings.rewrite_timeout):
                try:
                    async for chunk in stream:
                        parts.append(chunk.text)
                        if "\n" in "".join(parts).strip():
                            break  # a second line: it is not to be trusted, and the rest not waited for
                finally:
                    await stream.aclose()  # type: ignore[attr-defined]
        except ModelRefused as fault:
            log.warning("model refused to rewrite: %s", type(fault).__name__)
            self._circuit.succeeded()
            return None
        except (ServiceUnavailable, TimeoutError) as fault:
            log.warning("model failed to rewrite: %s", type(fault).__name__)
            self._circuit.failed()
            return None
        except BaseException:
            self._circuit.succeeded()
            raise
        self._circuit.succeeded()
        return trusted("".join(parts), question, history, self._settings.max_question)


def trusted(written: str, question: str, history: Sequence[Turn], limit: int) -> str | None:
    """A rewritten question that may be searched; None for one that names what neither question nor history names,
    that has lost what was asked, or that is no single line."""
    lines = [line for line in nfc(written).strip().splitlines() if line.strip()]
    text = collapse(lines[0]).strip("\"“”'` ") if len(lines) == 1 else ""
    if not any(c.isalnum() for c in text) or len(text) > limit:
        return None
    known = "\n".join([question, *(turn.content for turn in history)])
    if {number for _, _, number in find_all(text)} - {number for _, _, number in find_all(known)}:
        return None
    there = addresses(known)
    if not all(any(one.within(place) or place.within(one) for place in there) for one in addresses(text)):
        return None
    have = quantities(known)
    if not all(covered(one, have) for one in quantities(text)):
        return None
    asked = {s for s in syllables(question) if weight(s) > 0}
    return text if not asked or asked & set(syllables(text)) else None


def is_dependent(question: str, named: bool) -> bool:
    """Whether a question leans on what was said before: it points back, or says only what can be asked of anything.
    `named`: it names a document."""
    bare = fold(question)
    if _OPENS.search(bare) or _POINTS_BACK.search(bare):
        return True
    own = {s for s in syllables(question) if weight(s) > 0 and s not in _GENERIC}
    return not named and len(own) < 2


def by_rule(question: str, history: Sequence[Turn], names: LawNames | None, on: date) -> str:
    """The question with the last own question before it, and with the document that was talked about where neither
    names one; as it is when it stands alone."""
    named = named_provisions(question, names, on)
    if not is_dependent(question, any(one.document for one in named)):
        return question
    before = _last_own_question(history, names, on)
    if any(one.document for one in named):
        return collapse(f"{before} {question}") if before and not any(one.eid for one in named) else question
    document, article = _talked_about(history, names, on)
    if document and article and (place := _PLACE.search(question)) and "điều" not in question.lower():
        return collapse(f"{question[: place.end()]} {place_label(article)} {document} {question[place.end() :]}")
    if document and article and _THIS_PLACE.search(question):
        return collapse(_THIS_PLACE.sub(f"{place_label(article)} {document}", question, count=1))
    if document and any(one.eid for one in named):
        return collapse(f"{question.rstrip('?. ')} {document}?")
    joined = collapse(f"{before} {question}") if before else question
    if document and not any(one.document for one in named_provisions(joined, names, on)):
        joined = f"{joined.rstrip('. ')} ({document})"
    return joined


def _last_own_question(history: Sequence[Turn], names: LawNames | None, on: date) -> str:
    asked = [collapse(nfc(turn.content)) for turn in history if turn.role == "user"]
    for text in reversed(asked):
        if len(text) <= _TURN_CHARACTERS and not is_dependent(
            text, any(one.document for one in named_provisions(text, names, on))
        ):
            return text
    return ""


def _talked_about(history: Sequence[Turn], names: LawNames | None, on: date) -> tuple[str, str]:
    """The document last named, as it is called, and the article named with it (its eid); "" where none is.

    Only documents that the caller may read count: what an earlier turn claims beyond them leads nowhere.
    """
    if names is None:
        return "", ""
    for turn in reversed(history):
        for reference in find_references(nfc(turn.content), names=names):
            if reference.document in (THIS, "") or document_meant(reference, names, on) is None:
                continue
            article = next((eid.split("__para_")[0].split("__point_")[0] for eid in reference.eids), "")
            year = f" năm {reference.year}" if reference.year and str(reference.year) not in reference.document else ""
            return f"{reference.document}{year}", article if "art_" in article else ""
    return "", ""


def _prompt(question: str, history: Sequence[Turn]) -> list[Message]:
    names = {"user": "người hỏi", "assistant": "trợ lý"}
    turns = [
        f'<luot vai="{names[turn.role]}">\n{as_data(collapse(nfc(turn.content))[:_TURN_CHARACTERS])}\n</luot>'
        for turn in history[-_TURNS:]
    ]
    last = f"<cau_hoi>\n{as_data(question)}\n</cau_hoi>\nViết lại câu hỏi trên thành một câu hỏi đứng riêng."
    return [Message("system", prompt_text(REWRITE)), Message("user", "\n\n".join([*turns, last]))]
