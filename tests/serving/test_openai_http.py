"""Model servers over HTTP, over real sockets: the protocol, and every way a server can fail as a typed error."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import numpy as np
import pytest

from legal.errors import ModelRefused, ModelUnavailable
from serving.endpoint import Endpoint, TimeLimits
from serving.openai_http import HttpEmbedder, HttpGenerator, HttpReranker
from serving.protocols import Generator, Message, PassageTooLong, PromptTooLong, Usage

MODEL, WINDOW = "mo-hinh-thu", 64
LIMITS = TimeLimits(connect=1, first=2, between=0.5, total=6)
SECRET = "nội dung mật của hồ sơ"
QUESTION = [Message("system", "Chỉ dùng nguồn."), Message("user", SECRET)]


def endpoint(server: Any, **changes: Any) -> Endpoint:
    return Endpoint(**{"url": getattr(server, "url", server), "model": MODEL, "limits": LIMITS, **changes})


async def generate(generator: Generator, messages: list[Message] = QUESTION) -> tuple[str, Any]:
    chunks = [chunk async for chunk in generator.stream(messages, max_tokens=50)]
    return "".join(chunk.text for chunk in chunks), chunks[-1]


async def test_passages_and_questions_carry_their_prefixes_and_come_back_in_order(server: Any) -> None:
    embedder = HttpEmbedder(endpoint(server, api_key="bi-mat"), window=WINDOW, batch=2)
    texts = ["một hai ba bốn", "một", "một hai"]
    vectors = embedder.embed_passages(texts)
    assert vectors.shape == (3, 8) == (3, embedder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.argsort(vectors[:, 0]).tolist() == [1, 2, 0]  # the double tells lengths
    asked = [text for body in server.bodies("/v1/embeddings") for text in body["input"]]
    assert sorted(asked) == sorted("passage: " + text for text in texts)
    question = await embedder.embed_question("một")
    assert question.shape == (8,)
    assert server.bodies("/v1/embeddings")[-1]["input"] == ["query: một"]
    assert set(server.keys) == {"Bearer bi-mat"}
    await embedder.close()


def test_the_dimension_is_found_before_anything_is_embedded(server: Any) -> None:
    assert HttpEmbedder(endpoint(server)).dimension == 8
    with pytest.raises(ModelUnavailable, match="8 chiều thay vì 384"):
        HttpEmbedder(endpoint(server), dimension=384).embed_passages(["a"])


async def test_tokens_are_counted_by_the_server_else_estimated_on_the_safe_side(server: Any) -> None:
    embedder = HttpEmbedder(endpoint(server), window=WINDOW)
    text = "Người nộp hồ sơ phải nộp lệ phí 15.000 đồng tại Ủy ban nhân dân xã"
    exact = embedder.count_tokens([text, "phí"])
    assert exact == [len(text.split()) + 3, 4]
    with pytest.raises(PassageTooLong):
        embedder.embed_passages(["đất " * 70])
    assert (await embedder.embed_question("đất " * 500)).shape == (8,)
    assert len(server.bodies("/v1/embeddings")[-1]["input"][0].split()) + 2 <= WINDOW
    server.tokenizes = False
    estimated = HttpEmbedder(endpoint(server), window=WINDOW).count_tokens([text, "phí"])
    assert all(rough >= real for rough, real in zip(estimated, exact, strict=True))


@pytest.mark.parametrize("old", [False, True])
async def test_reranking_gives_a_score_a_text_in_the_order_given(server: Any, old: bool) -> None:
    server.old_rerank = old
    reranker = HttpReranker(endpoint(server))
    assert await reranker.rerank("phí?", ["a", "abc", "ab"]) == [0.01, 0.03, 0.02]
    assert await reranker.rerank("phí?", []) == []
    await reranker.close()


async def test_an_answer_streams_with_reason_and_usage_at_its_end(server: Any) -> None:
    generator = HttpGenerator(endpoint(server))
    text, last = await generate(generator)
    assert text == "Thời hạn là 15 ngày [1]."
    assert last.finish_reason == "stop"
    assert last.usage == Usage(prompt_tokens=11, completion_tokens=6)
    assert generator.context_length == 1234
    assert await generator.count_tokens(QUESTION) == 3 + 6 + 2
    await generator.close()


async def test_a_schema_goes_out_as_structured_output(server: Any) -> None:
    schema = {"type": "object", "properties": {"phi": {"type": "string"}}}
    async for _ in HttpGenerator(endpoint(server)).stream(QUESTION, max_tokens=5, schema=schema):
        pass
    (body,) = server.bodies("/v1/chat/completions")
    assert body["response_format"]["type"] == "json_schema"
    assert body["response_format"]["json_schema"]["schema"] == schema
    assert body["stream_options"] == {"include_usage": True}


async def test_closing_the_stream_stops_the_server(server: Any) -> None:
    server.endless, server.delay_between = True, 0.02
    stream = HttpGenerator(endpoint(server)).stream(QUESTION, max_tokens=5)
    assert (await anext(stream)).text == "Thời "
    assert server.running == 1
    await stream.aclose()  # type: ignore[attr-defined]
    for _ in range(100):
        if server.running == 0:
            break
        await asyncio.sleep(0.05)
    assert server.running == 0


async def test_a_client_works_in_one_event_loop_after_another(server: Any) -> None:
    generator = HttpGenerator(endpoint(server))
    for _ in range(2):
        assert (await asyncio.to_thread(lambda: asyncio.run(generate(generator))))[0].startswith("Thời hạn")


@pytest.mark.parametrize("status", [429, 503])
async def test_a_full_server_is_asked_again_a_few_times(server: Any, status: int) -> None:
    server.faults = [status] * 2
    assert (await generate(HttpGenerator(endpoint(server))))[0].startswith("Thời hạn")
    server.faults = [status]
    assert HttpEmbedder(endpoint(server)).embed_passages(["a"]).shape == (1, 8)
    server.faults = [status] * 10
    with pytest.raises(ModelUnavailable, match="quá tải"):
        await generate(HttpGenerator(endpoint(server)))
    assert len(server.faults) == 7


async def test_a_server_that_is_full_after_it_said_200_is_asked_again_too(server: Any) -> None:
    server.full = 2
    assert (await generate(HttpGenerator(endpoint(server))))[0].startswith("Thời hạn")
    assert len(server.bodies("/v1/chat/completions")) == 3
    server.full = 1
    with pytest.raises(ModelUnavailable, match="quá tải"):
        await generate(HttpGenerator(endpoint(server, attempts=1)))


async def test_a_wrong_model_name_says_so_at_once(server: Any) -> None:
    wrong = endpoint(server, model="khac")
    for call in (generate(HttpGenerator(wrong)), HttpReranker(wrong).rerank("a", ["b"])):
        with pytest.raises(ModelUnavailable, match="không phục vụ mô hình “khac”"):
            await call
    with pytest.raises(ModelUnavailable, match="không phục vụ mô hình “khac”"):
        HttpEmbedder(wrong).embed_passages(["a"])
    assert len(server.bodies("/v1/chat/completions")) == 1


async def test_a_prompt_beyond_the_context_is_a_refusal_that_quotes_nothing(server: Any) -> None:
    with pytest.raises(PromptTooLong) as caught:
        await generate(HttpGenerator(endpoint(server)), [Message("user", SECRET * 200)])
    assert isinstance(caught.value, ModelRefused)
    assert SECRET not in str(caught.value)


async def test_a_server_killed_in_mid_stream_is_an_error_and_not_an_end(server: Any) -> None:
    server.break_after = 3
    generator, got = HttpGenerator(endpoint(server)), []
    with pytest.raises(ModelUnavailable, match="ngắt kết nối"):
        async for chunk in generator.stream(QUESTION, max_tokens=50):
            got.append(chunk.text)
    assert got == ["Thời ", "hạn ", "là "]
    assert len(server.bodies("/v1/chat/completions")) == 1  # never begun anew after the first piece


async def test_an_error_inside_the_stream_quotes_nothing(server: Any) -> None:
    server.error_after = 1
    with pytest.raises(ModelUnavailable) as caught:
        await generate(HttpGenerator(endpoint(server)))
    assert SECRET not in str(caught.value)


async def test_a_slow_server_is_given_up_in_time(server: Any) -> None:
    server.delay_first = 3
    begun = time.monotonic()
    with pytest.raises(ModelUnavailable, match="thời gian"):
        await generate(HttpGenerator(endpoint(server, limits=TimeLimits(1, 0.4, 0.4, 5))))
    assert time.monotonic() - begun < 2
    assert len(server.bodies("/v1/chat/completions")) == 1
    with pytest.raises(ModelUnavailable, match="thời gian"):
        await HttpReranker(endpoint(server, limits=TimeLimits(1, 0.4, 0.4, 5))).rerank("a", ["b"])


async def test_silence_inside_a_stream_and_an_endless_stream_are_given_up(server: Any) -> None:
    server.delay_between = 2
    with pytest.raises(ModelUnavailable, match="thời gian"):
        await generate(HttpGenerator(endpoint(server)))
    server.delay_between, server.endless = 0.01, True
    begun = time.monotonic()
    with pytest.raises(ModelUnavailable, match="thời gian"):
        await generate(HttpGenerator(endpoint(server, limits=TimeLimits(1, 1, 1, 0.7))))
    assert time.monotonic() - begun < 3


async def test_nobody_listening_is_said_within_the_limits(closed_port: str) -> None:
    nowhere = endpoint(closed_port, attempts=2)
    for call in (generate(HttpGenerator(nowhere)), HttpEmbedder(nowhere).embed_question("a")):
        with pytest.raises(ModelUnavailable, match="Không kết nối được"):
            await call


async def test_a_server_of_another_kind_is_recognised(server: Any) -> None:
    elsewhere = endpoint(server.url.removesuffix("/v1") + "/khong-co")
    with pytest.raises(ModelUnavailable, match="không có chức năng"):
        await generate(HttpGenerator(elsewhere))


async def test_no_content_reaches_the_logs(server: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    server.faults = [503]
    await generate(HttpGenerator(endpoint(server)))
    HttpEmbedder(endpoint(server)).embed_passages([SECRET])
    assert SECRET not in caplog.text
