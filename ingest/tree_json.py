"""A `LegalDocument` as JSON and back: compact for the catalogue (`pack`), readable for callers (`parsed_json`)."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict
from datetime import date
from typing import Any

from legal.document import (
    INLINE_KINDS,
    VALIDITY_DAYS,
    Evidence,
    LegalDocument,
    Metadata,
    PartValidity,
    Provision,
    Validity,
)
from legal.procedure import read_procedure
from legal.tables import table_html

_FORMAT = 1


def pack(document: LegalDocument) -> bytes:
    """The whole document as compressed JSON, to be read by `unpack`."""
    meta = document.metadata
    value = {
        "format": _FORMAT,
        "metadata": {
            "number": meta.number,
            "type": meta.type,
            "title": meta.title,
            "issuer": meta.issuer,
            "signer": meta.signer,
            "signer_title": meta.signer_title,
            "issued": _day(meta.issued),
            "place": meta.place,
            "issuers": meta.issuers,
            "subject": meta.subject,
            "secrecy": meta.secrecy,
            "urgency": meta.urgency,
            **{name: _day(getattr(meta.validity, name)) for name in VALIDITY_DAYS},
            "parts": [
                [
                    part.eid,
                    _day(part.effective_from),
                    _day(part.effective_to),
                    part.evidence.sentence,
                    part.evidence.eid,
                ]
                for part in meta.parts
            ],
            "evidence": {name: [found.sentence, found.eid] for name, found in meta.evidence.items()},
        },
        "provisions": [_packed(provision) for provision in document.provisions],
        "title_block": document.title_block,
        "preamble": document.preamble,
        "signature": document.signature,
        "recipients": document.recipients,
        "furniture": document.furniture,
    }
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def unpack(data: bytes) -> LegalDocument:
    """The document that `pack` packed. Raises ValueError for anything else."""
    try:
        value = json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))
    except (zlib.error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError("not a packed document") from error
    if value.get("format") != _FORMAT:
        raise ValueError("a packed document of another format")
    meta = value["metadata"]
    return LegalDocument(
        metadata=Metadata(
            number=meta["number"],
            type=meta["type"],
            title=meta["title"],
            issuer=meta["issuer"],
            signer=meta["signer"],
            signer_title=meta["signer_title"],
            issued=_date(meta["issued"]),
            place=meta["place"],
            issuers=tuple(meta.get("issuers", ())),
            subject=meta.get("subject"),
            secrecy=meta.get("secrecy"),
            urgency=meta.get("urgency"),
            validity=Validity(*(_date(meta.get(name)) for name in VALIDITY_DAYS)),
            parts=tuple(
                PartValidity(eid, _date(since), _date(until), Evidence(*found))
                for eid, since, until, *found in meta.get("parts", ())
            ),
            evidence={name: Evidence(*found) for name, found in meta["evidence"].items()},
        ),
        provisions=tuple(_unpacked(node) for node in value["provisions"]),
        title_block=tuple(value["title_block"]),
        preamble=tuple(value["preamble"]),
        signature=tuple(value["signature"]),
        recipients=tuple(value["recipients"]),
        furniture=tuple(value["furniture"]),
    )


def parsed_json(document: LegalDocument) -> dict[str, Any]:
    """The document as the command line and the HTTP door print it; dates ISO 8601, None where unknown."""
    meta = document.metadata
    return {
        "number": meta.number,
        "type": meta.type,
        "title": meta.title,
        "issuer": meta.issuer,
        "signer": meta.signer,
        "issued": _day(meta.issued),
        "effective_from": _day(meta.validity.effective_from),
        "provisions": [provision_json(provision) for provision in document.provisions],
        "effective_to": _day(meta.validity.effective_to),
        "suspended_from": _day(meta.validity.suspended_from),
        "suspended_to": _day(meta.validity.suspended_to),
        "parts": [
            {
                "eid": part.eid,
                "effective_from": _day(part.effective_from),
                "effective_to": _day(part.effective_to),
                "evidence": {"sentence": part.evidence.sentence, "eid": part.evidence.eid},
            }
            for part in meta.parts
        ],
        "issuers": list(meta.issuers),
        "subject": meta.subject,
        "secrecy": meta.secrecy,
        "urgency": meta.urgency,
        "signer_title": meta.signer_title,
        "place": meta.place,
        "preamble": list(document.preamble),
        "signature": list(document.signature),
        "recipients": list(document.recipients),
        "procedure": procedure_json(document),
    }


def procedure_json(document: LegalDocument) -> dict[str, Any] | None:
    """What a working procedure tells an applicant and an official; None for other documents."""
    read = read_procedure(document)
    return {**asdict(read), "issued": _day(document.metadata.issued)} if read else None


def provision_json(provision: Provision) -> dict[str, Any]:
    """A provision with all below it. `text` is as printed: with the marker for clauses, points and subpoints."""
    value: dict[str, Any] = {
        "eid": provision.eid,
        "kind": provision.kind,
        "number": provision.number,
        "heading": provision.heading,
        "text": provision.own_text if provision.kind in INLINE_KINDS or provision.rows else provision.text,
        "children": [provision_json(child) for child in provision.children],
    }
    if provision.rows:
        value["rows"] = [list(row) for row in provision.rows]
        value["html"] = table_html(provision)
    return value


def _packed(node: Provision) -> list[Any]:
    return [
        node.kind, node.number, node.eid, node.marker, node.heading, node.text,
        [_packed(child) for child in node.children], node.rows, *([node.spans] if node.spans else []),
    ]  # fmt: skip


def _unpacked(row: list[Any]) -> Provision:
    kind, number, eid, marker, heading, text, children, rows, *spans = row
    return Provision(
        kind, number, eid, marker, heading, text,
        tuple(_unpacked(child) for child in children), tuple(tuple(cells) for cells in rows),
        tuple(tuple((across, down) for across, down in cells) for cells in (spans[0] if spans else ())),
    )  # fmt: skip


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _date(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
