"""A home filled with the demo documents by the real way, once for all tests that need it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from api.settings import Settings
from eval.place import Place, open_place
from ingest.catalogue_writing import CatalogueWriting

#: What a home gives the demo documents that are not for everyone; `access.jsonl` is about these.
LABELS = {
    "77/QĐ-UBND": ["unit:song-vong"],
    "03/HD-SNV": ["unit:so-noi-vu"],
    "QT 07/SV-VHXH": ["unit:song-vong", "unit:van-hoa"],
}
REPLACED = ("05/2024/QĐ-UBND", date(2026, 5, 1))


@pytest.fixture(scope="session")
def demo(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The demo documents ingested, open in this process."""
    settings = Settings(home=tmp_path_factory.mktemp("demo") / "home", _env_file=None)  # type: ignore[call-arg]
    with open_place(settings) as place:
        parts = place.parts
        done = parts.ingestor.ingest([root / "deploy" / "demo" / "documents"])
        assert not done.failures
        number, until = REPLACED
        assert parts.catalogue.document(number).card.effective_to == until
        parts.syllables.refresh(parts.catalogue)
        yield place


def change(place: Place, number: str, fields: dict[str, object]) -> None:
    """Change a document's card in catalogue and index, as the ingest does it."""
    card = place.parts.catalogue.document(number).card
    writer = CatalogueWriting(place.parts.catalogue)
    intent = writer.begin_change(card.key, fields)
    place.parts.index.set_card(card.key, card.version, fields)
    writer.finish(intent)
    place.parts.names.refresh()


@pytest.fixture
def labelled(demo: Place) -> Iterator[Place]:
    """The demo home with access labels on three documents."""
    for number, labels in LABELS.items():
        change(demo, number, {"access": labels})
    yield demo
    for number in LABELS:
        change(demo, number, {"access": ["public"]})
