"""Citations in texts of law and in questions; documents by their names."""

from __future__ import annotations

import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.load import load
from legal.labels import eid_label
from legal.names import LawName, LawNames
from legal.reading import read_document
from legal.references import find_references, locate
from legal.references_documents import THIS
from legal.references_questions import parse_question_references

CITED = {
    "khoản 2 và khoản 3 Điều 8": ["art_8__para_2", "art_8__para_3"],
    "các điều 5, 7 và 9": ["art_5", "art_7", "art_9"],
    "từ Điều 10 đến Điều 13": ["art_10", "art_11", "art_12", "art_13"],
    "các điều từ 10 đến 12": ["art_10", "art_11", "art_12"],
    "các điểm a, b và đ khoản 1 Điều 2": ["art_2__para_1__point_a", "art_2__para_1__point_b", "art_2__para_1__point_đ"],
    "từ điểm c đến điểm e khoản 1 Điều 2": [f"art_2__para_1__point_{letter}" for letter in "cdđe"],
    "điểm a khoản 1, khoản 2 Điều 5 và Điều 93b": ["art_5__para_1__point_a", "art_5__para_2", "art_93b"],
    "khoản 1, điểm b khoản 2 Điều 8": ["art_8__para_1", "art_8__para_2__point_b"],
    "Mục 2 Chương IV": ["chp_4__sec_2"],
    "Phụ lục II": ["att_2"],
}


@pytest.mark.parametrize(("cited", "eids"), CITED.items())
def test_lists_and_ranges(cited: str, eids: list[str]) -> None:
    text = f"Việc đó thực hiện theo quy định tại {cited} của Luật này, trừ 30 ngày đầu."
    for given_text in (text, unicodedata.normalize("NFD", text)):
        (found,) = find_references(given_text)
        assert list(found.eids) == eids
        assert found.document == THIS
        assert unicodedata.normalize("NFC", given_text[found.start : found.end]) == f"{cited} của Luật này"


def test_relative_citations_need_the_place() -> None:
    here = "art_7__para_3__point_b"
    (found,) = find_references("quy định tại điểm a, c khoản này và khoản 1 Điều này", here)
    assert found.eids == ("art_7__para_3__point_a", "art_7__para_3__point_c", "art_7__para_1")
    (nowhere,) = find_references("quy định tại khoản 1 Điều này")
    assert nowhere.eids == ()
    (section,) = find_references("theo Mục 2 Chương này", "art_7", above=("part_1", "part_1__chp_3"))
    assert section.eids == ("part_1__chp_3__sec_2",)
    assert locate("chp_3", ["part_1__chp_3", "art_1"]) == "part_1__chp_3"
    assert locate("chp_3", ["part_1__chp_3", "part_2__chp_3"]) is None


def test_each_citation_belongs_to_its_own_document() -> None:
    text = (
        "Theo khoản 2 Điều này, Điều 8 của Luật Nuôi ong số 12/2031/QH17, Điều 3 Nghị định số 5/2032/NĐ-CP, "
        "Điều 4 của Bộ luật dân sự năm 2015 và Luật Phòng, chống ngập lụt."
    )
    found = find_references(text, "art_2__para_1")
    assert [(r.document, r.eids, r.year) for r in found] == [
        (THIS, ("art_2__para_2",), None),
        ("12/2031/QH17", ("art_8",), None),
        ("5/2032/NĐ-CP", ("art_3",), None),
        ("Bộ luật dân sự", ("art_4",), 2015),
        ("Luật Phòng, chống ngập lụt", (), None),
    ]


def test_attached_regulations() -> None:
    assert find_references("Điều 5 Quy chế này", "att_1__art_2")[0].eids == ("att_1__art_5",)
    assert find_references("Điều 2 Quyết định này", "att_1__art_2")[0].eids == ("art_2",)
    (found,) = find_references("Điều 5 của Quy chế mượn sách ban hành kèm theo Quyết định số 9/QĐ-UBND")
    assert (found.document, found.eids) == ("9/QĐ-UBND", ("att_1__art_5",))


@pytest.mark.parametrize(
    "text",
    [
        "tài khoản 1 ngân hàng",
        "tại thời điểm a",
        "danh mục 2 loại",
        "điều kiện 5 năm",
        "pháp luật về luật sư",
        "khoản 2 triệu đồng",
    ],
)
def test_what_is_no_citation(text: str) -> None:
    assert find_references(text) == []


def test_a_bare_article_belongs_to_what_the_caller_says() -> None:
    (found,) = find_references("Sửa đổi khoản 2 Điều 5 như sau", document="12/2031/QH17")
    assert (found.document, found.eids) == ("12/2031/QH17", ("art_5__para_2",))


@given(article=st.integers(1, 700), clause=st.integers(1, 40), point=st.sampled_from("abcdđeghiklm"))
def test_labels_are_read_back(article: int, clause: int, point: str) -> None:
    eid = f"art_{article}__para_{clause}__point_{point}"
    assert find_references(f"theo {eid_label(eid)}")[0].eids == (eid,)
    assert parse_question_references(eid_label(eid).lower())[0].eids == (eid,)


@given(st.text(st.sampled_from("điều khoản ểm 123ab,;. vàđếnnàyLuậtsố/QH14-\u0301 ")) | st.text())
def test_nothing_typed_breaks_the_reader(text: str) -> None:
    for found in [*find_references(text, "art_1__para_2"), *parse_question_references(text, NAMES)]:
        assert 0 <= found.start < found.end <= len(text)


NAMES = LawNames(
    [
        LawName("60/2030/QH16", "60/2030/QH16", "Luật Nuôi ong", date(2030, 6, 1), date(2031, 1, 1), date(2035, 1, 1)),
        LawName("9/2034/QH17", "9/2034/QH17", "Luật Nuôi ong", date(2034, 6, 1), date(2035, 1, 1)),
        LawName(
            "7/2032/QH17",
            "7/2032/QH17",
            "Luật sửa đổi, bổ sung một số điều của Luật Nuôi ong",
            date(2032, 6, 1),
            date(2033, 1, 1),
        ),
        LawName("1/2029/QH16", "1/2029/QH16", "Bộ luật Sông nước", date(2029, 6, 1), date(2030, 1, 1)),
        LawName(
            "2/2029/QH16", "2/2029/QH16", "Luật Phòng, chống sạt lở và lũ quét", date(2029, 7, 1), date(2030, 1, 1)
        ),
        LawName("123/2030/NĐ-CP", "123/2030/NĐ-CP", "Nghị định quy định về tổ ong", date(2030, 9, 1)),
    ]
)

TYPED = {
    "Điều 8 Luật Nuôi ong": ("art_8", "9/2034/QH17"),
    "khoản 2 điều 5 NĐ 123/2030": ("art_5__para_2", "123/2030/NĐ-CP"),
    "đ5 k2 Luật nuôi ong": ("art_5__para_2", "9/2034/QH17"),
    "dieu 8 luat phong chong sat lo": ("art_8", "2/2029/QH16"),
    "Luật nuôi ong 2030 điều 79 quy định gì?": ("art_79", "60/2030/QH16"),
    "bo luat song nuoc, dieu 7 khoan 1 diem a": ("art_7__para_1__point_a", "1/2029/QH16"),
    "theo điều 12 luật 7/2032/qh17 thì sao": ("art_12", "7/2032/QH17"),
    "BLSN điều 3": ("art_3", "1/2029/QH16"),
    "nghị định 123 điều 4": ("art_4", "123/2030/NĐ-CP"),
    "điều 5, khoản 3 của luật sửa đổi luật nuôi ong": ("art_5__para_3", "7/2032/QH17"),
    "điểm đ khoản 1 Điều 93b Luật nuôi ong năm 2034": ("art_93b__para_1__point_đ", "9/2034/QH17"),
}


@pytest.mark.parametrize(("typed", "meant"), TYPED.items())
def test_citations_typed_in_questions(typed: str, meant: tuple[str, str]) -> None:
    (found,) = parse_question_references(typed, NAMES)
    best = NAMES.resolve(found.document, found.year)[0]
    assert (found.eids, best.entry.number) == ((meant[0],), meant[1])


def test_questions_without_citation_or_document() -> None:
    assert parse_question_references("thủ tục nhận con nuôi, hỏi luật sư ở đâu?", NAMES) == []
    (found,) = parse_question_references("điều 8 nói gì", NAMES)
    assert (found.document, found.eids) == ("", ("art_8",))


def test_names_are_ranked_for_the_day_asked() -> None:
    def numbers(name: str, on: date | None = None) -> list[str | None]:
        return [match.entry.number for match in NAMES.resolve(name, on=on)]

    assert numbers("luật nuôi ong", date(2032, 1, 1)) == ["60/2030/QH16", "9/2034/QH17", "7/2032/QH17"]
    assert numbers("luat nuoi ong", date(2036, 1, 1)) == ["9/2034/QH17", "60/2030/QH16", "7/2032/QH17"]
    assert numbers("Luật sửa đổi Luật Nuôi ong") == ["7/2032/QH17"]
    assert numbers("Luật Trồng sen") == []
    assert numbers("99/2099/QH20") == []
    assert [m.same_year for m in NAMES.resolve("Bộ luật Sông nước 2010")] == [False]


def test_laws_of_the_corpus_cite_provisions_that_they_have(corpus: Path) -> None:
    cited = missing = 0
    for name in (
        "Luat-Ho-tich-2014-259727.html",
        "Luat-Can-cuoc-26-2023-QH15-552422.html",
        "Bo-luat-dan-su-2015-296215.html",
    ):
        document = read_document(load(corpus / "laws" / name))
        eids = {provision.eid for provision in document.walk()}
        for provision in document.walk():
            for found in find_references(provision.own_text, provision.eid):
                if found.document == THIS:
                    cited += len(found.eids)
                    missing += sum(locate(eid, eids) is None for eid in found.eids)
    assert cited > 300
    assert missing <= cited * 0.01
