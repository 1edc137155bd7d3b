"""`phapquy doctor`: whether everything is in order here, and what to do where it is not."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.terminal import print_json, result_console, results_only


def doctor(
    json: Annotated[bool, typer.Option("--json", help="In đúng một giá trị JSON ra đầu ra chuẩn.")] = False,
) -> None:
    """Kiểm tra kho, đĩa, danh mục, chỉ mục, khoá, nhật ký, mô hình, chương trình hệ thống; mã thoát 1 khi có lỗi."""
    with results_only():
        from api import logs
        from api.doctor import examine
        from api.settings import load_settings

        settings = load_settings()
        logs.set_up(settings.log_level, json=False)
        found = list(examine(settings))
    bad = any(one.state == "bad" for one in found)
    if json:
        print_json({"ok": not bad, "findings": [asdict(one) for one in found]})
    else:
        console = result_console()
        for one in found:
            mark = {"ok": "[green]✓[/]", "note": "[yellow]![/]", "bad": "[red]✗[/]"}[one.state]
            console.print(mark, end=" ")
            console.print(f"{one.name}: {one.said}" + (f"\n    → {one.do}" if one.do else ""), markup=False)
    raise typer.Exit(1 if bad else 0)


COMMANDS = (doctor,)
