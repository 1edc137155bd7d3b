"""The examples of `docs/api.md`, run as they stand against a live server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
BLOCKS = re.findall(r"^```(bash|python|javascript)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
PROGRAMS = {"bash": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}


def test_every_example_prints_what_the_page_says(
    root: Path, run: Callable[..., Any], start: Callable[..., Any], tmp_path: Path
) -> None:
    home = tmp_path / "var"
    documents = [str(file) for file in sorted((root / "deploy/demo/documents").glob("0[12]-*"))]
    assert len(documents) == 2 and run(home, "ingest", *documents).code == 0
    key = run(home, "keys", "create", "cổng", "--role", "integrator", "--json").json["key"]
    server = start(home)
    variables = {**os.environ, "PHAPQUY_URL": server.url, "PHAPQUY_KEY": key, "NO_PROXY": "127.0.0.1"}
    assert len(BLOCKS) >= 7
    missing = []
    for number, (language, code) in enumerate(BLOCKS):
        if language == "javascript":
            script = tmp_path / f"{number}.mjs"
            script.write_text(code, encoding="utf-8")
            command = ["node", str(script)]
        else:
            command = [*PROGRAMS[language], code]
        needed = "curl" if language == "bash" else command[0]
        if shutil.which(needed) is None:
            missing.append(needed)
            continue
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{code}\n{done.stderr}"
        promised = re.findall(r"^(?:#|//) -> (.*)$", code, re.M)
        assert promised
        for words in promised:
            assert words in done.stdout, f"{code}\nprinted:\n{done.stdout}"
    if missing:
        pytest.skip(f"the other examples ran; not installed here: {', '.join(sorted(set(missing)))}")
