"""Drafts by the model: a text or a table from the sources, each statement checked as soon as it is complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from legal.errors import ModelRefused
from retrieval.budget import TokenCounter
from retrieval.components import emit
from retrieval.forms import PROMPTS
from retrieval.haystack_quiet import StreamingCallbackT
from retrieval.prompt import fitted
from retrieval.second_opinion import SecondOpinion
from retrieval.settings import RetrievalSettings
from retrieval.statements import Piece, PieceReader
from retrieval.table import SCHEMA, cells_written
from retrieval.trail import Draft, Trail
from retrieval.verify import Checked, Checker
from retrieval.writing import write
from serving.protocols import Generator

MODEL_CUT = "Câu trả lời của mô hình bị ngắt vì đạt độ dài tối đa."
NO_TABLE = "Các nguồn không có nội dung để lập bảng thủ tục; dưới đây là trích nguyên văn."


@dataclass(frozen=True)
class Desk:
    """What a draft is written with: the model, how its tokens are counted, the question's trail, who listens.

    `took` gets the times of the generation, in milliseconds.
    """

    generator: Generator
    counter: TokenCounter
    settings: RetrievalSettings
    opinion: SecondOpinion
    trail: Trail
    callback: StreamingCallbackT | None
    took: dict[str, float]

    async def checked(self, checker: Checker, pieces: Sequence[Piece]) -> list[Checked]:
        """The pieces with their verdicts, each told to whoever listens."""
        found: list[Checked] = []
        for piece in pieces:
            one = await self.opinion.heard(checker, piece)
            found.append(one)
            if one.statement is not None:
                await emit(self.callback, "statement", one.statement)
        return found


async def draft_text(desk: Desk) -> Draft:
    """An answer, a brief or the body of a letter, streamed while it is written."""
    trail, settings = desk.trail, desk.settings
    wanted = PROMPTS[trail.question.format]
    prompt, sources = await fitted(
        trail.read.read_as, trail.hits, trail.day, desk.generator, desk.counter, settings, wanted
    )
    checker, reader = Checker(sources, settings), PieceReader()
    checked: list[Checked] = []

    async def heard(text: str) -> None:
        await emit(desk.callback, "token", text)
        checked.extend(await desk.checked(checker, reader.feed(text)))

    written = await write(desk.generator, prompt, settings, took=desk.took, begun=trail.begun, on_text=heard)
    checked += await desk.checked(checker, reader.rest())
    return Draft(written.text, tuple(checked), desk.generator.name, written.usage, sources, cut=written.cut)


async def draft_table(desk: Desk) -> Draft:
    """The table of a procedure, by JSON schema; its cells are checked when it is whole. What is no such JSON is
    refused (`ModelRefused`): the caller then quotes."""
    trail, settings = desk.trail, desk.settings
    prompt, sources = await fitted(
        trail.read.read_as, trail.hits, trail.day, desk.generator, desk.counter, settings, PROMPTS["table"]
    )
    written = await write(desk.generator, prompt, settings, took=desk.took, begun=trail.begun, schema=SCHEMA)
    cells = cells_written(written.text)
    if cells is None:
        raise ModelRefused("Mô hình không trả về bảng theo đúng khuôn dạng.")
    checked = await desk.checked(Checker(sources, settings), [piece for _, piece in cells])
    return Draft(
        written.text,
        tuple(checked),
        desk.generator.name,
        written.usage,
        sources,
        rows=tuple(key for key, _ in cells),
        cut=written.cut,
    )
