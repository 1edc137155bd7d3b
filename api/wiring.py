"""From settings to parts: home, catalogue, models, index, ingest, question's path; each built when first needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from api.settings import EmbedderSettings, Settings
from legal.errors import BadRequest, Conflict

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from api.audit import AuditLog
    from api.feedback import FeedbackStore
    from api.keys import KeyStore
    from api.pepper import Pepper
    from ingest.catalogue import Catalogue
    from ingest.home import Home
    from ingest.limits import Limits
    from ingest.names import KnownNames
    from ingest.pipeline import Ingestor
    from ingest.syllables import SyllableCounts
    from legal.lexicon import Lexicon
    from retrieval.embedded import EmbeddedIndex
    from retrieval.index import Manifest, Searched
    from retrieval.pipeline import QuestionPath
    from retrieval.server import ServerIndex
    from serving.failover import FailoverGenerator
    from serving.protocols import Embedder, Generator, Reranker

#: Seconds that a command waits for another one on the same home to end.
LOCK_PATIENCE = 5.0


def limits_of(settings: Settings) -> Limits:
    """What reading one file may take: the defaults but for what is set."""
    from ingest.limits import Limits

    return Limits(**settings.ingest.limits.model_dump(exclude_none=True))


def _patiently(open_index: Callable[[], EmbeddedIndex]) -> EmbeddedIndex:
    """Open the embedded index; a short command that has it open is waited for."""
    until = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            return open_index()
        except Conflict:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


class Parts:
    """The parts of one process over one home. Building may raise any PhapquyError and is not thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._retired: list[Embedder] = []  # of generations before; questions in hand may still use them

    def built(self, name: str) -> bool:
        """Whether the part of that name is there already."""
        return name in self.__dict__

    @cached_property
    def home(self) -> Home:
        """The folder that holds all state."""
        from ingest.home import Home

        return Home(self.settings.home)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The documents that are known."""
        from ingest.catalogue import Catalogue

        self.home.prepare()
        return Catalogue(self.settings.database_url or self.home.catalogue_url)

    @cached_property
    def doors(self) -> Engine:
        """The doors' own database."""
        from api.doors_database import open_doors

        return open_doors(self.home, self.settings.database_url)

    @cached_property
    def keys(self) -> KeyStore:
        """The API keys."""
        from api.keys import KeyStore

        return KeyStore(self.doors, self.pepper)

    @cached_property
    def pepper(self) -> Pepper:
        """The secret behind keys and audit log."""
        from api.pepper import pepper_of

        given = self.settings.pepper
        return pepper_of(self.home.path, given.get_secret_value() if given else None)

    @cached_property
    def audit(self) -> AuditLog:
        """The audit log."""
        from datetime import timedelta

        from api.audit import AuditLog
        from api.audit_chain import AuditChain

        chosen = self.settings.audit
        chain = AuditChain(self.doors, self.pepper, keep_questions=chosen.questions)
        return AuditLog(chain, timedelta(days=chosen.keep_days) if chosen.keep_days else None)

    @cached_property
    def feedback(self) -> FeedbackStore:
        """What people say of answers."""
        from api.feedback import FeedbackStore

        return FeedbackStore(self.doors, keep_questions=self.settings.audit.questions)

    @cached_property
    def embedder(self) -> Embedder:
        """The embedding model that the index was made with, of those that are set; the first one for a new index."""
        if self.settings.next_embedder is None:
            return self.fresh_embedder(self.settings.embedder)
        stored = self._stored_manifest()
        found = self.embedder_named(stored.embedder) if stored is not None else None
        return found or self.fresh_embedder(self.settings.embedder)

    def target_embedder(self) -> Embedder:
        """The embedding model that a re-index goes to."""
        chosen = self.settings.next_embedder or self.settings.embedder
        target = self.fresh_embedder(chosen)
        return self.embedder if target.name == self.embedder.name else target

    def embedder_named(self, name: str) -> Embedder | None:
        """The model of that name among those that are set, with clients of its own; None when none is it."""
        for chosen in (self.settings.embedder, self.settings.next_embedder):
            if chosen is not None and (made := self.fresh_embedder(chosen)).name == name:
                return made
        return None

    def embedder_now(self) -> Embedder:
        """The embedding model of the index as it is by now, for a process that does not hold it."""
        if self.settings.next_embedder is not None and self.built("embedder"):
            stored = self._stored_manifest()
            if stored is not None and stored.embedder != self.embedder.name:
                del self.__dict__["embedder"]
        return self.embedder

    def fresh_embedder(self, chosen: EmbedderSettings) -> Embedder:
        """An embedding model: a server where one is set, else the embedded one, which is loaded once."""
        if not chosen.url:
            return self._embedded_embedder
        from api.endpoints import http_embedder

        return http_embedder(chosen)

    @cached_property
    def _embedded_embedder(self) -> Embedder:
        from serving.embedded import embedded_embedder

        self.home.prepare()
        return embedded_embedder(self.home.models)

    def _stored_manifest(self) -> Manifest | None:
        """What the index was made with, whoever has it open; None where there is none."""
        chosen = self.settings.qdrant
        if chosen.url:
            try:
                return self._index(None).manifest
            except Conflict:
                return None
        from retrieval.generations import current_generation, stored_manifest

        generation = current_generation(self.home.index)
        return None if generation is None else stored_manifest(generation)

    @cached_property
    def generator(self) -> FailoverGenerator | None:
        """The chat model; None where none is set: answers are extractive."""
        from api.endpoints import generator_endpoints

        endpoints = generator_endpoints(self.settings)
        if not endpoints:
            return None
        from serving.failover import FailoverGenerator
        from serving.openai_http import HttpGenerator

        context = self.settings.generator.context_length
        return FailoverGenerator([HttpGenerator(endpoint, context_length=context) for endpoint in endpoints])

    @cached_property
    def reranker(self) -> Reranker | None:
        """The reranking model; None where none is set."""
        from api.endpoints import reranker_endpoint

        endpoint = reranker_endpoint(self.settings)
        if endpoint is None:
            return None
        from serving.openai_http import HttpReranker

        return HttpReranker(endpoint)

    @cached_property
    def index(self) -> ServerIndex | EmbeddedIndex:
        """The vector index: a Qdrant server where one is set, else the embedded engine, then held by this process."""
        from retrieval.index import Manifest
        from retrieval.points import SCHEMA

        return self._index(Manifest(self.embedder.name, self.embedder.dimension, SCHEMA))

    def _index(self, manifest: Manifest | None) -> ServerIndex | EmbeddedIndex:
        """The index made with that manifest; None takes it as it is stored."""
        chosen = self.settings.qdrant
        if chosen.url:
            from retrieval.server import ServerIndex
            from retrieval.server_layout import Layout

            key = chosen.api_key.get_secret_value() if chosen.api_key else None
            return ServerIndex.connect(
                chosen.url,
                manifest,
                api_key=key,
                collection=chosen.collection,
                timeout=chosen.timeout,
                layout=Layout(chosen.shards, chosen.replicas, chosen.int8),
            )
        from retrieval.embedded import EmbeddedIndex

        self.home.prepare()
        return _patiently(lambda: EmbeddedIndex(self.home.index, manifest))

    @cached_property
    def ingestor(self) -> Ingestor:
        """The way of a document."""
        from ingest.pipeline import Ingestor, IngestSettings

        chosen = self.settings.ingest
        settings = IngestSettings(limits=limits_of(self.settings), secret=chosen.secret)
        if chosen.workers:
            settings = replace(settings, workers=chosen.workers)
        return Ingestor(self.home, self.catalogue, self.index, self.embedder, settings=settings)

    def take_index(self) -> ServerIndex | EmbeddedIndex:
        """The index as it is stored, whichever embedder made it: for building it anew."""
        if not self.built("index"):
            try:
                self.__dict__["index"] = self._index(None)
            except Conflict:
                if self.home.index.joinpath("current").exists():
                    raise
        return self.index

    def adopt(self, embedder: Embedder) -> None:
        """The index has become that of another generation: questions and documents go on with its embedder."""
        self._retired.append(self.embedder)
        self.__dict__["embedder"] = embedder
        self.__dict__.pop("ingestor", None)
        if self.built("questions"):
            self.__dict__["questions"] = self.question_path(
                self.index.pinned(), embedder, self.generator, self.reranker
            )

    @cached_property
    def questions(self) -> QuestionPath:
        """The way of a question."""
        return self.question_path(self.index.pinned(), self.embedder, self.generator, self.reranker)

    def question_path(
        self,
        index: Searched,
        embedder: Embedder | None,
        generator: Generator | None = None,
        reranker: Reranker | None = None,
    ) -> QuestionPath:
        """The way of a question over that index."""
        from ingest.citations_read import CatalogueCitations
        from ingest.standing import CatalogueStanding
        from retrieval.pipeline import QuestionPath
        from retrieval.settings import RetrievalSettings

        defaults, chosen = RetrievalSettings(), self.settings.generator
        limits = replace(
            defaults,
            answer_tokens=chosen.answer_tokens or defaults.answer_tokens,
            answer_timeout=chosen.timeout,
            first_token_timeout=min(defaults.first_token_timeout, chosen.timeout),
        )
        return QuestionPath(
            index,
            embedder,
            generator,
            reranker,
            limits,
            syllables=self.syllables.model,
            names=self.names.names,
            lexicon=self.lexicon,
            standing=CatalogueStanding(self.catalogue),
            named=CatalogueCitations(self.catalogue),
        )

    @cached_property
    def names(self) -> KnownNames:
        """The documents by the names that people call them."""
        from ingest.names import KnownNames

        return KnownNames(self.catalogue)

    @cached_property
    def lexicon(self) -> Lexicon:
        """Legal words for everyday ones: ours and the agency's own. Raises BadRequest for a file that cannot be used."""
        from legal.lexicon import Lexicon, builtin_rows, parse_rows

        file = self.settings.lexicon or self.home.lexicon
        rows = list(builtin_rows())
        try:
            rows += parse_rows(file.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            if self.settings.lexicon is not None:
                raise BadRequest("Không có tệp từ điển mà PHAPQUY_LEXICON chỉ đến.") from None
        except (OSError, UnicodeDecodeError):
            raise BadRequest("Không đọc được tệp từ điển của cơ quan; tệp phải là văn bản UTF-8.") from None
        return Lexicon.of(rows)

    @cached_property
    def syllables(self) -> SyllableCounts:
        """What restores diacritics."""
        from ingest.syllables import SyllableCounts

        self.home.prepare()
        return SyllableCounts(self.home.cache)

    def warm(self) -> None:
        """Read passages of the embedded engine into memory; a Qdrant server looks after its own."""
        from retrieval.embedded import EmbeddedIndex

        if isinstance(self.index, EmbeddedIndex):
            self.index.warm()

    async def close_clients(self) -> None:
        """Close the models' connections, in the event loop that used them."""
        for name in ("embedder", "generator", "reranker"):
            if self.built(name) and (model := getattr(self, name)) is not None:
                await model.close()
        for model in self._retired:
            if model is not self.embedder:
                await model.close()

    def close(self) -> None:
        """Let go of the index, the catalogue and the doors' database."""
        for name in ("index", "catalogue"):
            if self.built(name):
                getattr(self, name).close()
                del self.__dict__[name]
        if self.built("audit"):
            self.__dict__.pop("audit").close()
        if self.built("doors"):
            for name in ("keys", "feedback"):
                self.__dict__.pop(name, None)
            self.__dict__.pop("doors").dispose()
