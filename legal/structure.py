"""From paragraphs and tables to a document's tree of provisions; never refuses, loses no word, doubles none.

A line-anchored state machine: `structure_quotes` marks what is quoted, `structure_articles` chooses the articles'
headings, `structure_frame` cuts off what stands around, `structure_body` and `structure_headings` build the tree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from legal.blocks import Block, Paragraph, Table
from legal.document import LegalDocument, Metadata
from legal.structure_attachments import attached_title, is_enclosed_note, schedule_number, schedule_title
from legal.structure_body import BodyReader
from legal.structure_endings import is_adoption, is_recipients
from legal.structure_frame import Frame, Part, frame_of, is_preamble
from legal.structure_headings import HeadingReader, first_heading
from legal.structure_lines import Line, article, cell_paragraphs, clause, division, lines_of
from legal.structure_quotes import quoted_lines
from legal.structure_tree import Tree
from legal.text import words

_LONG = 300  # characters: no line of a title block is longer
_TITLE_LINES = 6


def read(blocks: Sequence[Block], furniture: Sequence[str] = ()) -> LegalDocument:
    """The document that the blocks print, with empty metadata. `furniture`: text that is not the document's own.

    Every word of the blocks and the furniture is in the result exactly once (`printed_words`).
    """
    lines = lines_of(blocks)
    quoted = quoted_lines(lines)
    frame = frame_of(lines, quoted)
    tree = Tree()
    main = frame.parts[0]
    front = _front(main, lines, frame)
    aside = frame.contents | {at for part in frame.parts[1:] for at in part.letterhead}
    _read_part(tree, main, lines, quoted, frame, front)
    signature, recipients = _back(lines[at] for at in range(main.tail, main.end) if at not in frame.contents)
    for part in frame.parts[1:]:
        more_signature, more_recipients = _attachment(tree, part, lines, quoted, frame)
        signature += more_signature
        recipients += more_recipients
    title_block, preamble = _title_and_preamble([lines[at] for at in range(front) if at not in frame.contents])
    return LegalDocument(
        Metadata(),
        tree.finish(),
        tuple(title_block),
        tuple(preamble),
        tuple(signature),
        tuple(recipients),
        (*furniture, *_texts([lines[at] for at in sorted(aside)])),
    )


def printed_words(document: LegalDocument) -> Counter[str]:
    """Every word that the document prints, with its count: the tree and all that stands around it."""
    around = (document.title_block, document.preamble, document.signature, document.recipients, document.furniture)
    texts = [text for paragraphs in around for text in paragraphs]
    for node in document.walk():
        texts += (node.marker, node.heading, node.text, *(cell for row in node.rows for cell in row))
    return Counter(words("\n".join(texts)))


def adoption_formula(document: LegalDocument) -> tuple[str, ...]:
    """`Luật này đã được Quốc hội ... thông qua ngày ...`, where the document closes with it."""
    blocks = [node for node in document.walk() if node.kind == "block"]
    return tuple(node.text for node in blocks if is_adoption(node.text))


def source_words(blocks: Sequence[Block], furniture: Sequence[str] = ()) -> Counter[str]:
    """Every word of the blocks and the furniture, with its count: what `printed_words` has to equal."""
    texts = [text for block in blocks for text in _block_texts(block)]
    return Counter(words("\n".join((*texts, *furniture))))


def _block_texts(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield block.text
    elif isinstance(block, Table):
        for row in block.rows:
            for cell in row:
                yield from cell.paragraphs


def _front(main: Part, lines: Sequence[Line], frame: Frame) -> int:
    """Where the title block and preamble of the main text end."""
    if main.articles:
        return main.body
    end = main.tail
    after_contents = max((at + 1 for at in frame.contents if at < end), default=main.start)
    start = first_heading(lines, after_contents, end)
    addressed = False
    for at in range(main.start, start):
        line = lines[at]
        if at in frame.contents:
            continue
        if addressed and line.table is None and _is_letter_text(line.text):
            return at
        addressed = addressed or line.text.startswith("Kính gửi")
        if line.table is None and not is_preamble(line.text) and _is_body_text(line.text, start == end):
            return at
        if line.table is not None and at > max(main.start + _TITLE_LINES, after_contents - 1):
            return at
    if start < end:
        return start
    taken = min(end, after_contents + _TITLE_LINES)
    return (
        taken
        if taken < end
        else max((at + 1 for at in range(main.start, end) if _is_title(lines[at])), default=main.start)
    )


def _is_title(line: Line) -> bool:
    """A line of a title block in a text so short that nothing else tells where the title block ends."""
    text = line.text
    labelled = bool(re.match(r"(?:số|v\s?/\s?v|kính gửi|độc lập|-{2,}|_{2,}|\*{2,})", text, re.IGNORECASE))
    return line.table is not None or line.capitals or line.centered or labelled or ", ngày" in text


def _is_letter_text(text: str) -> bool:
    """Below "Kính gửi": no further addressee, but what the letter says."""
    return text[0] not in "-–+•" and text[-1] not in ";," and not text.isupper() and len(text.split()) > 3


def _is_body_text(text: str, plain: bool) -> bool:
    """Too long for a title block; in a text without any heading (`plain`) also a numbered item or a whole sentence."""
    if len(text) > _LONG:
        return True
    return plain and not text.isupper() and (bool(clause(text)) or (len(text) > 60 and text[-1] in ".:;"))


def _read_part(tree: Tree, part: Part, lines: Sequence[Line], quoted: Sequence[bool], frame: Frame, start: int) -> None:
    """Read a part's body; tables of contents inside it are passed over."""
    stretches = _without(range(start, part.tail), frame.contents)
    reader = BodyReader(tree, lines, quoted, part.articles)
    if part.articles:
        for first, last in stretches:
            reader.read(first, last)
    else:
        headings = HeadingReader(tree, lines, reader)
        for first, last in stretches:
            headings.read(first, last)


def _without(span: range, left_out: set[int]) -> list[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for at in span:
        if at in left_out:
            continue
        if stretches and stretches[-1][1] == at:
            stretches[-1] = (stretches[-1][0], at + 1)
        else:
            stretches.append((at, at + 1))
    return stretches


def _attachment(
    tree: Tree, part: Part, lines: Sequence[Line], quoted: Sequence[bool], frame: Frame
) -> tuple[list[str], list[str]]:
    """An attachment as an `appendix` with its title lines as heading; gives back its own signature and recipients."""
    tree.close_all()
    end = part.body if part.articles else part.tail
    at, title = _title_of(lines, part, end)
    marker, heading = title or ("", "")
    node = tree.open("appendix", schedule_number(marker), marker, heading)
    node.lines.extend(_texts(lines[part.start + len(part.letterhead) : at]))
    at += title is not None
    taken = 0
    note = next((n for n in range(at, min(at + 4, end)) if is_enclosed_note(lines[n].text)), at)
    while at < end and taken < _TITLE_LINES and at not in frame.contents:
        line = lines[at]
        if line.table is not None or is_enclosed_note(line.text) or division(line.text) or article(line.text):
            break
        stands_out = line.capitals or line.centered or (line.bold and not node.heading)
        if len(line.text) > _LONG or not (stands_out or at < note):
            break
        if line.text[0].isdigit() or line.text[0] in "(*-+":
            break
        node.heading = f"{node.heading} {line.text}".strip()
        at, taken = at + 1, taken + 1
    if part.articles:
        for other in range(at, part.body):
            if lines[other].table is not None:
                tree.add_table(lines[other])
            elif other not in frame.contents:
                tree.add_text(lines[other].text)
        at = part.body
    _read_part(tree, part, lines, quoted, frame, at)
    tree.close_all()
    return _back(lines[other] for other in range(part.tail, part.end) if other not in frame.contents)


def _title_of(lines: Sequence[Line], part: Part, end: int) -> tuple[int, tuple[str, str] | None]:
    """The line with an attachment's title, and that title: the known one, or a numbered one under an umbrella title."""
    start = part.opening.title if part.opening is not None else None
    if start is None:
        return part.start, None
    first = schedule_title(lines[start].text) or attached_title(lines[start].text)
    if first is not None and not schedule_number(first[0]):
        for at in range(start + 1, min(start + 4, end)):
            below = schedule_title(lines[at].text) if lines[at].table is None else None
            if below is not None and schedule_number(below[0]):
                return at, below
    return start, first


def _title_and_preamble(lines: Sequence[Line]) -> tuple[list[str], list[str]]:
    cut = next((at for at, line in enumerate(lines) if line.table is None and is_preamble(line.text)), len(lines))
    return list(_texts(lines[:cut])), list(_texts(lines[cut:]))


def _back(lines: Iterator[Line]) -> tuple[list[str], list[str]]:
    """Signature and recipients among the lines after the body."""
    signature: list[str] = []
    recipients: list[str] = []
    listing = listed = False
    for line in lines:
        if line.table is not None:
            for row in line.table.rows:
                for cell in row:
                    texts = [text for text in cell_paragraphs(Table(((cell,),))) if text]
                    opened = any(is_recipients(text) for text in texts)
                    theirs = opened or (listed and bool(texts) and all(text.startswith(("- ", "– ")) for text in texts))
                    (recipients if theirs else signature).extend(texts)
                    listed = listed or theirs
            listing = False
            continue
        if is_recipients(line.text):
            listing = listed = True
        elif listed and line.text.startswith(("- ", "– ")):  # of two columns that came line by line
            listing = True
        elif listing and not line.text.startswith(("-", "–", "+", "*", "Như", "như", "Lưu", ".")):
            listing = False
        (recipients if listing else signature).append(line.text)
    return signature, recipients


def _texts(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        if line.table is None:
            yield line.text
        else:
            yield from cell_paragraphs(line.table)
