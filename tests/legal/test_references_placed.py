"""Citations where they stand in a document: amended laws, tables, sentences that tell the document otherwise."""

from __future__ import annotations

import pytest

from legal.document import LegalDocument, Metadata, Provision
from legal.references import Reference, find_references
from legal.references_documents import THIS
from legal.references_placed import placed_references


def law(*articles: Provision, title: str = "Luật Nuôi ong", preamble: tuple[str, ...] = ()) -> LegalDocument:
    return LegalDocument(Metadata("20/2032/QH17", "Luật", title), articles, (), preamble)


def article(number: int, text: str = "", *clauses: str, heading: str = "") -> Provision:
    eid = f"art_{number}"
    children = tuple(
        Provision("clause", str(n), f"{eid}__para_{n}", f"{n}.", "", said) for n, said in enumerate(clauses, 1)
    )
    return Provision("article", str(number), eid, f"Điều {number}.", heading, text, children)


def cited(document: LegalDocument, eid: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """(words, document, eids) of the citations in a provision."""
    node = document.find(eid)
    assert node is not None
    found: list[Reference] = [
        one.reference for one in placed_references(document) if one.eid == eid and not one.heading
    ]
    return [(node.own_text[one.start : one.end], one.document, one.eids) for one in found]


AMENDING = law(
    article(
        1, "",
        "Sửa đổi, bổ sung khoản 2 Điều 5 như sau:\n“2. Người nuôi ong theo khoản 1 Điều này và Điều 7 của Luật này.”",
        "Điều 8 được sửa đổi, bổ sung như sau:\n“Điều 8. Mật\n1. Mật ong.\n2. Chính phủ quy định khoản này.”",
        "Bãi bỏ khoản 3; bổ sung khoản 3a vào sau khoản 3 Điều 9 như sau:\n“3a. Sáp.”",
        heading="Sửa đổi, bổ sung một số điều của Luật Nuôi ong",
    ),
    article(2, "Luật này có hiệu lực từ ngày 01 tháng 7 năm 2033, trừ khoản 2 Điều 1 của Luật này."),
    title="Luật sửa đổi, bổ sung một số điều của Luật Nuôi ong",
    preamble=("Quốc hội ban hành Luật sửa đổi, bổ sung một số điều của Luật Nuôi ong số 5/2020/QH14.",),
)  # fmt: skip


def test_an_amending_law_speaks_of_the_amended_one() -> None:
    old = "5/2020/QH14"
    assert cited(AMENDING, "art_1__para_1") == [
        ("khoản 2 Điều 5", old, ("art_5__para_2",)),
        ("khoản 1 Điều này", old, ("art_5__para_1",)),
        ("Điều 7 của Luật này", old, ("art_7",)),
    ]
    assert cited(AMENDING, "art_1__para_2") == [("Điều 8", old, ("art_8",)), ("khoản này", old, ("art_8__para_2",))]
    assert [eids for _, _, eids in cited(AMENDING, "art_1__para_3")] == [
        ("art_9__para_3",), ("art_9__para_3a",), ("art_9__para_3",)
    ]  # fmt: skip
    assert [(document, eids) for _, document, eids in cited(AMENDING, "art_2")] == [
        (THIS, ()), (THIS, ("art_1__para_2",))
    ]  # fmt: skip


def test_the_sentence_tells_whose_article_it_is() -> None:
    document = law(
        article(
            1, "",
            "Luật Dệt lụa số 9/2010/QH12 hết hiệu lực từ ngày Luật này có hiệu lực, trừ quy định tại Điều 1 và Điều 70.",
            "Tội phạm quy định tại Chương XIII và các tội phạm quy định tại Điều 230 của Bộ luật Hình sự.",
            "Người quy định tại điểm b, người quy định tại điểm a khoản 5 Điều này.",
        )
    )  # fmt: skip
    assert cited(document, "art_1__para_1")[2][1:] == ("9/2010/QH12", ("art_1", "art_70"))
    assert [one[1:] for one in cited(document, "art_1__para_2")] == [
        ("Bộ luật Hình sự", ("chp_13",)), ("Bộ luật Hình sự", ("art_230",))
    ]  # fmt: skip
    assert cited(document, "art_1__para_3")[0][2] == ("art_1__para_5__point_b",)


def test_rows_of_a_table_belong_to_the_law_that_they_name() -> None:
    rows = (("1", "Luật Dệt lụa số 9/2010/QH12", "Điều 1, khoản 2 Điều 3"), ("2", "Luật này", "Điều 1"))
    table = Provision("table", "", "att_1__table_1", rows=rows)
    document = law(article(1, "Tằm."), Provision("appendix", "1", "att_1", "Phụ lục 1", children=(table,)))
    found = cited(document, "att_1__table_1")
    assert found[1] == ("Điều 1, khoản 2 Điều 3", "9/2010/QH12", ("art_1", "art_3__para_2"))
    assert found[3][1] == THIS


@pytest.mark.parametrize(
    ("text", "document", "eids"),
    [
        ("điểm a, khoản 1, Điều 8 Luật Nuôi ong", "Luật Nuôi ong", ("art_8__para_1__point_a",)),
        ("khoản 1 của các Điều 78 và 79 của Luật này", THIS, ("art_78__para_1", "art_79__para_1")),
        ("điểm 9 Điều 28 của Luật này", THIS, ("art_28__para_9",)),
        ("điểm 5 mục III phần B Luật Phí và lệ phí", "Luật Phí và lệ phí", ()),
        ("điểm 39 của Phụ lục 2", THIS, ("att_2",)),
        ("Phụ lục I ban hành kèm theo Nghị định số 8/2032/NĐ-CP", "8/2032/NĐ-CP", ("att_1",)),
        ("Phụ lục A của Công ước Stockholm", "Công ước Stockholm", ("att_a",)),
        ("Luật Quản lý, sử dụng vốn nhà nước đầu tư vào sản xuất, kinh doanh tại doanh nghiệp", "", ()),
        ("Luật Đầu tư công", "", ()),
        ("Luật Phòng cháy và chữa cháy", "", ()),
    ],
)
def test_further_forms(text: str, document: str, eids: tuple[str, ...]) -> None:
    (found,) = find_references(f"Thực hiện theo {text} và quy định khác.")
    assert (found.document, found.eids) == (document or text, eids)


@pytest.mark.parametrize(
    "text",
    [
        "thị phần từ 30% trở lên", "sở hữu chung theo phần và sở hữu chung hợp nhất", "Huy chương Vì an ninh Tổ quốc",
        "quy hoạch chi tiết 1/500", "phần trên không, phần này được miễn thuế", "các điều khoản này trong hợp đồng",
        "trọng tải toàn phần từ 5 tấn", "đối với luật gia", "Luật trong thời hạn ba tháng",
    ],
)  # fmt: skip
def test_further_words_that_are_no_citations(text: str) -> None:
    assert find_references(text, "art_1__para_1") == []
