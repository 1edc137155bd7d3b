"""`phapquy doctor`: looks at everything that a home needs, says what is wrong and what to do about it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import httpx

from api.binding import FIRST_KEY
from api.doors_database import doors_file
from api.remote import find_server
from api.settings import ModelSettings, Settings
from api.wiring import Parts
from legal.errors import PhapquyError

State = Literal["ok", "note", "bad"]
#: Bytes that should be free: an index being built beside the old one needs room.
_FREE = 2 << 30
_MODEL_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at. `do`: what helps, where something does."""

    name: str
    state: State
    said: str
    do: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, cheap ones first; nothing is made or changed in a home that is not there."""
    home = settings.home
    yield from _folder(home)
    if home.is_dir():
        parts = Parts(settings)
        try:
            yield from _guarded("danh mục", lambda: _catalogue(parts))
            yield from _guarded("chỉ mục", lambda: _index(parts))
            yield from _guarded("khoá API", lambda: _keys(parts))
            yield from _guarded("nhật ký kiểm toán", lambda: _audit(parts))
        finally:
            parts.close()
    yield from _models(settings)
    yield from _programs()


def _guarded(name: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except PhapquyError as error:
        yield Finding(name, "bad", error.reason)


def _folder(home: Path) -> Iterator[Finding]:
    if not home.is_dir():
        yield Finding("kho", "note", f"Chưa có kho ở {home}.", "Nạp văn bản: phapquy ingest THƯ_MỤC")
        return
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            "kho", "bad", f"Không đọc, ghi được {home}.", f"Giao kho cho người chạy phapquy: chown -R … {home}"
        )
        return
    mode = home.stat().st_mode & 0o077
    yield (
        Finding("kho", "note", f"{home} mở cho người dùng khác của máy.", f"chmod 700 {home}")
        if mode
        else Finding("kho", "ok", str(home))
    )
    free = shutil.disk_usage(home).free
    said = f"Còn trống {free / (1 << 30):.1f} GB".replace(".", ",")
    yield (
        Finding("đĩa", "ok", said)
        if free >= _FREE
        else Finding("đĩa", "bad", said, "Dọn đĩa hoặc chuyển kho sang đĩa khác")
    )


def _catalogue(parts: Parts) -> Iterator[Finding]:
    counts = parts.catalogue.counts()
    yield Finding("danh mục", "ok", f"{counts.documents} văn bản, {counts.passages} đoạn")
    if counts.failed:
        yield Finding("tệp lỗi", "note", f"{counts.failed} tệp chưa đọc được", "Xem: phapquy status")


def _index(parts: Parts) -> Iterator[Finding]:
    server = find_server(parts.settings.home)
    if server is not None:  # the embedded engine is the server's; it says how it stands
        with server:
            status = server.status()
        yield Finding("máy chủ", "ok", f"Đang chạy: {server.record.public}")
        passages = status.passages
    else:
        yield Finding("mô hình nhúng", "ok", parts.embedder.name)
        passages = parts.index.count()
    known = parts.catalogue.counts().passages
    if passages == known:
        yield Finding("chỉ mục", "ok", f"{passages} đoạn, khớp danh mục")
    else:
        said = f"Chỉ mục có {passages} đoạn, danh mục có {known}"
        yield Finding("chỉ mục", "bad", said, "Nạp lại: phapquy ingest THƯ_MỤC, hoặc phapquy reindex")


def _keys(parts: Parts) -> Iterator[Finding]:
    if not parts.settings.database_url and not doors_file(parts.home).exists():
        yield Finding("khoá API", "note", "Chưa có khoá: máy chủ chỉ nhận máy này.", FIRST_KEY)
        return
    now = datetime.now(UTC)
    working = [key for key in parts.keys.all() if key.works(now)]
    if strange := parts.keys.other_peppers():
        yield Finding(
            "khoá API", "bad", f"{strange} khoá tạo với bí mật (pepper) khác nên không dùng được",
            "Khôi phục tệp secrets/pepper (hoặc PHAPQUY_PEPPER) cũ, hoặc cấp lại các khoá đó",
        )  # fmt: skip
    elif not parts.keys.any_made():
        yield Finding("khoá API", "note", "Chưa có khoá: máy chủ chỉ nhận máy này.", FIRST_KEY)
    elif not any(key.role == "admin" for key in working) and not parts.settings.oidc.issuer:
        yield Finding("khoá API", "note", f"{len(working)} khoá dùng được, không có khoá quản trị", FIRST_KEY)
    else:
        yield Finding("khoá API", "ok", f"{len(working)} khoá dùng được")


def _audit(parts: Parts) -> Iterator[Finding]:
    if not parts.settings.database_url and not doors_file(parts.home).exists():
        return
    verdict = parts.audit.chain.verify()
    if verdict.broken_at is None:
        yield Finding("nhật ký kiểm toán", "ok", f"{verdict.entries} mục, chuỗi nguyên vẹn")
    else:
        said = f"Chuỗi đứt ở mục {verdict.broken_at}: {verdict.reason}"
        yield Finding("nhật ký kiểm toán", "bad", said, "Ai đó đã sửa nhật ký: so với bản sao lưu, báo người phụ trách")


def _models(settings: Settings) -> Iterator[Finding]:
    served: tuple[tuple[str, str, ModelSettings], ...] = (
        ("mô hình trả lời", "GENERATOR", settings.generator),
        ("mô hình nhúng (máy chủ)", "EMBEDDER", settings.embedder),
        ("mô hình xếp hạng lại", "RERANKER", settings.reranker),
    )
    for name, variable, chosen in served:
        for url in (chosen.url or "").split(","):
            if url.strip():
                yield _model(name, variable, url.strip(), chosen)
    if not settings.generator.url:
        yield Finding(
            "mô hình trả lời", "note", "Chưa đặt: trả lời bằng trích nguyên văn", "PHAPQUY_GENERATOR__URL, ..__MODEL"
        )


def _model(name: str, variable: str, url: str, chosen: ModelSettings) -> Finding:
    key = chosen.api_key.get_secret_value() if chosen.api_key else None
    root = url.rstrip("/").removesuffix("/v1")
    try:
        reply = httpx.get(
            f"{root}/v1/models", timeout=_MODEL_TIMEOUT, trust_env=False,
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )  # fmt: skip
        served = [str(one["id"]) for one in reply.raise_for_status().json()["data"]]
    except httpx.HTTPStatusError as error:
        return Finding(
            name,
            "bad",
            f"{url} trả mã {error.response.status_code}",
            f"Xem PHAPQUY_{variable}__API_KEY, nhật ký máy chủ",
        )
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return Finding(name, "bad", f"{url} không trả lời", f"Bật máy chủ mô hình, xem PHAPQUY_{variable}__URL")
    if chosen.model not in served:
        return Finding(
            name,
            "bad",
            f"{url} không phục vụ {chosen.model}",
            f"PHAPQUY_{variable}__MODEL là một trong: {', '.join(served)}",
        )
    return Finding(name, "ok", f"{chosen.model} tại {url}")


def _programs() -> Iterator[Finding]:
    for program, needed, names in (
        ("LibreOffice", ".doc, .rtf, .odt", ("soffice", "libreoffice")),
        ("pdftotext", "một số PDF", ("pdftotext",)),
        ("Tesseract", "bản quét", ("tesseract",)),
    ):
        if any(shutil.which(name) for name in names):
            yield Finding(program, "ok", f"có, đọc được {needed}")
        else:
            yield Finding(program, "note", f"thiếu: không đọc được {needed}", "sudo make system")
    if shutil.which("tesseract"):
        listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, timeout=20, check=False)
        if "vie" not in listed.stdout.split():
            yield Finding("Tesseract tiếng Việt", "note", "thiếu dữ liệu vie", "sudo make system")
