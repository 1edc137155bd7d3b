"""Fault injection and the reading of decisions, over the demo documents."""

from __future__ import annotations

import pytest

from eval.decided import decided
from eval.faults import measure_faults
from eval.place import Place


def test_made_up_outputs_are_caught_and_true_ones_pass(demo: Place) -> None:
    value = measure_faults(demo, n=40).as_json()
    kinds = value["faults"]["kinds"]
    for kind in (
        "invented provision or document",
        "altered number",
        "altered word in a quote",
        "source that does not exist",
    ):
        assert kinds[kind]["caught"]["mean"] == 1.0, value["slipped"]
    assert value["faults"]["n"] >= 30 and value["true"]["n"] >= 30
    assert value["true"]["rejected"]["mean"] <= 0.05, value["rejected"]


@pytest.mark.parametrize(
    ("text", "gold", "right"),
    [
        ("Nhận định này là sai vì hợp đồng phải lập thành văn bản [1].", "Sai", True),
        ("Đúng, quan hệ này có yếu tố nước ngoài [1].", "Sai", False),
        ("Hợp đồng phải lập thành văn bản [1].", "Sai", None),
        ("Đáp án đúng là B [1].", "B", True),
        ("C. Bản án của Tòa án [1].", "B", False),
        ("Thời hạn là mười ngày kể từ ngày nhận đơn [1].", "10 ngày", True),
        ("Thời hạn là 15 ngày [1].", "10 ngày", False),
    ],
)
def test_what_an_answer_decides(text: str, gold: str, right: bool | None) -> None:
    assert decided(text, gold) is right
