"""Our clients against a real vLLM: its protocol as it is, and each way in which it fails. Never what its models know."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
from datetime import date
from typing import Any

import numpy as np
import pytest

from eval.own_vllm import CHAT, CONTEXT, EMBED, Vllm
from legal.errors import ModelUnavailable
from retrieval.answer import Hit
from retrieval.budget import TokenCounter
from retrieval.prompt import fitted, messages
from retrieval.settings import RetrievalSettings
from retrieval.table import SCHEMA, cells_written
from serving.embedded import embedded_embedder
from serving.endpoint import Endpoint, TimeLimits
from serving.openai_http import HttpEmbedder, HttpGenerator, HttpReranker
from serving.plan import make_plan
from serving.profiles import shelf
from serving.protocols import Message, PassageTooLong, PromptTooLong
from tests.api.conftest import wait_until
from tests.retrieval.conftest import library
from tests.vllm.conftest import RUNNING, WAITING

__all__ = ["library"]

pytestmark = [pytest.mark.real_vllm, pytest.mark.timeout(600)]

PROMPT = [Message("system", "Trả lời bằng tiếng Việt."), Message("user", "Thủ đô của Việt Nam là thành phố nào?")]
FEE = "Lệ phí cấp bản sao trích lục hộ tịch là 8.000 đồng một bản."
MARKET = "Ban quản lý chợ sắp xếp điểm kinh doanh theo ngành hàng."


def generator(server: Vllm, **changes: Any) -> HttpGenerator:
    return HttpGenerator(Endpoint(**{"url": server.url, "model": CHAT, **changes}))


async def write(model: HttpGenerator, most: int = 24, **more: Any) -> tuple[list[str], Any]:
    chunks = [chunk async for chunk in model.stream(PROMPT, max_tokens=most, **more)]
    return [chunk.text for chunk in chunks if chunk.text], chunks[-1]


async def comes_to(server: Vllm, running: float) -> bool:
    """Whether so many generations come to run. vLLM's metrics are a step behind its tokens."""
    return await asyncio.to_thread(wait_until, lambda: server.running == running, 20)


async def test_an_answer_comes_in_pieces_and_tokens_are_counted_as_the_server_counts_them(chat: Vllm) -> None:
    model = generator(chat)
    pieces, last = await write(model)
    assert len(pieces) > 5
    assert last.finish_reason in {"stop", "length"}
    assert model.context_length == CONTEXT
    assert last.usage.prompt_tokens == await model.count_tokens(PROMPT) > 10
    assert 5 < last.usage.completion_tokens <= 24
    await model.close()


@pytest.mark.parametrize("context", [1300, 2000, CONTEXT])
async def test_a_prompt_gets_as_many_sources_as_the_server_counts_room_for(
    chat: Vllm, library: Any, context: int
) -> None:
    model = HttpGenerator(Endpoint(chat.url, CHAT), context_length=context)
    settings, day = RetrievalSettings(answer_tokens=64), date(2024, 12, 1)
    hits = [Hit(n, 1.0, passage) for n, passage in enumerate(library.passages[:12], start=1)]
    most = context - settings.answer_tokens - settings.prompt_margin_tokens
    prompt, kept = await fitted("Phí?", hits, day, model, TokenCounter(model), settings, "answer.v2")
    assert 0 < await model.count_tokens(prompt) <= most
    assert list(kept) == hits[: len(kept)]
    if len(kept) < len(hits):
        longer = messages("Phí?", hits[: len(kept) + 1], day, "answer.v2")
        # The parts are counted apart, which is on the safe side by a few tokens a source.
        assert await model.count_tokens(longer) > most - 8 * len(kept)
    assert (len(kept) < len(hits)) == (context == 1300)
    await model.close()


async def test_a_table_is_written_by_its_schema(chat: Vllm) -> None:
    pieces, last = await write(generator(chat), 400, schema=SCHEMA)
    text = "".join(pieces)
    if last.finish_reason == "stop":
        assert set(json.loads(text)) == set(SCHEMA["properties"])
        assert cells_written(text) is not None
    else:
        assert re.match(r'\{\s*"papers"\s*:\s*\[', text)


async def test_a_schema_is_obeyed_to_the_letter(chat: Vllm) -> None:
    schema = {
        "type": "object",
        "properties": {"co": {"type": "boolean"}, "so_ngay": {"type": "integer", "minimum": 1, "maximum": 60}},
        "required": ["co", "so_ngay"],
        "additionalProperties": False,
    }
    pieces, _ = await write(generator(chat), 60, schema=schema)
    value = json.loads("".join(pieces))
    assert set(value) == {"co", "so_ngay"} and isinstance(value["co"], bool) and 1 <= value["so_ngay"] <= 60


async def test_embeddings_are_those_of_the_embedded_model(embed: Vllm, tmp_path_factory: Any) -> None:
    served = HttpEmbedder(Endpoint(embed.url, EMBED))
    own = embedded_embedder(tmp_path_factory.mktemp("models"))
    texts = [FEE, MARKET, "Điều 3. " + FEE * 8]
    vectors = served.embed_passages(texts)
    assert vectors.shape == (3, own.dimension)
    assert np.einsum("ij,ij->i", vectors, own.embed_passages(texts)).min() > 0.99
    question = "cấp bản sao trích lục hết bao nhiêu tiền"
    assert float(await served.embed_question(question) @ await own.embed_question(question)) > 0.99
    assert served.count_tokens(texts) == own.count_tokens(texts)
    with pytest.raises(PassageTooLong):
        served.embed_passages([FEE * 40])
    assert (await served.embed_question(question * 40)).shape == (own.dimension,)
    await served.close()


async def test_reranking_puts_the_passage_that_answers_first(embed: Vllm) -> None:
    scores = await HttpReranker(Endpoint(embed.url, EMBED)).rerank("lệ phí trích lục hộ tịch", [MARKET, FEE, MARKET])
    assert scores[1] > scores[0] == pytest.approx(scores[2], abs=1e-3)


async def test_a_wrong_model_name_is_told_apart_from_a_dead_server(chat: Vllm, embed: Vllm) -> None:
    calls = [
        write(generator(chat, model="khong-co")),
        HttpReranker(Endpoint(embed.url, "khong-co")).rerank("a", ["b"]),
        HttpEmbedder(Endpoint(embed.url, "khong-co")).embed_question("a"),
        generator(chat, model="khong-co").count_tokens(PROMPT),
    ]
    for call in calls:
        with pytest.raises(ModelUnavailable, match="không phục vụ mô hình “khong-co”"):
            await call


async def test_a_chat_server_says_that_it_does_not_embed(chat: Vllm) -> None:
    with pytest.raises(ModelUnavailable, match="không có chức năng"):
        await HttpEmbedder(Endpoint(chat.url, CHAT)).embed_question("a")


async def test_a_prompt_beyond_the_context_is_refused_without_being_quoted(chat: Vllm) -> None:
    model = generator(chat)
    secret = "hồ sơ mật số chín "
    with pytest.raises(PromptTooLong) as caught:
        async for _ in model.stream([Message("user", secret * 1500)], max_tokens=10):
            pass
    assert secret.strip() not in str(caught.value)


async def test_a_full_server_says_so_and_serves_those_it_took(chat: Vllm) -> None:
    async def one() -> str:
        try:
            pieces, _ = await write(generator(chat, attempts=1), 40)
        except ModelUnavailable as error:
            return error.reason
        return "".join(pieces)

    replies = await asyncio.gather(*[one() for _ in range(3 * (RUNNING + WAITING))])
    turned_away = [reply for reply in replies if "mã 503" in reply]
    assert turned_away and all("quá tải" in reply for reply in turned_away)
    assert len(replies) - len(turned_away) >= WAITING  # of a sudden crowd only as many as may wait are taken
    assert (await write(generator(chat)))[0]


async def test_a_full_server_is_asked_again_until_it_has_room(chat: Vllm) -> None:
    crowd = [asyncio.create_task(write(generator(chat, attempts=1), 30)) for _ in range(2 * (RUNNING + WAITING))]
    await asyncio.sleep(0.3)
    pieces, _ = await write(generator(chat, attempts=12))
    assert pieces
    await asyncio.gather(*crowd, return_exceptions=True)


PARSE = """
import json, sys
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser
parser = make_arg_parser(FlexibleArgumentParser())
for words in json.load(sys.stdin):
    parser.parse_args(words)
"""


def test_vllm_understands_every_planned_command(chat: Vllm) -> None:
    plans = [make_plan(gpu, cards) for gpu in shelf().cards for cards in (1, 2, 3, 4, 8)]
    commands = [command.words for plan in plans for command in plan.commands]
    assert all(words[:2] == ("vllm", "serve") for words in commands)
    python = [str(chat.place / "venv" / "bin" / "python"), "-c", PARSE]
    asked = json.dumps([words[2:] for words in commands])
    done = subprocess.run(python, input=asked, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


async def test_who_leaves_stops_the_generation(chat: Vllm, endless: str) -> None:
    stream = generator(chat, url=endless).stream(PROMPT, max_tokens=2500)
    assert (await anext(stream)).text
    assert await comes_to(chat, 1)
    await stream.aclose()  # type: ignore[attr-defined]
    assert await comes_to(chat, 0)


async def test_a_frozen_server_is_given_up_in_time_and_used_again_when_it_thaws(chat: Vllm, endless: str) -> None:
    model = generator(chat, limits=TimeLimits(connect=1, first=1.5, between=1.5, total=10), attempts=1)
    chat.signal(signal.SIGSTOP)
    try:
        with pytest.raises(ModelUnavailable, match="thời gian"):
            await write(model)
    finally:
        chat.signal(signal.SIGCONT)
    assert await comes_to(chat, 0)
    stream = generator(chat, url=endless, limits=TimeLimits(between=1.5)).stream(PROMPT, max_tokens=2500)
    assert (await anext(stream)).text
    chat.signal(signal.SIGSTOP)
    try:
        with pytest.raises(ModelUnavailable, match="thời gian"):
            async for _ in stream:
                pass
    finally:
        chat.signal(signal.SIGCONT)
    assert await comes_to(chat, 0)
    assert (await write(generator(chat)))[0]
