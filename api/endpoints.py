"""From settings to the addresses of the model servers."""

from __future__ import annotations

from dataclasses import replace

from api.settings import EmbedderSettings, ModelSettings, Settings
from legal.errors import BadRequest
from serving.endpoint import Endpoint, TimeLimits
from serving.openai_http import HttpEmbedder


def generator_endpoints(settings: Settings) -> list[Endpoint]:
    """Where the chat model is served, each address by itself; none where answers are extractive. Raises BadRequest."""
    if not settings.generator.url:
        return []
    endpoint = _endpoint(settings.generator, "GENERATOR", "mô hình trả lời")
    urls = [url.strip() for url in settings.generator.url.split(",") if url.strip()]
    return [replace(endpoint, url=url) for url in urls]


def embedder_endpoint(chosen: EmbedderSettings) -> Endpoint:
    """Where an embedding model is served. Raises BadRequest."""
    return _endpoint(chosen, "EMBEDDER", "mô hình nhúng")


def http_embedder(chosen: EmbedderSettings) -> HttpEmbedder:
    """The embedding model behind a server, as it is set. Raises BadRequest."""
    return HttpEmbedder(
        embedder_endpoint(chosen),
        window=chosen.window,
        query_prefix=chosen.query_prefix,
        passage_prefix=chosen.passage_prefix,
        dimension=chosen.dimension,
    )


def reranker_endpoint(settings: Settings) -> Endpoint | None:
    """Where the reranking model is served; None where nothing is reranked. Raises BadRequest."""
    return _endpoint(settings.reranker, "RERANKER", "mô hình xếp hạng lại") if settings.reranker.url else None


def _endpoint(chosen: ModelSettings, name: str, role: str) -> Endpoint:
    if not chosen.url or not chosen.model:
        raise BadRequest(f"Có PHAPQUY_{name}__URL thì phải có PHAPQUY_{name}__MODEL.")
    return Endpoint(
        url=chosen.url,
        model=chosen.model,
        role=role,
        api_key=chosen.api_key.get_secret_value() if chosen.api_key else None,
        limits=TimeLimits(total=chosen.timeout, first=min(TimeLimits().first, chosen.timeout)),
    )
