"""`phapquy eval`: measurements of what the doors give."""

from __future__ import annotations

import json as json_lines
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.terminal import note_console, print_json, print_line, result_console, results_only
from eval import cli_answers
from eval.progress import counted

if TYPE_CHECKING:
    from eval.place import Place
    from eval.retrieval import Report

app = typer.Typer(help="Đo chất lượng và tốc độ trên bộ câu hỏi có đáp án.", no_args_is_help=True)
for _command in cli_answers.COMMANDS:
    app.command()(_command)


@app.callback()
def group() -> None:
    """Đo chất lượng và tốc độ trên bộ câu hỏi có đáp án."""


@app.command()
def retrieval(
    questions: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Tệp JSON Lines: câu hỏi và điều luật đúng.")
    ],
    unaccented: Annotated[bool, typer.Option("--unaccented", help="Bỏ dấu các câu hỏi trước khi tìm.")] = False,
    limit_questions: Annotated[int | None, typer.Option(min=1, help="Chỉ lấy chừng này câu đầu.")] = None,
    json: Annotated[bool, typer.Option("--json", help="In đúng một giá trị JSON ra đầu ra chuẩn.")] = False,
    baselines: Annotated[
        bool,
        typer.Option(
            "--baselines", help="Đo thêm BM25, chỉ véc-tơ và Haystack thường (lần đầu phải tính véc-tơ, lâu)."
        ),
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", dir_okay=False, help="Ghi báo cáo HTML tự đủ vào tệp này.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", dir_okay=False, help="Ghi JSON, có điểm từng câu, vào tệp này.")
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            "--compare",
            exists=True,
            dir_okay=False,
            help="Tệp --output lần đo trước; mã thoát 1 khi giảm có ý nghĩa thống kê.",
        ),
    ] = None,
) -> None:
    """Tra cứu từng câu hỏi và đo nDCG@10, recall@5/10/20, MRR@10 theo điều, độ trễ p50/p95."""
    from dataclasses import replace

    with results_only():
        from api.desk import open_desk
        from api.local import LocalDesk
        from api.settings import load_settings
        from eval.compare import read_earlier
        from eval.place import open_place
        from eval.questions import read_questions
        from eval.retrieval import measure

        rows = read_questions(questions)[:limit_questions]
        earlier = read_earlier(compare) if compare else None
        settings, counter = load_settings(), counted("câu")
        if baselines:
            from eval.baselines import measure_baselines

            with open_place(settings) as place:
                found = measure(place.search, rows, unaccented=unaccented, on_done=counter(len(rows)))
                found = replace(
                    found,
                    baselines=measure_baselines(place, rows, found, unaccented=unaccented),
                    about={**found.about, **_about(place)},
                )
        else:
            with open_desk(settings) as desk:
                if isinstance(desk, LocalDesk):
                    desk.warm()
                found = measure(desk.search, rows, unaccented=unaccented, on_done=counter(len(rows)))
                status = desk.status()
            about = {"documents": status.documents, "passages": status.passages, "embedder": status.embedder}
            found = replace(found, about={**found.about, **about})
        if earlier is not None:
            found = replace(found, comparison=found.against(earlier))
        if output:
            output.write_text(json_lines.dumps(found.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        if report:
            from eval.report import html

            report.write_text(html(found), encoding="utf-8")
    if json:
        print_json(found.fixed_json())
    else:
        _show(found)
    if found.comparison is not None:
        from eval.compare import in_words

        for line in in_words(found.comparison):
            print_line(line)
        if found.comparison.losses:
            raise typer.Exit(1)


def _about(place: Place) -> dict[str, object]:
    counts = place.parts.catalogue.counts()
    return {
        "documents": counts.documents,
        "passages": place.parts.index.count(),
        "embedder": place.parts.embedder.name,
    }


def _show(report: Report) -> None:
    from rich.table import Table

    from eval.report import NAMES

    table = Table("Nhóm", "n", "nDCG@10", "recall@5", "recall@10", "recall@20", "MRR@10", box=None)
    rows = [("Tất cả" if kind == "all" else kind, scores) for kind, scores in report.scores.items()]
    rows += [(NAMES[name], baseline.scores["all"]) for name, baseline in report.baselines.items()]
    for name, scores in rows:
        values = (scores.ndcg10, scores.recall5, scores.recall10, scores.recall20, scores.mrr10)
        table.add_row(name, str(scores.n), *(f"{value:.3f}" for value in values))
    result_console().print(table)
    notes = note_console()
    all_of = report.intervals["all"]["ndcg10"]
    notes.print(f"nDCG@10 {all_of.mean:.3f}, khoảng tin cậy 95% {all_of.low:.3f} – {all_of.high:.3f}")
    for name, baseline in report.baselines.items():
        one = baseline.differences["all"]["ndcg10"]
        notes.print(f"nDCG@10 hơn {NAMES[name]}: {one.mean:+.3f} ({one.low:+.3f} – {one.high:+.3f})")
    notes.print(" · ".join(f"{name} {value:.1f} ms" for name, value in report.latency_ms.items()))
