"""Haystack without its telemetry and its own tracing: the one door through which this room gets its names.

Telemetry is decided at the first import of `haystack`. Its tracer would carry the question into spans
(`haystack.pipeline.input_data`), so it never switches itself on; our own spans are made at the doors, without content.
"""

from __future__ import annotations

import os

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "false"
os.environ["HAYSTACK_AUTO_TRACE_ENABLED"] = "false"
os.environ["HAYSTACK_CONTENT_TRACING_ENABLED"] = "false"

from haystack import Pipeline, component
from haystack.dataclasses import StreamingChunk
from haystack.dataclasses.streaming_chunk import StreamingCallbackT

__all__ = ["Pipeline", "StreamingCallbackT", "StreamingChunk", "component"]
