"""Real vLLM without a GPU in processes of its own, for measurements and tests: a small chat model and
multilingual-e5-small, as `make test-vllm` sets them up."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

CHAT, EMBED = "gemma-3-270m", "multilingual-e5-small"
CONTEXT = 4096

_ARGUMENTS = {
    CHAT: f"--dtype bfloat16 --max-model-len {CONTEXT} --structured-outputs-config.backend xgrammar "
    "--structured-outputs-config.disable_any_whitespace true",
    EMBED: "--runner pooling --dtype float32",
}
_FOLDERS = {CHAT: "chat", EMBED: "embed"}
_READY = 300.0  # seconds; 40 on a quiet machine


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Vllm:
    """One vLLM server. `place`: the folder that `make test-vllm` fills; `core`: the processor that its model works on,
    and all of it where it is `confined`; `arguments`: how many requests and what memory it takes."""

    place: Path
    model: str
    core: int
    scratch: Path
    arguments: str
    confined: bool = False
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As it is put into the settings."""
        return f"http://127.0.0.1:{self.port}/v1"

    def launch(self) -> None:
        """Start it; `wait` until it answers."""
        quiet = {
            "HF_HUB_OFFLINE": "1",
            "VLLM_NO_USAGE_STATS": "1",
            "DO_NOT_TRACK": "1",
            "TORCH_COMPILE_DISABLE": "1",
            "VLLM_CPU_OMP_THREADS_BIND": str(self.core),
            "VLLM_CACHE_ROOT": str(self.scratch / "cache"),
            "VLLM_CONFIG_ROOT": str(self.scratch / "config"),
            "VLLM_RPC_BASE_PATH": str(self.scratch),
        }
        command = [str(self.place / "venv" / "bin" / "python"), "-m", "vllm.entrypoints.openai.api_server"]
        command += ["--model", str(self.place / "models" / _FOLDERS[self.model]), "--served-model-name", self.model]
        command += ["--host", "127.0.0.1", "--port", str(self.port), "--enforce-eager", *_ARGUMENTS[self.model].split()]
        command += self.arguments.split()
        if self.confined:
            command = ["taskset", "--cpu-list", str(self.core), *command]
        with (self.scratch / f"{self.model}.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env={**os.environ, **quiet}, stdout=log, stderr=log, start_new_session=True
            )

    def wait(self) -> None:
        """Until it answers. Raises RuntimeError with the end of its log where it does not."""
        assert self.process is not None
        until = time.monotonic() + _READY
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/health", trust_env=False, timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.3)
        self.kill()
        log = (self.scratch / f"{self.model}.log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"vLLM did not start:\n{log[-3000:]}")

    def metric(self, name: str) -> float:
        """The sum of one of its metrics."""
        text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", trust_env=False, timeout=10).text
        rows = [line for line in text.splitlines() if line.startswith(name + "{")]
        assert rows, f"vLLM has no metric {name}"
        return sum(float(row.rpartition(" ")[2]) for row in rows)

    @property
    def running(self) -> float:
        """Requests that it is generating for."""
        return self.metric("vllm:num_requests_running")

    @property
    def begun(self) -> float:
        """Requests that it has begun to answer, since it was started."""
        return self.metric("vllm:time_to_first_token_seconds_count")

    def signal(self, which: signal.Signals) -> None:
        """To all of its processes."""
        assert self.process is not None
        os.killpg(self.process.pid, which)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            if self.process.poll() is None:
                self.signal(signal.SIGKILL)
            self.process.wait(30)
            self.process = None
