"""Another generation of the index takes over, or the one before comes back, while questions go on being answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from api.intake import report_out
from api.schemas import as_json
from legal.errors import Conflict

if TYPE_CHECKING:
    from api.parts import Workshop
    from ingest.acceptance import Acceptance, Ask, StoredQuestion
    from ingest.rebuild import Watch
    from retrieval.index import Index, Searched, Successor
    from serving.protocols import Embedder


def reindex(workshop: Workshop, name: str, tolerance: float, watch: Watch) -> dict[str, Any]:
    """Build a generation of that name with the embedder that is to be used, try it, switch to it.

    `tolerance`: by how much nDCG@10 on the home's questions may fall. Nothing is done when that generation is in use.
    """
    from retrieval.index import Manifest
    from retrieval.points import SCHEMA

    index = workshop.parts.take_index()
    if index.generation == name:
        return {}
    embedder = workshop.parts.target_embedder()
    with index.successor(Manifest(embedder.name, embedder.dimension, SCHEMA), name) as following:
        return _succeed(workshop, index, following, embedder, tolerance, watch)


def rollback(workshop: Workshop, before: str, watch: Watch) -> dict[str, Any]:
    """Catch the generation before up and switch back to it. Nothing is done when `before` is not in use any more."""
    index = workshop.parts.take_index()
    if index.generation != before:
        return {}
    with index.previous() as following:
        embedder = workshop.parts.embedder_named(following.manifest.embedder)
        if embedder is None:
            raise Conflict(
                f"Chỉ mục trước do mô hình nhúng {following.manifest.embedder} tạo ra, cấu hình hiện không có mô hình đó."
            )
        return _succeed(workshop, index, following, embedder, 1.0, watch)


def _succeed(
    workshop: Workshop, index: Index, following: Successor, embedder: Embedder, tolerance: float, watch: Watch
) -> dict[str, Any]:
    from ingest.acceptance import accept, stored_questions

    questions = stored_questions(workshop.parts.home.questions)
    present = workshop.parts.embedder_named(index.manifest.embedder)

    def check(candidate: Searched) -> Acceptance | None:
        if present is None:  # nobody can be asked with the model of the present index
            return None
        before = _asker(workshop, index.pinned(), present, questions)
        return accept(questions, before, _asker(workshop, candidate, embedder, questions), tolerance)

    ingestor = workshop.ingestor()
    rebuilt = ingestor.rebuild(following, embedder, watch, check)
    workshop.adopt(embedder)
    return {
        "report": as_json(report_out(rebuilt.report)),
        "check": None if rebuilt.acceptance is None else asdict(rebuilt.acceptance),
        "embedder": embedder.name,
    }


def _asker(workshop: Workshop, index: Searched, embedder: Embedder, questions: Sequence[StoredQuestion]) -> Ask:
    """Ask all questions in an event loop of their own, as clients of models are bound to one."""
    from retrieval.answer import Question
    from retrieval.index import SearchFilter

    path = workshop.parts.question_path(index, embedder)

    async def ask_all() -> dict[str, list[tuple[str, str]]]:
        found = {}
        for question in questions:
            result = await path.search(Question(text=question.text, where=SearchFilter(), limit=10))
            passages = [hit.passage for hit in result.hits]
            found[question.text] = [(one.document.number or "", one.article or "") for one in passages]
        return found

    answers = asyncio.run(ask_all()) if questions else {}
    return lambda text: answers[text]
