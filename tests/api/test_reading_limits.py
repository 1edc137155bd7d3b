"""The limits of reading, and what bears a mark of secrecy: both are the operator's to set."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from api.settings import Settings, load_settings
from api.wiring import limits_of
from ingest.limits import Limits
from legal.errors import LimitExceeded, SecretDocument


def parse(file: Path, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Result:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    try:
        return CliRunner().invoke(app, ["parse", str(file), "--json"])
    finally:
        load_settings.cache_clear()


def test_every_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "file": ("5MiB", 5 << 20), "unpacked": ("7MiB", 7 << 20), "ratio": ("9", 9), "members": ("11", 11), "pages": ("12", 12),
        "text": ("13", 13), "memory": ("700MiB", 700 << 20), "seconds": ("15", 15.0), "office_seconds": ("16", 16.0),
        "ocr_page_seconds": ("17", 17.0), "pixels": ("18", 18),
    }  # fmt: skip
    assert given.keys() == set(Limits.__slots__)
    for name, (text, _) in given.items():
        monkeypatch.setenv(f"PHAPQUY_INGEST__LIMITS__{name.upper()}", text)
    assert limits_of(Settings()) == Limits(**{name: value for name, (_, value) in given.items()})
    for name in given:
        monkeypatch.delenv(f"PHAPQUY_INGEST__LIMITS__{name.upper()}")
    assert limits_of(Settings()) == Limits()


def test_a_limit_that_is_set_reaches_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Điều 1. Việc A\nLàm việc A.\n" * 50, encoding="utf-8")
    refused = parse(file, monkeypatch, PHAPQUY_INGEST__LIMITS__TEXT="100")
    assert refused.exit_code == 1 and isinstance(refused.exception, LimitExceeded) and refused.stdout == ""
    monkeypatch.delenv("PHAPQUY_INGEST__LIMITS__TEXT")
    assert parse(file, monkeypatch).exit_code == 0


def test_a_secret_document_is_shown_only_where_it_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.txt"
    file.write_text(
        "UBND XÃ A\nSố: 3/QĐ-UBND\nTUYỆT MẬT\nQUYẾT ĐỊNH\nVề việc A\nĐiều 1. Việc A\nLàm việc A.\n", encoding="utf-8"
    )
    refused = parse(file, monkeypatch)
    assert (
        isinstance(refused.exception, SecretDocument) and "TUYỆT MẬT" in str(refused.exception) and refused.stdout == ""
    )
    shown = parse(file, monkeypatch, PHAPQUY_INGEST__SECRET="true")
    assert shown.exit_code == 0 and '"secrecy": "Tuyệt mật"' in shown.stdout
