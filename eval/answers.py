"""Answers measured without a judge: gold article cited, quotes verbatim, refusals where they belong, time taken."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from api.requests import answer_request
from api.schemas import AnswerRequest, AnswerResponse, CitationOut
from eval.decided import decided
from eval.judge import Judgement
from eval.metrics import Interval, article_key, interval, percentile
from eval.questions import GoldQuestion, OpenQuestion
from ingest.catalogue import Catalogue, DocumentFilter
from legal.errors import NotFound
from legal.text import fold

Ask = Callable[[AnswerRequest], AnswerResponse]
OnDone = Callable[[int], None]

#: The kinds of answers that a set may give: true or false, a choice, a few words.
_DECIDES = ("true_false", "choice", "short")
Judge = Callable[[str, AnswerResponse], Judgement | None]

#: More provisions than this are a list, not an answer: the gold article must be among the first of them.
MOST_CITED = 5


def _nothing(done: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Asked:
    """What one question got. `hit`: a gold article is among the cited ones, None for a question without gold.

    `precision`: the gold share of the articles cited. `quotes`, `verbatim`: citations, and those of them whose words
    stand in the catalogue's provision at the given place. `recall`: the share of the gold articles that are cited.
    `statements`, `unsupported`: of a model's text. `right`: whether it decides as the set's answer says, None where it
    decides nothing; `decides`: the kind of that answer. `grounded`, `answers`: the judge's word.
    """

    id: str
    kind: str
    mode: str
    hit: bool | None
    precision: float | None
    recall: float | None
    cited: int
    quotes: int
    verbatim: int
    statements: int
    unsupported: int
    decides: str
    right: bool | None
    grounded: bool | None
    answers: bool | None
    milliseconds: float

    @property
    def refused(self) -> bool:
        return self.mode == "refusal"


@dataclass(frozen=True, slots=True)
class AnswerReport:
    """What all questions got."""

    answerable: tuple[Asked, ...]
    unanswerable: tuple[Asked, ...]

    def as_json(self) -> dict[str, Any]:
        """One object: figures first, then each question."""
        every = (*self.answerable, *self.unanswerable)
        kinds = sorted({one.kind for one in self.answerable if one.kind})
        quotes = sum(one.quotes for one in every)
        return {
            "answerable": {
                **_answerable(self.answerable),
                "kinds": {kind: _answerable([one for one in self.answerable if one.kind == kind]) for kind in kinds},
            },
            "unanswerable": _unanswerable(self.unanswerable),
            "statements": _statements(every),
            "accuracy": {
                kind: _accuracy(every, kind) for kind in _DECIDES if any(one.decides == kind for one in every)
            },
            "judge": _judge(every),
            "quotes": {"n": quotes, "verbatim": sum(one.verbatim for one in every)},
            "modes": {mode: sum(one.mode == mode for one in every) for mode in sorted({one.mode for one in every})},
            "latency_ms": {
                name: percentile([one.milliseconds for one in every], share)
                for name, share in (("p50", 50), ("p95", 95))
            },
            "questions": {
                one.id: {name: value for name, value in asdict(one).items() if name != "id"} for one in every
            },
        }


def _answerable(asked: Sequence[Asked]) -> dict[str, Any]:
    if not asked:
        return {"n": 0}
    answered = [one for one in asked if not one.refused]
    return {
        "n": len(asked),
        "gold_cited": _share([bool(one.hit) for one in asked]),
        "gold_cited_of_answered": _share([bool(one.hit) for one in answered]),
        "citation_precision": _share([one.precision or 0.0 for one in answered]),
        "citation_recall": _share([one.recall or 0.0 for one in asked]),
        "refused": _share([one.refused for one in asked]),
        "most_provisions_cited": max(one.cited for one in asked),
    }


def _unanswerable(asked: Sequence[Asked]) -> dict[str, Any]:
    if not asked:
        return {"n": 0}
    kinds = sorted({one.kind for one in asked if one.kind})
    return {
        "n": len(asked),
        "refused": _share([one.refused for one in asked]),
        "kinds": {
            kind: {
                "n": sum(one.kind == kind for one in asked),
                "refused": sum(one.refused for one in asked if one.kind == kind),
            }
            for kind in kinds
        },
    }


def _statements(asked: Sequence[Asked]) -> dict[str, Any] | None:
    said = sum(one.statements for one in asked)
    wrong = sum(one.unsupported for one in asked)
    return {"n": said, "unsupported": wrong, "share": round(wrong / said, 4)} if said else None


def _accuracy(asked: Sequence[Asked], kind: str) -> dict[str, Any]:
    found = [one for one in asked if one.decides == kind]
    return {
        "n": len(found),
        "decided": sum(one.right is not None for one in found),
        "right": _share([one.right for one in found if one.right is not None]),
    }


def _judge(asked: Sequence[Asked]) -> dict[str, Any] | None:
    heard = [one for one in asked if one.grounded is not None]
    if not heard:
        return None
    return {
        "n": len(heard),
        "grounded": _share([bool(one.grounded) for one in heard]),
        "answers": _share([bool(one.answers) for one in heard]),
    }


def _decides(gold: str) -> str:
    bare = fold(gold).strip(" .")
    if not bare:
        return ""
    return "true_false" if bare in ("dung", "sai") else "choice" if re.fullmatch("[a-d]", bare) else "short"


def _right(answer: AnswerResponse, gold: str) -> bool | None:
    """Whether an answer decides as the set says. Quotes decide nothing; a short answer may stand in them."""
    if not gold or answer.mode == "refusal" or (answer.mode == "extractive" and _decides(gold) != "short"):
        return None
    return decided(answer.text, gold)


def _share(values: Sequence[float | bool]) -> dict[str, float] | None:
    if not values:
        return None
    found: Interval = interval([float(value) for value in values])
    return asdict(found)


def measure_answers(
    ask: Ask,
    catalogue: Catalogue,
    answerable: Sequence[GoldQuestion],
    unanswerable: Sequence[OpenQuestion] = (),
    on_done: OnDone = _nothing,
    judge: Judge | None = None,
) -> AnswerReport:
    """Ask every question; one unmeasured question before warms up. `judge`: asked about every answer, if given."""
    done = 0

    def every(questions: Sequence[GoldQuestion | OpenQuestion]) -> Iterator[Asked]:
        nonlocal done
        for question in questions:
            yield _asked(ask, catalogue, question, judge)
            done += 1
            on_done(done)

    warming: list[GoldQuestion | OpenQuestion] = [*answerable, *unanswerable]
    ask(answer_request(warming[0].text))
    return AnswerReport(tuple(every(answerable)), tuple(every(unanswerable)))


def _asked(ask: Ask, catalogue: Catalogue, question: GoldQuestion | OpenQuestion, judge: Judge | None) -> Asked:
    began = time.perf_counter()
    answer = ask(answer_request(question.text))
    took = (time.perf_counter() - began) * 1000
    citations = sorted(answer.citations, key=lambda citation: citation.n)
    provisions = list(dict.fromkeys((one.document.number, one.provision.eid) for one in citations))
    first = set(provisions[:MOST_CITED])
    cited = dict.fromkeys(
        article_key(one.document.number, one.provision.article or one.provision.eid)
        for one in citations
        if (one.document.number, one.provision.eid) in first
    )
    hit: bool | None = None
    precision: float | None = None
    recall: float | None = None
    gold_answer = ""
    if isinstance(question, GoldQuestion):
        gold = {article_key(number, article) for number, article in question.relevant}
        hit = any(key in gold for key in cited)
        precision = len(gold & set(cited)) / len(cited) if cited else None
        recall = len(gold & set(cited)) / len(gold) if gold else None
        gold_answer = question.answer
    said = judge(question.text, answer) if judge is not None else None
    return Asked(
        id=question.id,
        kind=question.kind,
        mode=answer.mode,
        hit=hit,
        precision=precision,
        recall=recall,
        cited=len(provisions),
        quotes=len(citations),
        verbatim=sum(is_verbatim(catalogue, citation) for citation in citations),
        statements=len(answer.statements),
        unsupported=sum(one.verdict == "unsupported" for one in answer.statements),
        decides=_decides(gold_answer),
        right=_right(answer, gold_answer),
        grounded=said.grounded if said is not None else None,
        answers=said.answers if said is not None else None,
        milliseconds=round(took, 2),
    )


def is_verbatim(catalogue: Catalogue, citation: CitationOut) -> bool:
    """Whether the quote's words stand, letter by letter, at their place in the provision that the catalogue holds."""
    if not citation.quote:
        return False
    for key in _keys(catalogue, citation):
        provision = catalogue.tree(key).find(citation.provision.eid)
        if provision is not None and provision.full_text[citation.start : citation.end] == citation.quote:
            return True
    return False


def _keys(catalogue: Catalogue, citation: CitationOut) -> Iterator[str]:
    """The documents that a citation may mean: by number, of several issuers' the one that has the title."""
    document = citation.document
    if document.number:
        try:
            entry = catalogue.document(document.number)
        except NotFound:
            return
        yield entry.card.key
        if entry.card.issuer == document.issuer:
            return
    page = catalogue.documents(DocumentFilter(text=document.title or document.number or ""), limit=100)
    for entry in page.entries:
        if (entry.card.number, entry.card.title, entry.card.issuer) == (
            document.number,
            document.title,
            document.issuer,
        ):
            yield entry.card.key
