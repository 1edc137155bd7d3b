"""An optional judge: the configured model says of each answer whether its quotes carry it and whether it answers."""

from __future__ import annotations

import json
from dataclasses import dataclass

from api.schemas import AnswerResponse
from retrieval.prompt import as_data, prompt_text
from serving.protocols import Generator, Message

JUDGE = "judge.v1"
_SCHEMA = {
    "type": "object",
    "properties": {"grounded": {"type": "boolean"}, "answers": {"type": "boolean"}},
    "required": ["grounded", "answers"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`grounded`: the quotes carry what is said; `answers`: it answers what was asked."""

    grounded: bool
    answers: bool


async def judged(generator: Generator, question: str, answer: AnswerResponse) -> Judgement | None:
    """The model's judgement; None for a refusal and where the model gives none that can be read."""
    if answer.mode == "refusal":
        return None
    quotes = "\n".join(f"[{one.n}] {as_data(one.quote)}" for one in answer.citations)
    asked = (
        f"<cau_hoi>\n{as_data(question)}\n</cau_hoi>\n<nguon>\n{quotes}\n</nguon>\n"
        f"<tra_loi>\n{as_data(answer.text)}\n</tra_loi>"
    )
    parts: list[str] = []
    prompt = [Message("system", prompt_text(JUDGE)), Message("user", asked)]
    async for chunk in generator.stream(prompt, max_tokens=60, schema=_SCHEMA):
        parts.append(chunk.text)
    try:
        value = json.loads("".join(parts))
        return Judgement(bool(value["grounded"]), bool(value["answers"]))
    except (ValueError, KeyError, TypeError):
        return None
