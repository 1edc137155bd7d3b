"""The `meta` of an Akoma Ntoso document: FRBR identification, days of effect, who issued and signed it."""

from __future__ import annotations

import re
from datetime import date

from lxml import etree

from legal.document import Metadata
from legal.text import fold

NAMESPACE = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
_TOOL = "phapquy"
#: The standard wants a day where the document tells none; the name beside it says that it is not known.
_UNKNOWN_DAY = date(1, 1, 1)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(parent: etree._Element, tag: str, /, **attributes: str) -> etree._Element:
    """A new last child in the standard's namespace."""
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}", attributes)


def xml_text(text: str) -> str:
    """The text with a space for each character that XML and HTML cannot hold."""
    return _NOT_XML.sub(" ", text)


def slug(text: str) -> str:
    """Letters and digits without diacritics, hyphens between."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


def metadata_element(parent: etree._Element, metadata: Metadata, work: str, made: date) -> None:
    """Put the `meta` of a document with the address `work` under `parent`. `made`: the day of this manifestation."""
    meta = identified(parent, metadata, work, made)
    days = [("issued", metadata.issued, "generation"), ("in-force", metadata.validity.effective_from, "generation")]
    days.append(("expired", metadata.validity.effective_to, "repeal"))
    known = [(name, day, kind) for name, day, kind in days if day is not None]
    if known:
        lifecycle = element(meta, "lifecycle", source=f"#{_TOOL}")
        for name, day, kind in known:
            element(lifecycle, "eventRef", eId=f"event_{name}", date=day.isoformat(), source="#original", type=kind)
    validity = metadata.validity
    if validity.effective_from is not None:
        group = element(element(meta, "temporalData", source=f"#{_TOOL}"), "temporalGroup", eId="period_1")
        interval = element(group, "timeInterval", refersTo="#in-force", start="#event_in-force")
        if validity.effective_to is not None:
            interval.set("end", "#event_expired")
    references = element(meta, "references", source=f"#{_TOOL}")
    element(references, "original", eId="original", href=work, showAs=xml_text(metadata.number or ""))
    element(references, "TLCOrganization", eId=_TOOL, href=f"/akn/ontology/organization/{_TOOL}", showAs=_TOOL)
    if metadata.issuer:
        address = f"/akn/ontology/organization/vn/{slug(metadata.issuer)}"
        element(references, "TLCOrganization", eId="issuer", href=address, showAs=xml_text(metadata.issuer))
    if metadata.signer:
        address = f"/akn/ontology/person/vn/{slug(metadata.signer)}"
        element(references, "TLCPerson", eId="signer", href=address, showAs=xml_text(metadata.signer))
    if metadata.signer_title:
        address = f"/akn/ontology/role/vn/{slug(metadata.signer_title)}"
        element(references, "TLCRole", eId="signer-role", href=address, showAs=xml_text(metadata.signer_title))
    if validity.effective_from is not None:
        element(references, "TLCConcept", eId="in-force", href="/akn/ontology/concept/vn/hieu-luc", showAs="hiệu lực")


def identified(
    parent: etree._Element, metadata: Metadata, work: str, made: date, component: str = "main"
) -> etree._Element:
    """Put a `meta` with nothing but the identification under `parent`: an attachment shares the rest with its document,
    whose ids may stand only once. `component`: the attachment's eid. Gives the `meta`."""
    meta = element(parent, "meta")
    identification = element(meta, "identification", source=f"#{_TOOL}")
    author = "#issuer" if metadata.issuer else ""
    issued = (metadata.issued or _UNKNOWN_DAY).isoformat()
    named = "issued" if metadata.issued else "unknown"
    expression = f"{work}/vie@{metadata.issued.isoformat() if metadata.issued else ''}"
    for level, address in (("Work", work), ("Expression", expression), ("Manifestation", f"{expression}.xml")):
        found = element(identification, f"FRBR{level}")
        this = f"{expression}/!{component}.xml" if level == "Manifestation" else f"{address}/!{component}"
        element(found, "FRBRthis", value=this)
        element(found, "FRBRuri", value=address)
        day, name = (made.isoformat(), "made") if level == "Manifestation" else (issued, named)
        element(found, "FRBRdate", date=day, name=name)
        element(found, "FRBRauthor", href=f"#{_TOOL}" if level == "Manifestation" else author)
        if level == "Work":
            element(found, "FRBRcountry", value="vn")
            if metadata.number:
                element(found, "FRBRnumber", value=xml_text(metadata.number))
            if metadata.title:
                element(found, "FRBRname", value=xml_text(" ".join(metadata.title.split())))
        elif level == "Expression":
            element(found, "FRBRlanguage", language="vie")
        else:
            element(found, "FRBRformat", value="application/akn+xml")
    return meta
