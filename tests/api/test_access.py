"""A document for one unit only, and a caller who may read what is public: it is absent on every path, as if it were
not there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from api.app import build
from api.auth import caller, entry_roles
from api.caller import Caller
from api.keys import KeyDraft, KeyStore
from api.parts import Workshop
from api.schemas_intake import AccessOut
from api.settings import CallSettings, Settings
from legal.text import syllables
from serving.protocols import Vectors
from tests.api.access_table import ABSENT, HIDDEN, ROWS, Row
from tests.api.access_table import PUBLIC as OPEN

LABEL = "unit:so-tu-phap"
SECRET = "71/2024/QĐ-STP"
PUBLIC = Caller(name="người dân", role="reader", labels=frozenset({"public"}))
UNIT = Caller(name="cán bộ", role="reader", labels=frozenset({"public", LABEL}))

PAGE = """<html><head><meta charset="utf-8"></head><body>
<p>{issuer}</p><p>Số: {number}</p><p><i>Sơn Hà, ngày {day}</i></p>
<p><b>QUYẾT ĐỊNH</b></p><p><b>{title}</b></p>{articles}</body></html>"""

DOCUMENTS = {
    "mat.html": (
        {LABEL},
        PAGE.format(
            issuer="SỞ TƯ PHÁP TỈNH SƠN HÀ",
            number=SECRET,
            day="05 tháng 2 năm 2024",
            title="Ban hành quy trình mở két lưu hồ sơ lý lịch",
            articles="<p><b>Điều 1. Người giữ chìa khóa két</b></p>"
            "<p>Két lưu hồ sơ do hai công chức cùng mở, mỗi người giữ một chìa khóa.</p>"
            "<p><b>Điều 2. Giải thích từ ngữ</b></p><p>1. Két đôi là két chỉ mở được bằng hai chìa khóa.</p>"
            "<p><b>Điều 3. Hiệu lực</b></p><p>Quyết định này có hiệu lực từ ngày 10 tháng 2 năm 2024.</p>",
        ),
    ),
    "cong-khai.html": (
        {"public"},
        PAGE.format(
            issuer="ỦY BAN NHÂN DÂN TỈNH SƠN HÀ",
            number="12/2024/QĐ-UBND",
            day="15 tháng 3 năm 2024",
            title="Quy định về lưu giữ hồ sơ tại trụ sở",
            articles="<p><b>Điều 1. Lưu giữ hồ sơ</b></p>"
            "<p>Hồ sơ được giữ trong tủ có khóa; két lưu hồ sơ thực hiện theo quy định tại Điều 1 "
            f"Quyết định số {SECRET}.</p>"
            "<p><b>Điều 2. Hiệu lực</b></p><p>Quyết định này có hiệu lực từ ngày 01 tháng 4 năm 2024.</p>",
        ),
    ),
}
TELLING = ("hai công chức", "chìa khóa két", "Két đôi là", "mở két lưu hồ sơ lý lịch")


class WordEmbedder:
    """Words thrown into 32 buckets stand in for meaning."""

    name, dimension, window = "words-32", 32, 512

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(syllables(text)) + 2 for text in texts]

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        made = np.zeros((len(texts), 32), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in syllables(text):
                made[row, sum(word.encode()) % 32] += 1.0
        return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)

    async def embed_question(self, text: str) -> Vectors:
        return self.embed_passages([text])[0]

    async def close(self) -> None: ...


class Door:
    """The application in this process; `asking` decides who asks."""

    def __init__(self, client: TestClient, app: FastAPI, keys: KeyStore) -> None:
        self.client = client
        self.app, self.keys = app, keys
        self.asking = PUBLIC
        self.made_up()

    def made_up(self) -> None:
        """Callers of this test's own making."""
        self.app.dependency_overrides[caller] = lambda: self.asking

    def real(self) -> None:
        """Callers by their keys."""
        self.app.dependency_overrides.clear()

    def get(self, path: str, **parameters: str) -> Any:
        return self.client.get(path, params=parameters)

    def post(self, path: str, accept: str = "application/json", **body: Any) -> Any:
        return self.client.post(path, json=body, headers={"accept": accept})


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("documents")
    limits = CallSettings(per_address=100_000, failures=100_000)  # all callers of the table come from one address
    home = tmp_path_factory.mktemp("home") / "var"
    settings = Settings(home=home, limits=limits, _env_file=None)  # type: ignore[call-arg]
    with Workshop(settings) as workshop:
        workshop.parts.__dict__["embedder"] = WordEmbedder()
        for name, (labels, page) in DOCUMENTS.items():
            (folder / name).write_text(page, encoding="utf-8")
            report = workshop.ingest_here([folder / name], lambda progress: None, sorted(labels))
            assert report.added == 1 and not report.failed
        workshop.prepare()
        application: Any = build(workshop, token="t", internal_port=1, loopback=False)
        inner = application
        while not isinstance(inner, FastAPI):
            inner = getattr(inner, "app", None) or inner._app
        with TestClient(application) as client:
            yield Door(client, inner, workshop.keys())


@pytest.fixture
def public(door: Door) -> Door:
    door.asking = PUBLIC
    return door


@pytest.fixture
def unit(door: Door) -> Iterator[Door]:
    door.asking = UNIT
    yield door
    door.asking = PUBLIC


QUESTIONS = [
    "Két lưu hồ sơ lý lịch do ai mở?",
    f"Điều 1 Quyết định {SECRET}",
    "Két đôi là gì?",
    "quy trình mở két lưu hồ sơ lý lịch",
    "Hồ sơ được giữ ở đâu?",
    "ket doi la gi",
]


def reveals(text: str) -> list[str]:
    """What of the hidden document's own words and number a reply tells, beside what the question itself said."""
    return [words for words in TELLING if words in text]


@pytest.mark.parametrize("question", QUESTIONS)
def test_search_and_answers_keep_it_hidden(public: Door, question: str) -> None:
    found = public.post("/v1/search", query=question, limit=100).json()
    assert all(hit["document"]["number"] != SECRET for hit in found["results"])
    answer = public.post("/v1/answers", query=question).json()
    for part in (*answer["sources"], *answer["citations"]):
        assert part["document"]["number"] != SECRET
    said = json.dumps([found["results"], answer["text"], answer["sources"], answer["citations"]], ensure_ascii=False)
    assert not reveals(said)


@pytest.mark.parametrize("question", QUESTIONS[:3])
def test_a_stream_keeps_it_hidden(public: Door, question: str) -> None:
    reply = public.post("/v1/answers", accept="text/event-stream", query=question)
    assert "event: done" in reply.text
    events = [line.removeprefix("data: ") for line in reply.text.splitlines() if line.startswith("data: ")]
    beside_question = [event for event in events if '"read_as"' not in event or '"sources"' in event]
    assert not reveals("\n".join(beside_question).replace(question, ""))


@pytest.mark.parametrize(
    "citation", [f"Điều 1 {SECRET}", SECRET, "Điều 1 Quyết định 71/2024", "điều 1 qd 71/2024/qd-stp"]
)
def test_resolve_says_the_same_as_of_a_document_that_is_not_there(public: Door, citation: str) -> None:
    hidden = public.get("/v1/resolve", citation=citation)
    absent = public.get("/v1/resolve", citation=citation.replace("71/2024", "72/2024"))
    assert hidden.status_code == absent.status_code == 200
    assert hidden.json()["found"] is False and hidden.json()["results"] == [] and hidden.json()["others"] == []
    assert hidden.json()["reason"] == absent.json()["reason"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/documents/71~2024~QĐ-STP",
        "/v1/documents/71~2024~QĐ-STP/provisions/art_1",
        "/v1/documents/71~2024~QĐ-STP/references",
    ],
)
def test_documents_are_a_404_as_if_absent(public: Door, path: str) -> None:
    hidden, absent = public.get(path), public.get(path.replace("71~", "72~"))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json()["detail"] == absent.json()["detail"]


def test_the_list_and_its_words_keep_it_hidden(public: Door) -> None:
    for parameters in ({}, {"text": "két"}, {"issuer": "Sở Tư pháp tỉnh Sơn Hà"}, {"limit": "1"}):
        page = public.get("/v1/documents", **parameters).json()
        assert all(row["number"] != SECRET for row in page["documents"])
    assert public.get("/v1/documents").json()["next"] is None


def test_filters_by_its_number_find_nothing(public: Door) -> None:
    found = public.post("/v1/search", query="hồ sơ", filters={"numbers": ["71/2024/qd-stp"]}).json()
    assert found["results"] == []


def test_a_document_that_refers_to_it_shows_only_its_own_words(public: Door) -> None:
    detail = public.get("/v1/documents/12~2024~QĐ-UBND").json()
    assert not reveals(json.dumps(detail, ensure_ascii=False))
    cited = public.get("/v1/documents/12~2024~QĐ-UBND/references", eid="art_1").json()["references"]
    (named,) = [one for one in cited if one["document"]["number"] == SECRET]  # as printed in what may be read
    assert named["document"] == {"number": SECRET, "title": None, "year": None, "indexed": False}
    assert named["missing"] == ["art_1"] and named["eids"] == []


def test_who_may_read_it_finds_it_everywhere(unit: Door) -> None:
    found = unit.post("/v1/search", query=QUESTIONS[1]).json()
    assert found["results"][0]["document"]["number"] == SECRET
    assert unit.get("/v1/resolve", citation=f"Điều 1 {SECRET}").json()["found"] is True
    assert unit.get("/v1/documents/71~2024~QĐ-STP").status_code == 200
    (back,) = unit.get("/v1/documents/71~2024~QĐ-STP/references", direction="in", eid="art_1").json()["references"]
    assert (back["document"]["number"], back["eid"], back["eids"]) == ("12/2024/QĐ-UBND", "art_1", ["art_1"])
    assert len(unit.get("/v1/documents").json()["documents"]) == 2


def test_labels_change_later_without_a_new_index(door: Door) -> None:
    def seen_by(caller: Caller) -> bool:
        door.asking = caller
        found = door.post("/v1/search", query=QUESTIONS[1]).json()["results"]
        in_list = any(row["number"] == SECRET for row in door.get("/v1/documents").json()["documents"])
        resolved = door.get("/v1/resolve", citation=f"Điều 1 {SECRET}").json()["found"]
        assert any(hit["document"]["number"] == SECRET for hit in found) == in_list == resolved
        return in_list

    def relabel(*labels: str) -> AccessOut:
        assert door.client.portal is not None
        changed: AccessOut = door.client.portal.call(door.app.state.workshop.relabel, SECRET, labels)
        return changed

    try:
        assert (seen_by(PUBLIC), seen_by(UNIT)) == (False, True)
        changed = relabel("public", "unit:khac")
        assert changed.access == ["public", "unit:khac"] and changed.passages > 0
        assert (seen_by(PUBLIC), seen_by(UNIT)) == (True, True)
        relabel("unit:khac")
        assert (seen_by(PUBLIC), seen_by(UNIT)) == (False, False)
    finally:
        relabel(LABEL)
        door.asking = PUBLIC
    assert (seen_by(PUBLIC), seen_by(UNIT)) == (False, True)


ROLES = ("reader", "integrator", "admin", "auditor")
LABELS = {"public": frozenset({"public"}), "unit": frozenset({"public", LABEL}), "none": frozenset(), "all": None}


@pytest.fixture(scope="module")
def keys(door: Door) -> dict[tuple[str, str], str]:
    """A real key for every role with every set of labels."""
    store = door.keys
    return {
        (role, name): store.create(KeyDraft(f"{role} {name}", role, labels=labels), "test")[1]  # type: ignore[arg-type]
        for role in ROLES
        for name, labels in LABELS.items()
    }


@pytest.fixture
def by_key(door: Door) -> Iterator[Door]:
    """Nobody stands in for the caller: the key decides."""
    door.real()
    yield door
    door.made_up()


def _called(door: Door, row: Row, key: str | None, number: str = HIDDEN) -> Any:
    headers = {**row.headers, **({"authorization": f"Bearer {key}"} if key else {})}
    return door.client.request(row.method, row.at(number), params=row.params, json=row.json, headers=headers)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")
def test_every_route_with_every_role_and_label(by_key: Door, keys: dict[tuple[str, str], str], row: Row) -> None:
    for stranger in (None, "pq_0000000000_" + "0" * 64, "khoa"):
        refused = _called(by_key, row, stranger)
        assert refused.status_code == 401 and refused.json()["code"] == "unauthorized"
    for (role, labels), key in keys.items():
        reply = _called(by_key, row, key)
        said = f"{role} {labels}: {reply.status_code}"
        if role not in row.roles:
            assert reply.status_code == 403 and reply.json()["code"] == "forbidden", said
        elif labels in ("unit", "all"):
            assert reply.status_code == row.ok, said
        else:
            assert reply.status_code == (row.hidden or row.ok), said
            assert not reveals(reply.text), said
            if reply.status_code == 404:
                absent = _called(by_key, row, key, ABSENT)
                assert absent.status_code == 404 and absent.json()["detail"] == reply.json()["detail"], said


def test_every_route_is_in_the_table_with_the_roles_that_it_declares(door: Door) -> None:
    declared = {}
    for route in iter_route_contexts(door.app.routes):
        path = route.path or ""
        if path.startswith("/internal"):
            continue  # another port, its own token: see test_http_service
        roles = entry_roles(getattr(route, "dependant", None))
        for method in (getattr(route, "methods", None) or {"GET"}) - {"HEAD"}:
            declared[method, path if path != "/static" else "/static/{path:path}"] = roles
    table: dict[tuple[str, str], Any] = {
        **{(row.method, row.path): row.roles for row in ROWS},
        **dict.fromkeys(OPEN, None),
    }
    assert declared == table


def test_jobs_show_nothing_of_documents_that_their_caller_may_not_see(door: Door) -> None:
    door.made_up()
    door.asking = Caller(name="quản trị tỉnh", role="admin", labels=None)
    theirs = door.client.delete(f"/v1/documents/{HIDDEN}").json()["id"]
    door.asking = Caller(name="quản trị xã", role="admin", labels=frozenset({"public"}))
    mine = door.client.patch("/v1/documents/12~2024~QĐ-UBND", json={"access": ["public"]}).json()["id"]
    assert [job["id"] for job in door.get("/v1/jobs").json()["jobs"]] == [mine]
    for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel"), ("POST", "/retry")):
        reply = door.client.request(method, f"/v1/jobs/{theirs}{path}")
        assert reply.status_code == 404 and reply.json()["detail"] == door.get("/v1/jobs/none").json()["detail"]
    refused = door.client.patch("/v1/documents/12~2024~QĐ-UBND", json={"access": [LABEL]})
    assert refused.status_code == 422
    whole = door.client.post("/v1/jobs", json={"kind": "rollback"})
    assert whole.status_code == 422
