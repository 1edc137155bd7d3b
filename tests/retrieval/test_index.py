"""What every index must do, embedded or on a server: the same tests on both."""

from __future__ import annotations

import asyncio
import os
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from legal.document import Validity
from legal.errors import BadRequest, NotFound
from retrieval.embedded import EmbeddedIndex
from retrieval.index import Index, SearchFilter
from retrieval.lexical import question_vector
from retrieval.server import ServerIndex
from tests.retrieval.made_points import KEY, MANIFEST, card, direction, document, point

REAL_SERVER = os.environ.get("PHAPQUY_TEST_QDRANT_URL")
EVERYTHING = SearchFilter()


# A real server joins where one is named: its Qdrant gets collections `test-...`, deleted afterwards.
@pytest.fixture(params=["embedded", "server, local mode", *(["server"] if REAL_SERVER else [])])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    made: Index
    if request.param == "embedded":
        made = EmbeddedIndex(tmp_path / "index", MANIFEST)
        yield made
        made.close()
    elif request.param == "server":
        client = QdrantClient(url=REAL_SERVER)
        alias = f"test-{uuid.uuid4().hex[:8]}"
        made = ServerIndex(client, MANIFEST, collection=alias)
        yield made
        for collection in client.get_collections().collections:
            if collection.name.startswith(alias):
                client.delete_collection(collection.name)
        made.close()
    else:
        made = ServerIndex(QdrantClient(":memory:"), MANIFEST, local=True)
        yield made
        made.close()


def found(index: Index, where: SearchFilter = EVERYTHING, angle: float = 0.1, words: str = "đèn lồng") -> list[str]:
    """The eids that either search brings, sorted; both must agree, since every passage matches both."""
    both = asyncio.run(index.search(direction(angle), question_vector(words), where, limit=100))
    by_meaning = sorted(one.passage.eid for one in both.dense)
    assert by_meaning == sorted(one.passage.eid for one in both.lexical)
    assert by_meaning == sorted(passage.eid for passage in asyncio.run(index.fetch(where)))
    return by_meaning


def test_no_search_finds_what_is_suspended_on_the_day(index: Index) -> None:
    days = {"suspended_from": date(2032, 3, 1), "suspended_to": date(2032, 5, 1)}
    index.replace(KEY, "v1", document(articles=2, **days))
    index.replace("8/2031/QĐ-UBND", "v1", document("8/2031/QĐ-UBND", articles=2, suspended_from=date(2032, 4, 1)))
    one = point(card("9/2031/QĐ-UBND"), "art_9", article="9")
    of_its_own = replace(one.passage, validity=Validity(date(2031, 3, 1), None, date(2032, 6, 1), date(2032, 7, 1)))
    index.replace("9/2031/QĐ-UBND", "v1", [replace(one, passage=of_its_own)])

    def keys(day: date) -> list[str]:
        return sorted({one.document.key[0] for one in asyncio.run(index.fetch(SearchFilter(as_of=day)))})

    for day, expected in (
        (date(2032, 2, 29), "789"), (date(2032, 3, 1), "89"), (date(2032, 4, 30), "9"), (date(2032, 5, 1), "79"),
        (date(2032, 6, 1), "7"), (date(2032, 6, 30), "7"), (date(2032, 7, 1), "79"),
    ):  # fmt: skip
        assert keys(day) == list(expected), day
        found(index, SearchFilter(as_of=day))
    back = {passage.document.key[0]: passage for passage in asyncio.run(index.fetch(EVERYTHING))}
    assert back["7"].applies == Validity(None, None, date(2032, 3, 1), date(2032, 5, 1))
    assert back["8"].document.suspended_from == date(2032, 4, 1) and back["8"].document.suspended_to is None
    assert (back["9"].document.suspended_from, back["9"].validity) == (None, of_its_own.validity)
    index.set_card(KEY, "v1", {"suspended_from": None, "suspended_to": None})
    assert keys(date(2032, 3, 1)) == ["7", "8", "9"]
    index.set_card(KEY, "v1", {"suspended_from": date(2032, 1, 1), "suspended_to": None})
    assert keys(date(2033, 1, 1)) == ["9"] and keys(date(2031, 12, 31)) == ["7", "8", "9"]


def test_a_passage_comes_back_as_it_went_in(index: Index) -> None:
    of = card(effective_from=date(2031, 3, 1), status="in_force", access=("public", "unit:văn-thư"))
    one = point(
        of, "art_8__para_2", 'Hai\ndòng, "ngoặc" \\ và \x07', article="8b", spans=("art_8__para_2__point_đ",), part=1
    )
    index.replace(KEY, "v1", [one])
    assert asyncio.run(index.fetch(EVERYTHING)) == [one.passage]
    candidates = asyncio.run(index.search(one.dense, one.sparse, EVERYTHING, limit=1))
    assert [candidates.dense[0].passage, candidates.lexical[0].passage] == [one.passage, one.passage]
    assert candidates.dense[0].score == pytest.approx(1.0, abs=1e-3)


def test_a_bare_passage_comes_back_as_it_went_in(index: Index) -> None:
    of = card(number=None, title=None, type=None, issuer=None, issued=None, access=())
    one = point(of, "blk_1", article=None)
    index.replace(KEY, "v1", [one])
    assert asyncio.run(index.fetch(EVERYTHING)) == [one.passage]


def test_documents_come_are_replaced_and_go(index: Index) -> None:
    other = "8/2031/QĐ-UBND"
    assert index.replace(KEY, "v1", document(articles=5)) == 5
    assert index.replace(other, "v1", document(other, articles=2)) == 2
    assert (index.count(), index.count(KEY), index.count(KEY, version="v1"), index.count(KEY, version="v0")) == (
        7,
        5,
        5,
        0,
    )
    assert index.replace(KEY, "v2", document(version="v2", articles=3)) == 3
    assert index.versions() == {KEY: {"v2"}, other: {"v1"}}
    assert {p.document.version for p in asyncio.run(index.fetch(SearchFilter(documents=[KEY])))} == {"v2"}
    assert index.remove(KEY) == 3
    assert index.remove(KEY) == 0
    assert (index.count(KEY), index.count()) == (0, 2)
    assert found(index) == ["art_1", "art_2"]


def test_the_same_version_written_again_holds_only_what_was_written_last(index: Index) -> None:
    index.replace(KEY, "v1", document(articles=5))
    assert found(index) == [f"art_{n}" for n in range(1, 6)]
    of = card(title="Quy định mới")
    assert (
        index.replace(KEY, "v1", [point(of, "art_1", "Chữ khác hẳn: đèn lồng."), point(of, "art_9", "Đèn lồng.")]) == 2
    )
    assert found(index) == ["art_1", "art_9"]
    assert asyncio.run(index.fetch(EVERYTHING))[0].text == "Chữ khác hẳn: đèn lồng."


def test_a_write_that_fails_leaves_the_old_version_and_no_trace(index: Index) -> None:
    index.replace(KEY, "v1", document(articles=3))

    def broken() -> Iterator[object]:
        yield from document(version="v2", articles=200)
        raise RuntimeError("the embedder died")

    with pytest.raises(RuntimeError):
        index.replace(KEY, "v2", broken())  # type: ignore[arg-type]
    assert index.versions() == {KEY: {"v1"}}
    assert found(index) == ["art_1", "art_2", "art_3"]


def test_replacing_by_nothing_removes(index: Index) -> None:
    index.replace(KEY, "v1", document())
    assert index.replace(KEY, "v2", []) == 0
    assert index.count() == 0


def test_no_search_sees_half_a_document_or_two_versions(index: Index) -> None:
    size = 40
    index.replace(KEY, "v0", document(version="v0", articles=size))
    faults: list[str] = []
    searches = 0
    done = threading.Event()

    def search() -> None:
        nonlocal searches
        while not done.is_set():
            both = asyncio.run(index.search(direction(0.1), question_vector("đèn lồng"), EVERYTHING, limit=2 * size))
            for side in (both.dense, both.lexical):
                versions = {one.passage.document.version for one in side}
                if len(versions) != 1 or len(side) != size:
                    faults.append(f"{len(side)} passages of {sorted(versions)}")
            searches += 1

    thread = threading.Thread(target=search)
    thread.start()
    n = 0
    while n < 7 or (searches <= 3 and n < 100):  # a slow machine gets time for its searches
        n += 1
        index.replace(KEY, f"v{n}", document(version=f"v{n}", articles=size))
    index.replace(KEY, f"v{n}", document(version=f"v{n}", articles=size))
    done.set()
    thread.join()
    assert faults == []
    assert searches > 3


def test_nearest_by_meaning_first(index: Index) -> None:
    index.replace(KEY, "v1", document(articles=6))
    both = asyncio.run(index.search(direction(0.32), None, EVERYTHING, limit=3))
    assert [one.passage.eid for one in both.dense] == ["art_3", "art_4", "art_2"]
    assert [one.score for one in both.dense] == sorted((one.score for one in both.dense), reverse=True)
    assert both.lexical == ()


def test_a_rare_word_outweighs_a_common_one(index: Index) -> None:
    of = card(title=None)
    index.replace(
        KEY,
        "v1",
        [
            *(point(of, f"art_{n}", f"Đèn sáng trong nhà số {n}.", article=str(n)) for n in range(1, 20)),
            point(of, "art_20", "Nhạc sống trong nhà, đèn đèn đèn đèn đèn.", article="20"),
            point(of, "art_21", "Phượng hoàng.", article="21"),
        ],
    )
    both = asyncio.run(index.search(None, question_vector("đèn phượng"), EVERYTHING, limit=30))
    assert [one.passage.eid for one in both.lexical][:2] == ["art_21", "art_20"]
    assert len(both.lexical) == 21
    assert both.dense == ()
    assert asyncio.run(index.search(None, question_vector("kỳ lân"), EVERYTHING, limit=30)).lexical == ()
    assert asyncio.run(index.search(None, question_vector("?!"), EVERYTHING, limit=30)).lexical == ()


def test_only_what_is_in_force_that_day(index: Index) -> None:
    spans = {
        "a": (None, None),
        "b": (date(2031, 5, 1), None),
        "c": (None, date(2031, 5, 1)),
        "d": (date(2031, 1, 1), date(2031, 12, 31)),
    }
    for key, (since, until) in spans.items():
        index.replace(key, "v1", [point(card(key, effective_from=since, effective_to=until), f"art_{key}")])
    for day, expected in {
        date(2030, 12, 31): "ac",
        date(2031, 1, 1): "acd",
        date(2031, 4, 30): "acd",
        date(2031, 5, 1): "abd",
        date(2031, 12, 30): "abd",
        date(2031, 12, 31): "ab",
    }.items():
        assert found(index, SearchFilter(as_of=day)) == [f"art_{key}" for key in expected], day
    assert found(index, EVERYTHING) == ["art_a", "art_b", "art_c", "art_d"]


def test_only_what_the_caller_may_read(index: Index) -> None:
    labels = {"a": ("public",), "b": ("unit:tư-pháp",), "c": ("unit:tư-pháp", "unit:nội-vụ"), "d": ()}
    for key, access in labels.items():
        index.replace(key, "v1", [point(card(key, access=access), f"art_{key}")])
    for caller, expected in {
        ("public",): "a",
        ("unit:tư-pháp",): "bc",
        ("public", "unit:nội-vụ"): "ac",
        ("unit:khác",): "",
        (): "",
    }.items():
        assert found(index, SearchFilter(access=frozenset(caller))) == [f"art_{key}" for key in expected], caller
    assert found(index, SearchFilter(access=None)) == ["art_a", "art_b", "art_c", "art_d"]


def test_filters_by_document_kind_issuer_and_day_of_issue(index: Index) -> None:
    for key, type_, issuer, issued in (
        ("1/2031/QĐ-UBND", "Quyết định", "UBND tỉnh Hòa An", date(2031, 1, 1)),
        ("2/2031/NQ-HĐND", "Nghị quyết", "HĐND tỉnh Hòa An", date(2031, 6, 30)),
        ("file:noi-quy", None, None, None),
    ):
        of = card(key, number=None if key.startswith("file") else key, type=type_, issuer=issuer, issued=issued)
        index.replace(key, "v1", [point(of, f"art_{key[0]}")])
    assert found(index, SearchFilter(documents=["file:noi-quy", "2/2031/NQ-HĐND"])) == ["art_2", "art_f"]
    assert found(index, SearchFilter(numbers=["1/2031/QĐ-UBND"])) == ["art_1"]
    assert found(index, SearchFilter(types=["Quyết định", "Nghị quyết"])) == ["art_1", "art_2"]
    assert found(index, SearchFilter(issuers=["HĐND tỉnh Hòa An"])) == ["art_2"]
    assert found(index, SearchFilter(issued_from=date(2031, 1, 1), issued_to=date(2031, 6, 29))) == ["art_1"]
    assert found(index, SearchFilter(issued_from=date(2031, 6, 30))) == ["art_2"]
    assert found(index, SearchFilter(types=["Quyết định"], issuers=["HĐND tỉnh Hòa An"])) == []


def test_a_provision_is_found_in_the_passages_that_hold_it(index: Index) -> None:
    of = card()
    index.replace(
        KEY,
        "v1",
        [
            point(of, "art_1", article="1", spans=("art_1__para_1", "art_1__para_2")),
            point(of, "art_2__para_1", article="2", spans=("art_2__para_1__point_a",)),
            point(of, "art_2__para_2", article="2"),
            point(of, "att_1__art_1", article="1"),
        ],
    )
    assert found(index, SearchFilter(eids=["art_1__para_2"])) == ["art_1"]
    assert found(index, SearchFilter(eids=["art_2"])) == ["art_2__para_1", "art_2__para_2"]
    assert found(index, SearchFilter(eids=["art_2__para_1__point_a", "art_1"])) == ["art_1", "art_2__para_1"]
    assert found(index, SearchFilter(eids=["att_1"])) == ["att_1__art_1"]
    assert found(index, SearchFilter(eids=["art_3"])) == []
    assert found(index, SearchFilter(articles=["1"])) == ["art_1", "att_1__art_1"]


def test_fetch_is_in_reading_order_and_cut_there(index: Index) -> None:
    index.replace("b", "v1", document("b", articles=12))
    index.replace("a", "v1", document("a", articles=3))
    expected = [("a", f"art_{n}") for n in range(1, 4)] + [("b", f"art_{n}") for n in range(1, 13)]
    for limit in (100, 15, 5, 1):
        passages = asyncio.run(index.fetch(EVERYTHING, limit=limit))
        assert [(p.document.key, p.eid) for p in passages] == expected[:limit]


def test_a_card_changes_without_new_vectors(index: Index) -> None:
    index.replace(KEY, "v1", document(articles=2))
    index.replace("khác", "v1", document("khác", articles=1))
    assert len(found(index)) == 3
    index.set_card(
        KEY, "v1", {"status": "expired", "effective_to": date(2032, 1, 1), "issuer": None, "access": ("unit:tư-pháp",)}
    )
    cards = {p.document.key: p.document for p in asyncio.run(index.fetch(EVERYTHING))}
    assert cards[KEY] == card(status="expired", effective_to=date(2032, 1, 1), issuer=None, access=("unit:tư-pháp",))
    assert cards["khác"] == card("khác")
    both = asyncio.run(index.search(direction(0.1), None, SearchFilter(documents=[KEY]), limit=5))
    assert {one.passage.document.status for one in both.dense} == {"expired"}
    assert found(index, SearchFilter(access=frozenset({"public"}))) == ["art_1"]
    assert found(index, SearchFilter(as_of=date(2032, 1, 1), documents=[KEY])) == []
    index.set_card(KEY, "v1", {"effective_to": None})
    assert found(index, SearchFilter(as_of=date(2032, 1, 1), documents=[KEY])) == ["art_1", "art_2"]
    with pytest.raises(BadRequest):
        index.set_card(KEY, "v1", {"version": "v2"})


def test_recovery_can_publish_the_version_that_holds(index: Index) -> None:
    index.replace(KEY, "v1", document(articles=2))
    assert index.publish(KEY, "v1") == 2
    with pytest.raises(NotFound):
        index.publish(KEY, "v2")
    assert found(index) == ["art_1", "art_2"]


def test_a_bulk_load_is_there_when_it_ends(index: Index) -> None:
    index.replace(KEY, "v1", document(articles=4))
    with index.bulk() as writer:
        assert writer.versions() == {KEY: {"v1"}}
        for n in range(10):
            assert writer.replace(f"{n}", "v1", document(f"{n}", articles=3)) == 3
        assert writer.remove(KEY) == 4
        writer.set_card("3", "v1", {"status": "expired"})
        assert (writer.count(), writer.count("3", version="v1")) == (30, 3)
    assert index.count() == 30
    assert index.versions() == {f"{n}": {"v1"} for n in range(10)}
    assert {p.document.status for p in asyncio.run(index.fetch(SearchFilter(documents=["3"])))} == {"expired"}
