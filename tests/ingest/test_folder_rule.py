"""A rule in a folder says who may see what lies in it and below, until something nearer says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.side_car import Given
from tests.ingest.fictional import law, opened, write


def test_the_nearest_rule_holds_and_a_changed_one_at_the_next_ingest(tmp_path: Path) -> None:
    files = tmp_path / "van-ban"
    for number, folder in (
        (1, files),
        (2, files / "so-tu-phap"),
        (3, files / "so-tu-phap" / "sau"),
        (4, files / "mat"),
    ):
        write(folder, f"{number}.html", law(number))
    rule = write(files, ".phapquy.yaml", "access: [unit:ubnd]")
    write(files / "so-tu-phap", ".phapquy.yaml", "access: [unit:so-tu-phap, unit:thanh-tra]")
    write(files / "mat", ".phapquy.yaml", "access: [unit:ubnd]")
    write(files / "mat", "4.yaml", "access: [unit:lanh-dao]")

    with opened(tmp_path / "home") as house:

        def labels(number: int) -> tuple[str, ...]:
            return tuple(sorted(house.catalogue.document(f"{number}/2031/QĐ-UBND").card.access))

        report = house.ingestor.ingest([files])
        assert (report.added, report.failures) == (4, ())
        assert [labels(n) for n in (1, 2, 3, 4)] == [
            ("unit:ubnd",),
            ("unit:so-tu-phap", "unit:thanh-tra"),
            ("unit:so-tu-phap", "unit:thanh-tra"),
            ("unit:lanh-dao",),  # what stands beside the file goes before the folder's rule
        ]
        embedded = len(house.embedder.embedded)

        rule.write_text("access: [public]", encoding="utf-8")
        assert house.ingestor.ingest([files]).unchanged == 4
        assert [labels(n)[0] for n in (1, 2, 3, 4)] == ["public", "unit:so-tu-phap", "unit:so-tu-phap", "unit:lanh-dao"]
        # A file named alone is under the same rule; what the caller names goes before it.
        house.ingestor.ingest([files / "so-tu-phap" / "2.html"], access=("unit:moi",))
        assert labels(2) == ("unit:moi",)
        house.ingestor.ingest([files / "so-tu-phap" / "2.html"])
        assert labels(2) == ("unit:so-tu-phap", "unit:thanh-tra")
        assert len(house.embedder.embedded) == embedded
        assert house.agrees()


def test_labels_that_a_person_gave_later_outlast_the_rule(tmp_path: Path) -> None:
    files = tmp_path / "van-ban"
    rule = write(files, ".phapquy.yaml", "access: [unit:ubnd]")
    for number in (1, 2, 3):
        write(files, f"{number}.html", law(number))
    with opened(tmp_path / "home") as house:

        def labels(number: int) -> tuple[str, ...]:
            return tuple(sorted(house.catalogue.document(f"{number}/2031/QĐ-UBND").card.access))

        house.ingestor.ingest([files])
        house.ingestor.correct("1/2031/QĐ-UBND", Given(access=("unit:thanh-tra",)))
        house.ingestor.change("2/2031/QĐ-UBND", access=("unit:lanh-dao",))
        given = [("unit:thanh-tra",), ("unit:lanh-dao",)]
        house.ingestor.ingest([files])
        assert [labels(1), labels(2), labels(3)] == [*given, ("unit:ubnd",)]
        rule.write_text("access: [public]", encoding="utf-8")
        house.ingestor.ingest([files])
        assert [labels(1), labels(2), labels(3)] == [*given, ("public",)]
        for number in (1, 2, 3):  # a new text of the same document
            write(files, f"{number}.html", law(number, articles=2))
        assert house.ingestor.ingest([files]).replaced == 3
        assert [labels(1), labels(2), labels(3)] == [*given, ("public",)]
        write(files, "1.yaml", "access: [unit:mot]")  # what stands beside the file is a person's word too
        house.ingestor.ingest([files], access=("unit:hai",))
        assert [labels(1), labels(2)] == [("unit:mot",), ("unit:hai",)]
        assert house.agrees()


@pytest.mark.parametrize("rule", ["access: [", "title: x", "", "access: []"])
def test_a_rule_that_cannot_be_used_lets_nothing_in(tmp_path: Path, rule: str) -> None:
    file = write(tmp_path / "van-ban", "1.html", law(1))
    write(tmp_path / "van-ban", ".phapquy.yaml", rule)
    with opened(tmp_path / "home") as house:
        report = house.ingestor.ingest([file])
        assert report.added == 0 and [failure.code for failure in report.failures] == ["bad_side_car"]
        assert ".phapquy.yaml" in report.failures[0].reason
