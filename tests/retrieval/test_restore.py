"""Questions typed without diacritics are read as their typist meant them, and nothing else of them changes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legal.text import fold, nfc
from retrieval.restore import SyllableModel, count_syllables

TEXTS = [
    "Thủ tục đăng ký kết hôn tại Ủy ban nhân dân cấp xã.",
    "Nam, nữ đăng ký kết hôn phải có mặt. Người con đã cho làm con nuôi.",
    "Thuế thu nhập cá nhân; thuê nhà ở; thuế đất. Tòa án nhân dân ra bản án.",
]


@pytest.fixture(scope="module")
def small() -> SyllableModel:
    return SyllableModel.build(count_syllables(TEXTS))


@pytest.fixture(scope="module")
def from_laws(corpus: Path) -> SyllableModel:
    lines = (corpus / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    return SyllableModel.build(count_syllables(json.loads(line)["text"] for line in lines))


def test_a_bare_question_is_read_with_its_diacritics(small: SyllableModel) -> None:
    restored = small.restore("thu tuc dang ky ket hon tai Uy ban nhan dan")
    assert restored.text == "thủ tục đăng ký kết hôn tại Ủy ban nhân dân"
    assert restored.changed
    assert restored.accented_share == 0.0


def test_the_neighbour_decides_between_forms(small: SyllableModel) -> None:
    assert small.restore("thue thu nhap").text == "thuế thu nhập"
    assert small.restore("thue nha o").text == "thuê nhà ở"


def test_partly_accented_questions_are_finished(small: SyllableModel) -> None:
    assert small.restore("thu tuc đăng ky ket hon").text == "thủ tục đăng ký kết hôn"


@pytest.mark.parametrize("text", ["cho con làm con nuôi", "Người con đã cho làm con nuôi", "Thuế thu nhập cá nhân"])
def test_accented_questions_stay(small: SyllableModel, text: str) -> None:
    assert not small.restore(text).changed


def test_codes_numbers_and_unknown_words_stay(small: SyllableModel) -> None:
    text = "UBND NĐ-CP 123/2020/QH14 qwrtz ket hon 2024"
    assert small.restore(text).text == "UBND NĐ-CP 123/2020/QH14 qwrtz kết hôn 2024"


def test_without_documents_nothing_is_guessed() -> None:
    assert not SyllableModel.build({}).restore("dang ky ket hon").changed


@given(st.text(alphabet=st.sampled_from("aăâdđeêghiklmnoôơtuưyAĐNT áàảãạ ế.,-/1 2\n"), max_size=60))
def test_only_diacritics_change(text: str) -> None:
    model = SyllableModel.build(count_syllables(TEXTS))
    assert fold(model.restore(text).text) == fold(nfc(text))


def test_real_questions(from_laws: SyllableModel, corpus: Path) -> None:
    """At least 95% of the syllables of real questions come back; not one accented question is touched."""
    right = total = 0
    for line in (corpus / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        question = nfc(json.loads(line)["question"])
        assert not from_laws.restore(question).changed
        typed = re.findall(r"\w+", question.lower())
        read = re.findall(r"\w+", from_laws.restore(fold(question)).text.lower())
        assert len(typed) == len(read)
        total += len(typed)
        right += sum(a == b for a, b in zip(typed, read, strict=True))
    assert right / total >= 0.95
