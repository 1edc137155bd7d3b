"""Labels: what an official writes and what the address is are one thing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from legal.blocks import Paragraph
from legal.errors import BadRequest
from legal.labels import eid_label, find_label, label, labels, parse_label
from legal.structure import read

_count = st.integers(1, 300).map(str)
_lettered = st.builds("{}{}".format, st.integers(1, 300), st.sampled_from(["", "a", "b", "đ"]))
_times = st.sampled_from(["", "", "", "-2", "-3"])


def _level(prefix: str, numbers: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("{}_{}{}".format, st.just(prefix), numbers, _times)


def _path(*levels: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*levels).map(lambda parts: "__".join(part for part in parts if part))


def _maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), strategy)


_attachment = _maybe(st.builds("att_{}".format, _count))
_clause = _level("para", _lettered)
_point = _level("point", st.sampled_from([*"abcdđeghiklmnopqrstuvxy", "1.1", "12.3"]))
_item = _path(_level("item", _count), _maybe(_level("item", _count)))
_eids = st.one_of(
    _path(_attachment, _level("art", _lettered), _maybe(_clause), _maybe(_point), _maybe(_item)),
    _path(_attachment, _maybe(_level("part", _count)), _level("chp", _lettered), _maybe(_level("sec", _count))),
    _path(_level("chp", _lettered), _level("sec", _count), _level("subsec", _count)),
    _path(_attachment, _level("sec", st.one_of(_count, st.sampled_from("abđc"))), _maybe(_level("sec", _count))),
    _path(_attachment, _level("art", _lettered), _level("table", _count)),
    _level("blk", _count),
)


@given(_eids)
@example("part_1-2__chp_1")
@example("part_11-2__chp_3")
def test_every_address_has_a_label_that_leads_back(eid: str) -> None:
    assert parse_label(eid_label(eid)) == eid


@pytest.mark.parametrize(
    ("written", "eid"),
    [
        ("điểm a khoản 1 Điều 8", "art_8__para_1__point_a"),
        ("Điểm đ, Khoản 2, điều 93b", "art_93b__para_2__point_đ"),
        ("điểm c Điều 12", "art_12__point_c"),
        ("Chương II", "chp_2"),
        ("Chương 2", "chp_2"),
        ("Mục 1 Chương IV", "chp_4__sec_1"),
        ("Phần thứ ba", "part_3"),
        ("Phụ lục số 02", "att_2"),
        ("Mục 5.2", "sec_5__sec_2"),
        ("Điều 5 Quy chế ban hành kèm theo", "att_1__art_5"),
    ],
)
def test_labels_as_officials_write_them(written: str, eid: str) -> None:
    assert parse_label(written) == eid


@pytest.mark.parametrize("text", ["", "hôm nay", "khoản", "Điều 8 và gì nữa", "art_8"])
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_label(text)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(BadRequest):
        eid_label("art_8__foo_1")


def test_a_document_prints_its_own_numbers() -> None:
    lines = ["Chương 2", "QUY ĐỊNH CỤ THỂ", "Mục 1. HỒ SƠ", "Điều 1. Thành phần", "1. Gồm:", "a) Đơn;", "- Bản chính."]
    document = read([Paragraph(line) for line in lines])
    assert list(labels(document).values()) == [
        "Chương 2", "Mục 1 Chương 2", "Điều 1", "khoản 1 Điều 1", "điểm a khoản 1 Điều 1",
        "tiết 1 điểm a khoản 1 Điều 1",
    ]  # fmt: skip
    assert label(document, "chp_2") == "Chương 2"
    assert find_label(document, "ĐIỂM A khoản 1 điều 1") == "art_1__para_1__point_a"
