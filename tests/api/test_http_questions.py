"""Questions over real HTTP: shapes that others script against, streaming, errors."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

HIT = {"rank", "score", "document", "provision", "text"}
DOCUMENT = {"number", "title", "type", "issuer", "issued", "status", "effective_from", "effective_to"}
PROVISION = {"eid", "label", "article", "heading", "path"}
QUESTION = "Hồ sơ xin mở bến đò được giải quyết trong bao nhiêu ngày?"


def search(http: httpx.Client, **body: Any) -> httpx.Response:
    return http.post("/v1/search", json=body)


def events(reply: httpx.Response) -> list[tuple[str, Any]]:
    found = []
    for block in reply.text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_a_search_finds_the_article_in_the_fixed_shape(http: httpx.Client) -> None:
    reply = search(http, query=QUESTION, limit=5)
    assert reply.status_code == 200
    body = reply.json()
    assert {"query", "as_of", "results"} <= body.keys()
    assert 1 <= len(body["results"]) <= 5
    assert [hit["rank"] for hit in body["results"]] == list(range(1, len(body["results"]) + 1))
    for hit in body["results"]:
        assert hit.keys() == HIT
        assert hit["document"].keys() == DOCUMENT
        assert hit["provision"].keys() == PROVISION
    first = body["results"][0]
    assert first["document"]["number"] == "12/2024/QĐ-UBND"
    assert first["document"]["issued"] == "2024-03-15"
    assert first["provision"]["article"] == "3"
    assert first["provision"]["eid"].startswith("art_3")
    assert "07 ngày làm việc" in first["text"]


def test_a_question_typed_without_diacritics_is_read_with_them(http: httpx.Client) -> None:
    body = search(http, query="thoi han giai quyet ho so mo ben do").json()
    assert body["query"]["restored"] is True
    assert body["query"]["read_as"] == "thời hạn giải quyết hồ sơ mở bến đò"
    assert body["results"][0]["provision"]["article"] == "3"


def test_limit_and_filters_narrow_the_search(http: httpx.Client) -> None:
    assert len(search(http, query="quy định", limit=1).json()["results"]) == 1
    fees = search(http, query="quy định", filters={"numbers": ["7/2023/nq-hdnd"]}).json()["results"]
    assert fees and {hit["document"]["number"] for hit in fees} == {"07/2023/NQ-HĐND"}
    before = search(http, query="quy định", filters={"issued_to": "2023-12-31"}).json()["results"]
    assert before and {hit["document"]["number"] for hit in before} == {"07/2023/NQ-HĐND"}
    assert search(http, query="quy định", filters={"types": ["Thông tư"]}).json()["results"] == []


def test_as_of_hides_what_was_not_yet_in_force(http: httpx.Client) -> None:
    early = search(http, query=QUESTION, as_of="2024-03-20").json()
    assert early["as_of"] == "2024-03-20"
    assert {hit["document"]["number"] for hit in early["results"]} <= {"07/2023/NQ-HĐND"}
    now = search(http, query=QUESTION, as_of="2024-04-01").json()
    assert now["results"][0]["document"]["number"] == "12/2024/QĐ-UBND"
    assert now["results"][0]["document"]["status"] == "in_force"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "   "}, "query"),
        ({"query": "a" * 2001}, "query"),
        ({"query": "a", "limit": 0}, "limit"),
        ({"query": "a", "limit": 101}, "limit"),
        ({"query": "a", "as_of": "31/12/2024"}, "as_of"),
        ({"query": "a", "top_k": 3}, "top_k"),
        ({"query": "a", "filters": {"types": "Luật"}}, "filters.types"),
        ({"query": "a", "filters": {"colour": ["đỏ"]}}, "filters.colour"),
    ],
)
def test_a_bad_body_is_a_problem_that_names_the_field(http: httpx.Client, body: dict[str, Any], field: str) -> None:
    reply = http.post("/v1/search", json=body)
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == 422 and problem["code"] == "validation"
    assert field in [error["field"] for error in problem["errors"]]
    assert problem["request_id"] == reply.headers["x-request-id"]


def test_problems_speak_vietnamese_or_english(http: httpx.Client) -> None:
    vietnamese = http.get("/v1/nothing-here")
    english = http.get("/v1/nothing-here", headers={"Accept-Language": "en-GB,en;q=0.9,vi;q=0.3"})
    assert vietnamese.status_code == english.status_code == 404
    assert vietnamese.json()["title"] == "Không tìm thấy"
    assert english.json()["title"] == "Not found"
    assert english.headers["content-type"] == "application/problem+json"


def test_every_refusal_is_problem_json(http: httpx.Client) -> None:
    large = b'{"query": "' + b"a" * 2_000_000 + b'"}'

    def pieces() -> Any:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    asked = {
        405: http.get("/v1/search"),
        422: http.post("/v1/search", content=b'{"query":', headers={"Content-Type": "application/json"}),
        413: http.post("/v1/search", content=large, headers={"Content-Type": "application/json"}),
        404: http.get("/v1/documents/99~2099~NĐ-CP"),
    }
    asked_in_chunks = http.post("/v1/search", content=pieces(), headers={"Content-Type": "application/json"})
    for status, reply in [*asked.items(), (413, asked_in_chunks)]:
        assert reply.status_code == status
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["status"] == status
    assert asked[405].headers["allow"] == "POST"


def test_an_answer_cites_verbatim_with_offsets(http: httpx.Client) -> None:
    reply = http.post("/v1/answers", json={"query": QUESTION})
    assert reply.status_code == 200
    answer = reply.json()
    assert {"id", "text", "mode", "citations", "sources", "as_of", "model", "warnings"} <= answer.keys()
    assert answer["mode"] == "extractive" and answer["model"] is None
    assert "07 ngày" in answer["text"]
    assert answer["citations"]
    for citation in answer["citations"]:
        assert citation.keys() == {"n", "document", "provision", "quote", "start", "end"}
        assert citation["document"].keys() == DOCUMENT and citation["provision"].keys() == PROVISION
        assert f"[{citation['n']}]" in answer["text"]
        number = citation["document"]["number"].replace("/", "~")
        provision = http.get(f"/v1/documents/{number}/provisions/{citation['provision']['eid']}").json()
        assert provision["text"][citation["start"] : citation["end"]] == citation["quote"]
    assert all(hit.keys() == HIT | {"why", "reason"} for hit in answer["sources"])


def test_nothing_found_is_a_refusal(http: httpx.Client) -> None:
    answer = http.post("/v1/answers", json={"query": "Công thức nấu phở bò Nam Định?"}).json()
    assert answer["mode"] == "refusal"
    assert answer["citations"] == []
    assert "Không tìm thấy căn cứ trong kho văn bản" in answer["text"]


def test_an_answer_streams_as_events(http: httpx.Client) -> None:
    reply = http.post("/v1/answers", json={"query": QUESTION}, headers={"Accept": "text/event-stream"})
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/event-stream")
    found = events(reply)
    names = [name for name, _ in found]
    assert names[:2] == ["query", "sources"]
    assert names[-1] == "done"
    assert "citation" in names
    done = found[-1][1]
    assert done["citations"] == [data for name, data in found if name == "citation"]
    assert done["mode"] == "extractive"
    assert dict(found)["query"]["text"] == QUESTION


def test_a_bad_question_is_refused_before_the_stream(http: httpx.Client) -> None:
    reply = http.post("/v1/answers", json={"query": ""}, headers={"Accept": "text/event-stream"})
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"


def test_earlier_turns_are_taken_and_checked(http: httpx.Client) -> None:
    turns = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "07 ngày làm việc."}]
    assert http.post("/v1/answers", json={"query": "Còn áo phao thì sao?", "history": turns}).status_code == 200
    bad = http.post("/v1/answers", json={"query": "a", "history": [{"role": "system", "content": "x"}]})
    assert bad.status_code == 422
    assert bad.json()["errors"][0]["field"] == "history.0.role"


def test_each_format_over_http_and_as_a_stream(http: httpx.Client) -> None:
    body = {"query": "Hồ sơ xin mở bến đò gồm những gì, giải quyết trong bao lâu?"}
    for form in ("brief", "letter", "table"):
        answer = http.post("/v1/answers", json={**body, "format": form}).json()
        assert (answer["mode"], answer["format"]) == ("extractive", form) and answer["citations"]
        assert (answer["table"] is not None) == (form == "table")
    rows = {row["key"]: row["cells"] for row in answer["table"]}
    assert [cell["text"] for cell in rows["papers"]][:2] == ["a) Đơn đề nghị theo mẫu;", "b) Bản vẽ mặt bằng bến;"]
    assert any("07 ngày làm việc" in cell["text"] and cell["citations"] for cell in rows["deadline"])
    stream = http.post("/v1/answers", json={**body, "format": "table"}, headers={"accept": "text/event-stream"})
    last = stream.text.rsplit("event: done", 1)[1].split("data: ", 1)[1].split("\n", 1)[0]
    assert json.loads(last)["table"] == answer["table"]


def test_a_follow_up_is_shown_as_it_was_read(http: httpx.Client) -> None:
    before = [{"role": "user", "content": "Mức thu phí tham quan vườn chim Đầm Sậy là bao nhiêu?"}]
    answer = http.post("/v1/answers", json={"query": "Còn trẻ em thì sao?", "history": before}).json()
    assert answer["query"]["rewritten"] == "rule" and "vườn chim" in answer["query"]["read_as"]
    assert any("trẻ em dưới 6 tuổi" in citation["quote"] for citation in answer["citations"])
