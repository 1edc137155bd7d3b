"""`phapquy search`, `phapquy ask` and `phapquy resolve`: questions at the command line."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from api.terminal import note_console, print_json, result_console, results_only

if TYPE_CHECKING:
    from api.schemas import AnswerResponse, DocumentOut, HitOut, ProvisionOut, SearchResponse, TableRowOut
    from api.schemas_resolve import ResolveResponse

QuestionText = Annotated[str, typer.Argument(help="Câu hỏi hoặc từ khoá, trong ngoặc kép.", show_default=False)]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Tính hiệu lực đến ngày này (mặc định: hôm nay)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="In đúng một giá trị JSON ra đầu ra chuẩn.")]


_NEAREST = 5  # provisions shown with a refusal


def search(
    query: QuestionText,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Số kết quả nhiều nhất.")] = 10,
    as_of: AsOf = None,
    json: AsJson = False,
) -> None:
    """Tìm điều khoản trong kho văn bản."""
    with results_only():
        from api.desk import open_desk
        from api.requests import search_request
        from api.schemas import as_json
        from api.settings import load_settings

        request = search_request(query, limit=limit, as_of=_day(as_of))
        with open_desk(load_settings()) as desk:
            found = desk.search(request).response
    if json:
        print_json(as_json(found))
    else:
        _show_search(found)


class Form(StrEnum):
    """The kinds of answers."""

    ANSWER = "answer"
    BRIEF = "brief"
    LETTER = "letter"
    TABLE = "table"
    SUMMARY = "summary"


def ask(
    query: QuestionText,
    as_of: AsOf = None,
    form: Annotated[
        Form,
        typer.Option(
            "--format", help="answer; brief: ba ý; letter: trả lời công dân; table: bảng thủ tục; summary: tóm tắt."
        ),
    ] = Form.ANSWER,
    json: AsJson = False,
) -> None:
    """Trả lời một câu hỏi, kèm trích dẫn từng điều khoản."""
    with results_only():
        from api.desk import open_desk
        from api.requests import answer_request
        from api.schemas import as_json
        from api.settings import load_settings

        request = answer_request(query, as_of=_day(as_of), form=form.value)
        with open_desk(load_settings()) as desk:
            answer = desk.answer(request)
    if json:
        print_json(as_json(answer))
    else:
        _show_answer(answer)


def resolve(
    citation: Annotated[str, typer.Argument(help="Viện dẫn, trong ngoặc kép.", show_default=False)],
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Chỉ nhận văn bản có hiệu lực vào ngày này."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Tìm đúng điều khoản mà một viện dẫn nêu; không có thì nói là không có."""
    with results_only():
        from api.desk import open_desk
        from api.requests import resolve_request
        from api.schemas import as_json
        from api.settings import load_settings

        request = resolve_request(citation, as_of=_day(as_of))
        with open_desk(load_settings()) as desk:
            found = desk.resolve(request)
    if json:
        print_json(as_json(found))
    else:
        _show_resolution(found)


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


def _document_name(document: DocumentOut) -> str:
    name = document.title or ""
    number = f"số {document.number}" if document.number else ""
    return f"{name} {number}".strip() or "(văn bản không số hiệu)"


def _provision_line(provision: ProvisionOut) -> str:
    return f"{provision.label}. {provision.heading}" if provision.heading else provision.label


def _snippet(text: str, length: int = 320) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[:length].rsplit(" ", 1)[0] + " …"


def _show_hit(hit: HitOut) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console = result_console()
    head = Text.assemble(
        (f"{hit.rank:>2}. ", "dim"), (_provision_line(hit.provision), "bold cyan"), f"  ({hit.score:.2f})"
    )
    console.print(head)
    console.print(Padding(Text(_document_name(hit.document), "green"), (0, 0, 0, 4)))
    console.print(Padding(Text(_snippet(hit.text)), (0, 0, 1, 4)))


def _show_search(found: SearchResponse) -> None:
    from rich.text import Text

    notes = note_console()
    if found.query.restored:
        notes.print(Text(f"Đã hiểu là: {found.query.read_as}", "italic"))
    for warning in (*found.query.notes, *found.warnings):
        notes.print(Text(f"Lưu ý: {warning}", "yellow"))
    if not found.results:
        result_console().print("Không tìm thấy điều khoản nào phù hợp trong kho văn bản.")
    for hit in found.results:
        _show_hit(hit)


def _show_answer(answer: AnswerResponse) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console, notes = result_console(), note_console()
    if answer.query.restored:
        notes.print(Text(f"Đã hiểu là: {answer.query.read_as}", "italic"))
    if answer.table:
        _show_table(answer.table)
    else:
        console.print(Text(answer.text))
    if answer.mode == "refusal" and answer.sources:
        console.print()
        console.print(Text("Các điều khoản gần nhất", "bold"))
        for source in answer.sources[:_NEAREST]:
            console.print(Text(f"- {_provision_line(source.provision)}, {_document_name(source.document)}"))
    if answer.citations:
        console.print()
        console.print(Text("Căn cứ", "bold"))
    for citation in answer.citations:
        place = f"{citation.provision.label}, {_document_name(citation.document)}"
        console.print(Text.assemble((f"[{citation.n}] ", "bold cyan"), place))
        if answer.mode != "extractive":  # an extractive answer has just shown the quote itself
            console.print(Padding(Text(f"“{_snippet(citation.quote)}”", "dim"), (0, 0, 0, 4)))
    for warning in (*answer.query.notes, *answer.warnings):
        notes.print(Text(f"Lưu ý: {warning}", "yellow"))
    mode = {"generative": f"Do mô hình {answer.model} soạn", "extractive": "Trích nguyên văn", "refusal": "Từ chối"}
    notes.print(Text(f"{mode[answer.mode]} · hiệu lực tính đến {answer.as_of:%d/%m/%Y}", "dim"))


def _show_table(rows: list[TableRowOut]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("Nội dung", "Theo văn bản", show_lines=True)
    for row in rows:
        cells = [f"{cell.text} {''.join(f'[{n}]' for n in cell.citations)}".rstrip() for cell in row.cells]
        table.add_row(escape(row.label), escape("\n".join(cells) or "Các nguồn không nêu"))
    result_console().print(table)


def _show_resolution(found: ResolveResponse) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console, notes = result_console(), note_console()
    for one in found.results:
        place = f"{_provision_line(one.provision)}, " if one.provision else ""
        console.print(Text.assemble((place, "bold cyan"), (_document_name(one.document), "green")))
        if one.text:
            console.print(Padding(Text(one.text), (0, 0, 1, 4)))
    for label in found.missing:
        console.print(Text(f"Không tìm thấy: {label}", "red"))
    if found.reason:
        console.print(Text(found.reason))
    for other in found.others:
        notes.print(Text(f"Có thể cũng là: {_document_name(other)}", "dim"))
    for note in found.notes:
        notes.print(Text(f"Lưu ý: {note}", "yellow"))


COMMANDS = (search, ask, resolve)
