"""A scan whose tone marks are lost waits at every door until a person accepts it; it is no failure."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.api.conftest import phapquy

LINES = (
    "UY BAN NHAN DAN TINH BINH SON",
    "So: 31/2031/QD-UBND",
    "QUYET DINH",
    "Quy dinh ve phi cua tinh",
    "Dieu 1. Pham vi dieu chinh",
    "1. Nguoi nop phi nop tien tai co quan thu theo quy dinh cua tinh.",
    "2. Muc thu do co quan co tham quyen quyet dinh hang nam.",
    "Dieu 2. Hieu luc thi hanh",
    "Quyet dinh nay co hieu luc ke tu ngay ky.",
)


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="needs Tesseract")
def test_a_doubtful_scan_waits_until_it_is_accepted(tmp_path: Path, filled_home: Path) -> None:
    page = Image.new("L", (1240, 900), 255)
    for place, line in enumerate(LINES):
        ImageDraw.Draw(page).text((80, 60 + 80 * place), line, font=ImageFont.load_default(30), fill=0)
    page.save(tmp_path / "scan.png", dpi=(150, 150))
    home = tmp_path / "home"
    shutil.copytree(filled_home / "models", home / "models", copy_function=os.link)
    done = phapquy(home, "ingest", str(tmp_path / "scan.png"), "--json")
    report = done.json
    assert (done.code, report["added"], report["failed"], len(report["needs_review"])) == (0, 0, [], 1)
    (held,) = phapquy(home, "status", "--json").json["needs_review"]
    assert held["reasons"] == report["needs_review"][0]["reasons"] != []
    accepted = phapquy(home, "accept", held["key"], "--json")
    assert accepted.code == 0 and accepted.json["passages"] > 0
    after = phapquy(home, "status", "--json").json
    assert (after["documents"], after["needs_review"]) == (1, [])
    assert phapquy(home, "accept", held["key"]).code == 1
