"""Citations and changes of a home: place by place, resolved whatever came first, hidden where the document is."""

from __future__ import annotations

import itertools
import random
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import said_json
from ingest.catalogue import Catalogue
from ingest.catalogue_records import NewVersion
from ingest.catalogue_writing import CatalogueWriting
from ingest.chunk import passages
from ingest.citations_read import changes_of, citations_of, named_in
from ingest.pipeline_steps import card_from
from ingest.relations import relations_of, settle
from ingest.said_json import pack_said
from ingest.tree_json import pack
from legal.blocks import Paragraph, Source
from legal.document import LegalDocument
from legal.reading import read_document
from legal.said import Said, said_by

ON = date(2036, 1, 1)


def document(number: str, day: str, title: str, *articles: str, preamble: str = "") -> LegalDocument:
    """A law or a decision as its text is read."""
    kind, _, rest = title.partition(" ")
    head = ["QUỐC HỘI", f"{kind} số: {number}", f"Hà Nội, ngày {day}", kind.upper(), rest.upper(), preamble]
    lines = [line for text in (*head, *articles) for line in text.splitlines() if line]
    return read_document(Source("txt", tuple(Paragraph(line) for line in lines)), f"{number.replace('/', '-')}.txt")


BASE = document(
    "60/2030/QH16", "01 tháng 6 năm 2030", "LUẬT NUÔI ONG",
    "Điều 1. Phạm vi\n1. Luật này quy định về ong.\n2. Ong rừng theo Điều 2 của Luật này.\n3. Ong nhà.",
    "Điều 2. Ong rừng\nOng rừng là ong không có chủ.",
    "Điều 3. Hiệu lực thi hành\nLuật này có hiệu lực từ ngày 01 tháng 01 năm 2031.",
)  # fmt: skip
AMENDING = document(
    "7/2032/QH17", "01 tháng 6 năm 2032", "LUẬT SỬA ĐỔI, BỔ SUNG MỘT SỐ ĐIỀU CỦA LUẬT NUÔI ONG",
    "Điều 1. Sửa đổi, bổ sung một số điều của Luật Nuôi ong\n1. Sửa đổi, bổ sung khoản 2 và khoản 3 Điều 1 như sau:\n"
    "“2. Ong rừng theo khoản 1 Điều này.\n3. Ong nhà là ong có chủ.”.\n2. Bãi bỏ Điều 2.",
    "Điều 2. Hiệu lực thi hành\nLuật này có hiệu lực từ ngày 01 tháng 01 năm 2033.",
    preamble="Quốc hội ban hành Luật sửa đổi, bổ sung một số điều của Luật Nuôi ong số 60/2030/QH16.",
)  # fmt: skip
NEW = document(
    "9/2034/QH17", "01 tháng 6 năm 2034", "LUẬT NUÔI ONG",
    "Điều 1. Ong\nOng theo Điều 5 Luật Đi lại và của các thứ khác.",
    "Điều 2. Hiệu lực thi hành\n1. Luật này có hiệu lực từ ngày 01 tháng 01 năm 2035.\n"
    "2. Luật Nuôi ong số 60/2030/QH16 hết hiệu lực kể từ ngày Luật này có hiệu lực thi hành.",
)  # fmt: skip
OTHER = document(
    "2/2031/QH16", "05 tháng 6 năm 2031", "LUẬT MẬT",
    "Điều 1. Mật\nMật lấy theo khoản 1, khoản 3 Điều 1 và Điều 9 của Luật Nuôi ong; Điều 2 Luật này.",
    "Điều 2. Hiệu lực thi hành\nLuật này có hiệu lực từ ngày 01 tháng 01 năm 2032.",
)  # fmt: skip
HARD = document(
    "4/2033/QH17", "05 tháng 6 năm 2033", "LUẬT ĐI LẠI VÀ CỦA CÁC THỨ KHÁC",
    "Điều 5. Đi\nNgười đi theo Điều 2 Luật Mật.",
    "Điều 6. Hiệu lực thi hành\nLuật này có hiệu lực từ ngày 01 tháng 01 năm 2034.",
)  # fmt: skip
ALL = {one.metadata.number or "": one for one in (BASE, AMENDING, NEW, OTHER, HARD)}


@dataclass
class Shelf:
    """A catalogue without an index."""

    catalogue: Catalogue
    writing: CatalogueWriting
    versions: Any

    def put(self, *documents: LegalDocument, access: tuple[str, ...] = ("public",), said: Said | None = None) -> None:
        for one in documents:
            key = one.metadata.number or ""
            version = f"v{next(self.versions)}"
            new = NewVersion(
                card_from(key, version, one.metadata, access), one.metadata, version, version, f"{version}.txt", 1.0,
                "txt", 100, pack(one), pack_said(said or said_by(one)), 4, 0,
            )  # fmt: skip
            self.writing.begin_write(new, None)
            self.writing.finish_write(key, version)

    def take(self, key: str) -> None:
        self.writing.finish_remove(key, self.writing.begin_remove(key))

    def settle(self, *, again: bool = False) -> None:
        settle(self.catalogue, self._change, ON, again=again)

    def _change(self, key: str, changes: Mapping[str, Any]) -> None:
        self.writing.finish(self.writing.begin_change(key, changes))

    def state(self) -> dict[str, Any]:
        """All that follows from what is here, whatever the way to it."""
        cards = {entry.card.key: entry.card for entry in self.catalogue.documents(limit=500).entries}
        return {
            key: (
                card.status,
                card.effective_to,
                sorted(map(str, relations_of(self.catalogue, key))),
                [sorted(map(str, citations_of(self.catalogue, key, outgoing=out).entries)) for out in (True, False)],
                [sorted(map(str, changes_of(self.catalogue, key, outgoing=out))) for out in (True, False)],
            )
            for key, card in sorted(cards.items())
        }


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of an empty catalogue."""
    file = tmp_path_factory.mktemp("empty") / "catalogue.sqlite3"
    catalogue = Catalogue(f"sqlite:///{file}")
    with catalogue.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    catalogue.close()
    return file.read_bytes()


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory, empty: bytes) -> Any:
    """Makes shelves."""
    folder, numbers = tmp_path_factory.mktemp("shelves"), itertools.count()

    def make() -> Shelf:
        file = folder / f"{next(numbers)}.sqlite3"
        file.write_bytes(empty)
        catalogue = Catalogue(f"sqlite:///{file}")
        return Shelf(catalogue, CatalogueWriting(catalogue), itertools.count())

    return make


@pytest.fixture(scope="module")
def following(shelves: Any) -> Any:
    """What follows from a set of documents put down at once."""

    @cache
    def of(names: frozenset[str]) -> dict[str, Any]:
        shelf = shelves()
        shelf.put(*(ALL[name] for name in sorted(names)))
        shelf.settle()
        return shelf.state()  # type: ignore[no-any-return]

    return of


@given(order=st.permutations(sorted(ALL)), taken=st.integers(0, 2), seed=st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_what_follows_does_not_depend_on_the_way(
    order: list[str], taken: int, seed: random.Random, shelves: Any, following: Any
) -> None:
    shelf = shelves()
    for name in order:
        shelf.put(ALL[name])
        if seed.random() < 0.7:  # else together with the next
            shelf.settle()
    gone = seed.sample(order, taken)
    for name in gone:
        shelf.take(name)
        if seed.random() < 0.7:
            shelf.settle()
    shelf.settle()
    assert shelf.state() == following(frozenset(ALL) - set(gone))


def test_status_follows(following: Any) -> None:
    whole = following(frozenset(ALL))
    assert whole["60/2030/QH16"][:2] == ("expired", date(2035, 1, 1))
    assert whole["9/2034/QH17"][:2] == ("in_force", None)
    without = following(frozenset(ALL) - {"9/2034/QH17"})
    assert without["60/2030/QH16"][:2] == ("partly_in_force", None)


def test_citations_are_kept_where_they_stand(shelves: Any) -> None:
    shelf = shelves()
    shelf.put(OTHER)
    shelf.settle()
    alone = citations_of(shelf.catalogue, "2/2031/QH16", eid="art_1").entries
    text = OTHER.find("art_1").full_text  # type: ignore[union-attr]
    assert [text[one.start : one.end] for one in alone] == [
        "khoản 1, khoản 3 Điều 1 và Điều 9 của Luật Nuôi ong", "Điều 2 Luật này",
    ]  # fmt: skip
    assert (alone[0].other.key, alone[0].other.number) == (None, "Luật Nuôi ong")
    assert alone[0].missing == ("art_1__para_1", "art_1__para_3", "art_9") and alone[0].eids == ()
    assert (alone[1].other.key, alone[1].eids) == ("2/2031/QH16", ("art_2",))
    shelf.put(BASE, NEW)
    shelf.settle()
    (there, _) = citations_of(shelf.catalogue, "2/2031/QH16", eid="art_1").entries
    assert there.other.key == "60/2030/QH16"  # the law of that name when this one was made, not the later one
    assert (there.eids, there.missing) == (("art_1__para_1", "art_1__para_3"), ("art_9",))
    (back,) = citations_of(shelf.catalogue, "60/2030/QH16", outgoing=False, eid="art_1__para_3").entries
    assert (back.other.key, back.eid, back.start, back.end) == ("2/2031/QH16", "art_1", there.start, there.end)
    shelf.take("60/2030/QH16")
    shelf.settle()
    assert citations_of(shelf.catalogue, "2/2031/QH16", eid="art_1").entries[0].other.key is None


def test_new_text_speaks_from_where_it_will_stand(shelves: Any) -> None:
    shelf = shelves()
    shelf.put(BASE, AMENDING)
    shelf.settle()
    found = citations_of(shelf.catalogue, "7/2032/QH17", eid="art_1__para_1").entries
    assert [(one.other.key, one.eids) for one in found] == [
        ("60/2030/QH16", ("art_1__para_2", "art_1__para_3")), ("60/2030/QH16", ("art_1__para_1",)),
    ]  # fmt: skip
    changes = changes_of(shelf.catalogue, "60/2030/QH16", outgoing=False)
    assert [(one.kind, one.provision, one.text, one.day) for one in changes] == [
        ("replace", "art_1__para_2", "2. Ong rừng theo khoản 1 Điều này.", date(2033, 1, 1)),
        ("replace", "art_1__para_3", "3. Ong nhà là ong có chủ.", date(2033, 1, 1)),
        ("repeal", "art_2", "", date(2033, 1, 1)),
    ]
    assert {one.other.key for one in changes if one.other} == {"7/2032/QH17"}


def test_what_is_hidden_is_at_neither_end(shelves: Any) -> None:
    shelf = shelves()
    shelf.put(BASE)
    shelf.put(OTHER, AMENDING, access=("unit:x",))
    shelf.settle()
    assert citations_of(shelf.catalogue, "60/2030/QH16", outgoing=False).entries
    inside = citations_of(shelf.catalogue, "60/2030/QH16", outgoing=False, access=["public"]).entries
    assert {one.other.key for one in inside} == {"60/2030/QH16"}
    assert changes_of(shelf.catalogue, "60/2030/QH16", outgoing=False, access=["public"]) == []
    hidden = shelves()
    hidden.put(BASE, access=("unit:x",))
    hidden.put(OTHER)
    hidden.settle()
    (named, _) = citations_of(hidden.catalogue, "2/2031/QH16", eid="art_1", access=["public"]).entries
    assert (named.other.key, named.other.number, named.eids) == (None, "Luật Nuôi ong", ())


def test_a_crash_between_reading_and_resolving_is_made_good(shelves: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = shelves()
    shelf.put(OTHER, BASE)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("ingest.citations.resolve", _cut_off)
        shelf.settle()
    shelf.settle()
    assert citations_of(shelf.catalogue, "2/2031/QH16", eid="art_1").entries[0].other.key == "60/2030/QH16"


def _cut_off(*arguments: Any) -> None:
    raise KeyboardInterrupt


def test_pages_of_citations(shelves: Any) -> None:
    shelf = shelves()
    shelf.put(BASE, OTHER)
    shelf.settle()
    whole = citations_of(shelf.catalogue, "60/2030/QH16", outgoing=False)
    assert whole.next is None
    found, after = [], 0
    for _ in whole.entries:
        page = citations_of(shelf.catalogue, "60/2030/QH16", outgoing=False, after=after, limit=1)
        found += page.entries
        after = page.next or after
    assert found == list(whole.entries) and page.next is None


def test_what_passages_name_is_known_from_when_they_came(shelves: Any) -> None:
    shelf = shelves()
    shelf.put(BASE, NEW, OTHER)
    shelf.settle()

    def named(key: str, eid: str, window: int = 500, access: frozenset[str] | None = None) -> list[Any]:
        card = shelf.catalogue.document(key).card
        cut = passages(shelf.catalogue.tree(key), card, lambda texts: [len(text.split()) for text in texts], window)
        return [named_in(shelf.catalogue, [one], access) for one in cut if one.eid.startswith(eid)]

    bees = "60/2030/QH16"
    clauses = [(bees, "art_1__para_1"), (bees, "art_1__para_3"), (bees, "art_9")]  # the law of that name at that time
    assert named("2/2031/QH16", "art_1") == [[*clauses, ("2/2031/QH16", "art_2")]]
    parts = named(bees, "art_1", window=24)
    assert len(parts) > 1 and [part for part in parts if part] == [[(bees, "art_2")]]  # only where it is printed
    assert named("2/2031/QH16", "art_1", access=frozenset({"unit:khac"})) == [[]]
    shelf.put(HARD)
    shelf.settle()
    assert named("9/2034/QH17", "art_1") == [[("4/2033/QH17", "art_5")]]
    shelf.take("4/2033/QH17")
    shelf.settle()
    assert named("9/2034/QH17", "art_1") == [[]]


def test_what_an_older_grammar_read_is_read_again_when_documents_come(
    shelves: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = shelves()
    shelf.put(BASE, said=Said())  # the older grammar saw nothing in it
    shelf.settle()
    shelf.settle(again=True)
    assert citations_of(shelf.catalogue, "60/2030/QH16").entries == ()
    monkeypatch.setattr(said_json, "FORMAT", said_json.FORMAT + 1)
    shelf.put(OTHER)
    shelf.settle()  # nobody waits long for a door to open
    assert citations_of(shelf.catalogue, "60/2030/QH16").entries == ()
    shelf.settle(again=True)
    assert citations_of(shelf.catalogue, "60/2030/QH16").entries
    read = shelf.state()
    shelf.settle(again=True)
    assert shelf.state() == read


def test_a_reading_without_a_format_is_of_an_older_program() -> None:
    older = zlib.compress(b'{"untyped": [{"sentence": "x"}]}')
    assert said_json.unpack_said(older) is None and said_json.unpack_said(pack_said(Said())) == Said()
