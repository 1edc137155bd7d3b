"""What documents do to each other: replaced, repealed, amended, whatever came first; and back when one goes."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from ingest.pipeline import IngestSettings
from ingest.relations import RelationEntry, relations_of, settle
from ingest.report import Stages
from retrieval.index import SearchFilter
from tests.ingest.fictional import House, law, opened, write

OLD, NEW = "05/2024/QĐ-UBND", "18/2026/QĐ-UBND"
REGULATION, AMENDING = "12/2025/QĐ-UBND", "31/2026/QĐ-UBND"


@pytest.fixture
def demo(root: Path) -> dict[str, Path]:
    return {file.name[:2]: file for file in (root / "deploy" / "demo" / "documents").iterdir()}


def in_force(house: House, key: str, on: str) -> bool:
    """Whether the index still answers from the document on a day."""
    where = SearchFilter(documents=[key], as_of=date.fromisoformat(on))
    return bool(asyncio.run(house.index.fetch(where, limit=5)))


def between(house: House, key: str, other: str) -> list[RelationEntry]:
    return [found for found in relations_of(house.catalogue, key) if found.other == other]


@pytest.mark.parametrize("order", [("03", "04"), ("04", "03")])
def test_a_replaced_document_ends_on_the_day_whichever_came_first(
    tmp_path: Path, demo: dict[str, Path], order: tuple[str, ...]
) -> None:
    with opened(tmp_path / "home") as house:
        for name in order:
            house.ingestor.ingest([demo[name]])
        old = house.catalogue.document(OLD).card
        assert (old.effective_from, old.effective_to) == (date(2024, 2, 1), date(2026, 5, 1))
        assert old.status == ("expired" if date.today() >= date(2026, 5, 1) else "in_force")
        assert in_force(house, OLD, "2026-04-30") and not in_force(house, OLD, "2026-05-01")
        assert in_force(house, NEW, "2026-05-01")
        (said,) = between(house, NEW, OLD)
        assert (said.kind, said.label, said.outgoing) == ("replaces", "thay thế", True)
        assert (said.day, said.eid, said.partly) == (date(2026, 5, 1), "art_6__para_2", False)
        assert said.sentence.startswith("Quyết định này thay thế Quyết định số 05/2024/QĐ-UBND")
        (seen,) = between(house, OLD, NEW)
        assert (seen.label, seen.outgoing, seen.day, seen.eid) == ("bị thay thế bởi", False, said.day, said.eid)
        assert house.agrees()
        assert not house.ingestor.recover() and house.ingestor.ingest([demo["03"]]).unchanged == 1
        assert house.catalogue.document(OLD).card == old


def test_a_document_is_in_force_again_when_what_replaced_it_is_taken_out(tmp_path: Path, demo: dict[str, Path]) -> None:
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([demo["03"], demo["04"]])
        house.ingestor.remove(NEW)
        assert house.catalogue.document(OLD).card.effective_to is None
        assert in_force(house, OLD, "2030-01-01")
        assert between(house, OLD, NEW) == []
        house.ingestor.ingest([demo["04"]])
        assert not in_force(house, OLD, "2030-01-01")


def test_both_in_one_load_beside_a_serving_index(tmp_path: Path, demo: dict[str, Path]) -> None:
    with opened(tmp_path / "home", settings=IngestSettings(beside=2)) as house:
        assert house.ingestor.ingest([demo["04"], demo["03"]], serving=True).added == 2
        assert house.catalogue.document(OLD).card.effective_to == date(2026, 5, 1)
        assert not in_force(house, OLD, "2026-05-01") and house.agrees()


def test_an_amended_document_is_partly_in_force_from_the_day_on(tmp_path: Path, demo: dict[str, Path]) -> None:
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([demo["02"], demo["01"]])
        changed = house.ingestor._writer(house.index, Stages()).change
        settle(house.catalogue, changed, on=date(2026, 6, 30))
        assert house.catalogue.document(REGULATION).card.status == "in_force"
        assert settle(house.catalogue, changed, on=date(2026, 7, 1)) >= 1
        assert house.catalogue.document(REGULATION).card.status == "partly_in_force"
        assert settle(house.catalogue, changed, on=date(2026, 7, 1)) == 0
        assert [found.label for found in between(house, REGULATION, AMENDING)] == ["được sửa đổi, bổ sung bởi"]
        assert in_force(house, REGULATION, "2026-08-01")


def test_relations_to_what_is_not_here_are_kept_and_resolved_later(tmp_path: Path, demo: dict[str, Path]) -> None:
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([demo["09"]])
        (known,) = [found for found in relations_of(house.catalogue, "03/HD-SNV") if found.number == REGULATION]
        assert (known.other, known.label) == (None, "căn cứ")
        house.ingestor.ingest([demo["01"]])
        assert between(house, "03/HD-SNV", REGULATION)[0].title
        assert [found.label for found in between(house, REGULATION, "03/HD-SNV")] == ["là căn cứ của"]


def test_nobody_sees_relations_of_documents_that_are_hidden_from_him(tmp_path: Path, demo: dict[str, Path]) -> None:
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([demo["03"]])
        house.ingestor.ingest([demo["04"]], access=["unit:so-cong-thuong"])
        assert between(house, OLD, NEW)
        assert relations_of(house.catalogue, OLD, ["public"])[-1].other != NEW
        assert not [found for found in relations_of(house.catalogue, OLD, ["public"]) if not found.outgoing]


def test_a_new_version_states_its_own_relations_only(tmp_path: Path) -> None:
    def text(said: str) -> str:
        return law(8).replace("</html>", "").replace(
            "b) Qua bưu điện.", f"b) Qua bưu điện.</p><p>5. Quyết định này thay thế {said}."
        )  # fmt: skip

    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([write(tmp_path, "7.html", law(7)), write(tmp_path, "6.html", law(6, year=2030))])
        house.ingestor.ingest([write(tmp_path, "8.html", text("Quyết định số 7/2031/QĐ-UBND"))])
        assert between(house, "7/2031/QĐ-UBND", "8/2031/QĐ-UBND")
        house.ingestor.ingest([write(tmp_path, "8.html", text("Quyết định số 6/2030/QĐ-UBND"))])
        assert not between(house, "7/2031/QĐ-UBND", "8/2031/QĐ-UBND")
        assert between(house, "6/2030/QĐ-UBND", "8/2031/QĐ-UBND")
