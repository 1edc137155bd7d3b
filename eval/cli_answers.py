"""`phapquy eval answers`, `phapquy eval guards`: answers, and what must never be in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.terminal import print_json, print_line, result_console, results_only
from eval.progress import counted

if TYPE_CHECKING:
    from eval.answers import AnswerReport

SetFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Tệp JSON Lines.")]
AsJson = Annotated[bool, typer.Option("--json", help="In đúng một giá trị JSON ra đầu ra chuẩn.")]


def answers(
    questions: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Tệp JSON Lines: câu hỏi và điều luật đúng.")
    ],
    unanswerable: Annotated[
        Path | None,
        typer.Option("--unanswerable", exists=True, dir_okay=False, help="Câu hỏi mà kho không trả lời được."),
    ] = None,
    limit_questions: Annotated[int | None, typer.Option(min=1, help="Chỉ lấy chừng này câu đầu của mỗi tệp.")] = None,
    json: AsJson = False,
) -> None:
    """Hỏi từng câu: điều đúng có được dẫn không, lời trích có nguyên văn không, có từ chối đúng lúc không."""
    with results_only():
        from api.desk import open_desk
        from api.settings import load_settings
        from api.wiring import Parts
        from eval.answers import measure_answers
        from eval.questions import read_questions, read_unanswerable

        rows = read_questions(questions)[:limit_questions]
        open_rows = read_unanswerable(unanswerable)[:limit_questions] if unanswerable else []
        settings = load_settings()
        catalogue = Parts(settings).catalogue
        try:
            with open_desk(settings) as desk:
                counter = counted("câu")(len(rows) + len(open_rows))
                report = measure_answers(desk.answer, catalogue, rows, open_rows, counter)
        finally:
            catalogue.close()
    if json:
        print_json(report.as_json())
    else:
        _show_answers(report)


def guards(questions: SetFile, json: AsJson = False) -> None:
    """Kiểm tra bộ câu hỏi về hiệu lực và quyền xem: không lộ, không trả văn bản hết hiệu lực. Mã thoát 1 khi có lỗi."""
    with results_only():
        from api.settings import load_settings
        from eval.guards import check_guards, read_guards
        from eval.place import open_place

        rows = read_guards(questions)
        with open_place(load_settings()) as place:
            report = check_guards(place.search, place.answer, place.parts.catalogue, rows)
    if json:
        print_json(report.as_json())
    else:
        result_console().print(
            f"{report.n} câu: {len(report.leaks)} lần lộ, {len(report.missing)} văn bản phải có mà không thấy"
        )
        for leak in report.leaks:
            print_line("Lộ: " + " · ".join(leak))
        for absent in report.missing:
            print_line("Thiếu: " + " · ".join(absent))
    if report.left_out:
        print_line(f"{len(report.left_out)} câu bỏ qua vì văn bản không mang nhãn mà câu cần.")
    if not report.clean:
        raise typer.Exit(1)


def resolve(citations: SetFile, json: AsJson = False) -> None:
    """Kiểm tra bộ viện dẫn gõ nhiều cách: đúng điều khoản, viện dẫn sai thì không ra gì. Mã thoát 1 khi có lỗi."""
    with results_only():
        from api.desk import open_desk
        from api.settings import load_settings
        from eval.resolve import check_citations, read_citations

        rows = read_citations(citations)
        with open_desk(load_settings()) as desk:
            report = check_citations(desk.resolve, rows)
    if json:
        print_json(report.as_json())
    else:
        result_console().print(
            f"Đúng điều khoản: {report.right}/{report.right_n}; từ chối viện dẫn sai: "
            f"{report.refused}/{report.refused_n}; p50 {report.latency_ms['p50']:.1f} ms"
        )
        for name, found in report.wrong:
            print_line(f"Sai: {name} → " + (", ".join(f"{number} {eid}" for number, eid in found) or "không ra gì"))
    if not report.clean:
        raise typer.Exit(1)


def _show_answers(report: AnswerReport) -> None:
    console, value = result_console(), report.as_json()
    answerable, unanswerable, quotes = value["answerable"], value["unanswerable"], value["quotes"]
    if answerable["n"]:
        console.print(f"Câu có đáp án: {answerable['n']}")
        console.print(f"  điều đúng trong các điều được dẫn: {_share(answerable['gold_cited'])}")
        console.print(f"  bị từ chối: {_share(answerable['refused'])}")
        console.print(f"  nhiều nhất {answerable['most_provisions_cited']} điều khoản trong một câu trả lời")
    if unanswerable["n"]:
        console.print(f"Câu không có đáp án: {unanswerable['n']}, từ chối {_share(unanswerable['refused'])}")
    console.print(f"Lời trích nguyên văn: {quotes['verbatim']}/{quotes['n']}")
    console.print(f"p50 {value['latency_ms']['p50']:.0f} ms · p95 {value['latency_ms']['p95']:.0f} ms")


def _share(found: dict[str, Any] | None) -> str:
    return "–" if found is None else f"{found['mean']:.3f} [{found['low']:.2f}; {found['high']:.2f}]"


COMMANDS = (answers, guards, resolve)
