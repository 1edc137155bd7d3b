"""The index built anew for another embedder while documents come, change and go; and the way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.acceptance import Acceptance, accept, stored_questions
from ingest.pipeline import Ingestor
from ingest.rebuild import RebuildStopped, Rebuilt, Watch
from legal.errors import BadRequest, Conflict
from retrieval.embedded import EmbeddedIndex
from retrieval.index import Manifest, Searched
from retrieval.points import SCHEMA
from tests.ingest.fictional import HereReader, House, QuickEmbedder, law, opened, write

OTHER = QuickEmbedder("other", dimension=8, window=60)
NAME = "0123456789ab"


def unchecked(candidate: Searched) -> Acceptance | None:
    return None


def rebuild(house: House, watch: Watch | None = None, check: Callable[[Searched], Any] = unchecked) -> Rebuilt:
    manifest = Manifest(OTHER.name, OTHER.dimension, SCHEMA)
    with house.index.successor(manifest, NAME) as following:
        return house.ingestor.rebuild(following, OTHER, watch or Watch(), check)


def with_other(house: House) -> House:
    """The home as it is opened with the other embedder."""
    ingestor = Ingestor(house.home, house.catalogue, house.index, OTHER, HereReader())
    return House(house.home, house.catalogue, house.index, OTHER, ingestor)


def filled(folder: Path, house: House, documents: int = 4) -> None:
    for number in range(1, documents + 1):
        write(folder, f"{number}.html", law(number))
    house.ingestor.ingest([folder])


def test_an_index_of_another_embedder_is_refused_until_it_is_built_anew(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as house:
        filled(tmp_path / "f", house, 2)
        with pytest.raises(Conflict):
            with_other(house).ingestor.ingest([tmp_path / "f"])
        report = rebuild(house).report
        assert (report.files, house.index.manifest.embedder) == (2, "other")
        assert report.embedded == report.passages == house.index.count()
        assert house.agrees() and with_other(house).ingestor.ingest([tmp_path / "f"]).unchanged == 2
        with house.index.successor(house.index.manifest, NAME[::-1]) as again:
            assert house.ingestor.rebuild(again, OTHER, Watch(), unchecked).report.embedded == 0


def test_what_comes_changes_and_goes_meanwhile_is_in_both(tmp_path: Path) -> None:
    """At three moments: while it is filled, while it is tried, and after the switch."""
    with opened(tmp_path / "home") as house:
        filled(tmp_path / "f", house)
        done: list[str] = []

        def meddle(moment: str) -> None:
            if moment not in done:
                done.append(moment)
                new = len(done) * 10
                house.ingestor.ingest([write(tmp_path / "f", f"{new}.html", law(new))])
                house.ingestor.change("2/2031/QĐ-UBND", access=(f"unit:{moment}",))
                house.ingestor.ingest([write(tmp_path / "f", "3.html", law(3, word=f"lệ phí {moment}"))])
                if moment == "filling":
                    house.ingestor.remove("1/2031/QĐ-UBND")

        def tried(candidate: Searched) -> None:
            meddle("trying")

        watch = Watch(say=lambda now: meddle("filling") if now.files_done == 2 else None)
        rebuild(house, watch, tried)
        assert done == ["filling", "trying"] and house.index.manifest.embedder == "other"
        assert house.agrees()
        numbers = {key.partition("/")[0] for key in house.index.versions()}
        assert numbers == {"2", "3", "4", "10", "20"}
        entry = house.catalogue.document("2/2031/QĐ-UBND")
        assert entry.card.access == ("unit:trying",)

        renewed = with_other(house)
        renewed.ingestor.ingest([write(tmp_path / "f", "30.html", law(30))])
        renewed.ingestor.change("4/2031/QĐ-UBND", access=("unit:later",))
        with house.index.previous() as before:
            house.ingestor.rebuild(before, house.embedder, Watch(), unchecked)
        assert house.index.manifest.embedder == "quick" and house.agrees()
        assert "30/2031/QĐ-UBND" in house.index.versions()
        (passage,) = {one.document.access for one in found(house.index, "4/2031/QĐ-UBND")}
        assert passage == ("unit:later",)


def found(index: EmbeddedIndex, key: str) -> list[Any]:
    import asyncio

    from retrieval.index import SearchFilter

    return asyncio.run(index.fetch(SearchFilter(documents=(key,)), limit=1000))


def test_a_worse_one_and_one_that_is_stopped_are_not_used(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as house:
        filled(tmp_path / "f", house)
        file = tmp_path / "questions.jsonl"
        row = '{"question": "phí số 1", "relevant": [{"document": "1/2031/qđ-ubnd", "article": "1"}]}'
        file.write_text(f"{row}\n\n{row}\n", encoding="utf-8")
        questions = stored_questions(file)
        right, wrong = [("1/2031/QĐ-UBND", "1")], [("2/2031/QĐ-UBND", "1")]

        def worse(candidate: Searched) -> Acceptance | None:
            return accept(questions, lambda text: right, lambda text: wrong, 0.5)

        with pytest.raises(Conflict, match="kém hơn"):
            rebuild(house, check=worse)
        with pytest.raises(RebuildStopped):
            rebuild(house, Watch(stop=lambda: True))
        assert house.index.manifest.embedder == "quick" and house.agrees()
        assert accept(questions, lambda text: wrong, lambda text: right, 0.0) == Acceptance(2, 0.0, 1.0)
        assert accept([], lambda text: right, lambda text: wrong, 0.0) is None
        file.write_text('{"question": 1}', encoding="utf-8")
        with pytest.raises(BadRequest, match="dòng 1"):
            stored_questions(file)
