"""Word packages made part by part, so that a test says exactly what is in them."""

from __future__ import annotations

import zipfile
from pathlib import Path

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KINDS = {
    "styles": "styles",
    "numbering": "numbering",
    "footnotes": "footnotes",
    "header1": "header",
    "footer1": "footer",
}


def paragraph(text: str, properties: str = "", run: str = "") -> str:
    """A `w:p` of one run."""
    inner = f"<w:r><w:rPr>{run}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def numbered(text: str, num: int, level: int = 0) -> str:
    """A paragraph of an automatic list."""
    return paragraph(text, f"<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{num}'/></w:numPr>")


def table(*rows: str) -> str:
    """A `w:tbl` of `w:tr` contents."""
    return "<w:tbl><w:tblPr/><w:tblGrid/>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def cell(*paragraphs: str, properties: str = "") -> str:
    """A `w:tc` of paragraphs."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{''.join(paragraphs)}</w:tc>"


def make_docx(
    path: Path, body: str, extra: dict[str, bytes] | None = None, main: str = "document", **parts: str
) -> Path:
    """Write a package with this body; `parts`: inner XML of styles, numbering, footnotes, header1, footer1."""
    types = [
        "<Default Extension='rels' ContentType='application/vnd.openxmlformats-package.relationships+xml'/>",
        "<Default Extension='xml' ContentType='application/xml'/>",
        "<Override PartName='/word/document.xml' ContentType="
        + (
            "'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'/>"
            if main == "document"
            else "'application/vnd.ms-word.document.macroEnabled.main+xml'/>"
        ),
    ]
    relations = []
    root = {"styles": "styles", "numbering": "numbering", "footnotes": "footnotes", "header1": "hdr", "footer1": "ftr"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for at, (name, inner) in enumerate(parts.items()):
            kind = _KINDS[name]
            types.append(
                f"<Override PartName='/word/{name}.xml' ContentType="
                f"'application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml'/>"
            )
            relations.append(f"<Relationship Id='rId{at + 1}' Type='{_R}/{kind}' Target='{name}.xml'/>")
            package.writestr(f"word/{name}.xml", f"<w:{root[name]} xmlns:w='{_W}'>{inner}</w:{root[name]}>")
        package.writestr(
            "[Content_Types].xml",
            "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'>"
            + "".join(types)
            + "</Types>",
        )
        package.writestr(
            "_rels/.rels",
            "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
            f"<Relationship Id='rId1' Type='{_R}/officeDocument' Target='word/document.xml'/></Relationships>",
        )
        package.writestr(
            "word/_rels/document.xml.rels",
            "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
            + "".join(relations)
            + "</Relationships>",
        )
        document = (
            body
            if body.startswith(("<!DOCTYPE", "<?xml"))
            else f"<w:document xmlns:w='{_W}'><w:body>{body}</w:body></w:document>"
        )
        package.writestr("word/document.xml", document)
        for name, data in (extra or {}).items():
            package.writestr(name, data)
    return path


def numbering_part(*levels: tuple[str, str], restart: str = "") -> str:
    """A numbering part with one list (numId 1) of levels (format, text)."""
    made = "".join(
        f"<w:lvl w:ilvl='{at}'><w:start w:val='1'/><w:numFmt w:val='{kind}'/>"
        + (restart if at else "")
        + f"<w:lvlText w:val='{text}'/></w:lvl>"
        for at, (kind, text) in enumerate(levels)
    )
    used = "<w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num>"
    return f"<w:abstractNum w:abstractNumId='0'>{made}</w:abstractNum>{used}"
