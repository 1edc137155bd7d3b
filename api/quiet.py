"""Nothing we use may phone home: telemetry switched off, imported before any library that reads these switches."""

from __future__ import annotations

import os

#: Read by haystack, unstructured, onnxruntime and others at their first import.
SWITCHES = {
    "HAYSTACK_TELEMETRY_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "SCARF_NO_ANALYTICS": "true",
    "UNSTRUCTURED_DISABLE_NOTICE": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}

os.environ.update(SWITCHES)
