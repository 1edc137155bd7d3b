"""Documents over real HTTP: the list by pages, one document, one provision."""

from __future__ import annotations

import httpx
import pytest


def test_the_list_comes_in_pages(http: httpx.Client) -> None:
    whole = http.get("/v1/documents").json()
    issued = [row["issued"] for row in whole["documents"]]
    assert issued == sorted(issued, reverse=True)
    assert whole["next"] is None
    numbers, cursor = [], None
    for _ in range(10):
        page = http.get("/v1/documents", params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        numbers += [row["number"] for row in page["documents"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert numbers == [row["number"] for row in whole["documents"]]
    assert {"07/2023/NQ-HĐND", "12/2024/QĐ-UBND"} <= set(numbers)
    assert http.get("/v1/documents", params={"cursor": "no such"}).status_code == 422


@pytest.mark.parametrize(
    "written", ["12~2024~QĐ-UBND", "12%2F2024%2FQ%C4%90-UBND", "12~2024~qd-ubnd", "12/2024/QĐ-UBND"]
)
def test_a_document_by_its_number(http: httpx.Client, written: str) -> None:
    reply = http.get(f"/v1/documents/{written}")
    assert reply.status_code == 200
    document = reply.json()
    assert document["number"] == "12/2024/QĐ-UBND"
    assert document["issued"] == "2024-03-15" and document["effective_from"] == "2024-04-01"
    assert [node["eid"] for node in document["provisions"]] == ["chp_1", "chp_2"]
    assert [node["label"] for node in document["provisions"][1]["children"]] == ["Điều 3", "Điều 4", "Điều 5"]


@pytest.mark.parametrize("written", ["12~2024~QĐ-UBND", "12%2F2024%2FQ%C4%90-UBND"])
def test_a_provision_with_its_text(http: httpx.Client, written: str) -> None:
    provision = http.get(f"/v1/documents/{written}/provisions/art_3").json()
    assert provision["kind"] == "article" and provision["article"] == "3" and provision["label"] == "Điều 3"
    assert provision["heading"] == "Thời hạn giải quyết hồ sơ mở bến đò"
    assert provision["path"] and "Chương II" in provision["path"][0]
    assert [child["eid"] for child in provision["children"]] == ["art_3__para_1", "art_3__para_2"]
    assert provision["text"].startswith("1. Sở Giao thông vận tải giải quyết")
    point = http.get(f"/v1/documents/{written}/provisions/art_3__para_2__point_b").json()
    assert point["label"] == "điểm b khoản 2 Điều 3"
    assert point["text"] == "b) Bản vẽ mặt bằng bến;"


def test_what_is_not_there_is_a_404(http: httpx.Client) -> None:
    assert http.get("/v1/documents/1~1901~QĐ-UBND").status_code == 404
    missing = http.get("/v1/documents/12~2024~QĐ-UBND/provisions/art_99")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"


def test_a_document_tells_its_relations_and_how_well_it_was_read(http: httpx.Client) -> None:
    document = http.get("/v1/documents/12~2024~QĐ-UBND").json()
    assert document["coverage"] == 1.0 and document["notes"] == []
    (relation,) = document["relations"]
    assert (relation["kind"], relation["label"], relation["direction"]) == ("based_on", "căn cứ", "out")
    assert relation["number"] == "Luật Tổ chức chính quyền địa phương" and relation["indexed"] is False
    assert relation["sentence"] == "Căn cứ Luật Tổ chức chính quyền địa phương;"
