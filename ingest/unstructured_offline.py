"""`unstructured` without its downloads: import this before anything of it.

At its first call it would fetch an English spaCy model (offline: an error, or minutes of waiting). Its sentences and
tags are only used to guess element categories, which are noise for Vietnamese; so a stand-in splits by regular
expression and nothing is fetched. Its telemetry and notices are switched off the same way.
"""

from __future__ import annotations

import os
import re
import sys
import types

for _name in ("DO_NOT_TRACK", "SCARF_NO_ANALYTICS", "UNSTRUCTURED_DISABLE_NOTICE"):
    os.environ.setdefault(_name, "true")

_MODULE = "unstructured.nlp.tokenize"


def _sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.;:!?])\s+", text) if part]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text)


def _tags(text: str) -> list[tuple[str, str]]:
    return [(word, "VB") for word in re.findall(r"\w+", text)]


def install() -> None:
    """Put the stand-in in place (once)."""
    if _MODULE in sys.modules:
        return
    module = types.ModuleType(_MODULE)
    module.__dict__.update(sent_tokenize=_sentences, word_tokenize=_words, pos_tag=_tags)
    sys.modules[_MODULE] = module


install()
