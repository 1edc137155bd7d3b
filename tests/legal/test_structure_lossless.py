"""No word is lost and none doubled, whatever stands in the paragraphs."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from legal.blocks import Block, Cell, Paragraph, Table
from legal.labels import eid_label, parse_label
from legal.structure import printed_words, read, source_words

_STARTS = [
    "", "Phần thứ nhất ", "PHẦN II. ", "Chương I", "CHƯƠNG 2. ", "Mục 1. ", "Tiểu mục 2. ", "Điều 1. ",
    "Điều 2. ", "Điều 3 ", "Điều 3a. ", "Điều 4: ", "Ðiều 5. ", "“Điều 7. ", "Điều 12 của Luật này ", "1. ",
    "2. ", "3) ", "1a. ", "4.", "1.1. ", "1.2 ", "a) ", "b) ", "đ) ", "e. ", "a1) ", "- ", "+ ", "(i) ", "(2) ",
    "I. ", "II. ", "A. ", "5.2. ", "PHỤ LỤC I", "Phụ lục số 02. ", "PHỤ LỤC", "DANH MỤC ", "Mẫu số 01",
    "QUY CHẾ ", "(Ban hành kèm theo Quyết định số 1/QĐ-UBND) ", "Nơi nhận: ", "- Như trên;", "KT. CHỦ TỊCH",
    "CHỦ TỊCH", "MỤC LỤC", "Căn cứ ", "QUYẾT ĐỊNH:", "Luật này được Quốc hội thông qua ngày ", "2014. ", "Khoản ",
]  # fmt: skip
_BODIES = [
    "", "Phạm vi điều chỉnh", "NHỮNG QUY ĐỊNH CHUNG", "Sửa đổi, bổ sung Điều 5 như sau:", "cơ quan, tổ chức;",
    "có hiệu lực.", "“quy định cũ” bằng “quy định mới”", "mở “ngoặc", "đóng”.", 'thẳng"',
    "1.000.000 đồng ngày 01/7/2025", "........", "NƠI Ở", "a\u00adb\u200bc d\u00a0e", "dòng một\ndòng hai",
    "Điều 9", "…12", "ı ß İ ǆ", "²₃", "một hai ba bốn năm sáu bảy tám chín mười " * 9,
]  # fmt: skip
_texts = st.builds("{}{}".format, st.sampled_from(_STARTS), st.sampled_from(_BODIES)).filter(lambda text: text.strip())
_free = st.text(min_size=1, max_size=40)
_paragraphs = st.builds(
    Paragraph,
    st.one_of(_texts, _texts, _texts, _free),
    bold=st.booleans(),
    align=st.sampled_from([None, "center"]),
)
_cells = st.builds(Cell, st.lists(st.one_of(_texts, _free), max_size=2).map(tuple))
_tables = st.builds(Table, st.lists(st.lists(_cells, max_size=3).map(tuple), max_size=3).map(tuple))
_blocks = st.lists(st.one_of(_paragraphs, _paragraphs, _paragraphs, _paragraphs, _tables), max_size=40)


@settings(max_examples=250, deadline=None)
@given(_blocks, st.lists(_free, max_size=2))
def test_words_of_the_tree_equal_those_of_the_source(blocks: list[Block], furniture: list[str]) -> None:
    document = read(blocks, furniture)
    assert printed_words(document) == source_words(blocks, furniture)


@settings(max_examples=100, deadline=None)
@given(_blocks)
def test_addresses_are_unique_and_go_back_and_forth(blocks: list[Block]) -> None:
    document = read(blocks)
    eids = [node.eid for node in document.walk()]
    assert Counter(eids) == Counter(set(eids))
    assert [parse_label(eid_label(eid)) for eid in eids] == eids


def test_an_empty_document_has_no_provisions() -> None:
    assert read([]).provisions == ()
