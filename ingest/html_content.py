"""Which element of a saved web page holds the document: by the publisher's known marks, else by where the text lies."""

from __future__ import annotations

import re

from lxml import etree

from ingest.paragraphs import clean

# Blocks in which Vietnamese legal portals put the full text.
_KNOWN = (
    "//div[contains(concat(' ', normalize-space(@class), ' '), ' content1 ')]",
    "//*[@id='toanvancontent']",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' toanvancontent ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' the-document-body ')]",
    "//*[@itemprop='articleBody']",
)
# fmt: off
_CHROME = frozenset((
    "nav", "header", "footer", "aside", "script", "style", "input", "select", "button", "iframe", "img", "form",
    "noscript", "menu",
))
# fmt: on
# fmt: off
_NOT_TEXT = frozenset((
    "script", "style", "noscript", "template", "head", "select", "option", "textarea", "button", "title",
))
# fmt: on
_CONTAINERS = frozenset(("div", "section", "article", "main", "form", "center", "table", "tbody", "tr", "td", "body"))
# Letters that only Vietnamese has: they tell the law from its English translation and from scripts.
_VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ\u0300\u0301\u0303\u0309\u0323\u1ea0-\u1ef9]")


def _letters(element: etree._Element) -> int:
    """How many letters that only Vietnamese has stand in the element, links and script apart."""
    total = 0
    for node in element.iter():
        if not isinstance(node.tag, str) or node.tag in _NOT_TEXT:
            continue
        if node.text:
            total += len(_VIETNAMESE.findall(node.text))
        if node.tail and node is not element:
            total += len(_VIETNAMESE.findall(node.tail))
    return total


def _linked(element: etree._Element) -> bool:
    """Whether most of the element's text are links, as in a menu."""
    links = sum(len("".join(a.itertext())) for a in element.iter("a") if a.get("href"))
    return links > 0.4 * max(len("".join(element.itertext())), 1)


def _is_chrome(element: etree._Element) -> bool:
    """Whether an element beside the text belongs to the page, not to the document."""
    if not isinstance(element.tag, str):
        return False
    if any(node.tag in _CHROME for node in element.iter() if isinstance(node.tag, str)):
        return True
    return _linked(element)


def _densest(body: etree._Element) -> etree._Element:
    """Go down from the body while one child holds nearly all the text; the last step off page parts counts."""
    chosen = node = body
    total = _letters(node)
    while total:
        scored = [(_letters(child), child) for child in node if isinstance(child.tag, str)]
        if not scored:
            break
        best, child = max(scored, key=lambda pair: pair[0])
        if child.tag not in _CONTAINERS or best < (0.9 if child.tag == "table" else 0.6) * total:
            break
        beside = [other for _, other in scored if other is not child]
        if best >= 0.9 * total or any(map(_is_chrome, beside)):
            if any(map(_is_chrome, beside)):
                chosen = child
            node, total = child, best
            continue
        break
    return chosen


def content_of(root: etree._Element) -> tuple[etree._Element, tuple[str, ...]]:
    """The element that holds the document, and the page's own texts around it (furniture), in order."""
    found: list[etree._Element] = []
    for path in _KNOWN:
        found = root.xpath(path)
        if len(found) > 1:
            found = [element for element in found if _letters(element)]
        if found:
            break
    body = root.find("body")
    if body is None:
        body = root
    if len(found) != 1:
        found = [max(found, key=_letters)] if found else [_densest(body)]
    content = found[0]
    return content, _outside(body, content)


def _outside(body: etree._Element, content: etree._Element) -> tuple[str, ...]:
    texts: list[str] = []
    inside = False
    skipping: etree._Element | None = None
    for event, element in etree.iterwalk(body, events=("start", "end", "comment")):
        raw: str | None = None
        if event == "start":
            if element is content:
                inside = True
            elif not inside and skipping is None:
                if element.tag in _NOT_TEXT:
                    skipping = element
                else:
                    raw = element.text
        else:
            if element is content:
                inside = False
            if element is skipping:
                skipping = None
            if not inside and skipping is None and element is not body:
                raw = element.tail
        if raw and (text := clean(raw)):
            texts.append(text)
    return tuple(texts)
