"""`GET /v1/resolve` and `phapquy resolve`: the exact provision, or a reason, over real HTTP and at the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.settings import Settings
from api.wiring import Parts
from legal.errors import BadRequest


def resolve(http: httpx.Client, citation: str, **parameters: str) -> Any:
    reply = http.get("/v1/resolve", params={"citation": citation, **parameters})
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize(
    ("citation", "eid", "text"),
    [
        ("điểm b khoản 2 Điều 3 Quyết định số 12/2024/QĐ-UBND", "art_3__para_2__point_b", "b) Bản vẽ mặt bằng bến;"),
        ("d4 12/2024/qd-ubnd", "art_4", None),
        ("QĐ 12/2024 đ3 k1", "art_3__para_1", None),
    ],
)
def test_the_exact_provision_and_its_text(http: httpx.Client, citation: str, eid: str, text: str | None) -> None:
    found = resolve(http, citation)
    assert found["found"] is True and found["reason"] is None
    (one,) = found["results"]
    assert one["document"]["number"] == "12/2024/QĐ-UBND" and one["document"]["status"] == "in_force"
    assert one["provision"]["eid"] == eid
    assert text is None or one["text"] == text
    detail = http.get(f"/v1/documents/12~2024~QĐ-UBND/provisions/{eid}").json()
    assert one["text"] == detail["text"] and one["provision"]["label"] == detail["label"]


def test_a_wrong_one_says_so(http: httpx.Client) -> None:
    for citation in ("Điều 50 12/2024/QĐ-UBND", "Điều 3 13/2024/QĐ-UBND", "Điều 3"):
        found = resolve(http, citation)
        assert found["found"] is False and found["results"] == [] and found["reason"]


def test_a_day_before_its_force_finds_nothing(http: httpx.Client) -> None:
    assert resolve(http, "Điều 3 12/2024/QĐ-UBND", as_of="2024-04-01")["found"] is True
    early = resolve(http, "Điều 3 12/2024/QĐ-UBND", as_of="2024-03-20")
    assert early["found"] is False and "20/03/2024" in early["reason"]


@pytest.mark.parametrize("parameters", [{}, {"citation": "  "}, {"citation": "x" * 501}])
def test_a_request_that_is_none_is_refused(http: httpx.Client, parameters: dict[str, str]) -> None:
    assert http.get("/v1/resolve", params=parameters).status_code == 422


def test_the_command_line_prints_the_same(http: httpx.Client, filled_home: Path, run: Callable[..., Any]) -> None:
    done = run(filled_home, "resolve", "Điều 4 12/2024/QĐ-UBND", "--json")
    assert done.code == 0, done.err
    assert done.json == resolve(http, "Điều 4 12/2024/QĐ-UBND")


def test_search_puts_the_named_provision_first(http: httpx.Client) -> None:
    found = http.post("/v1/search", json={"query": "điều 5 qđ 12/2024/QĐ-UBND"}).json()
    assert found["results"][0]["provision"]["article"] == "5"
    assert found["query"]["citations"] == ["Điều 5 12/2024/QĐ-UBND"]


def lexicon_of(tmp_path: Path, **settings: Any) -> Any:
    return Parts(Settings(home=tmp_path, _env_file=None, **settings)).lexicon  # type: ignore[call-arg]


def test_the_agencys_own_words_join_ours(tmp_path: Path) -> None:
    ours = lexicon_of(tmp_path)
    (tmp_path / "lexicon.tsv").write_text("giấy xuồng\tGiấy chứng nhận đăng ký phương tiện\n", encoding="utf-8")
    both = lexicon_of(tmp_path)
    assert not ours.expand("làm giấy xuồng ở đâu")
    assert both.expand("làm giấy xuồng ở đâu")[0].terms == ("Giấy chứng nhận đăng ký phương tiện",)
    assert len(both.entries) == len(ours.entries) + 1


def test_a_lexicon_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    with pytest.raises(BadRequest):
        lexicon_of(tmp_path, lexicon=tmp_path / "missing.tsv")
    (tmp_path / "lexicon.tsv").write_text("giấy xuồng\tGiấy\nkhông có dấu tab\n", encoding="utf-8")
    with pytest.raises(BadRequest, match="dòng 2"):
        lexicon_of(tmp_path)
    (tmp_path / "lexicon.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadRequest):
        lexicon_of(tmp_path)
