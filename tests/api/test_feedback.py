"""What people say of answers: kept with the answer, seen by administrators, exported as an evaluation set."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eval.questions import read_questions

QUESTION = "Hồ sơ xin mở bến đò được giải quyết trong bao lâu?"


def test_feedback_is_kept_for_whom_the_answer_was_given_to_and_exported(
    start: Callable[..., Any], run: Callable[..., Any], filled_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "var"
    shutil.copytree(filled_home, home, ignore=shutil.ignore_patterns("run", "doors*"))
    keys = {
        name: run(home, "keys", "create", name, "--role", role, "--json").json["key"]
        for name, role in (("admin", "admin"), ("one", "reader"), ("other", "integrator"))
    }
    server = start(home)

    def call(who: str, method: str, path: str, **more: Any) -> Any:
        with server.client(headers={"authorization": f"Bearer {keys[who]}"}) as client:
            return client.request(method, path, **more)

    whole = call("one", "POST", "/v1/answers", json={"query": QUESTION}).json()
    streamed = call(
        "one", "POST", "/v1/answers", json={"query": QUESTION}, headers={"accept": "text/event-stream"}
    ).text
    done = json.loads(streamed.split("event: done\ndata: ")[1].splitlines()[0])
    chat = call(
        "one", "POST", "/v1/chat/completions",
        json={"model": "phapquy", "messages": [{"role": "user", "content": QUESTION}]},
    ).json()  # fmt: skip

    useful = {"kind": "useful", "question": QUESTION}
    given = call("one", "POST", f"/v1/answers/{whole['id']}/feedback", json=useful)
    assert given.status_code == 201
    assert given.json()["cited"][0] == {"number": "12/2024/QĐ-UBND", "article": "3", "eid": "art_3"}
    wrong = {"kind": "wrong_citation", "comment": "Phải là Điều 2.", "question": "Bến đò ngang là gì?",
             "expected": [{"document": "12/2024/QĐ-UBND", "article": "2"}]}  # fmt: skip
    assert call("one", "POST", f"/v1/answers/{done['id']}/feedback", json=wrong).status_code == 201
    silent = {"kind": "missing_document", "comment": "Thiếu quyết định mới."}
    assert call("one", "POST", f"/v1/answers/{chat['id']}/feedback", json=silent).status_code == 201
    # Not another caller's, not one that never was; nothing but the four kinds.
    assert call("other", "POST", f"/v1/answers/{whole['id']}/feedback", json=useful).status_code == 404
    assert call("one", "POST", "/v1/answers/khong-co/feedback", json=useful).status_code == 404
    assert call("one", "POST", f"/v1/answers/{whole['id']}/feedback", json={"kind": "bad"}).status_code == 422
    assert call("one", "GET", "/v1/feedback").status_code == 403

    first = call("admin", "GET", "/v1/feedback", params={"limit": 2}).json()
    assert [one["kind"] for one in first["feedback"]] == ["missing_document", "wrong_citation"]
    assert first["feedback"][0]["question"] is None  # not kept unless it is given
    rest = call("admin", "GET", "/v1/feedback", params={"before": first["next"]}).json()
    assert [one["kind"] for one in rest["feedback"]] == ["useful"] and rest["next"] is None
    chosen = call("admin", "GET", "/v1/feedback", params={"kind": "useful"}).json()
    assert len(chosen["feedback"]) == 1

    file = tmp_path / "set.jsonl"
    file.write_text(call("admin", "GET", "/v1/feedback/export").text, encoding="utf-8")
    rows = {row.text: row.relevant for row in read_questions(file)}
    assert rows == {
        "Bến đò ngang là gì?": frozenset({("12/2024/QĐ-UBND", "2")}),
        QUESTION: frozenset({("12/2024/QĐ-UBND", "3")}),
    }
    assert QUESTION not in "".join(server.lines)
