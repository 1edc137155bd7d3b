"""From a loaded file to a document that knows what it is: the structure, then the metadata read from it."""

from __future__ import annotations

from dataclasses import replace

from legal import structure
from legal.blocks import Source
from legal.document import LegalDocument
from legal.metadata import read_metadata


def read_document(source: Source, file_name: str = "") -> LegalDocument:
    """The structured document with its metadata. `file_name` helps only where the text itself is silent."""
    document = structure.read(source.blocks, source.furniture)
    # The formula of adoption stands below the last article, but what it says (the day it was passed) is the document's.
    around = replace(document, signature=(*structure.adoption_formula(document), *document.signature))
    return document.with_metadata(read_metadata(around, file_name))
