"""What a Word paragraph or run looks like once its styles are resolved: bold, italic, capitals, hidden, alignment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from legal.blocks import Align

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFF = frozenset({"0", "false", "off", "none"})
_ALIGNS: dict[str, Align] = {
    "left": "left",
    "start": "left",
    "center": "center",
    "right": "right",
    "end": "right",
    "both": "justify",
    "distribute": "justify",
}


@dataclass(frozen=True, slots=True)
class Look:
    """Resolved look; `font` is the first of the run's font names (it betrays pre-Unicode encodings)."""

    bold: bool = False
    italic: bool = False
    caps: bool = False
    hidden: bool = False
    align: Align | None = None
    font: str | None = None


def _toggle(properties: Any, name: str, current: bool) -> bool:
    found = properties.find(W + name)
    return current if found is None else found.get(W + "val", "1") not in _OFF


def with_run(look: Look, properties: Any) -> Look:
    """`look` changed by a `w:rPr`."""
    if properties is None or not len(properties):
        return look
    fonts = properties.find(W + "rFonts")
    font = look.font
    if fonts is not None:
        font = fonts.get(W + "ascii") or fonts.get(W + "hAnsi") or fonts.get(W + "cs") or font
    return replace(
        look,
        bold=_toggle(properties, "b", look.bold),
        italic=_toggle(properties, "i", look.italic),
        caps=_toggle(properties, "caps", look.caps),
        hidden=_toggle(properties, "vanish", look.hidden),
        font=font,
    )


def _with_paragraph(look: Look, properties: Any) -> Look:
    if properties is None:
        return look
    jc = properties.find(W + "jc")
    return look if jc is None else replace(look, align=_ALIGNS.get(jc.get(W + "val", ""), look.align))


class Styles:
    """The style sheet of one document (`root`: the `w:styles` element, or None)."""

    def __init__(self, root: Any) -> None:
        self._styles: dict[str, Any] = {}
        self._base = Look()
        self._seen: dict[str, Look] = {}
        self._default: str | None = None
        if root is None:
            return
        self._base = with_run(self._base, root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr"))
        for style in root.iter(W + "style"):
            style_id = style.get(W + "styleId")
            if style_id:
                self._styles[style_id] = style
                if style.get(W + "type") == "paragraph" and style.get(W + "default") in ("1", "true"):
                    self._default = style_id

    def _chain(self, style_id: str | None) -> list[Any]:
        chain: list[Any] = []
        while style_id in self._styles and len(chain) < 30:
            style = self._styles[style_id]
            chain.append(style)
            based = style.find(W + "basedOn")
            style_id = None if based is None else based.get(W + "val")
        return chain[::-1]

    def paragraph(self, properties: Any) -> Look:
        """The look of a paragraph with this `w:pPr` (or None), before its runs' own properties."""
        style = None if properties is None else properties.find(W + "pStyle")
        style_id = (None if style is None else style.get(W + "val")) or self._default or ""
        if style_id not in self._seen:
            look = self._base
            for element in self._chain(style_id):
                look = _with_paragraph(with_run(look, element.find(W + "rPr")), element.find(W + "pPr"))
            self._seen[style_id] = look
        return _with_paragraph(self._seen[style_id], properties)

    def run(self, look: Look, properties: Any) -> Look:
        """The look of a run with this `w:rPr` (or None) in a paragraph of `look`."""
        if properties is None:
            return look
        style = properties.find(W + "rStyle")
        if style is not None:
            for element in self._chain(style.get(W + "val")):
                look = with_run(look, element.find(W + "rPr"))
        return with_run(look, properties)
