"""What a person says of a document beside its file overrides what was read, and says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.files import found_files
from ingest.side_car import GIVEN, read_side_car
from legal.document import Evidence, Metadata, Validity
from legal.errors import BadSideCar


def said(folder: Path, text: str) -> Path:
    file = folder / "a.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_values_override_and_are_marked(tmp_path: Path) -> None:
    text = "number: 7/2031/qd-ubnd\nissued: 2031-05-02\neffective_to: 01/06/2032\nsigner: null\naccess: [noi-bo, a]\n"
    given = read_side_car(said(tmp_path, text))
    read = Metadata(
        number="8/2031/QĐ-UBND",
        title="Tên",
        signer="Nguyễn Văn B",
        validity=Validity(date(2031, 6, 1)),
        evidence={"number": Evidence("Số: 8"), "title": Evidence("Tên")},
    )
    now = given.over(read)
    assert (now.number, now.title, now.signer, now.issued) == ("7/2031/QĐ-UBND", "Tên", None, date(2031, 5, 2))
    assert now.validity == Validity(date(2031, 6, 1), date(2032, 6, 1))
    assert given.access == ("a", "noi-bo")
    assert {name for name, found in now.evidence.items() if found == GIVEN} == {
        "number", "issued", "effective_to", "signer",
    }  # fmt: skip
    assert now.evidence["title"] == Evidence("Tên")


@pytest.mark.parametrize(
    "text",
    [
        "number: [",
        "- a\n- b",
        "numbr: 7/2031/QĐ-UBND",
        "number: 5",
        "title: ''",
        "issued: 2031-02-30",
        "issued: tháng năm",
        "access: []",
        "access: {public: true}",
        "effective_from: 2031-06-01\neffective_to: 2031-06-01",
        "title: !!python/object/apply:os.getcwd []",
        "a: &a [x]\nb: [*a, *a]",
        "# " + "x" * 70_000,
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSideCar) as caught:
        read_side_car(said(tmp_path, text))
    assert "mô tả đi kèm" in caught.value.reason


def test_side_cars_come_with_their_documents(tmp_path: Path) -> None:
    for name in ("a.html", "a.yaml", "b.docx", "b.pdf", "b.docx.yaml", "b.yml", "alone.yaml", "c.html"):
        (tmp_path / name).write_text("title: x")
    found = {file.name: file for file in found_files([tmp_path])}
    cars = {name: file.side_car.name if file.side_car else None for name, file in found.items()}
    assert cars == {
        "a.html": "a.yaml", "alone.yaml": None, "b.docx": "b.docx.yaml", "b.pdf": "b.yml", "c.html": None,
    }  # fmt: skip
    assert found["a.html"].given and not found["c.html"].given
    assert [file.name for file in found_files([tmp_path / "b.yml"])] == ["b.docx", "b.pdf"]
