"""phapquy on a real vLLM, as an agency runs it: documents in, cited answers out, and each failure as its users see it."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from eval.own_vllm import CHAT, EMBED, Vllm
from legal.errors import ModelUnavailable
from retrieval.answer import REFUSAL
from retrieval.components_answer import MODEL_DOWN
from retrieval.forms import BRIEF_POINTS, FEWER_POINTS, LETTER_BASIS, LETTER_OPENS
from retrieval.table import LABELS
from serving.endpoint import Endpoint
from serving.openai_http import HttpGenerator
from serving.protocols import Chunk, Message
from tests.api.conftest import phapquy, start_server, wait_until

pytestmark = [pytest.mark.real_vllm, pytest.mark.timeout(900)]

QUESTION = "Thời hạn thuê điểm kinh doanh tại chợ là bao lâu?"
#: Questions that even the small model answers, one or another of them, by copying from its sources.
EASY = (
    "Bộ phận Một cửa tiếp nhận hồ sơ từ mấy giờ?",
    QUESTION,
    "Hồ sơ thuê điểm kinh doanh tại chợ gồm những gì?",
    "Lối thoát nạn ở chợ phải rộng tối thiểu bao nhiêu?",
    "Có những cách nào để nộp hồ sơ thủ tục hành chính?",
    "Hồ sơ chưa đầy đủ thì được bổ sung trong thời hạn nào?",
)
EVENTS = {"accept": "text/event-stream"}
LIMIT = 30  # seconds of an answer


@pytest.fixture(scope="module")
def models(chat: Vllm, embed: Vllm) -> dict[str, str]:
    """What an operator sets."""
    return {
        "PHAPQUY_GENERATOR__URL": chat.url,
        "PHAPQUY_GENERATOR__MODEL": CHAT,
        "PHAPQUY_GENERATOR__TIMEOUT": str(LIMIT),
        "PHAPQUY_EMBEDDER__URL": embed.url,
        "PHAPQUY_EMBEDDER__MODEL": EMBED,
        "PHAPQUY_RERANKER__URL": embed.url,
        "PHAPQUY_RERANKER__MODEL": EMBED,
        "PHAPQUY_RERANKER__TIMEOUT": "20",
    }


@pytest.fixture(scope="module")
def home(root: Path, models: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo documents, their vectors from vLLM."""
    place = tmp_path_factory.mktemp("vllm-home") / "var"
    done = phapquy(place, "ingest", str(root / "deploy" / "demo" / "documents"), "--json", timeout=600, **models)
    assert done.code == 0, done.err
    assert done.json["added"] == 9
    return place


@pytest.fixture(scope="module")
def brief(home: Path, models: dict[str, str]) -> Iterator[httpx.Client]:
    """phapquy on it, with answers so short that they end in time."""
    with serving(home, PHAPQUY_GENERATOR__ANSWER_TOKENS="64", **models) as client:
        yield client


@pytest.fixture(scope="module")
def talkative(
    home: Path, models: dict[str, str], endless: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """phapquy on a copy of it, with answers so long that they are still being written when something happens."""
    copy = tmp_path_factory.mktemp("vllm-copy") / "var"
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("run"))
    long = {"PHAPQUY_GENERATOR__URL": endless, "PHAPQUY_GENERATOR__ANSWER_TOKENS": "2000"}
    with serving(copy, **{**models, **long}) as client:
        yield client


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[httpx.Client]:
    """A client of a server that ends with the block."""
    server = start_server(home, **settings)
    try:
        with httpx.Client(base_url=server.url, timeout=180, trust_env=False) as client:
            yield client
    finally:
        server.stop()


def events_of(reply: httpx.Response) -> Iterator[tuple[str, Any]]:
    """The events of a stream as they come."""
    name = ""
    for line in reply.iter_lines():
        if line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            yield name, json.loads(line[5:])


async def following(stream: AsyncIterator[Chunk]) -> Chunk:
    """The next piece."""
    return await anext(stream)


def assert_verbatim(http: httpx.Client, answer: dict[str, Any]) -> None:
    """Every quote stands where it says it does."""
    for citation in answer["citations"]:
        number = citation["document"]["number"].replace("/", "~")
        found = http.get(f"/v1/documents/{number}/provisions/{citation['provision']['eid']}").json()
        assert found["text"][citation["start"] : citation["end"]] == citation["quote"] != ""


def test_the_configured_servers_are_found_to_be_right(home: Path, models: dict[str, str]) -> None:
    done = phapquy(home, "models", "check", "--json", **models)
    assert done.code == 0, done.err
    by_server: dict[str, dict[str, str]] = {}
    for finding in done.json:
        by_server.setdefault(finding["server"], {})[finding["aspect"]] = finding["state"]
    writes, embeds, ranks = by_server.values()
    assert {"sức khoẻ", "tên mô hình", "ngữ cảnh", "đếm token", "tốc độ", "đầu ra có cấu trúc", "lộ cổng"} <= set(
        writes
    )
    assert writes["ngữ cảnh"] == "warning"  # 4,096 tokens: too few for many sources
    assert writes["đầu ra có cấu trúc"] == embeds["véc-tơ"] == embeds["độ gần nghĩa"] == ranks["xếp hạng"] == "ok"
    assert not [finding for finding in done.json if finding["state"] == "failed"]


def test_what_is_wrong_is_said_with_what_to_do(home: Path, models: dict[str, str], chat: Vllm) -> None:
    wrong = {
        **models,
        "PHAPQUY_GENERATOR__MODEL": "khong-co",
        "PHAPQUY_EMBEDDER__WINDOW": "2048",
        "PHAPQUY_EMBEDDER__DIMENSION": "1024",
        "PHAPQUY_RERANKER__URL": chat.url,
        "PHAPQUY_RERANKER__MODEL": CHAT,
    }
    done = phapquy(home, "models", "check", "--json", **wrong)
    assert done.code == 3
    failed = {(f["server"], f["aspect"]): f for f in done.json if f["state"] == "failed"}
    name = failed["mô hình trả lời", "tên mô hình"]
    assert CHAT in name["detail"] and name["advice"] == f"Đặt PHAPQUY_GENERATOR__MODEL={CHAT}."
    assert "PHAPQUY_EMBEDDER__WINDOW=512" in failed["mô hình nhúng", "cửa sổ"]["advice"]
    assert "384 chiều thay vì 1024" in failed["mô hình nhúng", "véc-tơ"]["detail"]
    assert "--runner" in failed["mô hình xếp hạng lại", "xếp hạng"]["advice"]


def test_without_a_chat_model_the_answer_is_cited_from_what_vllm_embedded(home: Path, models: dict[str, str]) -> None:
    embedding = {name: value for name, value in models.items() if "GENERATOR" not in name}
    answer = phapquy(home, "ask", QUESTION, "--json", **embedding).json
    assert answer["mode"] == "extractive" and not answer["warnings"]
    first = answer["citations"][0]
    assert first["document"]["number"] == "18/2026/QĐ-UBND" and first["provision"]["article"] == "3"
    assert "36 tháng" in first["quote"]


def test_with_it_an_answer_is_cited_and_says_only_what_stands(brief: httpx.Client) -> None:
    ready = brief.get("/readyz").json()
    assert ready["status"] == "ready" and ready["parts"]["generator"] == "ok"

    def ask(question: str) -> dict[str, Any]:
        answer: dict[str, Any] = brief.post("/v1/answers", json={"query": question}).json()
        assert answer["mode"] in {"generative", "refusal"}
        assert answer["model"] == CHAT and 0 < answer["usage"]["completion_tokens"] <= 64
        assert answer["sources"] and not [warning for warning in answer["warnings"] if "trích nguyên văn" in warning]
        assert_verbatim(brief, answer)
        return answer

    answer = next(answer for answer in map(ask, EASY) if answer["citations"])
    assert answer["mode"] == "generative" and f"[{answer['citations'][0]['n']}]" in answer["text"]


def test_the_stream_tells_everything_in_order(brief: httpx.Client) -> None:
    def ask(question: str) -> list[tuple[str, Any]]:
        with brief.stream("POST", "/v1/answers", json={"query": question}, headers=EVENTS) as reply:
            events = list(events_of(reply))
        names = [name for name, _ in events]
        assert names[:3] == ["query", "sources", "token"] and names[-2:] == ["usage", "done"]
        assert set(names) <= {"query", "sources", "token", "statement", "citation", "usage", "done"}
        told = dict(events)
        assert told["query"]["text"] == question
        assert told["done"]["usage"] == told["usage"] and told["usage"]["completion_tokens"] > 0
        assert [data for name, data in events if name == "citation"] == told["done"]["citations"]
        assert_verbatim(brief, told["done"])
        return events

    events = next(events for events in map(ask, EASY) if "citation" in dict(events))
    names = [name for name, _ in events]
    assert names.count("token") > 5
    # A statement comes with its verdict, and before any citation.
    first = names.index("statement")
    assert events[first][1]["verdict"] in {"supported", "partly", "unsupported"} and events[first][1]["text"]
    assert first < names.index("citation")


def assert_set_as(form: str, answer: dict[str, Any]) -> None:
    """A verified answer of the model, as that format is set: nothing in it that no source says."""
    numbers = {citation["n"] for citation in answer["citations"]}
    assert {int(n) for n in re.findall(r"\[(\d+)\]", answer["text"])} == numbers != set()
    lines = answer["text"].splitlines()
    if form == "brief":
        assert len(lines) <= BRIEF_POINTS and all(line.startswith("- ") for line in lines)
        assert len(lines) == BRIEF_POINTS or FEWER_POINTS.format(n=len(lines)) in answer["warnings"]
    if form == "letter":
        assert lines[0] == LETTER_OPENS
        basis = lines[lines.index(LETTER_BASIS) + 1 :]
        assert basis and all(re.fullmatch(r"- .+ (\[\d+\])+", line) for line in basis)
    if form == "table":
        assert [row["key"] for row in answer["table"]] == list(LABELS)
        cells = [cell for row in answer["table"] for cell in row["cells"]]
        assert cells and all(set(cell["citations"]) <= numbers for cell in cells)
    assert (answer["table"] is not None) == (form == "table")


@pytest.mark.parametrize("form", ["brief", "letter", "table", "summary"])
def test_each_format_is_written_by_the_model_and_verified(
    brief: httpx.Client, talkative: httpx.Client, chat: Vllm, form: str
) -> None:
    """Whatever the small model makes of it: it was asked, and what is given is set right or refused."""
    asked = chat.begun
    query = "Tóm tắt Quyết định 18/2026/QĐ-UBND" if form == "summary" else EASY[2]
    # A table is read when it is whole: it gets the room for it, and the time limit.
    client = talkative if form == "table" else brief
    answer = client.post("/v1/answers", json={"query": query, "format": form}).json()
    assert wait_until(lambda: chat.begun >= asked + 1)
    assert answer["format"] == form
    assert_verbatim(brief, answer)
    match answer["mode"]:
        case "generative":
            assert answer["model"] == CHAT
            assert_set_as(form, answer)
        case "refusal":
            assert answer["model"] == CHAT and (answer["text"], answer["citations"]) == (REFUSAL, [])
            assert {one["verdict"] for one in answer["statements"]} <= {"unsupported", "supported", "partly"}
        case _:  # a table that was not whole in time
            assert form == "table" and MODEL_DOWN in answer["warnings"] and answer["citations"]


def test_a_follow_up_is_put_to_the_model_and_searched_as_it_is_shown(brief: httpx.Client, chat: Vllm) -> None:
    asked = chat.begun
    before = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "Thời hạn là 99 tháng [1]."}]
    body = {"query": "Còn gia hạn thì sao?", "history": before}
    with brief.stream("POST", "/v1/answers", json=body, headers=EVENTS) as reply:
        told = dict(events_of(reply))
    # Once to rewrite it and once to answer. What it writes is taken where it brings nothing of its own, else the rule is.
    assert wait_until(lambda: chat.begun >= asked + 2)
    read = told["query"]
    assert read["text"] == body["query"] != read["read_as"] and read["rewritten"] in {"model", "rule"}
    assert "gia hạn" in read["read_as"] and read == told["done"]["query"]
    if read["rewritten"] == "rule":
        assert read["read_as"].startswith(QUESTION)
    # What was said before is no source.
    assert "99 tháng" not in told["done"]["text"] and told["sources"]
    assert_verbatim(brief, told["done"])


def test_a_reader_who_leaves_stops_the_generation(talkative: httpx.Client, chat: Vllm) -> None:
    with talkative.stream("POST", "/v1/answers", json={"query": QUESTION}, headers=EVENTS) as reply:
        events = events_of(reply)  # while somebody holds it, nobody has left
        assert "token" in (name for name, _ in events)
        assert wait_until(lambda: chat.running == 1)
    assert wait_until(lambda: chat.running == 0, LIMIT / 2)


def test_a_frozen_model_costs_no_more_than_the_time_limit(brief: httpx.Client, chat: Vllm) -> None:
    chat.signal(signal.SIGSTOP)
    try:
        begun = time.monotonic()
        answer = brief.post("/v1/answers", json={"query": QUESTION}).json()
        assert time.monotonic() - begun < 2 * LIMIT
    finally:
        chat.signal(signal.SIGCONT)
    assert answer["mode"] == "extractive" and MODEL_DOWN in answer["warnings"]
    assert "36 tháng" in answer["citations"][0]["quote"]
    assert_verbatim(brief, answer)
    assert wait_until(lambda: brief.get("/readyz").json()["status"] == "ready", 60)


def test_a_model_killed_in_mid_answer_is_replaced_by_extracts_and_its_return_is_noticed(
    brief: httpx.Client, talkative: httpx.Client, chat: Vllm, endless: str
) -> None:
    loop = asyncio.Runner()
    direct = HttpGenerator(Endpoint(endless, CHAT)).stream([Message("user", QUESTION)], max_tokens=2000)
    assert loop.run(following(direct)).text
    with talkative.stream("POST", "/v1/answers", json={"query": QUESTION}, headers=EVENTS) as reply:
        events = []
        for event in events_of(reply):
            if event[0] == "token" and not any(name == "token" for name, _ in events):
                chat.kill()
            events.append(event)
    # Our client tells an end from a break.
    with pytest.raises(ModelUnavailable, match="ngắt kết nối"), loop:
        while True:
            loop.run(following(direct))
    # The reader of the stream gets the extracts, and is told why.
    name, done = events[-1]
    assert name == "done" and done["mode"] == "extractive" and MODEL_DOWN in done["warnings"]
    assert [data for name, data in events if name == "citation"] == done["citations"] != []
    assert events[-2][0] == "citation"
    assert_verbatim(talkative, done)
    # Nobody else has to run into it: readiness tells, and answers come without the model.
    assert wait_until(lambda: brief.get("/readyz").json()["status"] == "degraded", 60)
    state = brief.get("/readyz")
    assert state.status_code == 200 and "trích nguyên văn" in state.json()["parts"]["generator"]
    answer = brief.post("/v1/answers", json={"query": QUESTION}).json()
    assert answer["mode"] == "extractive" and "trích nguyên văn" in " ".join(answer["warnings"])
    # Its return is noticed without a question, and the next question has it again.
    chat.launch()
    chat.wait()
    assert wait_until(lambda: brief.get("/readyz").json()["status"] == "ready", 60)
    assert brief.post("/v1/answers", json={"query": QUESTION}).json()["model"] == CHAT
