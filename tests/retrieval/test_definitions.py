"""What a term means: the question for it, and the clause that says it."""

from __future__ import annotations

import pytest

from retrieval.definitions import asked_term, defining_place, lift_definitions, search_terms
from retrieval.index import Scored
from retrieval.passage import DocumentCard, Passage

CARD = DocumentCard("12/2024/QĐ-UBND", "v", "12/2024/QĐ-UBND", "Quy định về bến đò", None, None, None)


def passage(identity: str, heading: str, text: str) -> Passage:
    return Passage(identity, CARD, "art_2", "Điều 2", "2", heading, (), text)


DEFINITIONS = passage(
    "b",
    "Giải thích từ ngữ",
    "Trong Quy định này, các từ ngữ dưới đây được hiểu như sau:\n"
    "1. Bến đò ngang là nơi đón trả hành khách qua sông.\n"
    "2. “Chủ bến” là tổ chức, cá nhân được cấp giấy phép mở bến.\n"
    "3. Phương tiện (sau đây gọi là đò) bao gồm thuyền và phà.\n"
    "4. Giấy phép mở bến đò ngang là văn bản do Sở cấp.",
)


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("Bến đò ngang là gì?", "Bến đò ngang"),
        ("Cho tôi hỏi chủ bến là ai", "chủ bến"),
        ("Theo Quyết định 12/2024/QĐ-UBND, chủ bến được hiểu như thế nào?", "chủ bến"),
        ("Thế nào là bến đò ngang theo quy định hiện hành?", "bến đò ngang"),
        ("khái niệm chủ bến", "chủ bến"),
        ("Định nghĩa của “phương tiện”", "phương tiện"),
        ("“Phương tiện” có nghĩa gì", "Phương tiện"),
        ("Mở bến đò cần giấy tờ gì?", None),
        ("Thời hạn giải quyết hồ sơ?", None),
        ("", None),
    ],
)
def test_the_term_asked_for_is_read(question: str, term: str | None) -> None:
    assert asked_term(question) == term
    assert bool(search_terms(question)) is (term is not None)


@pytest.mark.parametrize(
    ("term", "line"),
    [
        ("bến đò ngang", "1. Bến đò ngang là nơi đón trả hành khách qua sông."),
        ("Chủ bến", "2. “Chủ bến” là tổ chức, cá nhân được cấp giấy phép mở bến."),
        ("phương tiện", "3. Phương tiện (sau đây gọi là đò) bao gồm thuyền và phà."),
    ],
)
def test_the_clause_that_begins_with_the_term_defines_it(term: str, line: str) -> None:
    place = defining_place(DEFINITIONS, term)
    assert place is not None and DEFINITIONS.text[slice(*place)] == line


@pytest.mark.parametrize("term", ["hành khách", "bến đò", "giấy phép", "chủ bên", "từ ngữ"])
def test_a_term_that_only_occurs_is_not_defined(term: str) -> None:
    assert defining_place(DEFINITIONS, term) is None


def test_only_definitions_articles_define() -> None:
    other = passage("a", "Trách nhiệm", "1. Chủ bến là người trực tiếp trả lời khiếu nại.")
    assert defining_place(other, "chủ bến") is None


def test_the_defining_passage_rises_and_the_others_keep_their_order() -> None:
    first, second = passage("a", "Trách nhiệm", "Chủ bến trang bị áo phao."), passage("c", "Phạt", "Chủ bến bị phạt.")
    found = [Scored(first, 0.9), Scored(second, 0.8), Scored(DEFINITIONS, 0.5)]
    lifted = list(lift_definitions(found, "Chủ bến là ai?"))
    assert [one.passage.id for one in lifted] == ["b", "a", "c"]
    assert all(0.0 <= one.score <= 1.0 for one in lifted)


@pytest.mark.parametrize("question", ["Chủ bến phải làm gì?", "hành khách là gì?"])
def test_nothing_changes_where_no_defined_term_is_asked(question: str) -> None:
    found = [Scored(passage("a", "Trách nhiệm", "Chủ bến trang bị áo phao."), 0.9), Scored(DEFINITIONS, 0.5)]
    assert list(lift_definitions(found, question)) == found
