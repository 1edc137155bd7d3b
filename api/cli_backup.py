"""`phapquy backup FILE` and `phapquy restore FILE`: the whole home as one file, while the service runs, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.terminal import print_json, print_line, results_only

if TYPE_CHECKING:
    from api.settings import Settings
    from ingest.backup import Backup

AsJson = Annotated[bool, typer.Option("--json", help="In đúng một giá trị JSON ra đầu ra chuẩn.")]

#: What was set when the backup was made, for whoever sets up the new machine. Secrets are named, not told.
SETTINGS_FILE = "settings-at-backup.env"


def backup(
    file: Annotated[Path, typer.Argument(help="Tệp sẽ ghi, ví dụ phapquy-2026-11-26.tar.gz.", show_default=False)],
    json: AsJson = False,
) -> None:
    """Sao lưu cả kho vào một tệp, cả khi dịch vụ đang chạy: văn bản gốc, danh mục, chỉ mục, từ điển, khoá, cấu hình."""
    with results_only():
        from api.settings import load_settings
        from ingest.backup import back_up
        from ingest.home import Home
        from legal.errors import BadRequest

        settings = load_settings()
        if settings.database_url:
            raise BadRequest(
                "Danh mục nằm ở PostgreSQL (PHAPQUY_DATABASE_URL): hãy sao lưu cơ sở dữ liệu bằng pg_dump, "
                "cùng thư mục PHAPQUY_HOME."
            )
        made = back_up(
            Home(settings.home),
            file.absolute(),
            flush=lambda: _flush(settings),
            notes={SETTINGS_FILE: settings_text(settings)},
        )
    _show(made, json, f"Đã sao lưu vào {file}.")
    if settings.qdrant.url:
        print_line("Chỉ mục nằm ở máy chủ Qdrant, không có trong tệp; sau khi khôi phục hãy chạy `phapquy reindex`.")


def restore(
    file: Annotated[Path, typer.Argument(help="Tệp sao lưu.", show_default=False)],
    code: Annotated[
        str | None, typer.Option(help="Mã kiểm mà lệnh backup đã in, để chắc tệp không bị ai thay đổi.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Khôi phục kho từ tệp sao lưu vào PHAPQUY_HOME đang trống; tệp hỏng hay bị sửa thì không khôi phục gì cả."""
    with results_only():
        from api.settings import load_settings
        from ingest.backup import restore as read_back
        from ingest.home import Home

        home = Home(load_settings().home)
        done = read_back(file, home, code)
    _show(done, json, f"Đã khôi phục vào {home.path}.")
    if not done.index:
        print_line("Bản sao lưu không có chỉ mục: hãy chạy `phapquy reindex`.")
    print_line(f"Cấu hình lúc sao lưu (không có bí mật): {home.path / SETTINGS_FILE}")


def settings_text(settings: Settings) -> str:
    """The settings that differ from the defaults, as lines for an `.env` file; secrets as comments to fill in."""
    from api.settings import Settings as Class

    plain = Class.model_construct()
    lines = ["# Cấu hình của phapquy lúc sao lưu; các bí mật phải đặt lại."]
    for name, value in _flat(settings.model_dump(), "PHAPQUY"):
        if value != dict(_flat(plain.model_dump(), "PHAPQUY")).get(name) and value is not None:
            secret = "Secret" in type(value).__name__ or isinstance(value, tuple)
            lines.append(f"# {name}=" if secret else f"{name}={value}")
    return "\n".join(lines) + "\n"


def _flat(values: dict[str, object], prefix: str) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in values.items():
        full = f"{prefix}{'_' if prefix == 'PHAPQUY' else '__'}{name.upper()}"
        found += _flat(value, full) if isinstance(value, dict) else [(full, value)]
    return found


def _flush(settings: Settings) -> None:
    from api.remote import find_server

    server = find_server(settings.home)
    if server is not None:
        with server:
            server.flush()


def _show(done: Backup, json: bool, said: str) -> None:
    if json:
        print_json(
            {
                "code": done.code,
                "made": done.made.isoformat(),
                "files": done.files,
                "bytes": done.size,
                "index": done.index,
            }
        )
        return
    print_line(f"{said} {done.files} tệp, {done.size / 1e6:.1f} MB, lập lúc {done.made.astimezone():%d/%m/%Y %H:%M}.")
    print_line(f"Mã kiểm (hãy giữ ở nơi khác): {done.code}")


COMMANDS = (backup, restore)
