"""A document as Akoma Ntoso 3.0 XML (OASIS LegalDocML) under the same eids, and the tree back from it.

Điều is `article`, khoản `paragraph`, điểm `point`, tiết `indent`, numbered headings of procedures `level`; what the
vocabulary has no word for is an `hcontainer` that names itself (`table`, `block`). Each attachment is a `doc` of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from urllib.parse import quote

from lxml import etree

from legal.akoma_meta import NAMESPACE, element, identified, metadata_element, slug, xml_text
from legal.document import Kind, LegalDocument, Provision

_ELEMENTS: dict[Kind, str] = {
    "part": "part", "chapter": "chapter", "section": "section", "subsection": "subsection", "article": "article",
    "clause": "paragraph", "point": "point", "subpoint": "indent", "heading": "level",
}  # fmt: skip
_KINDS: dict[str, Kind] = {name: kind for kind, name in _ELEMENTS.items()}
_CONTAINERS: tuple[Kind, ...] = ("table", "block")  # `hcontainer` with the kind as its name


def akoma_ntoso(document: LegalDocument, made: date) -> bytes:
    """UTF-8 XML. `made`: the day of this manifestation. Page furniture is no part of the document and is left out; a
    character that XML cannot hold becomes a space."""
    act = any(node.kind == "article" and node.eid.startswith("art_") for node in document.walk())
    work = f"/akn/vn/{'act' if act else 'doc'}/{_address(document)}"
    root = etree.Element(f"{{{NAMESPACE}}}akomaNtoso", nsmap={None: NAMESPACE})
    main = element(root, "act" if act else "doc", name=_name(document))
    metadata_element(main, document.metadata, work, made)
    if document.title_block:
        _preface(element(main, "preface"), document)
    if document.preamble:
        _paragraphs(element(main, "preamble"), document.preamble)
    own = [node for node in document.provisions if node.kind != "appendix"]
    body = element(main, "body" if act else "mainBody")
    for node in own:
        _provision(body, node)
    if not own:  # a body is never empty
        element(element(element(body, "hcontainer", name="empty"), "content"), "p")
    if document.signature or document.recipients:
        conclusions = element(main, "conclusions")
        _paragraphs(conclusions, document.signature, "signature")
        _paragraphs(conclusions, document.recipients, "recipients")
    attached = [node for node in document.provisions if node.kind == "appendix"]
    if attached:
        attachments = element(main, "attachments")
        for node in attached:
            _attachment(attachments, node, document, work, made)
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return data


def provisions_of(xml: bytes) -> tuple[Provision, ...]:
    """The tree back from XML that `akoma_ntoso` made: kinds, eids, markers, headings, texts, rows; without bare numbers.

    Raises ValueError for what is no Akoma Ntoso document.
    """
    main = _main(xml)
    body = next((found for name in ("body", "mainBody") if (found := main.find(_tag(name))) is not None), None)
    attachments = main.find(_tag("attachments"))
    return (*_children(body), *_children(attachments))


def texts_of(xml: bytes) -> list[str]:
    """Every piece of text that the document prints, in order: its words are the document's words."""
    main = _main(xml)
    texts: list[str] = []
    for piece in main.iter(_tag("num"), _tag("heading"), _tag("p")):
        texts.append("".join(piece.itertext()))
    return texts


def _provision(parent: etree._Element, node: Provision) -> None:
    if node.kind in _CONTAINERS:
        made = element(parent, "hcontainer", name=node.kind, eId=node.eid)
    else:
        made = element(parent, _ELEMENTS[node.kind], eId=node.eid)
    _opening(made, node)
    if node.children:
        if node.text or node.rows:
            _own(element(made, "intro"), node)
        for child in node.children:
            _provision(made, child)
    else:
        _own(element(made, "content"), node)


def _opening(made: etree._Element, node: Provision) -> None:
    if node.marker:
        element(made, "num").text = xml_text(node.marker)
    if node.heading:
        element(made, "heading").text = xml_text(node.heading)


def _own(made: etree._Element, node: Provision) -> None:
    """A node's own paragraphs and table."""
    if node.text or not node.rows:
        _paragraphs(made, node.text.split("\n"))
    if node.rows:
        table = element(made, "table")
        for row in node.rows:
            line = element(table, "tr")
            for cell in row or ("",):
                _paragraphs(element(line, "td"), cell.split("\n"))


def _attachment(parent: etree._Element, node: Provision, document: LegalDocument, work: str, made: date) -> None:
    attachment = element(parent, "attachment", eId=node.eid)
    _opening(attachment, node)
    inner = element(attachment, "doc", name=slug(node.marker) or "phu-luc")
    identified(inner, document.metadata, work, made, node.eid)
    body = element(inner, "mainBody")
    if node.text or not node.children:
        _paragraphs(body, node.text.split("\n"))
    for child in node.children:
        _provision(body, child)


def _preface(preface: etree._Element, document: LegalDocument) -> None:
    """The title block; the line with the number holds it as `docNumber` where it is printed so."""
    number = document.metadata.number
    for text in document.title_block:
        paragraph = element(preface, "p")
        before, found, after = text.partition(number) if number else (text, "", "")
        if found and len(text) < 80:
            paragraph.text = xml_text(before)
            marked = element(paragraph, "docNumber")
            marked.text, marked.tail = xml_text(found), xml_text(after)
            number = None
        else:
            paragraph.text = xml_text(text)


def _paragraphs(parent: etree._Element, texts: Sequence[str], style: str = "") -> None:
    for text in texts:
        paragraph = element(parent, "p")
        paragraph.text = xml_text(text)
        if style:
            paragraph.set("class", style)


def _main(xml: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError("not XML") from error
    main = next((found for name in ("act", "doc") if (found := root.find(_tag(name))) is not None), None)
    if main is None:
        raise ValueError("not an Akoma Ntoso act or doc")
    return main


def _children(parent: etree._Element | None) -> Iterator[Provision]:
    for child in parent if parent is not None else ():
        name = etree.QName(child).localname
        if name == "attachment":
            body = child.find(f"{_tag('doc')}/{_tag('mainBody')}")
            yield _read(child, "appendix", body, body)
        elif name in _KINDS or (name == "hcontainer" and child.get("name") in _CONTAINERS):
            kind: Kind = _KINDS[name] if name in _KINDS else _CONTAINERS[_CONTAINERS.index(child.get("name"))]  # type: ignore[arg-type]
            own = child.find(_tag("intro"))
            yield _read(child, kind, own if own is not None else child.find(_tag("content")), child)


def _read(made: etree._Element, kind: Kind, own: etree._Element | None, parent: etree._Element | None) -> Provision:
    texts = [piece.text or "" for piece in (own.findall(_tag("p")) if own is not None else ())]
    table = own.find(_tag("table")) if own is not None else None
    rows = [
        tuple("\n".join(p.text or "" for p in cell.findall(_tag("p"))) for cell in row.findall(_tag("td")))
        for row in (table.findall(_tag("tr")) if table is not None else ())
    ]
    return Provision(
        kind,
        "",
        made.get("eId", ""),
        made.findtext(_tag("num"), ""),
        made.findtext(_tag("heading"), ""),
        "\n".join(texts),
        tuple(_children(parent)),
        tuple(rows),
    )


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _name(document: LegalDocument) -> str:
    return slug(document.metadata.type or "") or "van-ban"


def _address(document: LegalDocument) -> str:
    """The rest of the work's address: type, day of issue, number."""
    metadata = document.metadata
    day = metadata.issued.isoformat() if metadata.issued else "unknown"
    number = quote((metadata.number or "unknown").replace("/", "-").replace(" ", "-"), safe="-.")
    return f"{_name(document)}/{day}/{number}"
