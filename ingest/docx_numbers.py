"""Parts of a Word package by kind, and the automatic numbers ("Điều 1.", "a)") that Word prints before paragraphs.

The numbers are the work of `unstructured`, which renders Word's numbering right (restarts, overrides, formats).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ingest.docx_styles import W


def related(part: Any, kind: str) -> Any:
    """Root element of the first part of a kind, or None."""
    roots = stories(part, kind)
    return roots[0] if roots else None


def stories(part: Any, kind: str) -> list[Any]:
    """Root elements of the parts of one kind (`styles`, `header`, `footnotes`, ...) that the body names."""
    from docx.oxml import parse_xml

    roots = []
    for relation in part.rels.values():
        if relation.is_external or not relation.reltype.endswith("/" + kind):
            continue
        target = relation.target_part
        element = getattr(target, "element", None)
        roots.append(element if element is not None else parse_xml(target.blob))
    return roots


def _numbered_styles(styles: Any) -> frozenset[str]:
    """Paragraph styles that bring a number with them, their own or by what they are based on."""
    based: dict[str, str] = {}
    numbered: set[str] = set()
    for style in styles.iter(W + "style") if styles is not None else ():
        style_id = style.get(W + "styleId") or ""
        if style.find(f"{W}pPr/{W}numPr") is not None:
            numbered.add(style_id)
        if (parent := style.find(W + "basedOn")) is not None:
            based[style_id] = parent.get(W + "val") or ""
    for style_id in based:
        above, steps = based[style_id], 0
        while above not in numbered and above in based and steps < 30:
            above, steps = based[above], steps + 1
        if above in numbered:
            numbered.add(style_id)
    return frozenset(numbered)


def label_reader(document: Any) -> Callable[[Any, Any], str] | None:
    """A function (paragraph element, its properties) -> the automatic number Word prints, "" for none."""
    part = document.part
    if not stories(part, "numbering"):
        return None
    import ingest.unstructured_offline  # noqa: F401, I001  (before unstructured)
    from docx.text.paragraph import Paragraph as WordParagraph
    from unstructured.partition.docx import _ListLabels

    numbered = _numbered_styles(related(part, "styles"))
    renderer = _ListLabels(document)

    def label(p: Any, properties: Any) -> str:
        if properties is None:
            return ""
        style = properties.find(W + "pStyle")
        if properties.find(W + "numPr") is None and (style is None or style.get(W + "val") not in numbered):
            return ""
        return str(renderer.label(WordParagraph(p, document._body)))

    return label
