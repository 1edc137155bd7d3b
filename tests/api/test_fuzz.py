"""A short run of what `eval/fuzz_doors.py` does at length: every route, a few made-up requests of each role and of none."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from eval.fuzz_doors import ROLES, fuzz, key_of


@pytest.mark.timeout(400)
def test_the_doors_hold(start: Any, filled_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(filled_home, home)
    key_of(home, "admin")
    server = start(home, PHAPQUY_LIMITS__FAILURES="100000", PHAPQUY_LIMITS__PER_KEY="100000")
    for role in ROLES:
        found = fuzz(server.url, role, key_of(home, role), 2, 1, tmp_path, phases="examples,fuzzing")
        assert found["requests"] > 20, (tmp_path / f"{role}.txt").read_text(encoding="utf-8")
        assert found["exit_code"] == 0, (tmp_path / f"{role}.txt").read_text(encoding="utf-8")
        assert not [status for status in found["statuses"] if status.startswith("5")]
