"""Reading a question before anything is searched: one Unicode form, limits, the day it is for, the provisions it
names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

from legal.errors import BadRequest
from legal.lexicon import Lexicon
from legal.names import LawNames
from legal.text import collapse, nfc
from retrieval.answer import Question, Reading
from retrieval.asked_day import asked_day
from retrieval.index import SearchFilter
from retrieval.named import CitedProvision, named_provisions
from retrieval.restore import SyllableModel
from retrieval.settings import RetrievalSettings

#: Vietnam has one time zone without summer time; "today" is a day there, wherever the server stands.
_VIETNAM = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Heard:
    """A question's words: `text` as typed, in one form; `read_as`: what is searched, with diacritics."""

    text: str
    read_as: str
    restored: bool


@dataclass(frozen=True, slots=True)
class Understood:
    """A question that can be searched."""

    reading: Reading
    where: SearchFilter
    as_of: date
    cited: tuple[CitedProvision, ...] = ()


def today() -> date:
    """The current day in Vietnam."""
    return datetime.now(_VIETNAM).date()


def hear(typed: str, settings: RetrievalSettings, syllables: SyllableModel | None = None) -> Heard:
    """The words of a question; `syllables` restores diacritics that were not typed.

    Raises `BadRequest` when it is empty or longer than `settings.max_question` characters.
    """
    text = collapse(nfc(typed))
    if not any(c.isalnum() for c in text):
        raise BadRequest("Câu hỏi trống: hãy nhập nội dung cần tra cứu.")
    if len(text) > settings.max_question:
        raise BadRequest(f"Câu hỏi quá dài: tối đa {settings.max_question} ký tự, câu này có {len(text)}.")
    restored = syllables.restore(text) if syllables is not None else None
    if restored is None:
        return Heard(text, text, restored=False)
    return Heard(text, restored.text, restored.changed)


def understand(
    heard: Heard, question: Question, names: LawNames | None = None, lexicon: Lexicon | None = None
) -> Understood:
    """Read a question whose words are known.

    `names`: the documents that can be named. `lexicon`: legal words for everyday ones. A day or a year named in the
    question is offered in the reading; it does not change what is searched. Raises `BadRequest` when `limit` is not 1
    to 100.
    """
    if not 1 <= question.limit <= 100:
        raise BadRequest("Số kết quả (limit) phải từ 1 đến 100.")
    read_as = heard.read_as
    as_of = question.where.as_of or today()
    cited = named_provisions(read_as, names, as_of)
    expansions = lexicon.expand(read_as) if lexicon is not None else ()
    when = asked_day(read_as, [(one.start, one.end) for one in cited if one.document])
    notes: tuple[str, ...] = ()
    if when is not None and when.day != as_of:
        notes = (
            f"Câu hỏi có nêu “{when.words}” (ngày {when.day:%d/%m/%Y}); kết quả đang xét hiệu lực tại ngày "
            f"{as_of:%d/%m/%Y}. Đặt as_of={when.day.isoformat()} để xét tại thời điểm đó.",
        )
    reading = Reading(
        text=heard.text,
        read_as=read_as,
        restored=heard.restored,
        citations=tuple(dict.fromkeys(c.label for c in cited)),
        expansions=tuple(dict.fromkeys(term for expansion in expansions for term in expansion.terms)),
        date=when.day if when is not None else None,
        notes=notes,
    )
    return Understood(reading, replace(question.where, as_of=as_of), as_of, cited)
