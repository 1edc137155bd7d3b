"""Answers remembered, and what people say of them: useful, wrong citation, outdated, missing document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, cast

from sqlalchemy import BigInteger, Engine, delete, literal, select
from sqlalchemy.orm import Session

from api.caller import Caller
from api.doors_tables import AnswerRow, FeedbackRow
from legal.errors import NotFound
from retrieval.answer import Answer

FeedbackKind = Literal["useful", "wrong_citation", "outdated", "missing_document"]

#: How long an answer that nobody said anything of is remembered.
KEPT = timedelta(days=30)
#: One forgetting of old answers for so many new ones.
_FORGET_EVERY = 200


@dataclass(frozen=True, slots=True)
class Cited:
    """A provision that an answer cited."""

    number: str | None
    article: str | None
    eid: str


@dataclass(frozen=True, slots=True)
class Expected:
    """A provision that should have been cited."""

    document: str
    article: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a person says. `question`: the words of the question, given on purpose to be kept."""

    kind: FeedbackKind
    comment: str = ""
    question: str | None = None
    expected: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class Feedback:
    """An opinion with the answer it is about. `id` grows with time."""

    id: int
    answer_id: str
    caller: str
    said: datetime
    as_of: date
    mode: str
    cited: tuple[Cited, ...]
    opinion: Opinion


class FeedbackStore:
    """Answers and opinions of a home. `keep_questions`: the agency lets the words of questions be stored."""

    def __init__(self, engine: Engine, *, keep_questions: bool) -> None:
        self._engine = engine
        self._keep_questions = keep_questions
        self._until_forgetting = 0

    def remember(self, answer: Answer, caller: Caller) -> None:
        """Note an answer that was given; old ones without feedback are forgotten now and then."""
        row = AnswerRow(
            id=answer.id,
            caller=caller.id,
            given=datetime.now(UTC),
            as_of=answer.as_of,
            mode=answer.mode,
            cited=[[c.document.number, c.article, c.eid] for c in answer.citations],
            question=answer.reading.text if self._keep_questions else None,
        )
        with Session(self._engine) as session, session.begin():
            session.add(row)
            if self._until_forgetting == 0:
                said = select(FeedbackRow.answer_id)
                old = datetime.now(UTC) - KEPT
                session.execute(delete(AnswerRow).where(AnswerRow.given < old, AnswerRow.id.not_in(said)))
        self._until_forgetting = (self._until_forgetting + 1) % _FORGET_EVERY

    def add(self, answer_id: str, opinion: Opinion, caller: Caller) -> Feedback:
        """Keep an opinion. Raises NotFound for an answer that is not known, or was not given to this caller."""
        with Session(self._engine) as session, session.begin():
            answer = session.get(AnswerRow, answer_id)
            if answer is None or (answer.caller != caller.id and caller.role != "admin"):
                raise NotFound("Không có câu trả lời này, hoặc đã quá lâu.")
            row = FeedbackRow(
                answer_id=answer_id,
                caller=caller.id,
                said=datetime.now(UTC),
                kind=opinion.kind,
                comment=opinion.comment,
                question=opinion.question or answer.question,
                expected=[[one.document, one.article] for one in opinion.expected],
            )
            session.add(row)
            session.flush()
            return _feedback(row, answer)

    def page(
        self, kinds: Sequence[FeedbackKind] = (), before: int | None = None, limit: int = 50
    ) -> tuple[list[Feedback], int | None]:
        """Newest first, those before the id `before`; and where the next page begins, None at the end."""
        wanted = select(FeedbackRow, AnswerRow).join(AnswerRow, AnswerRow.id == FeedbackRow.answer_id)
        if kinds:
            wanted = wanted.where(FeedbackRow.kind.in_(kinds))
        if before is not None:
            wanted = wanted.where(FeedbackRow.id < literal(before, BigInteger))
        with Session(self._engine) as session:
            rows = session.execute(wanted.order_by(FeedbackRow.id.desc()).limit(limit + 1)).all()
        found = [_feedback(row, answer) for row, answer in rows]
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    def all(self) -> Iterator[Feedback]:
        """Every opinion, newest first."""
        before: int | None = None
        while True:
            page, before = self.page(before=before, limit=500)
            yield from page
            if before is None:
                return


def evaluation_rows(opinions: Iterator[Feedback]) -> Iterator[dict[str, object]]:
    """Rows of a question file for `phapquy eval`: opinions that have the question's words, and gold provisions, either
    named by the person or, for a useful answer, those it cited."""
    for one in opinions:
        gold = [(e.document, e.article) for e in one.opinion.expected]
        if not gold and one.opinion.kind == "useful":
            gold = [(c.number, c.article) for c in one.cited if c.number and c.article]
        if one.opinion.question and gold:
            relevant = [{"document": number, "article": article} for number, article in dict.fromkeys(gold)]
            yield {
                "id": f"feedback-{one.id}",
                "question": one.opinion.question,
                "kind": f"feedback:{one.opinion.kind}",
                "relevant": relevant,
            }


def _feedback(row: FeedbackRow, answer: AnswerRow) -> Feedback:
    return Feedback(
        id=row.id,
        answer_id=row.answer_id,
        caller=row.caller,
        said=row.said,
        as_of=answer.as_of,
        mode=answer.mode,
        cited=tuple(Cited(number, article, eid or "") for number, article, eid in answer.cited),
        opinion=Opinion(
            kind=cast("FeedbackKind", row.kind),
            comment=row.comment,
            question=row.question,
            expected=tuple(Expected(document, article) for document, article in row.expected),
        ),
    )
