"""`phapquy keys create | list | rotate | revoke`: API keys at the command line, also while a server runs on the home."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from api.acting import acting
from api.acts import note_target
from api.caller import at_terminal, this_user
from api.terminal import print_json, print_line, result_console

if TYPE_CHECKING:
    from api.schemas_keys import KeyMade
    from api.wiring import Parts

app = typer.Typer(name="keys", help="Khoá API: tạo, liệt kê, đổi, thu hồi.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="In đúng một giá trị JSON ra đầu ra chuẩn.")]
KeyId = Annotated[str, typer.Argument(help="Phần công khai của khoá, ví dụ pq_0123456789.", show_default=False)]


class RoleName(StrEnum):
    """What a key may do."""

    reader = "reader"
    integrator = "integrator"
    admin = "admin"
    auditor = "auditor"


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Tên khoá, để nhận ra trong danh sách và nhật ký.", show_default=False)],
    role: Annotated[
        RoleName,
        typer.Option(
            help="reader: hỏi, xem; integrator: cổng hỏi cho người dùng của mình; admin; auditor: xem nhật ký."
        ),
    ] = RoleName.reader,
    label: Annotated[
        list[str] | None,
        typer.Option(help="Nhãn quyền xem (dùng nhiều lần được); mặc định public, riêng admin thấy mọi văn bản."),
    ] = None,
    owner: Annotated[str, typer.Option(help="Người, đơn vị chịu trách nhiệm.")] = "",
    expires: Annotated[str | None, typer.Option(help="Hết hạn: ngày YYYY-MM-DD, hoặc sau 90d, 12h.")] = None,
    per_minute: Annotated[int | None, typer.Option(min=1, help="Số lượt mỗi phút.")] = None,
    per_day: Annotated[int | None, typer.Option(min=1, help="Số lượt mỗi ngày.")] = None,
    json: AsJson = False,
) -> None:
    """Tạo một khoá; khoá chỉ hiện một lần."""
    from api.key_requests import draft_of, key_made, key_request

    body = key_request(
        name=name,
        role=role.value,
        labels=label,
        owner=owner,
        expires=None if expires is None else moment(expires),
        per_minute=per_minute,
        per_day=per_day,
    )
    with _parts("keys create") as parts:
        made = key_made(*parts.keys.create(draft_of(body), at_terminal(this_user()).id))
        note_target(made.id)
    _show_made(made, json)


@app.command("list")
def list_keys(json: AsJson = False) -> None:
    """Liệt kê mọi khoá, mới trước."""
    from api.key_requests import key_out
    from api.schemas import as_json

    with _parts("keys list") as parts:
        found = [key_out(key) for key in parts.keys.all()]
    if json:
        print_json({"keys": [as_json(key) for key in found]})
        return
    from rich.table import Table

    table = Table("Khoá", "Tên", "Vai trò", "Nhãn", "Hết hạn", "Dùng gần nhất", "Tình trạng")
    for key in found:
        state = "dùng được" if key.works else "đã thu hồi" if key.revoked else "hết hạn"
        labels = "mọi văn bản" if key.labels is None else ", ".join(key.labels)
        table.add_row(key.id, key.name, key.role, labels, _day(key.expires), _day(key.last_used), state)
    result_console().print(table)


@app.command()
def rotate(
    key: KeyId,
    grace: Annotated[str, typer.Option(help="Khoá cũ còn dùng được bao lâu, ví dụ 7d, 12h, 0h.")] = "7d",
    json: AsJson = False,
) -> None:
    """Đổi khoá: tạo khoá mới như khoá cũ, khoá cũ sống thêm một thời gian."""
    from api.key_requests import key_made

    with _parts("keys rotate", key) as parts:
        made = key_made(*parts.keys.rotate(key, span(grace), at_terminal(this_user()).id))
    _show_made(made, json)


@app.command()
def revoke(key: KeyId, json: AsJson = False) -> None:
    """Thu hồi khoá; máy chủ đang chạy ngừng nhận nó sau không quá vài giây."""
    from api.key_requests import key_out
    from api.schemas import as_json

    with _parts("keys revoke", key) as parts:
        ended = key_out(parts.keys.revoke(key))
    if json:
        print_json(as_json(ended))
    else:
        print_line(f"Đã thu hồi khoá {ended.id} ({ended.name}).")


def span(typed: str) -> timedelta:
    """`7d`, `12h`, `30m`; raises BadRequest."""
    from legal.errors import BadRequest

    found = re.fullmatch(r"(\d{1,5})([dhm])", typed.strip())
    if found is None:
        raise BadRequest("Khoảng thời gian viết như 7d (ngày), 12h (giờ), 30m (phút).")
    return timedelta(**{{"d": "days", "h": "hours", "m": "minutes"}[found[2]]: int(found[1])})


def moment(typed: str) -> datetime:
    """A day (its end, on this machine's clock) or a span from now; raises BadRequest."""
    from legal.errors import BadRequest

    try:
        return datetime.strptime(typed.strip(), "%Y-%m-%d").replace(hour=23, minute=59, second=59).astimezone()
    except ValueError:
        pass
    try:
        return datetime.now(UTC) + span(typed)
    except BadRequest:
        raise BadRequest("Hạn của khoá viết như 2027-12-31, hoặc 90d, 12h kể từ bây giờ.") from None


@contextmanager
def _parts(action: str, target: str = "") -> Iterator[Parts]:
    from api.settings import load_settings
    from api.wiring import Parts

    parts = Parts(load_settings())
    try:
        with acting(lambda: parts.audit, action, target):
            yield parts
    finally:
        parts.close()


def _show_made(made: KeyMade, json: bool) -> None:
    from api.schemas import as_json

    if json:
        print_json(as_json(made))
        return
    print_line(f"Khoá {made.id} ({made.name}, {made.role}). Hãy cất ngay, khoá không hiện lại lần nào nữa:")
    print(made.key)


def _day(value: datetime | None) -> str:
    return "" if value is None else f"{value.astimezone():%d/%m/%Y %H:%M}"
