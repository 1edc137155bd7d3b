"""Provisions that apply from days of their own are found by day; what bears a mark of secrecy does not come in."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

from api.present import hit_out
from ingest.pipeline import IngestSettings
from ingest.relations import settle
from ingest.report import Stages
from retrieval.answer import Hit
from retrieval.index import SearchFilter
from retrieval.passage import Passage
from retrieval.prompt import messages
from tests.ingest.fictional import House, law, opened, write

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
