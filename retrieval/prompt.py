"""The prompt of a generated answer: rules first (the same for all questions and formats, so that a prefix cache serves
them), then the numbered sources, the question and what is wanted last. The text of documents and questions stands
inside marked blocks as data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from importlib.resources import files

from legal.errors import ModelRefused
from retrieval.addresses import document_name
from retrieval.answer import Hit
from retrieval.budget import TokenCounter
from retrieval.settings import RetrievalSettings
from serving.protocols import Generator, Message

RULES = "rules.v2"
_OPENING = "Các nguồn:"
_BLOCK = re.compile(r"<(?=\s*/?\s*(?:nguon|cau_hoi|luot)\b)", re.IGNORECASE)


@lru_cache(maxsize=16)
def prompt_text(name: str = RULES) -> str:
    """A prompt's text, by name and version."""
    return (files("retrieval.prompts") / f"{name}.txt").read_text(encoding="utf-8").strip()


def messages(question: str, sources: Sequence[Hit], as_of: date, wanted: str, first: int = 1) -> list[Message]:
    """The whole prompt for these sources, numbered in this order from `first`. `wanted`: the name of the prompt that
    says what to write."""
    blocks = [source_block(n, hit) for n, hit in enumerate(sources, start=first)]
    return _joined(blocks, _asking(question, as_of, wanted))


async def fitted(
    question: str,
    hits: Sequence[Hit],
    as_of: date,
    generator: Generator,
    counter: TokenCounter,
    settings: RetrievalSettings,
    wanted: str,
) -> tuple[list[Message], tuple[Hit, ...]]:
    """The prompt with as many of the hits as fit the model's context, best first, and these hits.

    A source stands whole or not at all. Raises `ModelRefused` when not even the first fits.
    """
    blocks = [source_block(n, hit) for n, hit in enumerate(hits, start=1)]
    last = _asking(question, as_of, wanted)
    whole = _joined(blocks, last)
    if await counter.fits(whole, await _most(generator, counter, settings)):
        return whole, tuple(hits)
    left = await room(generator, counter, settings, last)
    kept = 0
    for tokens in await counter.parts(blocks):
        left -= tokens
        if left < 0:
            break
        kept += 1
    if not kept:
        raise ModelRefused("Cửa sổ ngữ cảnh của mô hình quá nhỏ cho câu hỏi này và một điều luật.")
    return _joined(blocks[:kept], last), tuple(hits[:kept])


async def room(generator: Generator, counter: TokenCounter, settings: RetrievalSettings, last: str = "") -> int:
    """Tokens that are left for sources beside the rules, the end of the prompt and the answer."""
    fixed = await counter.prompt([Message("system", prompt_text()), Message("user", f"{_OPENING}\n\n{last}")])
    return await _most(generator, counter, settings) - fixed


async def _most(generator: Generator, counter: TokenCounter, settings: RetrievalSettings) -> int:
    """Tokens of a prompt that leaves room for the answer."""
    await counter.template()  # a server that is down is noticed here: to ask for its context length blocks
    return generator.context_length - settings.answer_tokens - settings.prompt_margin_tokens


def source_block(n: int, hit: Hit) -> str:
    """A source as the model sees it: what it is, when it applies, and its text."""
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
    return f'<nguon so="{n}">\n[{n}] {as_data("; ".join(facts))}\n{as_data(lead + passage.text)}\n</nguon>'


def as_data(text: str) -> str:
    """A text that cannot close its own block."""
    return _BLOCK.sub("‹", text)


def _asking(question: str, as_of: date, wanted: str) -> str:
    return f"Ngày xét hiệu lực: {as_of:%d/%m/%Y}.\n<cau_hoi>\n{as_data(question)}\n</cau_hoi>\n{prompt_text(wanted)}"


def _joined(blocks: Sequence[str], last: str) -> list[Message]:
    return [Message("system", prompt_text()), Message("user", "\n\n".join([_OPENING, *blocks, last]))]
