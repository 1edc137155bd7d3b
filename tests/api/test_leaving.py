"""A reader who leaves in the middle of an answer: the model server, over real sockets, is told to stop."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tests.api.conftest import wait_until
from tests.serving.conftest import MODEL
from tests.serving.conftest import server as model

__all__ = ["model"]


def test_a_reader_who_leaves_stops_the_model(start: Any, filled_home: Path, tmp_path: Path, model: Any) -> None:
    model.endless, model.delay_between, model.characters = True, 0.02, 100_000
    home = tmp_path / "var"
    shutil.copytree(filled_home, home, ignore=shutil.ignore_patterns("run"))
    server = start(
        home,
        PHAPQUY_GENERATOR__URL=model.url,
        PHAPQUY_GENERATOR__MODEL=MODEL,
        PHAPQUY_GENERATOR__CONTEXT_LENGTH="8000",
    )
    body, headers = {"query": "Thời hạn giải quyết hồ sơ mở bến đò?"}, {"Accept": "text/event-stream"}
    with server.client() as client:
        with client.stream("POST", "/v1/answers", json=body, headers=headers) as reply:
            assert any(line == "event: token" for line in reply.iter_lines())
            assert model.running == 1
        assert wait_until(lambda: model.running == 0)
