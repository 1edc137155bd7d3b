"""The catalogue: what comes in is found again, by every door's question; migrations and models agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingest.catalogue import Catalogue, DocumentFilter
from ingest.catalogue_open import HEAD, migrations
from ingest.catalogue_records import KnownFile, NewVersion
from ingest.catalogue_tables import LIVE, REMOVED, REPLACED, Base
from ingest.catalogue_writing import CatalogueWriting
from ingest.home import Home
from ingest.said_json import pack_said
from ingest.tree_json import pack, parsed_json, unpack
from legal.document import Evidence, LegalDocument, Metadata, Provision, Validity
from legal.errors import BadRequest, Conflict, NotFound
from legal.said import said_by
from retrieval.passage import DocumentCard
from tests.postgres import Cluster

POINT = Provision("point", "a", "art_1__para_1__point_a", "a)", "", "Điểm này;")
CLAUSE = Provision("clause", "1", "art_1__para_1", "1.", "", "Khoản này gồm:", (POINT,))
TABLE = Provision("table", "1", "art_1__table_1", rows=(("Phí", "Mức"), ("Cấp lại", "5.000 đồng")))
ARTICLE = Provision("article", "1", "art_1", "Điều 1.", "Phạm vi", "", (CLAUSE, TABLE))
DOCUMENT = LegalDocument(
    Metadata(
        number="12/2031/QĐ-UBND", type="Quyết định", title="Quyết định về phí", issuer="UBND tỉnh Bình Sơn",
        signer="Trần Văn A", signer_title="Chủ tịch", issued=date(2031, 5, 2), place="Bình Sơn",
        validity=Validity(date(2031, 6, 1)), evidence={"issued": Evidence("ngày 02 tháng 5", "")},
    ),
    (ARTICLE,), ("UBND TỈNH BÌNH SƠN",), ("Căn cứ Luật;",), ("CHỦ TỊCH",), ("Nơi nhận:",), ("Trang 1",),
)  # fmt: skip


def new_version(
    key: str, version: str, issued: date | None, title: str, access: tuple[str, ...] = ("public",)
) -> NewVersion:
    card = DocumentCard(key, version, key, title, "Quyết định", "UBND tỉnh Bình Sơn", issued, "in_force", access=access)
    sha = version.ljust(64, "0")
    return NewVersion(
        card,
        DOCUMENT.metadata,
        sha,
        sha,
        f"{version}.docx",
        1.0,
        "docx",
        1000,
        pack(DOCUMENT),
        pack_said(said_by(DOCUMENT)),
        4,
        1,
        1.0,
        ("ghi chú",),
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalogue]:
    home = Home(tmp_path / "kho")
    home.prepare()
    deployed = request.param == "postgresql"
    opened = Catalogue(request.getfixturevalue("postgres").database() if deployed else home.catalogue_url)
    yield opened
    opened.close()


def write(catalogue: Catalogue, *versions: NewVersion) -> CatalogueWriting:
    writing = CatalogueWriting(catalogue)
    for new in versions:
        writing.begin_write(new, KnownFile(f"/x/{new.file_name}", new.sha256, 1000, 5, new.card.version))
        writing.finish_write(new.card.key, new.card.version)
    return writing


def test_a_document_survives_the_way_into_json_and_back() -> None:
    assert unpack(pack(DOCUMENT)) == DOCUMENT
    with pytest.raises(ValueError, match="packed"):
        unpack(b"nothing")


def test_a_parsed_document_is_printed_as_the_contract_says() -> None:
    value = parsed_json(DOCUMENT)
    assert list(value)[:8] == ["number", "type", "title", "issuer", "signer", "issued", "effective_from", "provisions"]
    assert (value["issued"], value["effective_from"]) == ("2031-05-02", "2031-06-01")
    article = value["provisions"][0]
    assert list(article) == ["eid", "kind", "number", "heading", "text", "children"]
    clause, table = article["children"]
    assert clause["text"] == "1. Khoản này gồm:"
    assert clause["children"][0]["text"] == "a) Điểm này;"
    assert table["rows"] == [["Phí", "Mức"], ["Cấp lại", "5.000 đồng"]]


def test_a_new_version_answers_only_when_it_is_finished(catalogue: Catalogue) -> None:
    key = "12/2031/QĐ-UBND"
    writing = write(catalogue, new_version(key, "v1", date(2031, 5, 2), "Về phí"))
    second = new_version(key, "v2", date(2031, 5, 2), "Về lệ phí")
    writing.begin_write(second, None)
    assert catalogue.document(key).card.version == "v1"
    assert catalogue.document(key).card.title == "Về phí"
    assert [intent.version for intent in writing.journal()] == ["v2"]
    writing.finish_write(key, "v2")
    writing.finish_write(key, "v2")
    assert catalogue.document(key).card.title == "Về lệ phí"
    assert {entry.id: entry.state for entry in catalogue.versions(key)} == {"v1": REPLACED, "v2": LIVE}
    assert writing.journal() == []
    assert catalogue.tree(key, "v1") == catalogue.tree(key) == DOCUMENT


def test_an_abandoned_first_version_leaves_no_document(catalogue: Catalogue) -> None:
    writing = CatalogueWriting(catalogue)
    writing.begin_write(new_version("k", "v1", None, "x"), None)
    writing.abandon_write("k", "v1")
    assert catalogue.versions("k") == ()
    assert catalogue.counts().documents == 0
    with pytest.raises(NotFound):
        catalogue.document("k")


def test_documents_are_found_by_number_in_any_spelling(catalogue: Catalogue) -> None:
    write(catalogue, new_version("12/2031/QĐ-UBND", "v1", date(2031, 5, 2), "Về phí"))
    for spelling in ("12/2031/QĐ-UBND", "12/2031/qd-ubnd", "12~2031~QĐ-UBND"):
        assert catalogue.document(spelling).card.key == "12/2031/QĐ-UBND"
    with pytest.raises(NotFound):
        catalogue.document("13/2031/QĐ-UBND")


def test_lists_come_in_pages_latest_first_and_under_access(catalogue: Catalogue) -> None:
    days = [date(2030, 1, 1), date(2031, 1, 1), None, date(2031, 1, 1), date(2029, 1, 1)]
    for n, day in enumerate(days):
        access = ("noi-bo",) if n == 1 else ("public",)
        write(catalogue, new_version(f"{n}/2031/QĐ-UBND", f"v{n}", day, f"Quy định số {n} về phí đò", access))
    seen: list[str] = []
    cursor = None
    while True:
        page = catalogue.documents(cursor=cursor, limit=2)
        seen += [entry.card.key[0] for entry in page.entries]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["1", "3", "0", "4", "2"]
    public = DocumentFilter(access={"public"})
    assert [e.card.key[0] for e in catalogue.documents(public).entries] == ["3", "0", "4", "2"]
    with pytest.raises(NotFound):
        catalogue.document("1/2031/QĐ-UBND", access={"public"})
    assert catalogue.document("1/2031/QĐ-UBND", access={"noi-bo"}).card.access == ("noi-bo",)
    assert len(catalogue.documents(DocumentFilter(text="phi do 3/2031")).entries) == 1
    assert len(catalogue.documents(DocumentFilter(text="phí đò")).entries) == 5
    assert len(catalogue.documents(DocumentFilter(issued_from=date(2030, 6, 1))).entries) == 2
    assert catalogue.documents(DocumentFilter(types=["Luật"])).entries == ()
    for wrong in ("???", "abc"):
        with pytest.raises(BadRequest):
            catalogue.documents(cursor=wrong)


def test_a_removed_document_stays_on_record(catalogue: Catalogue) -> None:
    writing = write(catalogue, new_version("k", "v1", None, "x"))
    intent = writing.begin_remove("k")
    assert [i.operation for i in writing.journal()] == ["remove"]
    writing.finish_remove("k", intent)
    assert writing.files() == {}
    assert [entry.state for entry in catalogue.versions("k")] == [REMOVED]
    assert catalogue.counts().documents == 0
    assert catalogue.documents().entries == ()


def test_changes_of_a_card_reach_the_lists(catalogue: Catalogue) -> None:
    writing = write(catalogue, new_version("k", "v1", None, "x"))
    intent = writing.begin_change("k", {"status": "expired", "effective_to": date(2032, 1, 1), "access": ("a", "b")})
    card = catalogue.document("k").card
    assert (card.status, card.effective_to, card.access, card.title) == ("expired", date(2032, 1, 1), ("a", "b"), "x")
    writing.finish(intent)
    assert writing.journal() == []


def test_migrations_make_exactly_the_models(catalogue: Catalogue) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    assert ScriptDirectory.from_config(migrations()).get_current_head() == HEAD
    with catalogue.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_catalogue_of_a_newer_program_is_refused(catalogue: Catalogue) -> None:
    with catalogue.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict):
        Catalogue(str(catalogue.engine.url))


def test_opening_twice_keeps_what_is_there(catalogue: Catalogue) -> None:
    write(catalogue, new_version("k", "v1", None, "x"))
    again = Catalogue(str(catalogue.engine.url))
    counts = dataclasses.asdict(again.counts())
    assert counts == {"documents": 1, "provisions": 4, "passages": 1, "failed": 0, "needs_review": 0}
    assert again.original("k").file_name == "v1.docx"


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.writing(), pytest.raises(Conflict), home.writing():
        pass
    with home.writing():
        pass


@pytest.mark.parametrize("address", ["mysql://a@b/c", "oracle://a@b/c", "kho", "postgresql+psycopg2://a@b/c"])
def test_an_address_of_no_database_of_ours_is_refused(address: str) -> None:
    with pytest.raises(BadRequest, match="postgresql://"):
        Catalogue(address)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_without_room_for_vietnamese_is_refused(postgres: Cluster, encoding: str) -> None:
    with pytest.raises(BadRequest, match="UTF8"):
        Catalogue(postgres.database(encoding))


def test_the_short_form_of_an_address_is_taken(postgres: Cluster) -> None:
    opened = Catalogue(postgres.database().replace("postgresql://", "postgres://"))
    assert opened.counts().documents == 0
    opened.close()


def test_what_is_asked_after_the_database_was_restarted_is_answered(postgres: Cluster) -> None:
    opened = Catalogue(postgres.database())
    assert opened.counts().documents == 0
    postgres.stop()
    postgres.start()
    assert opened.counts().documents == 0
    opened.close()
