"""The prompt of a generated answer: rules first (the same for all questions, so that a prefix cache serves them),
then the numbered sources, the question last. The text of documents and questions stands inside marked blocks as
data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from importlib.resources import files

from legal.errors import ModelRefused
from retrieval.addresses import document_name
from retrieval.answer import Hit
from retrieval.settings import RetrievalSettings
from serving.protocols import Generator, Message

PROMPT = "answer.v1"

_BLOCK = re.compile(r"<(?=\s*/?\s*(?:nguon|cau_hoi)\b)", re.IGNORECASE)


@lru_cache(maxsize=8)
def instructions(name: str = PROMPT) -> str:
    """The rules, by version."""
    return (files("retrieval.prompts") / f"{name}.txt").read_text(encoding="utf-8").strip()


def messages(question: str, sources: Sequence[Hit], as_of: date) -> list[Message]:
    """The whole prompt for these sources, numbered from 1 in this order."""
    blocks = [_source(n, hit) for n, hit in enumerate(sources, start=1)]
    last = (
        f"Ngày xét hiệu lực: {as_of:%d/%m/%Y}.\n"
        f"<cau_hoi>\n{_as_data(question)}\n</cau_hoi>\n"
        "Trả lời câu hỏi trên theo đúng các quy tắc, chỉ từ các nguồn đã đánh số, mỗi câu có [số nguồn]."
    )
    return [Message("system", instructions()), Message("user", "\n\n".join(["Các nguồn:", *blocks, last]))]


async def fitted(
    question: str, hits: Sequence[Hit], as_of: date, generator: Generator, settings: RetrievalSettings
) -> tuple[list[Message], tuple[Hit, ...]]:
    """The prompt with as many of the hits as fit the model's context, best first, and these hits.

    Counted by the model's own tokenizer, in a few calls: after each count the sources are cut back in proportion. A
    source stands whole or not at all. Raises `ModelRefused` when not even the first fits.
    """
    budget = generator.context_length - settings.answer_tokens - settings.prompt_margin_tokens
    sources = tuple(hits)
    while sources:
        prompt = messages(question, sources, as_of)
        tokens = await generator.count_tokens(prompt)
        if tokens <= budget:
            return prompt, sources
        keep = min(len(sources) - 1, int(len(sources) * budget / tokens))
        sources = sources[: max(keep, 1)] if len(sources) > 1 else ()
    raise ModelRefused("Cửa sổ ngữ cảnh của mô hình quá nhỏ cho câu hỏi này và một điều luật.")


def _source(n: int, hit: Hit) -> str:
    passage, card = hit.passage, hit.passage.document
    where = f"{passage.label}. {passage.heading}" if passage.heading else passage.label
    facts = [document_name(card), where]
    if card.issuer:
        facts.append(f"cơ quan ban hành: {card.issuer}")
    applies = passage.applies
    if applies.effective_from:
        facts.append(f"có hiệu lực từ {applies.effective_from:%d/%m/%Y}")
    if applies.effective_to:
        facts.append(f"hết hiệu lực từ {applies.effective_to:%d/%m/%Y}")
    if card.status == "unknown":
        facts.append("chưa rõ tình trạng hiệu lực")
    lead = f"{passage.lead}\n" if passage.lead else ""
    return f'<nguon so="{n}">\n[{n}] {_as_data("; ".join(facts))}\n{_as_data(lead + passage.text)}\n</nguon>'


def _as_data(text: str) -> str:
    """A text that cannot close its own block."""
    return _BLOCK.sub("‹", text)
