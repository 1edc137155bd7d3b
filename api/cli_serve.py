"""`phapquy serve`: the HTTP door as a process."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="Địa chỉ lắng nghe; mặc định chỉ máy này (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Cổng; 0 để chọn cổng trống.")] = None,
) -> None:
    """Chạy máy chủ HTTP (tra cứu, trả lời, danh mục văn bản)."""
    from api.serve import run
    from api.settings import load_settings

    settings = load_settings()
    run(settings, host or settings.server.host, settings.server.port if port is None else port)


COMMANDS = (serve,)
