"""A document as read, on one self-contained page in Vietnamese: what an administrator looks at when something is wrong.

Everything is built as elements, never as markup from strings: text of a document stays text. The page refers to nothing
outside itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from lxml import html
from lxml.html.builder import E

from legal.akoma_meta import xml_text
from legal.coverage import Coverage
from legal.document import Evidence, LegalDocument, Provision
from legal.labels import labels
from legal.procedure import read_procedure
from legal.references import Reference, locate
from legal.references_documents import THIS
from legal.references_placed import PlacedReference
from legal.relations import RELATION_LABELS, Relation
from legal.relations_changes import Change, ChangeKind
from legal.said import said_by

_FIELDS = (
    ("number", "Số hiệu"), ("type", "Loại"), ("title", "Tên"), ("issuer", "Cơ quan ban hành"), ("signer", "Người ký"),
    ("signer_title", "Chức vụ"), ("issued", "Ngày ban hành"), ("place", "Nơi ban hành"),
    ("effective_from", "Hiệu lực từ"), ("effective_to", "Hết hiệu lực từ"), ("suspended_from", "Ngưng hiệu lực từ"),
    ("suspended_to", "Có hiệu lực trở lại từ"), ("subject", "Lĩnh vực"), ("secrecy", "Độ mật"), ("urgency", "Độ khẩn"),
)  # fmt: skip
_AROUND = (
    ("title_block", "Phần đầu"), ("preamble", "Căn cứ ban hành"), ("signature", "Chữ ký"), ("recipients", "Nơi nhận"),
    ("furniture", "Không thuộc văn bản (số trang, tiêu đề trang, trình đơn)"),
)  # fmt: skip
_CHANGES: dict[ChangeKind, str] = {
    "replace": "sửa đổi thành", "insert": "bổ sung", "repeal": "bãi bỏ", "rename": "đổi tên",
    "replace_phrase": "thay cụm từ", "insert_phrase": "thêm cụm từ", "remove_phrase": "bỏ cụm từ",
}  # fmt: skip
_WORDS_SHOWN = 60
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
body { font: 16px/1.5 "Times New Roman", serif; max-width: 64rem; margin: 1rem auto; padding: 0 1rem; color: #222 }
h1 { font-size: 1.4rem } h2 { font-size: 1.15rem; border-bottom: 1px solid #bbb; margin-top: 2rem }
table { border-collapse: collapse; margin: .4rem 0 } td, th { border: 1px solid #bbb; padding: .2rem .5rem;
text-align: left; vertical-align: top } .tree section { border-left: 2px solid #ddd; padding-left: .8rem;
margin: .3rem 0 } :target { background: #fff3c4 } code { font-size: .75rem; color: #067 } p { margin: .2rem 0;
white-space: pre-wrap; overflow-wrap: anywhere } .label, .quiet { font-size: .8rem; color: #777 }
.bad { color: #b00020; font-weight: bold } .good { color: #176b2c } .away { border-bottom: 1px dotted #555 }
@media print { .label, code { display: none } }
"""

_Content = str | html.HtmlElement


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file as it was read. `kind`: its format; `notes`, `doubts`: as `legal.blocks.Source`."""

    name: str
    kind: str
    document: LegalDocument
    coverage: Coverage
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = field(default=())


def page(read: FileRead) -> str:
    """The page as HTML text."""
    document = read.document
    said = said_by(document)
    title = document.metadata.title or read.name
    body = E.body(
        E.h1(xml_text(title)),
        E.p(xml_text(f"Tệp: {read.name} (đọc theo định dạng {read.kind})"), {"class": "quiet"}),
        *_metadata(document),
        *_reading(read),
        *_procedure(document),
        *_relations(said.relations),
        *_changes(said.changes, said.untyped),
        E.h2("Văn bản như đã đọc"),
        _tree(document, said.references),
        *_around(document),
    )
    head = E.head(
        E.meta(charset="utf-8"),
        E.meta({"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        E.meta(name="viewport", content="width=device-width, initial-scale=1"),
        E.title(xml_text(title)),
        E.style(_STYLE),
    )
    whole = html.tostring(E.html(head, body, lang="vi"), encoding="unicode", doctype="<!doctype html>")
    return str(whole)


def _metadata(document: LegalDocument) -> Iterator[_Content]:
    metadata = document.metadata
    values = {
        **{name: getattr(metadata, name) for name in metadata.__slots__ if name not in ("validity", "evidence")},
        **{name: getattr(metadata.validity, name) for name in metadata.validity.__slots__},
    }
    yield E.h2("Thông tin")
    rows = []
    for name, label in _FIELDS:
        value = values[name]
        shown = _day(value) if isinstance(value, date) else value
        rows.append((label, shown or E.span("không rõ", {"class": "quiet"}), *_evidence(metadata.evidence.get(name))))
    yield _table(("Mục", "Giá trị", "Câu làm căn cứ", "Vị trí"), rows)
    if metadata.parts:
        yield E.h2("Điều khoản có ngày hiệu lực riêng")
        days = [
            (_link(part.eid), _day(part.effective_from), _day(part.effective_to), *_evidence(part.evidence))
            for part in metadata.parts
        ]
        yield _table(("Điều khoản", "Từ ngày", "Đến trước ngày", "Câu làm căn cứ", "Vị trí"), days)


def _reading(read: FileRead) -> Iterator[_Content]:
    coverage = read.coverage
    yield E.h2("Tình trạng đọc")
    share = f"Độ phủ: {coverage.share:.2%}".replace(".", ",")
    yield E.p(share, {"class": "good" if coverage.enough else "bad"})
    for label, count in (("Chữ bị thiếu", coverage.missing), ("Chữ bị lặp", coverage.doubled)):
        if count:
            yield E.p(xml_text(f"{label} ({count.total()}): {_listed(count)}"))
    for doubt in read.doubts:
        yield E.p(xml_text(f"Cần người xem lại: {doubt}"), {"class": "bad"})
    for note in read.notes:
        yield E.p(xml_text(f"Ghi chú: {note}"))


def _procedure(document: LegalDocument) -> Iterator[_Content]:
    read = read_procedure(document)
    if not read:
        return
    yield E.h2("Thủ tục")
    said = [("Mã hiệu", read.code or "", ""), ("Lần ban hành", read.revision or "", "")]
    for label, found in (
        ("Giấy tờ", read.papers), ("Thời hạn", read.deadline), ("Phí, lệ phí", read.fee), ("Mẫu", read.forms),
        ("Kết quả", read.results),
    ):  # fmt: skip
        said += [(label, one.text, one.eid) for one in found]
    yield _table(("Mục", "Nội dung", "Vị trí"), [(label, text, _link(eid)) for label, text, eid in said])
    steps = [(one.number, one.what, one.who, "; ".join(one.how_long), _link(one.eid)) for one in read.steps]
    if steps:
        yield _table(("Bước", "Việc", "Trách nhiệm", "Thời gian", "Vị trí"), steps)


def _listed(count: Counter[str]) -> str:
    words = [f"{word} ×{times}" if times > 1 else word for word, times in count.most_common(_WORDS_SHOWN)]
    return ", ".join(words) + (" …" if len(count) > _WORDS_SHOWN else "")


def _relations(found: Sequence[Relation]) -> Iterator[_Content]:
    if not found:
        return
    yield E.h2("Quan hệ với văn bản khác")
    rows = [
        (
            RELATION_LABELS[one.kind][0]
            + (" (một phần)" if one.partly else "")
            + (" (có ngoại lệ)" if one.excepted else ""),
            one.target + (f" ({one.year})" if one.year else ""),
            _day(one.day),
            *_evidence(Evidence(one.sentence, one.eid)),
        )
        for one in found
    ]
    yield _table(("Quan hệ", "Văn bản", "Từ ngày", "Câu làm căn cứ", "Vị trí"), rows)


def _changes(found: Sequence[Change], unread: Sequence[Evidence]) -> Iterator[_Content]:
    if not found and not unread:
        return
    yield E.h2("Nội dung sửa đổi, bổ sung, bãi bỏ")
    rows = []
    for one in found:
        text = one.text or " → ".join(f"“{words}”" for words in (one.old, one.new) if words)
        where = ", ".join(one.eids) + (f" sau {one.after}" if one.after else "")
        rows.append((_CHANGES[one.kind], one.document, where, text, _link(one.eid)))
    if rows:
        yield _table(("Việc", "Văn bản", "Điều khoản", "Nội dung", "Vị trí"), rows)
    for left in unread:
        line = E.p("Chưa hiểu: ", {"class": "bad"})
        line.append(E.span(xml_text(left.sentence)))
        line.append(_link(left.eid))
        yield line


def _tree(document: LegalDocument, placed: Sequence[PlacedReference]) -> html.HtmlElement:
    named = labels(document)
    cited: dict[str, list[Reference]] = {}
    for one in placed:
        if not one.heading:
            cited.setdefault(one.eid, []).append(one.reference)
    tree = E.div({"class": "tree"})

    def grow(parent: html.HtmlElement, nodes: Sequence[Provision]) -> None:
        for node in nodes:
            made = E.section(id=node.eid)
            made.append(E.code(node.eid))
            made.append(E.span(xml_text(f" {named[node.eid]}"), {"class": "label"}))
            if node.title_line:
                made.append(E.p(E.b(xml_text(node.title_line))))
            if node.rows:
                if node.text:
                    made.append(E.p(xml_text(node.text)))
                made.append(_table((), node.rows))
            elif node.own_text:
                made.append(_text(node, named, cited.get(node.eid, ())))
            grow(made, node.children)
            parent.append(made)

    grow(tree, document.provisions)
    return tree


def _text(node: Provision, known: dict[str, str], cited: Sequence[Reference]) -> html.HtmlElement:
    """A provision's own text with what it refers to: links inside the document, marked words for other documents."""
    text = node.own_text
    paragraph = E.p()
    position = 0
    for reference in cited:
        if reference.start < position:
            continue
        _append(paragraph, text[position : reference.start])
        words = xml_text(text[reference.start : reference.end])
        here = [found for eid in reference.eids if (found := locate(eid, known))] if reference.document == THIS else []
        if here:
            shown = E.a(words, href=f"#{here[0]}", title=xml_text(", ".join(known[eid] for eid in here)))
        elif reference.document == THIS:
            shown = E.span(words)
        else:
            target = " ".join((reference.document, *reference.eids)).strip()
            shown = E.span(words, {"class": "away", "title": xml_text(target)})
        paragraph.append(shown)
        position = reference.end
    _append(paragraph, text[position:])
    return paragraph


def _append(parent: html.HtmlElement, text: str) -> None:
    text = xml_text(text)
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def _around(document: LegalDocument) -> Iterator[_Content]:
    for name, label in _AROUND:
        paragraphs: Sequence[str] = getattr(document, name)
        if paragraphs:
            yield E.h2(label)
            yield from (E.p(xml_text(text)) for text in paragraphs)


def _table(heads: Sequence[str], rows: Sequence[Sequence[_Content | None]]) -> html.HtmlElement:
    table = E.table()
    if heads:
        table.append(E.tr(*(E.th(head) for head in heads)))
    for row in rows:
        table.append(
            E.tr(*(E.td(cell if isinstance(cell, html.HtmlElement) else xml_text(cell or "")) for cell in row))
        )
    return table


def _evidence(evidence: Evidence | None) -> tuple[str, _Content]:
    return ("", "") if evidence is None else (evidence.sentence, _link(evidence.eid))


def _link(eid: str) -> html.HtmlElement:
    return E.a(eid, href=f"#{eid}") if eid else E.span("ngoài thân văn bản", {"class": "quiet"})


def _day(value: date | None) -> str:
    return "" if value is None else f"{value:%d/%m/%Y}"
