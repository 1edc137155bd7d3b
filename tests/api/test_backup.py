"""Backup while the service answers, restore on an empty machine; damaged and altered backups are refused."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from legal.text import fold

TOPICS = [
    "thời hạn giải quyết hồ sơ mở bến đò", "hồ sơ xin mở bến đò gồm những gì", "chủ bến là ai", "áo phao trên đò",
    "bến đò ngang là gì", "mức thu phí tham quan vườn chim", "miễn phí tham quan", "trẻ em dưới 6 tuổi",
    "người cao tuổi", "quyết định này có hiệu lực khi nào", "phạm vi điều chỉnh", "giấy phép mở bến",
    "Điều 3 Quyết định 12/2024/QĐ-UBND", "khoản 2 Điều 2 12/2024/QĐ-UBND", "Điều 1 Nghị quyết 07/2023/NQ-HĐND",
    "bản vẽ mặt bằng bến", "đơn đề nghị theo mẫu", "giấy chứng nhận đăng ký phương tiện", "Sở Giao thông vận tải",
    "ngày làm việc", "vườn chim Đầm Sậy", "hành khách qua sông", "quản lý bến đò", "phí một người một lượt",
    "tổ chức được cấp giấy phép",
]  # fmt: skip
QUESTIONS = [*TOPICS, *(fold(topic) for topic in TOPICS)]


def answers(client: httpx.Client) -> list[Any]:
    """What each of the fifty questions finds, scores and all."""
    assert len(QUESTIONS) == 50
    return [client.post("/v1/search", json={"query": question}).raise_for_status().json() for question in QUESTIONS]


def test_a_backup_under_load_restores_to_the_same_answers(
    start: Callable[..., Any], run: Callable[..., Any], filled_home: Path, later: Path, tmp_path: Path
) -> None:
    home, file, empty = tmp_path / "var", tmp_path / "kho.tar.gz", tmp_path / "moi" / "var"
    shutil.copytree(filled_home, home, ignore=shutil.ignore_patterns("run"))
    (home / "lexicon.tsv").write_text("thuyền nan\tbến đò ngang\n", encoding="utf-8")
    key = run(home, "keys", "create", "cổng", "--role", "admin", "--json").json["key"]
    headers = {"authorization": f"Bearer {key}"}
    server = start(home, PHAPQUY_GENERATOR__API_KEY="bi-mat-cua-mo-hinh")
    faults: list[Any] = []
    stop = threading.Event()

    def ask_on() -> None:
        with server.client(headers=headers) as client:
            while not stop.is_set():
                reply = client.post("/v1/search", json={"query": TOPICS[0]})
                if reply.status_code != 200 or not reply.json()["results"]:
                    faults.append(reply.text)

    with server.client(headers=headers) as client:
        before = answers(client)
        original = client.get("/v1/documents").json()
        asking = threading.Thread(target=ask_on)
        asking.start()
        made = run(home, "backup", str(file), "--json", PHAPQUY_GENERATOR__API_KEY="bi-mat-cua-mo-hinh")
        stop.set()
        asking.join()
    assert made.code == 0, made.err
    assert not faults and file.stat().st_mode & 0o077 == 0
    assert run(home, "backup", str(file)).code == 2  # never over another file
    server.stop()

    restored = run(empty, "restore", str(file), "--code", made.json["code"], "--json")
    assert restored.code == 0 and restored.json == made.json, restored.err
    assert run(empty, "restore", str(file)).code == 2  # not over a home
    assert "bi-mat" not in (empty / "settings-at-backup.env").read_text(encoding="utf-8")
    again = start(empty)
    with again.client(headers=headers) as client:
        assert client.get("/v1/documents").json() == original
        assert answers(client) == before
    done = run(empty, "ingest", str(later), "--json")
    assert done.code == 0 and done.json["added"] == 1  # the home takes documents again


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, filled_home: Path, run: Callable[..., Any]) -> tuple[Path, str]:
    """A backup of the filled home, and its code."""
    home = tmp_path_factory.mktemp("small") / "var"
    shutil.copytree(filled_home, home, ignore=shutil.ignore_patterns("run", "models"))
    file = home.parent / "kho.tar.gz"
    return file, run(home, "backup", str(file), "--json").json["code"]


def repacked(file: Path, change: Callable[[str, bytes], tuple[str, bytes] | None], manifest: bool = False) -> bytes:
    """The backup packed anew with changed members; with `manifest`, the manifest is made to agree, as a forger would."""
    import hashlib

    with tarfile.open(file) as archive:
        members = [(one.name, archive.extractfile(one).read()) for one in archive if one.isreg()]  # type: ignore[union-attr]
    changed = [pair for one in members[1:] if (pair := change(*one)) is not None]
    first = members[0][1]
    if manifest:
        said = json.loads(first)
        said["files"] = {name: {"size": len(b), "sha256": hashlib.sha256(b).hexdigest()} for name, b in changed}
        first = json.dumps(said).encode()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as archive:
        for name, body in [("manifest.json", first), *changed]:
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return made.getvalue()


def altered(name: str, body: bytes) -> tuple[str, bytes]:
    """One byte of an original changed."""
    return (name, bytes([body[0] ^ 1]) + body[1:]) if name.startswith("originals/") else (name, body)


@pytest.mark.parametrize(
    ("spoil", "with_code"),
    [
        (lambda file: file.read_bytes()[:-200], False),
        (lambda file: file.read_bytes()[: file.stat().st_size // 2], False),
        (lambda file: b"", False),
        (lambda file: b"khong phai ban sao luu", False),
        (lambda file: gzip.compress(b"khong phai tar" * 100), False),
        (lambda file: _flipped(file.read_bytes()), False),
        (lambda file: repacked(file, altered), False),
        (lambda file: repacked(file, lambda n, b: None if n.endswith(".sqlite3") else (n, b)), False),
        (lambda file: repacked(file, lambda n, b: ("../ngoai", b) if n.startswith("originals/") else (n, b)), False),
        (lambda file: repacked(file, lambda n, b: ("../../ngoai" if "origin" in n else n, b), manifest=True), False),
        (lambda file: repacked(file, altered, manifest=True), True),
    ],
    ids=["cut end", "cut half", "empty", "text", "no tar", "flipped", "altered", "missing", "moved", "path", "forged"],
)
def test_a_spoilt_backup_is_refused_and_leaves_nothing(
    small: tuple[Path, str], tmp_path: Path, spoil: Callable[[Path], bytes], with_code: bool
) -> None:
    from ingest.backup import UnusableBackup, restore
    from ingest.home import Home

    file, code = small
    bad = tmp_path / "hong.tar.gz"
    bad.write_bytes(spoil(file))
    target = tmp_path / "dich" / "var"
    with pytest.raises(UnusableBackup) as refused:
        restore(bad, Home(target), code if with_code else None)
    assert refused.value.reason.endswith(".")
    assert [path for path in tmp_path.rglob("*") if path not in {bad, target.parent}] == []


def _flipped(raw: bytes) -> bytes:
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 255]) + raw[middle + 1 :]
