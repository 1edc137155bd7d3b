"""Passages: whole articles where they fit, parts that lose nothing where they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunk import passages
from ingest.splitting import located
from legal.document import Kind, LegalDocument, Metadata, Provision
from legal.errors import BadRequest
from legal.text import words
from retrieval.passage import DocumentCard, Passage

CARD = DocumentCard("01/2030/QH99", "v1", "01/2030/QH99", "Luật Thử nghiệm", "Luật", "Quốc hội", None)


def count(texts: Sequence[str]) -> list[int]:
    """Like a model's tokenizer: words and long words in pieces, 4 tokens around each text."""
    return [4 + sum(1 + len(word) // 6 for word in text.split()) for text in texts]


def clause(article: str, number: int, text: str, points: Sequence[str] = ()) -> Provision:
    eid = f"{article}__para_{number}"
    children = tuple(
        Provision("point", letter, f"{eid}__point_{letter}", f"{letter})", "", point)
        for letter, point in zip("abcdđeghik", points, strict=False)
    )
    return Provision("clause", str(number), eid, f"{number}.", "", text, children)


def article(
    number: int, heading: str, text: str = "", clauses: Sequence[Provision] = (), prefix: str = ""
) -> Provision:
    return Provision("article", str(number), f"{prefix}art_{number}", f"Điều {number}.", heading, text, tuple(clauses))


def chunked(*provisions: Provision, window: int = 120) -> list[Passage]:
    found = passages(LegalDocument(Metadata(), provisions), CARD, count, window)
    assert all(size <= window for size in count([p.embedded_text for p in found]))
    assert len({p.id for p in found}) == len(found)
    return found


def assert_whole(owner: Provision, parts: Sequence[Passage]) -> None:
    """The parts are slices of the owner's text, in order, with nothing but white space between them."""
    text = owner.full_text
    position = 0
    for number, part in enumerate(parts):
        assert (part.part, part.parts) == (number, len(parts))
        assert part.text == text[part.start : part.start + len(part.text)]
        assert part.start >= position
        assert not text[position : part.start].strip()
        position = part.start + len(part.text)
    assert not text[position:].strip()


def test_an_article_that_fits_is_one_passage_with_its_headings() -> None:
    eight = article(8, "Điều kiện kết hôn", "Nam, nữ kết hôn phải tuân theo:", [
        clause("art_8", 1, "Về tuổi:", ["Nam từ đủ 20 tuổi;", "Nữ từ đủ 18 tuổi;"]),
        clause("art_8", 2, "Tự nguyện."),
    ])  # fmt: skip
    chapter = Provision("chapter", "II", "chp_2", "Chương II", "KẾT HÔN", children=(eight,))
    (found,) = chunked(chapter)
    assert (found.eid, found.label, found.article, found.heading) == ("art_8", "Điều 8", "8", "Điều kiện kết hôn")
    assert found.path == ("Chương II KẾT HÔN",)
    assert found.text == eight.full_text
    assert found.embedded_text.splitlines()[:3] == ["Luật Thử nghiệm", "Chương II KẾT HÔN", "Điều 8. Điều kiện kết hôn"]
    assert [(s.eid, s.label) for s in found.spans] == [
        ("art_8__para_1", "khoản 1 Điều 8"),
        ("art_8__para_1__point_a", "điểm a khoản 1 Điều 8"),
        ("art_8__para_1__point_b", "điểm b khoản 1 Điều 8"),
        ("art_8__para_2", "khoản 2 Điều 8"),
    ]
    inner = found.spans[1]
    assert found.text[inner.start : inner.end] == "a) Nam từ đủ 20 tuổi;"


def test_a_long_article_is_divided_between_its_clauses() -> None:
    long = article(5, "Hồ sơ", "", [clause("art_5", n, f"nội dung khoản {n} " * 9) for n in range(1, 7)])
    found = chunked(long)
    assert len(found) > 1
    assert_whole(long, found)
    assert all(part.text.split()[0].rstrip(".").isdigit() for part in found), "each part begins at a clause"
    assert all("Điều 5. Hồ sơ" in part.embedded_text and part.article == "5" for part in found)
    inside = Counter(span.eid for part in found for span in part.spans)
    assert inside == {f"art_5__para_{n}": 1 for n in range(1, 7)}


def test_a_clause_that_is_too_long_is_divided_between_its_points_under_its_opening() -> None:
    points = [f"giấy tờ thứ {n} phải nộp theo quy định của cơ quan có thẩm quyền " * 2 for n in range(9)]
    clauses = [clause("art_5", 1, "Hồ sơ gồm các giấy tờ sau đây:", points), clause("art_5", 2, "Ngắn.")]
    long = article(5, "Hồ sơ", "", clauses)
    found = chunked(long)
    assert_whole(long, found)
    first, second = found[:2]
    assert first.lead == ""
    assert second.lead == "1. Hồ sơ gồm các giấy tờ sau đây:"
    assert second.text.split(")")[0] in "abcdđeghik"
    assert second.spans[0].eid == "art_5__para_1", "the clause goes on here"
    assert second.spans[0].start == 0 < second.start


def test_an_article_of_90_000_characters_is_cut_nowhere() -> None:
    sentence = "Cơ quan đăng ký có trách nhiệm kiểm tra hồ sơ và trả kết quả cho người nộp trong thời hạn quy định. "
    clauses = [clause("art_1", n, (sentence * 20).strip(), [(sentence * 9).strip()] * 3) for n in range(1, 14)]
    clauses += [clause("art_1", 14, "x" * 20_000), clause("art_1", 15, "một từ " * 2_000)]
    monster = article(1, "Điều rất dài", "Mở đầu:", clauses)
    assert len(monster.full_text) > 90_000
    found = chunked(monster, window=512)
    assert_whole(monster, found)
    sizes = count([part.embedded_text for part in found])
    assert sum(sizes) / len(sizes) > 256, "parts fill the window"
    small = [part for part, size in zip(found, sizes, strict=True) if size < 60]
    assert len(small) <= 2, "no crumbs"


def test_a_long_table_repeats_its_header_row() -> None:
    steps = ((f"{n}", "Công chức tư pháp hộ tịch", f"{n} ngày") for n in range(60))
    rows = (("Bước", "Người thực hiện", "Thời hạn"), *steps)
    table = Provision("table", "1", "sec_5__table_1", rows=rows)
    section = Provision("heading", "5", "sec_5", "5.", "Các bước", children=(table,))
    found = chunked(section)
    assert all(part.eid == "sec_5__table_1" for part in found)
    assert_whole(table, found)
    assert [part.lead for part in found[1:]] == ["Bước | Người thực hiện | Thời hạn"] * (len(found) - 1)
    assert all(line.count("|") == 2 for part in found for line in part.text.splitlines()), "rows stay whole"


def test_small_sections_go_together_and_large_ones_stand_alone() -> None:
    small = [Provision("heading", f"5.{n}", f"sec_5__sec_{n}", f"5.{n}.", f"Mục {n}", "Một câu.") for n in range(1, 4)]
    large = Provision("heading", "5.4", "sec_5__sec_4", "5.4.", "Cách thức", "nội dung công việc " * 24)
    section = Provision("heading", "5", "sec_5", "5.", "Nội dung", children=(*small, large))
    found = chunked(section)
    assert [part.eid for part in found] == ["sec_5", "sec_5__sec_4"]
    assert "5.3. Mục 3" in found[0].text
    assert [span.eid for span in found[0].spans] == ["sec_5__sec_1", "sec_5__sec_2", "sec_5__sec_3"]
    assert found[1].path == ("5. Nội dung",)


def test_articles_of_an_attachment_keep_their_own_address() -> None:
    own = article(1, "Ban hành", "Ban hành kèm theo Quyết định này Quy chế.")
    attached = article(1, "Phạm vi", "Quy chế này quy định.", prefix="att_1__")
    attachment = Provision("appendix", "1", "att_1", "QUY CHẾ", "Làm việc", "Ban hành kèm theo.", children=(attached,))
    found = chunked(own, attachment)
    assert [(p.eid, p.article) for p in found] == [("art_1", "1"), ("att_1", None), ("att_1__art_1", "1")]


def test_a_provision_with_only_a_heading_can_be_found() -> None:
    (found,) = chunked(article(3, "Bãi bỏ Thông tư số 01/2020/TT-BTP"))
    assert found.text == ""
    assert "Bãi bỏ" in found.embedded_text


def test_ids_are_stable_for_a_version_and_differ_between_versions() -> None:
    one = article(1, "Một", "Nội dung.")
    document = LegalDocument(Metadata(), (one,))
    again = passages(document, CARD, count, 120)
    assert [p.id for p in chunked(one)] == [p.id for p in again]
    other = DocumentCard("01/2030/QH99", "v2", None, None, None, None, None)
    assert passages(document, other, count, 120)[0].id != again[0].id


def test_a_window_without_room_is_refused() -> None:
    heading = "tiêu đề rất dài " * 40
    with pytest.raises(BadRequest):
        passages(LegalDocument(Metadata(), (article(1, heading, "chữ " * 50),)), CARD, count, 24)


WORDS = st.text(alphabet="aăâđêôơư bcdg.,;:\n", max_size=400).map(lambda t: " ".join(t.split(" ")).strip())


@st.composite
def trees(draw: st.DrawFn, depth: int = 0, prefix: str = "") -> Provision:
    both: list[tuple[Kind, str]] = [("table", "table"), ("heading", "sec")]
    kinds: list[tuple[Kind, str]] = [("chapter", "chp"), ("article", "art"), ("block", "blk"), *both]
    inner: list[tuple[Kind, str]] = [("clause", "para"), ("point", "point"), *both]
    kind, short = draw(st.sampled_from(kinds if depth == 0 else inner))
    eid = f"{prefix}{short}_{draw(st.integers(1, 99))}"
    children: list[Provision] = []
    rows: tuple[tuple[str, ...], ...] = ()
    if kind == "table":
        rows = tuple(draw(st.lists(st.tuples(WORDS, WORDS), max_size=6)))
    elif depth < 3:
        for n in range(draw(st.integers(0, 4))):
            children.append(draw(trees(depth=depth + 1, prefix=f"{eid}_{n}__")))
    marker = {"article": "Điều 1.", "clause": "1.", "point": "a)", "heading": "1.1."}.get(kind, "")
    heading = draw(st.sampled_from(["", "Tên mục"])) if kind in ("article", "heading", "chapter") else ""
    return Provision(kind, "1", eid, marker, heading, draw(WORDS) if not rows else "", tuple(children), rows)


@settings(max_examples=120, deadline=None)
@given(trees(), st.integers(60, 200))
def test_no_word_is_lost_and_each_part_fits(tree: Provision, window: int) -> None:
    found = chunked(tree, window=window)
    by_eid = {node.eid: node for node in tree.walk()}
    for part in found:
        owner = by_eid[part.eid]
        assert part.text == owner.full_text[part.start : part.start + len(part.text)]
        for span in part.spans:
            assert by_eid[span.eid].full_text == owner.full_text[span.start : span.end]
    if tree.kind == "article":
        assert_whole(tree, found)
    there = Counter(word for part in found for word in words(f"{part.text} {part.heading} {' '.join(part.path)}"))
    printed = Counter(word for node in tree.walk() for word in words(node.own_text))
    assert not printed - there


@settings(max_examples=80, deadline=None)
@given(trees())
def test_located_ranges_are_the_provisions_own_texts(tree: Provision) -> None:
    for node, start, end in located(tree):
        assert node.full_text == tree.full_text[start:end]
