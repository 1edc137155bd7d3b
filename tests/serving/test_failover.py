"""Several endpoints as one, over real sockets: turns, fail-over, and no waiting for what is known to be down."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from legal.errors import ModelUnavailable
from serving.circuit import Circuit
from serving.endpoint import Endpoint, TimeLimits
from serving.failover import FailoverGenerator
from serving.openai_http import HttpGenerator
from serving.protocols import Generator, Message, PromptTooLong

LIMITS = TimeLimits(connect=1, first=2, between=1, total=5)


def generator(url: str) -> HttpGenerator:
    return HttpGenerator(Endpoint(url, "mo-hinh-thu", limits=LIMITS, attempts=1))


async def text(model: Generator, prompt: str = "phí?") -> str:
    return "".join([chunk.text async for chunk in model.stream([Message("user", prompt)], max_tokens=9)])


async def test_the_living_endpoint_answers_for_the_dead_one(server: Any, closed_port: str) -> None:
    model = FailoverGenerator([generator(closed_port), generator(server.url)], failures=2, pause=60)
    for _ in range(6):
        assert await text(model) == "Thời hạn là 15 ngày [1]."
    assert model.available
    assert model.context_length == 1234
    assert await model.count_tokens([Message("user", "phí?")]) == 3
    await model.close()


async def test_requests_take_turns(server: Any) -> None:
    first, second = generator(server.url), generator(server.url)
    model = FailoverGenerator([first, second])
    asked = {id(member) for member, _ in (model._in_turn()[0] for _ in range(2))}
    assert asked == {id(first), id(second)}


async def test_all_down_is_an_error_at_once_and_recovery_is_noticed(server: Any) -> None:
    model = FailoverGenerator([generator(server.url)], failures=2, pause=0.2)
    server.faults = [503, 503]
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="quá tải"):
            await text(model)
    assert not model.available
    with pytest.raises(ModelUnavailable, match="thử lại sau"):
        await text(model)
    assert len(server.bodies("/v1/chat/completions")) == 2  # the third was not sent
    await asyncio.sleep(0.25)
    assert await text(model) == "Thời hạn là 15 ngày [1]."
    assert model.available


async def test_a_stream_that_has_begun_is_not_begun_anew(server: Any) -> None:
    server.break_after = 2
    model = FailoverGenerator([generator(server.url), generator(server.url)])
    got = []
    with pytest.raises(ModelUnavailable):
        async for chunk in model.stream([Message("user", "phí?")], max_tokens=9):
            got.append(chunk.text)
    assert got == ["Thời ", "hạn "]
    assert len(server.bodies("/v1/chat/completions")) == 1


async def test_a_refusal_is_no_failure_of_the_endpoint(server: Any) -> None:
    model = FailoverGenerator([generator(server.url)], failures=1)
    with pytest.raises(PromptTooLong):
        await text(model, "phí " * 900)
    assert model.available


async def test_health_finds_the_dead_before_a_question_does_and_the_living_again(server: Any, closed_port: str) -> None:
    model = FailoverGenerator([generator(closed_port), generator(server.url)], pause=60)
    assert await model.check_health()
    for _ in range(4):
        assert await text(model) == "Thời hạn là 15 ngày [1]."
    assert len(server.bodies("/v1/chat/completions")) == 4
    lone = FailoverGenerator([generator(server.url)], failures=1, pause=60)
    server.faults = [503]
    with pytest.raises(ModelUnavailable):
        await text(lone)
    assert not lone.available
    assert await lone.check_health() and lone.available
    assert await text(lone) == "Thời hạn là 15 ngày [1]."
    nowhere = FailoverGenerator([generator(closed_port)])
    assert not await nowhere.check_health()
    with pytest.raises(ModelUnavailable, match="thử lại sau"):
        await text(nowhere)


async def test_an_ailing_server_is_left_alone_only_after_several_looks(server: Any) -> None:
    model = FailoverGenerator([generator(server.url)], failures=3, pause=60)
    server.health = 503
    assert [await model.check_health() for _ in range(3)] == [True, True, False]
    server.health = 200
    assert await model.check_health()


def test_an_open_circuit_admits_one_trial_after_its_pause() -> None:
    now = [0.0]
    circuit = Circuit(failures=2, pause=10, clock=lambda: now[0])
    circuit.failed()
    assert circuit.allows()
    circuit.failed()
    assert circuit.is_open
    assert not circuit.allows()
    now[0] = 10.5
    assert [circuit.allows(), circuit.allows()] == [True, False]
    circuit.failed()
    assert not circuit.allows()
    circuit.hope()
    assert [circuit.allows(), circuit.allows()] == [True, False]
    now[0] = 41
    assert circuit.allows()
    circuit.succeeded()
    assert [circuit.allows(), circuit.allows()] == [True, True]
    circuit.trip()
    assert not circuit.allows()
