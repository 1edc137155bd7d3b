"""`phapquy serve`: the HTTP door as a process."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="Địa chỉ lắng nghe; mặc định chỉ máy này (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Cổng; 0 để chọn cổng trống.")] = None,
) -> None:
    """Chạy máy chủ HTTP (tra cứu, trả lời, danh mục văn bản)."""
    from api.binding import check
    from api.settings import load_settings

    settings = load_settings()
    chosen = host or settings.server.host
    check(chosen, guarded=bool(settings.api_keys))  # before the heavy imports: a refusal comes at once
    from api.serve import run

    run(settings, chosen, settings.server.port if port is None else port)


COMMANDS = (serve,)
