"""Traces: one span a request with the times of its stages, sent to the agency's own collector; no content in any.

The provider is ours alone and never the process' global one: what FastAPI, Haystack or another library would trace by
itself (with its inputs: the question) has nowhere to go.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from legal.errors import BadRequest

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from starlette.requests import Request


class Tracing:
    """Spans of this process, sent in batches by a thread of its own."""

    def __init__(self, exporter: SpanExporter) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        resource = Resource({"service.name": "phapquy", "service.version": version("phapquy")})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("phapquy")

    def request(
        self, request: Request, route: str | None, status: int, at: datetime, seconds: float,
        stages: Mapping[str, float], request_id: str,
    ) -> None:  # fmt: skip
        """A request that ended: its route's template, never its address or body. Continues the caller's trace."""
        from opentelemetry.trace import SpanKind, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        given = {name: value for name in ("traceparent", "tracestate") if (value := request.headers.get(name))}
        start = int(at.timestamp() * 1e9)
        span = self._tracer.start_span(
            f"{request.method} {route or 'none'}",
            context=TraceContextTextMapPropagator().extract(given),
            kind=SpanKind.SERVER,
            start_time=start,
            attributes={
                "http.request.method": request.method,
                "http.route": route or "",
                "http.response.status_code": status or 499,
                "phapquy.request_id": request_id,
                **{f"phapquy.stage.{name}_ms": round(spent, 3) for name, spent in stages.items()},
            },
        )
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end(start + int(seconds * 1e9))

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


def tracing_to(endpoint: str) -> Tracing:
    """Traces to an OTLP collector. Raises BadRequest where the packages for it are not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[import-not-found,unused-ignore]
            OTLPSpanExporter,
        )
    except ImportError:
        raise BadRequest("PHAPQUY_OTEL__ENDPOINT cần thêm gói: pip install 'phapquy[otel]'.") from None
    return Tracing(OTLPSpanExporter(endpoint=endpoint, timeout=10))
