"""The summary of a document, a chapter or an article: provisions summarised part by part, then as a whole.

Every line of both steps is verified against the provisions themselves, so the second step can lose, not invent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from legal.errors import ModelRefused
from retrieval.addresses import cite, segments
from retrieval.answer import Hit
from retrieval.drafting import Desk
from retrieval.extract import Extract
from retrieval.prompt import messages, prompt_text, room, source_block
from retrieval.scope import SHORTENED
from retrieval.settings import RetrievalSettings
from retrieval.statements import split
from retrieval.trail import Draft
from retrieval.verify import Checked, Checker
from retrieval.writing import Written, together, write
from serving.protocols import Message

WHOLE = "summary-whole.v1"
MOST_LINES = 12
SUMMARISED = "Trích câu mở đầu của từng điều (không qua mô hình ngôn ngữ):"

_MOST_QUOTES = 40
_QUOTE = 300


async def draft_summary(desk: Desk) -> Draft:
    """Each part of the provisions summarised, several at a time, then all in at most twelve lines where there are
    more. Raises `ModelRefused` when a provision does not fit the model's context."""
    trail, settings = desk.trail, desk.settings
    checker = Checker(trail.hits, settings)
    written: list[Written] = []
    gate = asyncio.Semaphore(settings.summary_parallel)

    async def part(first: int, hits: Sequence[Hit]) -> Written:
        prompt = messages(trail.read.read_as, hits, trail.day, "summary-part.v1", first)
        async with gate:
            return await write(desk.generator, prompt, settings, took=desk.took, begun=trail.begun)

    tasks = [asyncio.create_task(part(first, hits)) for first, hits in await _parts(desk)]
    lines: list[Checked] = []
    try:
        for task in tasks:
            written.append(await task)
            lines += await desk.checked(checker, split(_ended(written[-1].text)))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    kept = [one for one in lines if one.statement is not None and one.statement.verdict != "unsupported"]
    if len(kept) > MOST_LINES and (whole := await _whole(desk, kept)) is not None:
        written.append(whole)
        shorter = await desk.checked(checker, split(_ended(whole.text)))
        if any(one.statement is not None and one.statement.verdict != "unsupported" for one in shorter):
            lines = shorter
    text = "".join(one.piece.raw for one in lines)
    cut = any(one.cut for one in written)
    usage = together([one.usage for one in written])
    return Draft(text, tuple(lines), desk.generator.name, usage, trail.hits, cut=cut)


async def _parts(desk: Desk) -> list[tuple[int, list[Hit]]]:
    """The provisions in groups that fit a prompt, each with the number of its first."""
    settings, hits = desk.settings, desk.trail.hits
    left = await room(desk.generator, desk.counter, settings, prompt_text("summary-part.v1"))
    most = min(left, settings.summary_part_tokens)
    blocks = [source_block(n, hit) for n, hit in enumerate(hits, start=1)]
    parts: list[tuple[int, list[Hit]]] = []
    filled = most + 1
    for n, (hit, tokens) in enumerate(zip(hits, await desk.counter.parts(blocks), strict=True), start=1):
        if tokens > left:
            raise ModelRefused("Cửa sổ ngữ cảnh của mô hình quá nhỏ cho một điều luật trong phạm vi tóm tắt.")
        if filled + tokens > most:
            parts.append((n, []))
            filled = 0
        parts[-1][1].append(hit)
        filled += tokens
    return parts


async def _whole(desk: Desk, kept: Sequence[Checked]) -> Written | None:
    """The verified lines in fewer; None when they do not fit one prompt."""
    said = [
        f"- {one.statement.text} {''.join(f'[{n}]' for n in one.statement.citations)}" for one in kept if one.statement
    ]
    prompt = [Message("system", prompt_text()), Message("user", "\n".join([*said, "", prompt_text(WHOLE)]))]
    if not await desk.counter.fits(prompt, desk.generator.context_length - desk.settings.answer_tokens):
        return None
    return await write(desk.generator, prompt, desk.settings, took=desk.took, begun=desk.trail.begun)


def _ended(text: str) -> str:
    return text.rstrip() + "\n"


def extract_summary(hits: Sequence[Hit], settings: RetrievalSettings) -> Extract:
    """The first sentence of each article in the scope, verbatim; of a long document as many as are readable, from all
    of its parts."""
    firsts = [hit for hit in hits if hit.passage.part == 0]
    step = max(1, -(-len(firsts) // _MOST_QUOTES))
    shown = firsts[::step]
    lines: list[str] = []
    citations = []
    for hit in shown:
        pieces = segments(hit.passage.text)
        if not pieces:
            continue
        start, end = pieces[0]
        if end - start > _QUOTE:
            end = start + hit.passage.text[start : start + _QUOTE].rfind(" ")
        citation = cite(hit.rank, hit.passage, start, end)
        citations.append(citation)
        title = f"{hit.passage.label}. {hit.passage.heading}" if hit.passage.heading else hit.passage.label
        lines.append(f"- {title}: “{citation.quote}” [{citation.n}]")
    warnings = (SHORTENED.format(shown=len(shown), all=len(firsts)),) if step > 1 else ()
    return Extract("\n".join([SUMMARISED, *lines]), tuple(citations), warnings)
