"""`phapquy audit verify | export | prune`: the audit log at the command line, also while a server runs on the home."""

from __future__ import annotations

import json as json_text
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.acting import acting
from api.terminal import print_json, print_line

if TYPE_CHECKING:
    from api.wiring import Parts

app = typer.Typer(name="audit", help="Nhật ký kiểm toán: kiểm tra, xuất, xoá theo hạn lưu.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="In đúng một giá trị JSON ra đầu ra chuẩn.")]


@app.command()
def verify(json: AsJson = False) -> None:
    """Tính lại niêm phong của mọi mục; mã thoát 1 khi chuỗi bị đứt."""
    from api.present_audit import verdict_out
    from api.schemas import as_json

    with _parts("audit verify") as parts:
        verdict = verdict_out(parts.audit.chain.verify())
    if json:
        print_json(as_json(verdict))
    elif verdict.whole:
        print_line(f"Chuỗi nguyên vẹn: {verdict.entries} mục, {verdict.pruned} mục đã xoá theo hạn lưu.")
    else:
        print_line(f"Chuỗi bị đứt ở mục {verdict.broken_at}: {verdict.reason}.")
    raise typer.Exit(0 if verdict.whole else 1)


@app.command()
def export(
    since: Annotated[str | None, typer.Option(help="Từ ngày YYYY-MM-DD, theo giờ máy này.")] = None,
    until: Annotated[str | None, typer.Option(help="Đến trước ngày YYYY-MM-DD.")] = None,
) -> None:
    """In nhật ký ra đầu ra chuẩn, mỗi dòng một mục JSON, cũ trước."""
    from api.requests import day_start

    begin, end = day_start(since), day_start(until)
    with _parts("audit export") as parts:
        for record in parts.audit.chain.records(since=begin, until=end):
            sys.stdout.buffer.write(json_text.dumps(asdict(record), ensure_ascii=False).encode() + b"\n")
        sys.stdout.flush()


@app.command()
def prune() -> None:
    """Xoá các mục cũ hơn PHAPQUY_AUDIT__KEEP_DAYS ngày; máy chủ cũng tự làm mỗi ngày một lần."""
    with _parts("audit prune") as parts:
        print_line(f"Đã xoá {parts.audit.prune()} mục; phần còn lại vẫn kiểm tra được.")


@contextmanager
def _parts(action: str) -> Iterator[Parts]:
    from api.settings import load_settings
    from api.wiring import Parts

    parts = Parts(load_settings())
    try:
        with acting(lambda: parts.audit, action):
            yield parts
    finally:
        parts.close()
