"""A law is named by its whole name: what begins like a known one and goes on is another law, never its neighbour."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from legal.names import LawName, LawNames, title_words
from legal.text import fold
from legal.titles import public_title_list
from retrieval.answer import Question
from retrieval.index import SearchFilter
from retrieval.named import named_provisions
from retrieval.pipeline import QuestionPath

ON = date(2026, 6, 1)
EVERYBODY = SearchFilter(access=frozenset({"public"}), as_of=date(2024, 12, 1))
FORMS = (
    "Điều 3 Luật {}",
    "Điều 3 Luật {} quy định gì?",
    "Theo khoản 1 Điều 3 của Luật {} thì ai được hưởng?",
    "Luật {}, Điều 3",
    "Điều 3 Luật {} áp dụng với ai",
)


def only(title: str) -> LawNames:
    return LawNames([LawName("1/2020/QH14", "1/2020/QH14", f"Luật {title}", date(2020, 1, 1))])


def titles() -> list[str]:
    return [title for title in public_title_list() if title_words(f"Luật {title}")]


def pairs() -> list[tuple[str, str]]:
    """Real titles that begin as another one does, with that one."""
    words = {title: title_words(f"Luật {title}") for title in titles()}
    return [
        (short, long)
        for short in words
        for long in words
        if len(words[long]) > len(words[short]) and words[long][: len(words[short])] == words[short]
    ]


def test_where_only_the_shorter_of_two_real_names_is_known_the_longer_is_unknown() -> None:
    assert len(pairs()) > 20
    for short, long in pairs():
        names = only(short)
        for form in FORMS:
            for text in (form.format(long), fold(form.format(long))):
                cited = [one for one in named_provisions(text, names, ON) if one.eid]
                assert cited and not any(one.keys for one in cited), text
                assert title_words(cited[0].document)[: len(title_words(long))] == title_words(f"Luật {long}"), text


def test_where_only_the_longer_of_two_real_names_is_known_the_shorter_is_unknown() -> None:
    for short, long in pairs():
        for text in (f"Điều 3 Luật {short}", fold(f"khoản 1 Điều 3 Luật {short}")):
            (cited,) = named_provisions(text, only(long), ON)
            assert (cited.keys, cited.trouble, cited.others) == ((), "unknown", ("1/2020/QH14",)), text


@pytest.mark.parametrize("more", ["đô thị", "công", "biển đảo", "tự nguyện", "và kinh doanh tài sản"])
def test_a_longer_name_that_nobody_knows_is_unknown_too(more: str) -> None:
    for title in titles():
        for form in FORMS if "(" not in title else ():  # a bracket ends a name
            cited = named_provisions(form.format(f"{title} {more}"), only(title), ON)
            assert cited and not any(one.keys for one in cited), (title, form)


ASKED = (
    "quy định gì?", "có hiệu lực khi nào", "nói về việc gì", "áp dụng với ai", "là gì", "cấm những hành vi nào",
    "yêu cầu gì", "được sửa đổi thế nào", "và cho biết mức phạt", "thì sao", "bắt buộc ai", "về thẩm quyền",
    "hướng dẫn ra sao", "còn hiệu lực không", "do ai ban hành", "gồm mấy khoản", "như thế nào", "hay không",
    "và Điều 5 Luật Thả diều", "năm 2020", "2020 nêu gì", "(đang áp dụng)", ". Cho hỏi thủ tục", ", khoản 2",
)  # fmt: skip


@pytest.mark.parametrize("asked", ASKED)
def test_what_a_question_goes_on_with_is_no_part_of_the_name(asked: str) -> None:
    for title in titles():
        cited = named_provisions(f"Điều 3 Luật {title} {asked}", only(title), ON)
        assert cited[0].keys == ("1/2020/QH14",), title


def test_the_shorter_law_is_mentioned_as_what_may_be_meant() -> None:
    (cited,) = named_provisions("Điều 3 Luật Đầu tư công", only("Đầu tư"), ON)
    assert (cited.trouble, cited.others, cited.label) == ("unknown", ("1/2020/QH14",), "Điều 3 Luật Đầu tư công")
    (both,) = named_provisions("Điều 3 Luật Đầu tư công số 1/2020/QH14", only("Đầu tư"), ON)
    assert (both.keys, both.trouble) == ((), "contradiction")


async def test_search_and_answers_do_not_cite_the_neighbour(library: Any, embedder: Any) -> None:
    names = LawNames([LawName("05/2024/QĐ-UBND", "05/2024/QĐ-UBND", "Luật Thu gom rác", date(2024, 3, 1))])
    path = QuestionPath(library.index, embedder, names=lambda access: names)
    right = await path.search(Question("Điều 3 Luật Thu gom rác quy định gì?", EVERYBODY))
    assert (right.hits[0].why, right.hits[0].passage.article) == ("cited", "3")
    for text in ("Điều 3 Luật Thu gom rác công nghiệp", "Điều 3 Luật Thu gom rác công nghiệp quy định gì?"):
        found = await path.search(Question(text, EVERYBODY))
        assert all(hit.why != "cited" for hit in found.hits)
        assert any("Điều 3 Luật Thu gom rác công nghiệp" in warning for warning in found.warnings)
        assert found.reading.citations == ("Điều 3 Luật Thu gom rác công nghiệp",)
        answer = await path.answer(Question(text, EVERYBODY))
        assert (answer.mode, answer.citations) == ("refusal", ())
