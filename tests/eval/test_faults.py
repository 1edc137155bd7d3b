"""Fault injection and the reading of decisions, over the demo documents."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.decided import decided
from eval.faults import measure_faults, says_too
from eval.place import Place
from retrieval.index import SearchFilter


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


def test_a_source_with_the_same_sentence_is_not_a_wrong_one_and_a_near_one_is(demo: Place) -> None:
    (passage, *_) = demo.runner.run(demo.parts.index.fetch(SearchFilter(), limit=1))
    fact = "Hộ gia đình có trách nhiệm sau đây phân loại rác, giữ vệ sinh nơi ở và nộp tiền dịch vụ hằng tháng"
    listed = (
        "1. Hộ gia đình có trách nhiệm sau đây:\na) Phân loại rác; giữ vệ sinh nơi ở và nộp tiền dịch vụ hằng tháng;"
    )
    for text, same in [
        (f"2. Trong năm đầu, {fact.lower()}.", True),
        (listed, True),
        (listed.replace("nơi ở và", "nơi ở,"), False),
        (listed.replace("hằng tháng", "hằng tháng, trừ hộ nghèo"), True),
        (listed.replace("a)", "a) Thu gom, bán phế liệu đúng nơi quy định của tổ dân phố;\nb)"), True),
    ]:
        assert says_too(fact, replace(passage, text=text)) is same, text


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
