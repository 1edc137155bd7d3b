"""`phapquy eval`: measurements of what the doors give."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.terminal import note_console, print_json, print_line, result_console, results_only

if TYPE_CHECKING:
    from eval.retrieval import Report

app = typer.Typer(help="Đo chất lượng và tốc độ trên bộ câu hỏi có đáp án.", no_args_is_help=True)


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
) -> None:
    """Tra cứu từng câu hỏi và đo nDCG@10, recall@5/10/20, MRR@10 theo điều, độ trễ p50/p95."""
    with results_only():
        from api.desk import open_desk
        from api.settings import load_settings
        from eval.retrieval import measure, read_questions

        rows = read_questions(questions)[:limit_questions]
        with open_desk(load_settings()) as desk:
            report = measure(desk.search, rows, unaccented=unaccented, on_done=_counter(len(rows)))
    if json:
        print_json(report.as_json())
    else:
        _show(report)


def _counter(total: int) -> Callable[[int], None]:
    terminal = sys.stderr.isatty()

    def say(done: int) -> None:
        if terminal:
            print(f"\r{done}/{total} câu", end="\n" if done == total else "", file=sys.stderr, flush=True)
        elif done == total:
            print_line(f"{done}/{total} câu")

    return say


def _show(report: Report) -> None:
    from rich.table import Table

    table = Table("Nhóm", "n", "nDCG@10", "recall@5", "recall@10", "recall@20", "MRR@10", box=None)
    for kind, scores in report.scores.items():
        values = (scores.ndcg10, scores.recall5, scores.recall10, scores.recall20, scores.mrr10)
        table.add_row("Tất cả" if kind == "all" else kind, str(scores.n), *(f"{value:.3f}" for value in values))
    result_console().print(table)
    latency = report.latency_ms
    note_console().print(" · ".join(f"{name} {value:.1f} ms" for name, value in latency.items()))
