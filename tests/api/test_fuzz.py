"""A short run of what `eval/fuzz_doors.py` does at length for every role: every route, a made-up request or two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eval.fuzz_doors import fuzz, key_of


@pytest.mark.timeout(400)
def test_the_doors_hold(start: Any, copied: Any, tmp_path: Path) -> None:
    home = copied(tmp_path)
    key_of(home, "admin")
    server = start(home, PHAPQUY_LIMITS__FAILURES="100000", PHAPQUY_LIMITS__PER_KEY="100000")
    for role in ("reader", "admin"):
        found = fuzz(server.url, role, key_of(home, role), 1, 1, tmp_path, phases="examples,fuzzing")
        assert found["requests"] > 20, (tmp_path / f"{role}.txt").read_text(encoding="utf-8")
        assert found["exit_code"] == 0, (tmp_path / f"{role}.txt").read_text(encoding="utf-8")
        assert not [status for status in found["statuses"] if status.startswith("5")]
