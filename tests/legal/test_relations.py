"""Relations between documents: what replaces, repeals, amends, rests on or guides what, and from which day."""

from __future__ import annotations

from datetime import date

import pytest

from legal.document import LegalDocument, Metadata, Provision, Validity
from legal.names import LawName, LawNames
from legal.quoted import quoted_spans, unquoted
from legal.relations import Relation, find_relations, resolve_target
from legal.relations_changes import instructions, typed_changes

START = date(2032, 7, 1)
META = Metadata("20/2032/QH17", "Luật", "Luật Nuôi ong", "Quốc hội", issued=date(2032, 1, 9), validity=Validity(START))


def stating(*sentences: str, metadata: Metadata = META, preamble: tuple[str, ...] = ()) -> list[Relation]:
    clauses = tuple(
        Provision("clause", str(n), f"art_9__para_{n}", f"{n}.", "", text) for n, text in enumerate(sentences, 1)
    )
    closing = Provision("article", "9", "art_9", "Điều 9.", "Hiệu lực thi hành", "", clauses)
    return find_relations(LegalDocument(metadata, (closing,), (), preamble))


@pytest.mark.parametrize(
    ("sentence", "kind", "target", "day"),
    [
        ("Luật Nuôi ong số 5/2020/QH14 hết hiệu lực từ ngày Luật này có hiệu lực.", "replaces", "5/2020/QH14", START),
        ("Luật này thay thế Luật Nuôi ong số 5/2020/QH14.", "replaces", "5/2020/QH14", START),
        ("Luật này có hiệu lực từ ngày ký và thay thế Quyết định số 3/QĐ-BX.", "replaces", "3/QĐ-BX", START),
        ("Bãi bỏ Nghị quyết số 8/2021/NQ-HĐND.", "repeals", "8/2021/NQ-HĐND", START),
        ("Nghị định số 7/2021/NĐ-CP hết hiệu lực từ ngày 01/9/2032.", "replaces", "7/2021/NĐ-CP", date(2032, 9, 1)),
    ],
)  # fmt: skip
def test_a_whole_document_ends(sentence: str, kind: str, target: str, day: date) -> None:
    (found,) = [relation for relation in stating(sentence) if relation.kind != "refers"]
    assert (found.kind, found.target, found.day, found.partly, found.eids) == (kind, target, day, False, ())
    assert found.eid == "art_9__para_1"


def test_the_history_of_the_target_does_not_end_with_it() -> None:
    found = stating(
        "Luật Nuôi ong số 5/2020/QH14 đã được sửa đổi, bổ sung theo Luật số 6/2022/QH15 và Luật số 7/2024/QH15 "
        "(sau đây gọi là Luật Nuôi ong số 5/2020/QH14) hết hiệu lực kể từ ngày Luật này có hiệu lực, trừ Điều 3."
    )
    ended = [relation for relation in found if relation.kind == "replaces"]
    assert [relation.target for relation in ended] == ["5/2020/QH14"]
    assert ended[0].excepted


@pytest.mark.parametrize(
    "sentence",
    [
        "Bãi bỏ khoản 3 Điều 19 của Luật Thư viện số 1/2020/QH14.",
        "Bãi bỏ Điều 24 và Phụ lục số 02 về danh mục phí ban hành kèm theo Luật Thư viện số 1/2020/QH14.",
        "Các quy định về sách của Luật Thư viện số 1/2020/QH14 hết hiệu lực kể từ ngày Luật này có hiệu lực.",
        "Chương IX - Cấp chứng chỉ của Luật Thư viện số 1/2020/QH14 hết hiệu lực từ ngày Luật này có hiệu lực.",
    ],
)
def test_a_part_that_ends_is_not_the_whole(sentence: str) -> None:
    (found,) = stating(sentence)
    assert found.target == "1/2020/QH14"
    assert found.partly


def test_what_is_quoted_for_another_law_states_nothing() -> None:
    found = stating(
        "Sửa khoản 2 Điều 8 như sau: “2. Luật Nuôi ong số 5/2020/QH14 hết hiệu lực kể từ ngày Luật này có hiệu lực.”."
    )
    assert not [relation for relation in found if relation.kind in ("replaces", "repeals")]


def test_lists_of_documents_that_end() -> None:
    points = tuple(
        Provision("point", letter, f"art_9__para_1__point_{letter}", f"{letter})", "", text)
        for letter, text in (("a", "Pháp lệnh Thuế tổ ong năm 1992;"), ("b", "Nghị định số 9/2001/NĐ-CP."))
    )
    clause = Provision(
        "clause",
        "1",
        "art_9__para_1",
        "1.",
        "",
        "Các văn bản sau đây hết hiệu lực từ ngày Luật này có hiệu lực:",
        points,
    )
    found = find_relations(
        LegalDocument(META, (Provision("article", "9", "art_9", "Điều 9.", "Hiệu lực", "", (clause,)),))
    )
    assert [(r.kind, r.target, r.year, r.day) for r in found] == [
        ("replaces", "Pháp lệnh Thuế tổ ong", 1992, START),
        ("replaces", "9/2001/NĐ-CP", None, START),
    ]


def test_preamble_and_title() -> None:
    metadata = Metadata("4/2033/NĐ-CP", "Nghị định", "Nghị định quy định chi tiết một số điều của Luật Nuôi ong")
    found = stating(
        metadata=metadata, preamble=("Căn cứ Luật Tổ chức Chính phủ số 76/2015/QH13;", "Căn cứ Luật Nuôi ong;")
    )
    assert [(r.kind, r.target) for r in found] == [
        ("based_on", "76/2015/QH13"),
        ("based_on", "Luật Nuôi ong"),
        ("guides", "Luật Nuôi ong"),
    ]
    amending = Metadata(
        "6/2034/QH17", "Luật", "Luật sửa đổi, bổ sung một số điều của Luật Nuôi ong", validity=Validity(START)
    )
    enacting = "Quốc hội ban hành Luật sửa đổi, bổ sung một số điều của Luật Nuôi ong số 20/2032/QH17."
    assert [(r.kind, r.target) for r in stating(metadata=amending, preamble=(enacting,))] == [
        ("amends", "20/2032/QH17")
    ]


def test_relations_reach_documents_named_by_number_or_by_day() -> None:
    names = LawNames(
        [
            LawName("5/2020/QH14", "5/2020/QH14", "Luật Nuôi ong", date(2020, 5, 1)),
            LawName("20/2032/QH17", "20/2032/QH17", "Luật Nuôi ong", date(2032, 1, 9), START),
            LawName("1-L/CTN", "1-L/CTN", "Luật Dệt lụa", date(1997, 5, 10)),
        ]
    )
    stated = stating(
        "Luật này thay thế Luật Nuôi ong số 05/2020/QH14.",
        "Luật Dệt lụa ngày 10 tháng 5 năm 1997 hết hiệu lực từ ngày 01/8/2032.",
    )
    meant = {resolve_target(one, names, date(2032, 1, 9), "20/2032/QH17"): one for one in stated}
    assert {key: (one.day, one.eid) for key, one in meant.items()} == {
        "5/2020/QH14": (START, "art_9__para_1"),
        "1-L/CTN": (date(2032, 8, 1), "art_9__para_2"),
    }


def test_nested_quotations() -> None:
    text = "a “b “c” d” e “g"
    assert [text[start:end] for start, end in quoted_spans(text)] == ["“b “c” d”", "“g"]
    assert len(unquoted(text)) == len(text)
    assert unquoted('nói "có" rồi').split() == ["nói", "rồi"]


def test_amending_instructions_become_typed_changes() -> None:
    def clause(number: str, text: str, *points: Provision) -> Provision:
        return Provision("clause", number, f"art_1__para_{number}", f"{number}.", "", text, points)

    point = Provision(
        "point", "a", "art_1__para_2__point_a", "a)", "", "Sửa đổi, bổ sung khoản 3 như sau:\n“3. Tổ mới.”;"
    )
    article = Provision(
        "article", "1", "art_1", "Điều 1.", "Sửa đổi, bổ sung một số điều của Luật Nuôi ong", "",
        (
            clause("1", "Bổ sung Điều 93b vào sau Điều 93 như sau:\n“Điều 93b. Ong rừng\n1. Theo “luật” riêng.”"),
            clause("2", "Sửa đổi, bổ sung một số khoản của Điều 8 như sau:", point),
            clause("3", "Bãi bỏ khoản 3 và khoản 4 Điều 19."),
            clause("4", "Thay thế cụm từ “tổ ong” bằng cụm từ “đõ ong” tại điểm a khoản 1 Điều 2."),
            clause("5", "Bỏ cụm từ “mật” tại Điều 5; bổ sung cụm từ “sáp” vào sau cụm từ “ong” tại khoản 2 Điều 6."),
            clause("6", "Sửa đổi, bổ sung khoản 4; bổ sung khoản 4a vào sau khoản 4 Điều 30 như sau:\n“4. A.\n4a. B.”"),
            clause("7", "Bãi bỏ Điều 3 của Luật Dệt lụa số 9/2020/QH14."),
        ),
    )  # fmt: skip
    metadata = Metadata("6/2034/QH17", "Luật", "Luật sửa đổi, bổ sung một số điều của Luật Nuôi ong")
    enacting = "Quốc hội ban hành Luật sửa đổi, bổ sung một số điều của Luật Nuôi ong số 20/2032/QH17."
    changes, unread = typed_changes(instructions(LegalDocument(metadata, (article,), (), (enacting,))))
    assert unread == []
    assert [(c.kind, c.document, c.eids) for c in changes] == [
        ("insert", "20/2032/QH17", ("art_93b",)),
        ("replace", "20/2032/QH17", ("art_8__para_3",)),
        ("repeal", "20/2032/QH17", ("art_19__para_3", "art_19__para_4")),
        ("replace_phrase", "20/2032/QH17", ("art_2__para_1__point_a",)),
        ("remove_phrase", "20/2032/QH17", ("art_5",)),
        ("insert_phrase", "20/2032/QH17", ("art_6__para_2",)),
        ("replace", "20/2032/QH17", ("art_30__para_4",)),
        ("insert", "20/2032/QH17", ("art_30__para_4a",)),
        ("repeal", "9/2020/QH14", ("art_3",)),
    ]
    assert (changes[0].after, changes[0].text) == ("art_93", "Điều 93b. Ong rừng\n1. Theo “luật” riêng.")
    assert (changes[3].old, changes[3].new) == ("tổ ong", "đõ ong")
    assert (changes[5].old, changes[5].new) == ("ong", "sáp")
    assert changes[1].eid == "art_1__para_2__point_a"


def test_instructions_reach_into_the_text_attached_to_a_decision() -> None:
    title = "Quyết định sửa đổi một số điều của Quy chế bến đò ban hành kèm theo Quyết định số 7/2031/QĐ-UBND"
    clauses = [
        "Sửa đổi khoản 2 Điều 4 như sau: “2. Đò chạy từ 5 giờ.”.",
        "Bãi bỏ khoản 3 Điều 2 Quy chế ban hành kèm theo Quyết định số 7/2031/QĐ-UBND.",
        "Bãi bỏ Điều 3 Quyết định số 7/2031/QĐ-UBND.",
    ]
    heading = "Sửa đổi một số điều của Quy chế ban hành kèm theo Quyết định số 7/2031/QĐ-UBND"
    children = tuple(
        Provision("clause", str(n), f"art_1__para_{n}", f"{n}.", "", text) for n, text in enumerate(clauses, 1)
    )
    for printed in (heading, ""):
        article = Provision("article", "1", "art_1", "Điều 1.", printed, "", children)
        changes, unread = typed_changes(
            instructions(LegalDocument(Metadata("9/2032/QĐ-UBND", title=title), (article,)))
        )
        assert not unread
        assert [change.eids for change in changes] == [
            ("att_1__art_4__para_2",), ("att_1__art_2__para_3",), ("art_3",)
        ]  # fmt: skip
        assert {change.document for change in changes} == {"7/2031/QĐ-UBND"}
