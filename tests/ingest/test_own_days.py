"""Provisions that apply from days of their own are found by day; what bears a mark of secrecy does not come in."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

from api.present import hit_out, status_on
from ingest.catalogue import DocumentFilter
from ingest.pipeline import IngestSettings
from ingest.rebuild import Watch
from ingest.relations import settle
from ingest.report import Progress, Stages
from ingest.side_car import given_of
from retrieval.answer import Hit
from retrieval.index import SearchFilter
from retrieval.passage import Passage
from retrieval.prompt import messages
from tests.ingest.fictional import House, law, opened, write
from tests.ingest.test_rebuild import rebuild

FIRST, LATER = "41/2031/QĐ-UBND", "42/2032/QĐ-UBND"
OWN = (
    "<p><b>Điều 9. Hiệu lực thi hành</b></p><p>1. Quyết định này có hiệu lực từ ngày 01/6/2031, trừ khoản 2 Điều này.</p>"
    "<p>2. Điều 1 và khoản 2 Điều 3 của Quyết định này có hiệu lực từ ngày 01/01/2032; Điều 2 có hiệu lực từ ngày "
    "10/5/2031.</p><table>"
)


def closing(text: str, articles: str) -> str:
    """The decision with more articles in front of its signature."""
    head, _, signature = text.rpartition("<table>")
    return f"{head}{articles}{signature}"


def there(house: House, on: str, key: str = FIRST) -> list[Passage]:
    where = SearchFilter(documents=[key], as_of=date.fromisoformat(on))
    return asyncio.run(house.index.fetch(where, limit=50))


def eids(house: House, on: str) -> set[str]:
    """The articles, and of article 3 the clauses, that a search finds on a day."""
    return {span.eid for one in there(house, on) for span in one.spans if span.eid.startswith("art_3__para")} | {
        one.eid for one in there(house, on) if one.eid != "art_3"
    }


def test_each_provision_is_found_from_its_own_day(tmp_path: Path) -> None:
    file = write(tmp_path / "in", "a.html", closing(law(41), OWN))
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([file])
        points = {"art_3__para_2__point_a", "art_3__para_2__point_b"}
        assert eids(house, "2031-05-20") == {"art_2"}
        assert eids(house, "2031-06-01") == {"art_2", "art_4", "art_9", "art_3__para_1"}
        assert eids(house, "2032-01-01") == {
            "art_1",
            "art_2",
            "art_4",
            "art_9",
            "art_3__para_1",
            "art_3__para_2",
            *points,
        }
        found = {one.eid: one for one in there(house, "2032-01-01")}
        assert found["art_1"].applies.effective_from == date(2032, 1, 1)
        assert found["art_1"].document.effective_from == found["art_4"].applies.effective_from == date(2031, 6, 1)
        card = house.catalogue.document(FIRST).card
        assert house.catalogue.tree(card.key).metadata.parts[0].evidence.eid == "art_9__para_2"


def test_a_repeal_ends_them_all_and_leaves_their_starts(tmp_path: Path) -> None:
    file = write(tmp_path / "in", "a.html", closing(law(41), OWN))
    ending = (
        "<p><b>Điều 9. Hiệu lực thi hành</b></p><p>1. Quyết định này có hiệu lực từ ngày 01/3/2032.</p>"
        f"<p>2. Quyết định này thay thế Quyết định số {FIRST}.</p><table>"
    )
    other = closing(law(42, year=2032), ending)
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([file])
        house.ingestor.ingest([write(tmp_path / "in", "b.html", other)])
        assert (
            there(house, "2032-03-01") == [] and len(there(house, "2032-02-28")) > len(there(house, "2031-12-31")) > 0
        )
        house.ingestor.remove(LATER)
        assert there(house, "2032-03-01") and {one.eid for one in there(house, "2031-05-20")} == {"art_2"}
        assert house.agrees()


def test_a_suspended_document_is_suspended_while_it_lasts(tmp_path: Path) -> None:
    text = law(42, year=2032).replace(
        "1. Người nộp",
        f"1. Ngưng hiệu lực thi hành Quyết định số {FIRST} từ ngày 01/3/2032 đến hết ngày 30/4/2032. Người",
        1,
    )
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest(
            [
                write(
                    tmp_path / "in",
                    "a.html",
                    closing(law(41), OWN),
                )
            ]
        )
        house.ingestor.ingest([write(tmp_path / "in", "b.html", text)])
        change = house.ingestor._writer(house.index, Stages()).change
        for day, status in ((date(2032, 3, 1), "suspended"), (date(2032, 5, 1), "in_force")):
            settle(house.catalogue, change, on=day)
            assert house.catalogue.document(FIRST).card.status == status


def suspending(what: str, days: str) -> str:
    """Another decision that suspends."""
    return law(42, year=2032).replace("1. Người nộp", f"1. Ngưng hiệu lực thi hành {what} {days}. Người", 1)


def test_a_search_finds_nothing_of_a_document_on_a_day_of_its_suspension(tmp_path: Path) -> None:
    text = suspending(f"Quyết định số {FIRST}", "từ ngày 01/3/2032 đến hết ngày 30/4/2032")
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([write(tmp_path / "in", "b.html", text)])  # the order of arrival does not count
        house.ingestor.ingest([write(tmp_path / "in", "a.html", closing(law(41), OWN))])
        whole = len(there(house, "2032-02-28"))
        assert whole > 0 and len(there(house, "2032-05-01")) == whole
        assert there(house, "2032-03-01") == there(house, "2032-04-30") == []
        assert len(asyncio.run(house.index.fetch(SearchFilter(documents=[FIRST])))) == whole
        (entry,) = house.catalogue.documents(DocumentFilter(effective_on=date(2032, 3, 1))).entries
        assert entry.card.number == LATER
        card = house.catalogue.document(FIRST).card
        statuses = [status_on(card, date(2032, *day)) for day in ((2, 28), (3, 1), (4, 30), (5, 1))]
        assert statuses == ["in_force", "suspended", "suspended", "in_force"]
        house.ingestor.remove(LATER)
        assert len(there(house, "2032-03-01")) == whole and house.agrees()


def test_a_document_that_says_itself_when_it_is_suspended(tmp_path: Path) -> None:
    given = "suspended_from: 2032-03-01\n"
    with opened(tmp_path / "home") as house:
        write(tmp_path / "in", "a.yaml", given)
        house.ingestor.ingest([write(tmp_path / "in", "a.html", closing(law(41), OWN))])
        assert there(house, "2032-02-28") and there(house, "2032-03-01") == there(house, "2040-01-01") == []
        house.ingestor.correct(FIRST, given_of({"suspended_to": "2032-06-01"}))
        assert there(house, "2032-05-31") == [] and there(house, "2032-06-01")


def test_a_suspended_provision_is_not_found_and_the_others_are(tmp_path: Path) -> None:
    text = suspending(f"khoản 2 Điều 3 và Điều 4 Quyết định số {FIRST}", "từ ngày 01/3/2032 đến hết ngày 30/4/2032")
    points = {"art_3__para_2__point_a", "art_3__para_2__point_b"}
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([write(tmp_path / "in", "a.html", closing(law(41), OWN))])
        house.ingestor.ingest([write(tmp_path / "in", "b.html", text)])
        before, meanwhile = eids(house, "2032-02-28"), eids(house, "2032-03-01")
        assert before - meanwhile == {"art_4", "art_3__para_2", *points} and eids(house, "2032-05-01") == before
        assert house.agrees()
        house.ingestor.remove(LATER)
        assert eids(house, "2032-03-01") == before


def test_days_of_their_own_outlast_a_change_while_the_index_is_built_anew(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([write(tmp_path / "in", "a.html", closing(law(41), OWN))])
        house.ingestor.ingest([write(tmp_path / "in", "b.html", law(43))])
        text = suspending(f"Điều 4 Quyết định số {FIRST}", "từ ngày 01/3/2032 đến hết ngày 30/4/2032")
        done: list[int] = []

        def meddle(now: Progress) -> None:
            if now.files_done == 2 and not done:
                done.append(now.files_done)
                house.ingestor.change(FIRST, access=("unit:a",))
                house.ingestor.ingest([write(tmp_path / "in", "c.html", text)])

        rebuild(house, Watch(say=meddle))
        assert done and {one.document.access for one in there(house, "2032-01-01")} == {("unit:a",)}
        assert {one.eid for one in there(house, "2031-05-20")} == {"art_2"}
        eids_then = {one.eid.partition("__")[0] for one in there(house, "2032-03-01")}
        assert "art_4" not in eids_then and "art_4" in {one.eid for one in there(house, "2032-05-01")}


def test_what_is_secret_is_refused_unless_allowed(tmp_path: Path) -> None:
    text = law(43).replace("<p>Số: 43", "<p><b>TỐI MẬT</b></p><p>Số: 43")
    files = [write(tmp_path / "in", "a.html", text), write(tmp_path / "in", "b.html", law(44))]
    with opened(tmp_path / "home") as house:
        report = house.ingestor.ingest(files)
        (failure,) = report.failures
        assert (failure.code, report.added) == ("secret_document", 1)
        assert "TỐI MẬT" in failure.reason and "PHAPQUY_INGEST__SECRET" in failure.reason
        assert len(list((tmp_path / "home" / "originals").rglob("*.*"))) <= 1
        write(tmp_path / "in", "b.yaml", "secrecy: Mật\n")
        assert [one.code for one in house.ingestor.ingest(files).failures] == ["secret_document"] * 2
    with opened(tmp_path / "home", settings=IngestSettings(secret=True)) as house:
        assert not house.ingestor.ingest(files).failures
        tree = house.catalogue.tree(house.catalogue.document("43/2031/QĐ-UBND").card.key)
        assert (tree.metadata.secrecy, tree.metadata.evidence["secrecy"].sentence) == ("Tối mật", "TỐI MẬT")


def test_a_hit_has_the_status_of_its_provision(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([write(tmp_path / "in", "a.html", closing(law(41), OWN))])
        (early,) = there(house, "2031-05-20")
        hit = Hit(rank=1, score=1.0, passage=early)
        shown = hit_out(hit, date(2031, 5, 20)).document
        assert (shown.status, shown.effective_from) == ("in_force", date(2031, 6, 1))
        assert hit_out(hit, date(2031, 5, 9)).document.status == "not_yet_in_force"
        assert "có hiệu lực từ 10/05/2031" in str(messages("Hỏi?", [hit], date(2031, 5, 20), "answer.v2"))
