"""`phapquy models plan` as an operator types it."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app

RUN = CliRunner()


def test_the_plan_is_commands_and_the_sum_behind_them() -> None:
    done = RUN.invoke(app, ["models", "plan", "--gpu", "48GB"])
    assert done.exit_code == 0
    (command,) = [line for line in done.stdout.splitlines() if "vllm serve Qwen/" in line]
    words = shlex.split(command)
    assert words[words.index("--host") + 1] == "127.0.0.1"
    for part in ("Apache-2.0", "trọng số", "262,144 byte", "token một bản", "export PHAPQUY_GENERATOR__MODEL="):
        assert part in done.stdout


def test_json_is_one_value() -> None:
    told: Any = json.loads(RUN.invoke(app, ["models", "plan", "--gpu", "80", "--cards", "2", "--json"]).stdout)
    memory = told["memory"]
    used = sum(sum(size for size in share.values() if isinstance(size, int)) for share in memory["shares"])
    assert used + memory["headroom"] == memory["card"]
    assert told["copies"] == 2 and len(told["commands"]) == 3


@pytest.mark.parametrize("bad", [["--gpu", "rất to"], ["--gpu", "33GB"], ["--gpu", "48GB", "--host", "0.0.0.0"]])
def test_what_cannot_be_planned_is_said(bad: list[str]) -> None:
    done = RUN.invoke(app, ["models", "plan", *bad])
    assert done.exit_code != 0 and not done.stdout
