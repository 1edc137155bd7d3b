"""Citations and changes as the JSON objects of the doors."""

from __future__ import annotations

from api.schemas_citations import ChangeOut, OtherDocument, ReferenceOut, ReferencePage
from ingest.citations_read import ChangeEntry, CitationPage, Other


def reference_page(page: CitationPage) -> ReferencePage:
    """A page of citations."""
    references = [
        ReferenceOut(
            document=_other(entry.other),
            eid=entry.eid,
            heading=entry.heading,
            start=entry.start,
            end=entry.end,
            eids=list(entry.eids),
            missing=list(entry.missing),
        )
        for entry in page.entries
    ]
    return ReferencePage(references=references, next=page.next)


def change_out(entry: ChangeEntry) -> ChangeOut:
    """A change."""
    return ChangeOut(
        document=_other(entry.other) if entry.other is not None else None,
        **{name: getattr(entry, name) for name in ChangeOut.model_fields if name != "document"},
    )


def _other(other: Other) -> OtherDocument:
    return OtherDocument(number=other.number, title=other.title, year=other.year, indexed=other.key is not None)
