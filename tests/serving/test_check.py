"""`models check` over real sockets: what is right is said, what is wrong is said with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from serving.check import Finding, addresses_of, check_embedder, check_generator, check_reranker
from serving.endpoint import Endpoint, TimeLimits
from serving.openai_http import HttpEmbedder
from serving.plan import is_inside

MODEL = "mo-hinh-thu"


def endpoint(url: str, model: str = MODEL) -> Endpoint:
    return Endpoint(url, model, limits=TimeLimits(connect=1, first=2, between=1, total=5), attempts=1)


def by_aspect(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.aspect: finding for finding in findings}


async def test_a_chat_server_that_ignores_schemas_is_found_out(server: Any) -> None:
    found = by_aspect(await check_generator(endpoint(server.url), "PHAPQUY_GENERATOR", 9999))
    assert found["sức khoẻ"].state == found["tên mô hình"].state == found["đếm token"].state == "ok"
    assert found["đầu ra có cấu trúc"].state == "failed" and "bỏ qua" in found["đầu ra có cấu trúc"].detail
    assert found["ngữ cảnh"].state == "failed" and "--max-model-len 9999" in found["ngữ cảnh"].advice
    assert found["lộ cổng"].state == "ok" and "/metrics" in found["lộ cổng"].detail
    assert "token/s" in found["tốc độ"].detail


async def test_slow_and_short_of_context_are_warnings(server: Any) -> None:
    server.delay_between, server.tokenizes = 0.2, False
    found = by_aspect(await check_generator(endpoint(server.url), "PHAPQUY_GENERATOR"))
    assert {name: found[name].state for name in ("tốc độ", "ngữ cảnh", "đếm token")} == dict.fromkeys(
        ("tốc độ", "ngữ cảnh", "đếm token"), "warning"
    )
    assert all(found[name].advice for name in ("tốc độ", "ngữ cảnh", "đếm token"))


async def test_what_is_served_is_named_when_the_name_is_wrong(server: Any) -> None:
    (_, name) = await check_reranker(endpoint(server.url, "khac"), "PHAPQUY_RERANKER")
    assert name.state == "failed" and MODEL in name.detail and name.advice == f"Đặt PHAPQUY_RERANKER__MODEL={MODEL}."


async def test_a_dead_and_an_ailing_server(server: Any, closed_port: str) -> None:
    (dead,) = await check_generator(endpoint(closed_port), "PHAPQUY_GENERATOR")
    assert dead.state == "failed" and "PHAPQUY_GENERATOR__URL" in dead.advice
    server.health = 503
    (ailing,) = await check_generator(endpoint(server.url), "PHAPQUY_GENERATOR")
    assert ailing.state == "failed" and "503" in ailing.detail


async def test_vectors_of_another_size_are_found_out(server: Any) -> None:
    place = endpoint(server.url)
    found = by_aspect(await check_embedder(place, "PHAPQUY_EMBEDDER", HttpEmbedder(place), 384))
    assert found["véc-tơ"].state == "failed" and "384" in found["véc-tơ"].detail
    wide = by_aspect(await check_embedder(place, "PHAPQUY_EMBEDDER", HttpEmbedder(place, window=2000), None))
    assert wide["cửa sổ"].state == "failed" and "PHAPQUY_EMBEDDER__WINDOW=1234" in wide["cửa sổ"].advice


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://127.0.0.1:8001/v1", True),
        ("http://localhost:8001", True),
        ("http://10.2.3.4:8001/v1", True),
        ("http://[fd00::1]:8001/v1", True),
        ("http://8.8.8.8:8001/v1", False),
        ("https://[2001:4860:4860::8888]/v1", False),
    ],
)
async def test_public_addresses_are_told_from_private_ones(url: str, inside: bool) -> None:
    addresses = await addresses_of(url)
    assert addresses and all(is_inside(address) for address in addresses) is inside
