"""`phapquy parse`, `ingest`, `accept`, `access`, `remove`, `reindex`, `rollback`, `status`: documents at the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.terminal import note_console, print_json, print_line, print_text, result_console, results_only

if TYPE_CHECKING:
    from api.desk import OnProgress
    from api.schemas_intake import HeldFile, IngestOut


class Format(StrEnum):
    """How `parse` prints a document."""

    tree = "tree"
    json = "json"
    akn = "akn"
    html = "html"


AsJson = Annotated[bool, typer.Option("--json", help="In đúng một giá trị JSON ra đầu ra chuẩn.")]


def parse(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Tệp văn bản.", show_default=False)],
    json: AsJson = False,
    html: Annotated[bool, typer.Option("--html", help="In một trang HTML: cây, căn cứ, viện dẫn, độ phủ.")] = False,
    format: Annotated[Format, typer.Option("--format", help="Định dạng in ra; akn là Akoma Ntoso 3.0.")] = Format.tree,
) -> None:
    """Đọc cấu trúc một văn bản (không nạp vào kho)."""
    wanted = {*([Format.json] if json else []), *([Format.html] if html else []), *({format} - {Format.tree})}
    if len(wanted) > 1:
        raise typer.BadParameter("Chỉ chọn được một định dạng in ra.")
    chosen = wanted.pop() if wanted else Format.tree
    if chosen in (Format.akn, Format.html):
        with results_only():
            from api.reading import akoma_file, page_of

            printed = akoma_file(file) if chosen is Format.akn else page_of(file)
        print_text(printed)
        return
    with results_only():
        from api.reading import read_file

        document = read_file(file)
    if chosen is Format.json:
        print_json(document)
    else:
        _show_tree(document)


def ingest(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Tệp hoặc thư mục.", show_default=False)],
    access: Annotated[
        list[str] | None,
        typer.Option("--access", help="Nhãn được xem văn bản (dùng nhiều lần được); văn bản mới mặc định là public."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Nạp văn bản vào kho; tệp không đổi thì bỏ qua, tệp đổi thì thay cả văn bản."""
    with results_only():
        from api.desk import open_desk
        from api.requests import access_labels
        from api.schemas import as_json
        from api.settings import load_settings

        with open_desk(load_settings()) as desk, _progress() as on_progress:
            report = desk.ingest(paths, on_progress, access_labels(access))
    if json:
        print_json(as_json(report))
    else:
        _show_report(report)
    if report.failed or report.stopped:
        raise typer.Exit(1)


def access(
    number: Annotated[str, typer.Argument(help="Số hiệu văn bản.", show_default=False)],
    labels: Annotated[list[str], typer.Argument(help="Nhãn được xem, thay mọi nhãn cũ.", show_default=False)],
    json: AsJson = False,
) -> None:
    """Đổi ai được xem một văn bản; có hiệu lực ngay, không lập chỉ mục lại."""
    with results_only():
        from api.desk import open_desk
        from api.requests import access_labels
        from api.schemas import as_json
        from api.settings import load_settings

        with open_desk(load_settings()) as desk:
            done = desk.relabel(number, access_labels(labels) or ())
    if json:
        print_json(as_json(done))
    else:
        print_line(f"{done.number}: {', '.join(done.access)} ({done.passages} đoạn).")


def reindex(json: AsJson = False) -> None:
    """Tạo lại chỉ mục từ các văn bản đã nạp (sau khi đổi mô hình nhúng); chỉ mục cũ trả lời đến khi xong."""
    with results_only():
        from api.desk import open_desk
        from api.schemas import as_json
        from api.settings import load_settings

        with open_desk(load_settings()) as desk, _progress() as on_progress:
            report = desk.reindex(on_progress)
    if json:
        print_json(as_json(report))
    else:
        _show_report(report)


def rollback(
    drop: Annotated[bool, typer.Option("--drop", help="Không quay về: bỏ hẳn chỉ mục trước, lấy lại chỗ đĩa.")] = False,
    json: AsJson = False,
) -> None:
    """Quay về chỉ mục trước lần tạo lại gần nhất, đã bổ sung những gì nạp từ đó đến nay."""
    with results_only():
        from api.desk import open_desk
        from api.schemas import as_json
        from api.settings import load_settings

        with open_desk(load_settings()) as desk:
            dropped = drop and desk.drop_previous()
            done = None if drop else desk.rollback()
    if done is None:
        if json:
            print_json({"dropped": dropped})
        else:
            result_console().print("Đã bỏ chỉ mục trước." if dropped else "Không có chỉ mục trước nào để bỏ.")
    elif json:
        print_json(as_json(done))
    else:
        result_console().print(f"Đang dùng lại chỉ mục trước ({done.embedder}): {done.passages} đoạn.")


def remove(
    number: Annotated[str, typer.Argument(help="Số hiệu văn bản, ví dụ 52/2014/QH13.", show_default=False)],
    json: AsJson = False,
) -> None:
    """Gỡ một văn bản khỏi kho và chứng minh không còn gì trong chỉ mục."""
    with results_only():
        from api.desk import open_desk
        from api.schemas import as_json
        from api.settings import load_settings

        with open_desk(load_settings()) as desk:
            done = desk.remove(number)
    if json:
        print_json(as_json(done))
    else:
        result_console().print(f"Đã gỡ {done.number}: {done.removed} đoạn, còn lại {done.left} đoạn trong chỉ mục.")


def accept(
    number: Annotated[str, typer.Argument(help="Số hiệu hoặc khóa của văn bản chờ duyệt.", show_default=False)],
    json: AsJson = False,
) -> None:
    """Duyệt một văn bản đang chờ (bản quét mờ, mất chữ): từ lúc này nó được tìm thấy."""
    with results_only():
        from api.desk import open_desk
        from api.schemas import as_json
        from api.settings import load_settings

        with open_desk(load_settings()) as desk:
            done = desk.accept(number)
    if json:
        print_json(as_json(done))
    else:
        result_console().print(f"Đã duyệt {done.number}: {done.passages} đoạn.")


def status(json: AsJson = False) -> None:
    """Kho có gì: số văn bản, số đoạn, bộ nhúng, máy chủ đang chạy."""
    with results_only():
        from api.desk import open_desk
        from api.schemas import as_json
        from api.settings import load_settings

        with open_desk(load_settings()) as desk:
            found = desk.status()
    if json:
        print_json(as_json(found))
        return
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("Kho", found.home),
        ("Văn bản", found.documents),
        ("Đoạn", found.passages),
        ("Tệp lỗi", found.failed),
        ("Chờ duyệt", len(found.needs_review)),
        ("Bộ nhúng", found.embedder or "chưa có chỉ mục"),
        ("Chỉ mục", found.engine),
        ("Mô hình trả lời", found.generator or "không (trích nguyên văn)"),
        ("Máy chủ", found.serving or "không chạy"),
    ):
        table.add_row(name, str(value))
    result_console().print(table)
    _show_held(found.needs_review)


@contextmanager
def _progress() -> Iterator[OnProgress]:
    """A bar on standard error: documents, passages, rate, time left; a plain line now and then without a terminal."""
    from api.schemas_intake import ProgressOut

    if not sys.stderr.isatty():
        shown = -1

        def say(now: ProgressOut) -> None:
            nonlocal shown
            tenth = now.files_done * 10 // max(now.files_total, 1)
            if tenth != shown:
                shown = tenth
                print_line(f"{now.files_done}/{now.files_total} tệp, {now.passages_done} đoạn, {now.failed} lỗi")

        yield say
        return

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("Văn bản"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[passages]} đoạn · {task.fields[rate]:.1f} đoạn/s · còn"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}"),
        console=note_console(),
        transient=True,
    ) as bar:
        task = bar.add_task("ingest", total=None, passages=0, rate=0.0, failed="")

        def move(now: ProgressOut) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            bar.update(
                task,
                completed=now.files_done,
                total=now.files_total or None,
                passages=now.passages_done,
                rate=now.passages_done / elapsed if elapsed > 0.2 else 0.0,
                failed=f"[red]{now.failed} lỗi[/red]" if now.failed else "",
            )

        yield move


def _show_report(report: IngestOut) -> None:
    from rich.table import Table
    from rich.text import Text

    console = result_console()
    console.print(
        f"{report.files} tệp: {report.added} mới, {report.replaced} thay thế, {report.unchanged} không đổi, "
        f"{len(report.failed)} lỗi, {len(report.needs_review)} chờ duyệt (không tính là lỗi) · "
        f"{report.passages} đoạn · {report.seconds:.1f} giây"
    )
    if report.stopped:
        print_line("Đã dừng giữa chừng; chạy lại cùng lệnh để làm tiếp.")
    if report.failed:
        table = Table("Tệp", "Lý do", box=None, header_style="bold red")
        for failed in report.failed:
            table.add_row(Text(failed.file), Text(failed.reason))
        console.print(table)
    _show_held(report.needs_review)


def _show_held(held: list[HeldFile]) -> None:
    """What waits for review: with which key it is accepted, and why it waits."""
    if not held:
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("Chờ duyệt (phapquy accept KHÓA)", "Tệp", "Lý do", box=None, header_style="bold yellow")
    for one in held:
        table.add_row(Text(one.key), Text(one.file), Text(" ".join(one.reasons)))
    result_console().print(table)


def _show_tree(document: dict[str, Any]) -> None:
    from rich.text import Text
    from rich.tree import Tree

    names = (("number", "Số hiệu"), ("type", "Loại"), ("issuer", "Cơ quan"), ("signer", "Người ký"))
    dates = (("issued", "Ban hành"), ("effective_from", "Hiệu lực từ"))
    root = Tree(Text(document.get("title") or "(không có tên)", "bold"))
    for key, label in (*names, *dates):
        if document.get(key):
            root.add(Text.assemble((f"{label}: ", "dim"), str(document[key])))

    def grow(parent: Tree, nodes: list[dict[str, Any]]) -> None:
        for node in nodes:
            text = " ".join((node["heading"] or node["text"] or "").split())
            short = text if len(text) <= 90 else text[:90].rsplit(" ", 1)[0] + " …"
            grow(parent.add(Text.assemble((node["eid"], "cyan"), "  ", short)), node["children"])

    grow(root, document["provisions"])
    result_console().print(root)


COMMANDS = (parse, ingest, accept, access, remove, reindex, rollback, status)
