"""`phapquy serve`: the HTTP door as a process; `phapquy worker`: what does its jobs, as another."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="Địa chỉ lắng nghe; mặc định chỉ máy này (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Cổng; 0 để chọn cổng trống.")] = None,
    worker: Annotated[
        bool, typer.Option(help="Tự chạy tiến trình làm việc nền; tắt khi đã chạy `phapquy worker` riêng.")
    ] = True,
) -> None:
    """Chạy máy chủ HTTP (tra cứu, trả lời, danh mục văn bản)."""
    from api.serve import run
    from api.settings import load_settings

    settings = load_settings()
    run(settings, host or settings.server.host, settings.server.port if port is None else port, worker=worker)


def worker() -> None:
    """Chạy tiến trình làm việc nền: đọc và nạp văn bản được gửi lên, tạo lại chỉ mục, đo chất lượng."""
    import signal
    import threading

    from api import logs
    from api.keeper import Keeper
    from api.settings import load_settings
    from api.terminal import print_line
    from api.wiring import Parts
    from ingest.jobs import Jobs

    settings = load_settings()
    logs.set_up(settings.log_level, json=True)
    parts = Parts(settings)
    keeper = Keeper(parts.home, lambda: Jobs(parts.catalogue))
    parts.catalogue  # noqa: B018  (a home that cannot be opened is said at once)
    ended = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: ended.set())
    keeper.start()
    print_line(f"phapquy đang nhận việc của kho {settings.home}")
    ended.wait()
    keeper.stop()


COMMANDS = (serve, worker)
