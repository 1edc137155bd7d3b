"""Doubtful documents wait for a person; zips and side-cars come in like files; all on the real engine."""

from __future__ import annotations

import asyncio
import os
import zipfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ingest.catalogue_tables import LIVE, NEEDS_REVIEW, REMOVED, REPLACED
from ingest.files import found_files
from ingest.held import held_document, held_documents
from ingest.originals import sha256_of
from ingest.pipeline import Asked, Ingestor
from ingest.pipeline_batch import Arrival
from ingest.reading import Reading
from ingest.side_car import GIVEN, Given
from legal.errors import DocumentError, NotFound
from retrieval.index import SearchFilter
from tests.ingest.fictional import HereReader, House, law, opened, write

NUMBER = "7/2031/QĐ-UBND"
BLURRED = "Trang 1: độ tin cậy nhận dạng thấp (60%)."


class Doubting(HereReader):
    """Reads files named `scan...` with a doubt, as a blurred page gives one."""

    def read(self, files: Sequence[Path]) -> Generator[Reading | DocumentError]:
        for file, found in zip(files, super().read(files), strict=True):
            doubtful = isinstance(found, Reading) and file.name.startswith("scan")
            yield replace(found, doubts=(BLURRED,)) if doubtful and isinstance(found, Reading) else found


@contextmanager
def house(folder: Path) -> Iterator[House]:
    with opened(folder) as made:
        made.ingestor = Ingestor(made.home, made.catalogue, made.index, made.embedder, Doubting())
        yield made


def articles(house: House, key: str = NUMBER, **where: object) -> list[str | None]:
    found = asyncio.run(house.index.fetch(SearchFilter(documents=[key], **where), limit=100))  # type: ignore[arg-type]
    return [passage.article for passage in found]


def test_a_doubtful_document_is_kept_and_answers_only_when_accepted(tmp_path: Path) -> None:
    file = write(tmp_path / "f", "scan.html", law(7, articles=3))
    with house(tmp_path / "home") as home:
        report = home.ingestor.ingest([file])
        assert (report.added, report.failures, report.passages) == (0, (), 0)
        assert [(held.file, held.key, held.reasons) for held in report.held] == [(str(file), NUMBER, (BLURRED,))]
        assert articles(home) == [] and home.index.count() == 0
        assert (home.catalogue.counts().documents, home.catalogue.counts().needs_review) == (0, 1)
        (held,) = held_documents(home.catalogue)
        assert (held.card.number, held.answers, held.doubts) == (NUMBER, False, (BLURRED,))
        assert (home.home.originals / held.sha256[:2] / held.sha256).is_file()
        assert home.catalogue.tree(NUMBER, held.card.version).find("art_3") is not None
        with pytest.raises(NotFound):
            home.catalogue.document(NUMBER)

        again = home.ingestor.ingest([file])
        assert (again.unchanged, again.held) == (1, ())

        assert home.ingestor.accept("7/2031/qd-ubnd").key == NUMBER
        assert articles(home) == ["1", "2", "3"]
        assert home.catalogue.counts().needs_review == 0
        assert home.agrees()
        assert home.ingestor.ingest([file]).unchanged == 1
        with pytest.raises(NotFound):
            home.ingestor.accept(NUMBER)


def test_the_old_version_answers_until_a_doubtful_one_is_accepted_or_a_better_file_comes(tmp_path: Path) -> None:
    good = write(tmp_path / "f", "a.html", law(7, articles=2), at=1_000_000)
    scan = write(tmp_path / "f", "scan.html", law(7, articles=3), at=2_000_000)
    with house(tmp_path / "home") as home:
        home.ingestor.ingest([good])
        assert len(home.ingestor.ingest([scan], access=("noi-bo",)).held) == 1
        assert articles(home) == ["1", "2"]
        assert held_document(home.catalogue, NUMBER).answers
        assert articles(home, access=frozenset({"public"})) == [], "who may read it does not wait"
        better = write(tmp_path / "f", "better.html", law(7, articles=4), at=3_000_000)
        assert home.ingestor.ingest([better]).replaced == 1
        assert articles(home) == ["1", "2", "3", "4"]
        assert sorted(one.state for one in home.catalogue.versions(NUMBER)) == [LIVE, REPLACED, REPLACED]
        write(tmp_path / "f", "scan.html", law(7, articles=5), at=4_000_000)
        home.ingestor.ingest([scan])
        home.ingestor.accept(NUMBER)
        assert articles(home) == ["1", "2", "3", "4", "5"]
        assert home.agrees()


def test_a_document_that_waits_can_be_thrown_away(tmp_path: Path) -> None:
    file = write(tmp_path, "scan.html", law(7))
    with house(tmp_path / "home") as home:
        home.ingestor.ingest([file])
        assert home.ingestor.remove(NUMBER).left == 0
        assert held_documents(home.catalogue) == []
        assert [one.state for one in home.catalogue.versions(NUMBER)] == [REMOVED]
        home.ingestor.ingest([file])
        assert sorted(one.state for one in home.catalogue.versions(NUMBER)) == [NEEDS_REVIEW, REMOVED]


def test_a_zip_is_read_like_a_folder(tmp_path: Path) -> None:
    archive = tmp_path / "f" / "kho.zip"
    archive.parent.mkdir()

    def pack(articles: int) -> None:
        with zipfile.ZipFile(archive, "w") as package:
            package.writestr("năm 2031/bảy.html", law(7, articles=articles))
            package.writestr("năm 2031/tám.html", law(8))
            package.writestr("../out.html", law(9))

    pack(2)
    with house(tmp_path / "home") as home:
        report = home.ingestor.ingest([archive.parent])
        assert (report.files, report.added) == (3, 2)
        assert [one.file for one in report.failures] == [f"{archive}/../out.html"]
        assert home.catalogue.document(NUMBER).file_name == "bảy.html"
        assert home.ingestor.ingest([archive]).unchanged == 2
        pack(3)
        os.utime(archive, (4_000_000_000, 4_000_000_000))
        again = home.ingestor.ingest([archive])
        assert (again.replaced, again.unchanged) == (1, 1)
        assert articles(home) == ["1", "2", "3"]
        assert not list(home.home.cache.glob("unpacked*"))
        assert home.agrees()


def test_what_a_side_car_says_holds_and_a_change_of_it_alone_is_seen(tmp_path: Path) -> None:
    file = write(tmp_path / "f", "7.html", law(7))
    with house(tmp_path / "home") as home:
        home.ingestor.ingest([file])
        car = write(tmp_path / "f", "7.yaml", "effective_from: 2031-06-01\naccess: noi-bo\nsigner: Lê Thị C\n")
        report = home.ingestor.ingest([tmp_path / "f"])
        assert (report.files, report.replaced, report.embedded) == (1, 1, 0)
        entry = home.catalogue.document(NUMBER)
        assert (entry.card.effective_from, entry.card.access, entry.signer) == (
            date(2031, 6, 1), ("noi-bo",), "Lê Thị C",
        )  # fmt: skip
        assert home.catalogue.tree(NUMBER).metadata.evidence["signer"] == GIVEN
        assert articles(home, as_of=date(2031, 5, 31)) == []
        assert home.ingestor.ingest([tmp_path / "f"]).unchanged == 1

        write(tmp_path / "f", "7.yaml", "number: 70/2031/QĐ-UBND\n")
        assert home.ingestor.ingest([file]).added == 1
        assert articles(home) == [], "the document under the wrong number is gone"
        assert articles(home, "70/2031/QĐ-UBND") == ["1", "2", "3", "4"]
        assert home.agrees()

        write(tmp_path / "f", "7.yaml", "number: [")
        (failure,) = home.ingestor.ingest([file]).failures
        assert failure.code == "bad_side_car"
        assert articles(home, "70/2031/QĐ-UBND") == ["1", "2", "3", "4"]
        car.unlink()
        home.ingestor.ingest([file])
        assert articles(home) == ["1", "2", "3", "4"]
        assert home.agrees()


def test_what_waits_for_review_is_not_touched_by_who_may_not_see_it(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    with house(tmp_path / "home") as home:
        home.ingestor.ingest([write(folder, "scan.html", law(7, articles=3))], access=["unit:tinh"])
        (waiting,) = held_documents(home.catalogue)

        def bring(name: str, text: str, reach: Sequence[str]) -> tuple[str, str | None]:
            (file,) = found_files([write(tmp_path / name, name, text)])
            (reading,) = Doubting().read([file.path])
            (done,) = home.ingestor.write_readings([Arrival(file, sha256_of(file.path), reading)], reach, reach)
            return done.outcome, done.failure.code if done.failure is not None else None

        for name, articles_ in (("scan-2.html", 3), ("scan-3.html", 2), ("ro.html", 4)):
            assert bring(name, law(7, articles=articles_), ["unit:xa"]) == ("failed", "out_of_reach")
        assert held_documents(home.catalogue) == [waiting]
        with pytest.raises(NotFound):
            home.ingestor.accept(Asked(NUMBER, ["unit:xa"]))
        with pytest.raises(NotFound):
            home.ingestor.remove(Asked(NUMBER, ["unit:xa"]))
        assert bring("ro.html", law(7, articles=4), ["unit:tinh"]) == ("added", None)


def test_a_job_means_its_document_and_no_other_of_that_number(tmp_path: Path) -> None:
    """What a job was about may have gone when it is done; another issuer's document of that number stays."""
    with opened(tmp_path / "home") as home:
        other = law(7, issuer="TỈNH KHÁC")
        home.ingestor.ingest([write(tmp_path / "f", "a.html", law(7)), write(tmp_path / "f", "b.html", other)])
        first, second = sorted(entry.card.key for entry in home.catalogue.documents().entries)
        assert first == NUMBER
        home.ingestor.remove(Asked(first))
        for work in (home.ingestor.remove, home.ingestor.accept, lambda asked: home.ingestor.correct(asked, Given())):
            with pytest.raises(NotFound):
                work(Asked(first))
        assert [entry.card.key for entry in home.catalogue.documents().entries] == [second]
