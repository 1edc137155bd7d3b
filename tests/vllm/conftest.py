"""The real vLLM servers, started once for all tests of this folder; skipped where `make test-vllm` did not ask."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.own_vllm import CHAT, EMBED, Vllm
from tests.listening import listening
from tests.vllm.tireless import tireless

#: Requests that run at once, and that may wait beside them; the next is answered 503.
RUNNING, WAITING = 8, 2
_ARGUMENTS = {
    CHAT: f"--max-num-seqs {RUNNING} --max-num-queued-reqs {WAITING} --kv-cache-memory-bytes 268435456",
    EMBED: "--max-num-seqs 16 --kv-cache-memory-bytes 67108864",
}


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, Vllm]]:
    """Both servers, started side by side."""
    given = os.environ.get("VLLM_CPU")
    if not given:
        pytest.skip("a real vLLM is started by `make test-vllm`")
    scratch = Path(tempfile.mkdtemp(prefix="vllm-"))  # short: it holds sockets
    cores = sorted(os.sched_getaffinity(0))
    both = {
        model: Vllm(Path(given), model, cores[number % len(cores)], scratch, _ARGUMENTS[model])
        for number, model in enumerate((CHAT, EMBED))
    }
    try:
        for one in both.values():
            one.launch()
        for one in both.values():
            one.wait()
        yield both
    finally:
        for one in both.values():
            one.kill()
        shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture(scope="session")
def chat(servers: dict[str, Vllm]) -> Vllm:
    """The chat model's server."""
    return servers[CHAT]


@pytest.fixture(scope="session")
def embed(servers: dict[str, Vllm]) -> Vllm:
    """The embedding model's server; it reranks as well."""
    return servers[EMBED]


@pytest.fixture(scope="session")
def endless(chat: Vllm) -> Iterator[str]:
    """The chat model's server by way of a gateway through which its answers are as long as they may be."""
    with listening(tireless(chat.url.removesuffix("/v1"))) as root:
        yield f"{root}/v1"
