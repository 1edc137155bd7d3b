"""Documents come in, change, meet each other and go: what an administrator sees, on the real engine."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import date
from pathlib import Path

import pytest

from ingest.catalogue_tables import LIVE, REPLACED
from ingest.files import found_files
from ingest.pipeline import IngestSettings
from ingest.report import Progress
from legal.errors import Conflict, ModelUnavailable, NotFound
from retrieval.index import SearchFilter
from tests.ingest.fictional import House, QuickEmbedder, law, opened, write

NUMBER = "7/2031/QĐ-UBND"


def articles(house: House, key: str = NUMBER, **where: object) -> list[str | None]:
    found = asyncio.run(house.index.fetch(SearchFilter(documents=[key], **where), limit=100))  # type: ignore[arg-type]
    return [passage.article for passage in found]


def test_a_folder_comes_in_and_the_second_time_nothing_is_done(tmp_path: Path) -> None:
    files = tmp_path / "files"
    for number in range(1, 6):
        write(files / "a" if number % 2 else files, f"{number}.html", law(number, articles=number))
    write(files, "~$5.html", "temporary")
    write(files, ".hidden.html", "hidden")
    with opened(tmp_path / "home") as house:
        said: list[Progress] = []
        report = house.ingestor.ingest([files], said.append)
        assert (report.files, report.added, report.failures, report.passages) == (5, 5, (), 15)
        assert report.embedded == len(house.embedder.embedded) == 15
        assert (said[-1].files_done, said[-1].files_total, said[-1].passages_done) == (5, 5, 15)
        assert house.agrees()
        assert articles(house) == []
        assert articles(house, "5/2031/QĐ-UBND") == ["1", "2", "3", "4", "5"]
        entry = house.catalogue.document("5/2031/QĐ-UBND")
        assert (entry.kind, entry.file_name, entry.provisions, entry.passages) == ("html", "5.html", 25, 5)
        assert entry.card.issued == date(2031, 5, 2)
        assert (house.home.originals / entry.sha256[:2] / entry.sha256).read_text() == law(5, articles=5)

        again = house.ingestor.ingest([files])
        assert (again.unchanged, again.added, again.embedded) == (5, 0, 0)
        for file in files.rglob("*.html"):  # touched, not changed
            os.utime(file)
        assert house.ingestor.ingest([files]).unchanged == 5
        assert len(house.embedder.embedded) == 15
    with opened(tmp_path / "home") as house:
        assert not house.ingestor.recover()
        assert house.agrees()


def test_a_changed_file_replaces_its_document_and_only_what_changed_is_embedded(tmp_path: Path) -> None:
    file = write(tmp_path / "files", "7.html", law(7, articles=4))
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([file])
        write(tmp_path / "files", "7.html", law(7, articles=5))
        report = house.ingestor.ingest([file])
        assert (report.replaced, report.added, report.passages, report.embedded) == (1, 0, 5, 1)
        assert articles(house) == ["1", "2", "3", "4", "5"]
        assert house.agrees()
        assert [version.state for version in house.catalogue.versions(NUMBER)] == [LIVE, REPLACED]


def test_a_bad_file_never_stops_the_others_and_says_why(tmp_path: Path) -> None:
    files = tmp_path / "files"
    write(files, "1.html", law(1))
    write(files, "2-empty.html", "")
    (files / "3.bin").write_bytes(bytes(range(256)) * 20)
    write(files, "4.html", law(4))
    with opened(tmp_path / "home") as house:
        report = house.ingestor.ingest([files, tmp_path / "missing.docx"])
        assert report.added == 2
        failures = {Path(failure.file).name: failure for failure in report.failures}
        assert set(failures) == {"2-empty.html", "3.bin", "missing.docx"}
        assert failures["2-empty.html"].code == "unreadable_document"
        assert all(failure.reason for failure in failures.values())
        assert house.catalogue.counts().failed == 3
        write(files, "2-empty.html", law(2))
        assert house.ingestor.ingest([files]).added == 1
        assert house.catalogue.counts().failed == 2


def test_a_document_that_can_no_longer_be_read_goes_on_answering(tmp_path: Path) -> None:
    file = write(tmp_path, "7.html", law(7))
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([file])
        write(tmp_path, "7.html", "")
        assert len(house.ingestor.ingest([file]).failures) == 1
        assert articles(house) == ["1", "2", "3", "4"]
        assert house.agrees()


def test_the_same_text_in_another_file_is_a_duplicate(tmp_path: Path) -> None:
    first = write(tmp_path, "7.html", law(7))
    copied = write(tmp_path, "copy.html", law(7))
    retyped = write(
        tmp_path, "other.html", law(7).replace("<b>", "<i>").replace("</b>", "</i>") + "<!-- other bytes -->"
    )
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([first])
        report = house.ingestor.ingest([copied, retyped])
        assert (report.duplicates, report.added, report.replaced) == (2, 0, 0)
        assert house.ingestor.ingest([tmp_path / "copy.html", retyped]).unchanged == 2
        assert len(house.catalogue.versions(NUMBER)) == 1


@pytest.mark.parametrize("newest_first", [False, True])
def test_of_two_texts_of_one_document_the_newest_file_answers(tmp_path: Path, newest_first: bool) -> None:
    files = tmp_path / "files"
    old = write(files, "b.html", law(7, articles=2), at=1_000_000)
    new = write(files, "a.html", law(7, articles=3), at=2_000_000)
    with opened(tmp_path / "home") as house:
        for file in (new, old) if newest_first else (old, new):
            house.ingestor.ingest([file])
        assert articles(house) == ["1", "2", "3"]
        assert sorted(v.state for v in house.catalogue.versions(NUMBER)) == [LIVE, REPLACED]
        assert house.ingestor.ingest([files]).unchanged == 2
        assert house.agrees()


def test_one_number_of_two_issuers_is_two_documents(tmp_path: Path) -> None:
    write(tmp_path / "f", "a.html", law(7, articles=2))
    write(tmp_path / "f", "b.html", law(7, articles=3, issuer="TỈNH SÔNG ĐÀ"))
    with opened(tmp_path / "home") as house:
        assert house.ingestor.ingest([tmp_path / "f"]).added == 2
        keys = {entry.card.key for entry in house.catalogue.documents().entries}
        assert keys == {NUMBER, f"{NUMBER}@uy-ban-nhan-dan-tinh-song-da"}
        assert house.agrees()


def test_a_number_without_a_year_is_not_enough(tmp_path: Path) -> None:
    def decision(title: str, year: int) -> str:
        text = law(7, year=year).replace("Quy định về phí của tỉnh", title)
        return text.replace(f"7/{year}/QĐ-UBND", "7/QĐ-UBND")

    first = "Ban hành quy trình đăng ký kết hôn tại xã"
    write(tmp_path / "f", "1.html", decision(first, 2031))
    write(tmp_path / "f", "2.html", decision(first, 2032))
    write(tmp_path / "f", "3.html", decision("Thành lập tổ công tác chuyển đổi số", 2031))
    with opened(tmp_path / "home") as house:
        assert house.ingestor.ingest([tmp_path / "f"]).added == 3
        keys = {entry.card.key for entry in house.catalogue.documents().entries}
        assert len(keys) == 3
        assert keys >= {"7/QĐ-UBND", "7/QĐ-UBND@2032-05-02"}
        write(tmp_path / "f", "3.html", decision("Thành lập tổ chuyển đổi số", 2031))
        assert house.ingestor.ingest([tmp_path / "f"]).replaced == 1
        assert house.agrees()


def test_documents_without_a_number_are_known_by_their_file(tmp_path: Path) -> None:
    page = "<html><body><p>1. Mục đích</p><p>{}</p><p>2. Phạm vi</p><p>Áp dụng cho mọi người.</p></body></html>"
    one = write(tmp_path / "a", "Quy trình.html", page.format("Tiếp nhận hồ sơ của công dân."))
    two = write(tmp_path / "b", "Quy trình.html", page.format("Trả kết quả cho công dân."))
    with opened(tmp_path / "home") as house:
        assert house.ingestor.ingest([one, two]).added == 2
        write(tmp_path / "b", "Quy trình.html", page.format("Trả kết quả trong ngày."))
        assert house.ingestor.ingest([two]).replaced == 1
        keys = sorted(entry.card.key for entry in house.catalogue.documents().entries)
        assert keys[0] == "file:quy-trinh"
        assert keys[1].startswith("file:quy-trinh-")
        assert house.agrees()


def test_a_removed_document_is_gone_and_comes_back_when_it_is_given_again(tmp_path: Path) -> None:
    file = write(tmp_path, "7.html", law(7))
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([file])
        removal = house.ingestor.remove("7/2031/qd-ubnd")
        assert (removal.key, removal.removed, removal.left) == (NUMBER, 4, 0)
        assert house.index.count(NUMBER) == 0
        with pytest.raises(NotFound):
            house.ingestor.remove(NUMBER)
        assert house.ingestor.ingest([file]).added == 1
        assert house.agrees()


def test_status_and_access_change_in_every_passage_without_embedding(tmp_path: Path) -> None:
    file = write(tmp_path, "7.html", law(7))
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([file], access=("noi-bo",))
        assert articles(house, access=frozenset({"public"})) == []
        house.ingestor.change(NUMBER, access=("public",), status="expired", effective_to=date(2032, 1, 1))
        assert len(articles(house, access=frozenset({"public"}))) == 4
        assert articles(house, as_of=date(2032, 1, 1)) == []
        assert house.catalogue.document(NUMBER).card.status == "expired"
        assert len(house.embedder.embedded) == 4
        write(tmp_path, "7.html", law(7, articles=5))
        house.ingestor.ingest([file])
        assert house.catalogue.document(NUMBER).card.access == ("public",), "a new version keeps the labels"


def test_a_load_beside_a_serving_index_appears_as_a_whole(tmp_path: Path) -> None:
    for number in range(1, 8):
        write(tmp_path / "f", f"{number}.html", law(number, articles=3))
    with opened(tmp_path / "home", settings=IngestSettings(beside=3)) as house:
        seen: set[int] = set()
        report = house.ingestor.ingest([tmp_path / "f"], lambda now: seen.add(house.index.count()), serving=True)
        assert (report.added, report.passages) == (7, 21)
        assert seen == {0}, "nothing appeared before all was there"
        assert house.agrees()
        write(tmp_path / "f", "1.html", law(1, articles=2))
        assert house.ingestor.ingest([tmp_path / "f"], serving=True).replaced == 1
        assert house.agrees()


def test_a_stopped_ingest_keeps_what_it_wrote_and_goes_on_later(tmp_path: Path) -> None:
    for number in range(1, 30):
        write(tmp_path / "f", f"{number:02}.html", law(number, articles=3))
    with opened(tmp_path / "home") as house:
        report = house.ingestor.ingest([tmp_path / "f"], stop=lambda: house.catalogue.counts().documents >= 5)
        assert report.stopped
        assert report.added == 5
        assert house.agrees()
        rest = house.ingestor.ingest([tmp_path / "f"])
        assert (rest.added, rest.unchanged, rest.embedded) == (24, 5, 0)


def test_a_model_that_is_down_is_said_and_nothing_is_half_written(tmp_path: Path) -> None:
    class Down(QuickEmbedder):
        def embed_passages(self, texts):  # type: ignore[no-untyped-def]
            raise ModelUnavailable("Mô hình nhúng không trả lời.")

    file = write(tmp_path, "7.html", law(7))
    with opened(tmp_path / "home", Down()) as house:
        with pytest.raises(ModelUnavailable):
            house.ingestor.ingest([file])
        assert house.catalogue.counts().documents == house.index.count() == 0


def test_two_ingests_of_one_home_exclude_each_other(tmp_path: Path) -> None:
    file = write(tmp_path, "7.html", law(7))
    with opened(tmp_path / "home") as house:
        inside, go_on = threading.Event(), threading.Event()

        def wait(now: Progress) -> None:
            inside.set()
            assert go_on.wait(20)

        thread = threading.Thread(target=house.ingestor.ingest, args=([file], wait))
        thread.start()
        assert inside.wait(20)
        try:
            with pytest.raises(Conflict):
                house.ingestor.ingest([file])
            with pytest.raises(Conflict):
                house.ingestor.remove(NUMBER)
        finally:
            go_on.set()
            thread.join()
        assert house.agrees()


def test_recovery_mends_an_index_that_lost_or_gained_documents(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write(tmp_path / "f", f"{number}.html", law(number))
    with opened(tmp_path / "home") as house:
        house.ingestor.ingest([tmp_path / "f"])
        house.index.remove("1/2031/QĐ-UBND")
        points = []
        house.index.replace("2/2031/QĐ-UBND", "another", points)
        recovery = house.ingestor.recover()
        assert recovery.rewritten == 2
        assert house.agrees()
        assert len(house.embedder.embedded) == 12, "all from the cache"


def test_files_are_found_in_a_fixed_order_each_once(tmp_path: Path) -> None:
    for name in ("b/2.html", "a/1.html", "c.html", "Thumbs.db", "x.tmp", "~$c.html"):
        write((tmp_path / name).parent, Path(name).name, "x")
    found = [file.path.relative_to(tmp_path).as_posix() for file in found_files([tmp_path, tmp_path / "a"])]
    assert found == ["a/1.html", "b/2.html", "c.html"]
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert len(found_files([tmp_path])) == 3
