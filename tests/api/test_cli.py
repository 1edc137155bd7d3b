"""The command line as scripts see it: one JSON value on standard output, the exit code, the reason in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingest.catalogue import Catalogue
from ingest.home import Home
from ingest.syllables import SyllableCounts

QUESTION = "Mức thu phí tham quan vườn chim là bao nhiêu?"


def test_parse_prints_the_fixed_object_and_stores_nothing(run: Any, documents: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = run(home, "parse", str(documents / "ben-do.html"), "--json")
    assert done.code == 0
    document = done.json
    fixed = {"number", "type", "title", "issuer", "signer", "issued", "effective_from", "provisions"}
    assert fixed <= document.keys()
    assert document["number"] == "12/2024/QĐ-UBND" and document["issued"] == "2024-03-15"
    chapter = document["provisions"][0]
    assert {"eid", "kind", "number", "heading", "text", "children"} <= chapter.keys()
    assert chapter["kind"] == "chapter" and chapter["children"][0]["eid"] == "art_1"
    assert not home.exists()


def test_parse_gives_the_reason_of_a_file_that_cannot_be_read(run: Any, tmp_path: Path) -> None:
    empty = tmp_path / "rong.docx"
    empty.write_bytes(b"")
    done = run(tmp_path / "home", "parse", str(empty), "--json")
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("Lỗi: ") and len(done.err.strip().splitlines()) == 1


def test_ingest_reports_and_skips_what_did_not_change(run: Any, documents: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (documents / "hong.docx").write_bytes(b"PK\x03\x04 this is no document")
    first = run(home, "ingest", str(documents), "--json")
    assert first.code == 1
    report = first.json
    assert (report["files"], report["added"], report["unchanged"]) == (3, 2, 0)
    assert [failed["file"].rsplit("/", 1)[-1] for failed in report["failed"]] == ["hong.docx"]
    assert report["failed"][0]["reason"]
    assert report["passages"] > 0

    (documents / "hong.docx").unlink()
    again = run(home, "ingest", str(documents), "--json")
    assert again.code == 0
    assert (again.json["added"], again.json["replaced"], again.json["unchanged"]) == (0, 0, 2)

    text = (documents / "phi.html").read_text(encoding="utf-8").replace("20.000", "35.000")
    (documents / "phi.html").write_text(text, encoding="utf-8")
    changed = run(home, "ingest", str(documents / "phi.html"), "--json")
    assert changed.code == 0
    assert changed.json["replaced"] == 1
    hits = run(home, "search", QUESTION, "--limit", "3", "--json").json["results"]
    assert "35.000" in hits[0]["text"]
    assert not any("20.000" in hit["text"] for hit in hits)

    removed = run(home, "remove", "7/2023/NQ-HĐND", "--json")
    assert removed.code == 0
    assert removed.json["removed"] > 0 and removed.json["left"] == 0
    assert run(home, "remove", "7/2023/NQ-HĐND", "--json").code == 1
    assert_syllables_are_those_of_the_documents(home, tmp_path)


def assert_syllables_are_those_of_the_documents(home: Path, tmp_path: Path) -> None:
    """Counts that were kept through additions, a replacement and a removal are those of counting anew."""
    catalogue = Catalogue(Home(home).catalogue_url)
    kept, anew = SyllableCounts(home / "cache").model(), SyllableCounts(tmp_path)
    assert anew.model() is None
    assert anew.refresh(catalogue) and not anew.refresh(catalogue)
    catalogue.close()
    assert kept is not None and kept == anew.model()
    assert kept.restore("ho so xin mo ben do").text == "hồ sơ xin mở bến đò"


def test_search_and_ask_print_what_http_gives(run: Any, server: Any, http: Any) -> None:
    done = run(server.home, "search", QUESTION, "--limit", "4", "--as-of", "2024-06-01", "--json")
    assert done.code == 0
    assert done.json == http.post("/v1/search", json={"query": QUESTION, "limit": 4, "as_of": "2024-06-01"}).json()
    asked = run(server.home, "ask", QUESTION, "--json")
    assert asked.code == 0
    answer, over_http = asked.json, http.post("/v1/answers", json={"query": QUESTION}).json()
    assert {**answer, "id": ""} == {**over_http, "id": ""}
    assert "20.000 đồng" in answer["citations"][0]["quote"]


def test_people_read_vietnamese(run: Any, server: Any) -> None:
    found = run(server.home, "search", QUESTION)
    assert found.code == 0 and "Điều 1. Mức thu phí" in found.out and "07/2023/NQ-HĐND" in found.out
    asked = run(server.home, "ask", QUESTION)
    assert asked.code == 0 and "Căn cứ" in asked.out and "[1]" in asked.out
    status = run(server.home, "status", "--json")
    assert status.json["documents"] >= 2 and status.json["serving"] == server.url


def test_bad_usage_is_exit_code_2_with_nothing_on_standard_output(run: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for arguments in (
        ["search"],
        ["search", "a", "--limit", "0", "--json"],
        ["search", "a", "--as-of", "31/12/2024", "--json"],
        ["search", "   ", "--json"],
        ["ingest", str(tmp_path / "not-there"), "--json"],
        ["no-such-command"],
        ["eval", "retrieval", str(tmp_path / "not-there.jsonl")],
    ):
        done = run(home, *arguments)
        assert (done.code, done.out) == (2, ""), arguments
        assert done.err
    assert run(home, "search", "a", PHAPQUY_SERVER__PORT="abc").code == 2


def test_a_missing_service_is_exit_code_3(run: Any, tmp_path: Path, documents: Path) -> None:
    home = tmp_path / "home"
    done = run(home, "search", "bến đò", "--json", PHAPQUY_QDRANT__URL="http://127.0.0.1:9", timeout=90)
    assert (done.code, done.out) == (3, "")
    assert done.err.strip().splitlines()[-1].startswith("Lỗi: ")
    embed = {"PHAPQUY_EMBEDDER__URL": "http://127.0.0.1:9", "PHAPQUY_EMBEDDER__MODEL": "none"}
    done = run(home, "ingest", str(documents), "--json", timeout=90, **embed)
    assert done.code == 3
    assert done.out == "" or json.loads(done.out)


def test_help_is_quick_and_lists_the_commands(run: Any, tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert done.code == 0
    for command in ("parse", "ingest", "search", "ask", "serve", "remove", "reindex", "status", "eval"):
        assert command in done.out


def test_eval_measures_through_the_same_search(run: Any, server: Any, tmp_path: Path) -> None:
    rows = [
        {
            "id": "1",
            "question": QUESTION,
            "kind": "phí",
            "relevant": [{"document": "07/2023/NQ-HĐND", "article": "1"}],
        },
        {
            "id": "2",
            "question": "Ai phải trang bị áo phao cho hành khách?",
            "kind": "đò",
            "relevant": [{"document": "12/2024/QĐ-UBND", "article": "4"}],
        },
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    for extra in ([], ["--unaccented"]):
        done = run(server.home, "eval", "retrieval", str(file), "--json", *extra)
        assert done.code == 0, done.err
        value = done.json
        assert set(value) == {"all", "phí", "đò", "latency_ms"}
        assert value["all"]["n"] == 2 and value["phí"]["n"] == 1
        assert value["all"]["recall5"] == 1
        assert 0 < value["latency_ms"]["p50"] <= value["latency_ms"]["p95"]
