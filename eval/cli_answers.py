"""`phapquy eval answers`, `phapquy eval guards`: answers, and what must never be in them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.terminal import print_json, print_line, result_console, results_only
from eval.progress import counted

if TYPE_CHECKING:
    from api.settings import Settings

SetFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Tệp JSON Lines.")]
AsJson = Annotated[bool, typer.Option("--json", help="In đúng một giá trị JSON ra đầu ra chuẩn.")]


def answers(
    questions: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="Tệp JSON Lines: câu hỏi và điều luật đúng.")
    ] = None,
    unanswerable: Annotated[
        Path | None,
        typer.Option("--unanswerable", exists=True, dir_okay=False, help="Câu hỏi mà kho không trả lời được."),
    ] = None,
    faults: Annotated[
        int, typer.Option("--faults", min=0, help="Thử khâu kiểm chứng với chừng này câu trả lời bịa, ví dụ 500.")
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Hạt ngẫu nhiên của các câu bịa.")] = 5,
    judge: Annotated[bool, typer.Option("--judge", help="Nhờ thêm mô hình đã cấu hình chấm từng câu trả lời.")] = False,
    limit_questions: Annotated[int | None, typer.Option(min=1, help="Chỉ lấy chừng này câu đầu của mỗi tệp.")] = None,
    json: AsJson = False,
) -> None:
    """Hỏi từng câu: điều đúng có được dẫn không, lời trích có nguyên văn không, có từ chối đúng lúc không; hoặc
    (--faults) đưa câu trả lời bịa qua khâu kiểm chứng."""
    if questions is None and not faults:
        raise typer.BadParameter("cần tệp câu hỏi hoặc --faults.")
    value: dict[str, Any] = {}
    with results_only():
        from api.settings import load_settings
        from eval.place import open_place

        settings = load_settings()
        if faults:
            from eval.faults import measure_faults

            with open_place(settings) as place:
                report = measure_faults(place, n=faults, seed=seed, on_done=counted("câu")(2 * faults))
            value["faults"] = report.as_json()
        if questions is not None:
            value |= _asked(questions, unanswerable, settings, limit_questions, judge=judge)
    if json:
        print_json(value)
        return
    if "faults" in value:
        _show_faults(value["faults"])
    if questions is not None:
        _show_answers(value)


def _asked(
    questions: Path, unanswerable: Path | None, settings: Settings, limit: int | None, *, judge: bool
) -> dict[str, Any]:
    from api.desk import open_desk
    from api.schemas import AnswerResponse
    from api.wiring import Parts
    from eval.answers import measure_answers
    from eval.judge import Judgement, judged
    from eval.questions import read_questions, read_unanswerable
    from legal.errors import BadRequest

    rows = read_questions(questions)[:limit]
    open_rows = read_unanswerable(unanswerable)[:limit] if unanswerable else []
    parts = Parts(settings)
    generator = parts.generator if judge else None
    if judge and generator is None:
        raise BadRequest("Chưa cấu hình mô hình để chấm (PHAPQUY_GENERATOR__URL).")
    try:
        with asyncio.Runner() as runner, open_desk(settings) as desk:

            def ask_judge(question: str, answer: AnswerResponse) -> Judgement | None:
                return runner.run(judged(generator, question, answer)) if generator is not None else None

            counter = counted("câu")(len(rows) + len(open_rows))
            report = measure_answers(
                desk.answer, parts.catalogue, rows, open_rows, counter, ask_judge if generator is not None else None
            )
    finally:
        parts.close()
    return report.as_json()


def guards(questions: SetFile, json: AsJson = False) -> None:
    """Kiểm tra bộ câu hỏi về hiệu lực và quyền xem: không lộ, không trả văn bản hết hiệu lực. Mã thoát 1 khi có lỗi."""
    with results_only():
        from api.settings import load_settings
        from eval.guards import check_guards, read_guards
        from eval.place import open_place

        rows = read_guards(questions)
        with open_place(load_settings()) as place:
            report = check_guards(place.search, place.answer, place.resolve, place.parts.catalogue, rows)
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


def _show_faults(value: dict[str, Any]) -> None:
    console = result_console()
    console.print(f"Câu bịa bị phát hiện: {_share(value['faults']['caught'])} trong {value['faults']['n']}")
    for kind, found in value["faults"]["kinds"].items():
        console.print(f"  {kind}: {_share(found['caught'])} trong {found['n']}")
    console.print(f"  nguồn có đúng câu ấy, không lấy làm nguồn tráo: {value['faults']['same_sentence_left_out']}")
    console.print(f"Câu đúng bị bỏ nhầm: {_share(value['true']['rejected'])} trong {value['true']['n']}")
    for row in value["slipped"]:
        print_line(f"Lọt ({row['kind']}): {row['text']}")
    for row in value["rejected"]:
        print_line(f"Bỏ nhầm ({row['way']}): {row['text']}")


def _show_answers(value: dict[str, Any]) -> None:
    console = result_console()
    answerable, unanswerable, quotes = value["answerable"], value["unanswerable"], value["quotes"]
    if answerable["n"]:
        console.print(f"Câu có đáp án: {answerable['n']}")
        console.print(f"  điều đúng trong các điều được dẫn: {_share(answerable['gold_cited'])}")
        console.print(f"  tỷ lệ đúng trong các điều được dẫn: {_share(answerable['citation_precision'])}")
        console.print(f"  tỷ lệ điều đúng được dẫn: {_share(answerable['citation_recall'])}")
        console.print(f"  bị từ chối: {_share(answerable['refused'])}")
        console.print(f"  nhiều nhất {answerable['most_provisions_cited']} điều khoản trong một câu trả lời")
    if unanswerable["n"]:
        console.print(f"Câu không có đáp án: {unanswerable['n']}, từ chối {_share(unanswerable['refused'])}")
    if value["statements"]:
        console.print(
            f"Câu của mô hình không có căn cứ: {value['statements']['unsupported']}/{value['statements']['n']}"
        )
    for kind, found in value["accuracy"].items():
        console.print(f"{kind}: trả lời dứt khoát {found['decided']}/{found['n']}, đúng {_share(found['right'])}")
    if value["judge"]:
        console.print(
            f"Mô hình chấm: có căn cứ {_share(value['judge']['grounded'])}, đúng ý {_share(value['judge']['answers'])}"
        )
    console.print(f"Lời trích nguyên văn: {quotes['verbatim']}/{quotes['n']}")
    console.print(f"p50 {value['latency_ms']['p50']:.0f} ms · p95 {value['latency_ms']['p95']:.0f} ms")


def _share(found: dict[str, Any] | None) -> str:
    return "–" if found is None else f"{found['mean']:.3f} [{found['low']:.2f}; {found['high']:.2f}]"


COMMANDS = (answers, guards, resolve)
