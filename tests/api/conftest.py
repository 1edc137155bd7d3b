"""A home filled with small fictional documents, and a real `phapquy serve` process on it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

PHAPQUY = [str(Path(sys.executable).parent / "phapquy")]

REGULATION = """<html><head><meta charset="utf-8"></head><body>
<table><tr><td><p>ỦY BAN NHÂN DÂN<br>TỈNH SƠN HÀ</p><p>Số: 12/2024/QĐ-UBND</p></td>
<td><p>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM<br>Độc lập - Tự do - Hạnh phúc</p>
<p><i>Sơn Hà, ngày 15 tháng 3 năm 2024</i></p></td></tr></table>
<p><b>QUYẾT ĐỊNH</b></p><p><b>Quy định về quản lý bến đò ngang trên địa bàn tỉnh Sơn Hà</b></p>
<p><b>ỦY BAN NHÂN DÂN TỈNH SƠN HÀ</b></p>
<p><i>Căn cứ Luật Tổ chức chính quyền địa phương;</i></p><p><b>QUYẾT ĐỊNH:</b></p>
<p><b>Chương I</b></p><p><b>QUY ĐỊNH CHUNG</b></p>
<p><b>Điều 1. Phạm vi điều chỉnh</b></p>
<p>Quyết định này quy định việc mở, quản lý và đóng bến đò ngang trên địa bàn tỉnh Sơn Hà.</p>
<p><b>Điều 2. Giải thích từ ngữ</b></p>
<p>1. Bến đò ngang là nơi đón trả hành khách qua sông bằng phương tiện thủy.</p>
<p>2. Chủ bến là tổ chức, cá nhân được cấp giấy phép mở bến.</p>
<p><b>Chương II</b></p><p><b>GIẤY PHÉP MỞ BẾN</b></p>
<p><b>Điều 3. Thời hạn giải quyết hồ sơ mở bến đò</b></p>
<p>1. Sở Giao thông vận tải giải quyết hồ sơ xin mở bến đò trong 07 ngày làm việc kể từ ngày nhận đủ hồ sơ.</p>
<p>2. Hồ sơ xin mở bến đò gồm:</p>
<p>a) Đơn đề nghị theo mẫu;</p>
<p>b) Bản vẽ mặt bằng bến;</p>
<p>c) Giấy chứng nhận đăng ký phương tiện.</p>
<p><b>Điều 4. Áo phao trên đò</b></p>
<p>Chủ bến phải trang bị đủ áo phao cho mọi hành khách trước khi đò rời bến.</p>
<p><b>Điều 5. Hiệu lực thi hành</b></p>
<p>Quyết định này có hiệu lực từ ngày 01 tháng 4 năm 2024.</p>
<table><tr><td><p><b>Nơi nhận:</b></p><p>- Như trên;</p><p>- Lưu: VT.</p></td>
<td><p><b>TM. ỦY BAN NHÂN DÂN<br>CHỦ TỊCH</b></p><p><b>Trần Văn Thử</b></p></td></tr></table>
</body></html>"""

FEES = """<html><head><meta charset="utf-8"></head><body>
<table><tr><td><p>HỘI ĐỒNG NHÂN DÂN<br>TỈNH SƠN HÀ</p><p>Số: 07/2023/NQ-HĐND</p></td>
<td><p>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM<br>Độc lập - Tự do - Hạnh phúc</p>
<p><i>Sơn Hà, ngày 09 tháng 12 năm 2023</i></p></td></tr></table>
<p><b>NGHỊ QUYẾT</b></p><p><b>Quy định mức thu phí tham quan vườn chim Đầm Sậy</b></p>
<p><b>Điều 1. Mức thu phí</b></p>
<p>Mức thu phí tham quan vườn chim là 20.000 đồng một người một lượt.</p>
<p><b>Điều 2. Miễn phí</b></p>
<p>Miễn phí tham quan cho trẻ em dưới 6 tuổi và người cao tuổi.</p>
<p><b>Điều 3. Hiệu lực</b></p>
<p>Nghị quyết này có hiệu lực từ ngày 01 tháng 01 năm 2024.</p>
</body></html>"""

LATER = """<html><head><meta charset="utf-8"></head><body>
<p>ỦY BAN NHÂN DÂN TỈNH SƠN HÀ</p><p>Số: 31/2024/QĐ-UBND</p><p><i>Sơn Hà, ngày 20 tháng 8 năm 2024</i></p>
<p><b>QUYẾT ĐỊNH</b></p><p><b>Quy định về nuôi ong lấy mật</b></p>
<p><b>Điều 1. Khoảng cách đặt đàn ong</b></p>
<p>Đàn ong phải đặt cách khu dân cư ít nhất 50 mét.</p>
<p><b>Điều 2. Hiệu lực</b></p><p>Quyết định này có hiệu lực từ ngày 01 tháng 9 năm 2024.</p>
</body></html>"""


def write_documents(folder: Path) -> Path:
    """The two documents that the home starts with."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ben-do.html").write_text(REGULATION, encoding="utf-8")
    (folder / "phi.html").write_text(FEES, encoding="utf-8")
    return folder


@dataclass
class Finished:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON value that it must be."""
        return json.loads(self.out)


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a phapquy process on a home, without settings of whoever runs the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PHAPQUY_")}
    return {**clean, "PHAPQUY_HOME": str(home), **more}


#: The embedding model that the first home built; the other homes get links to it, as building it takes seconds.
_MODELS: list[Path] = []


def share_models(home: Path) -> None:
    """Give a new home the model of the first one."""
    if _MODELS and not (home / "models").exists():
        shutil.copytree(_MODELS[0], home / "models", copy_function=os.link)


def phapquy(home: Path, *arguments: str, timeout: float = 120, **more: str) -> Finished:
    """Run one command to its end."""
    if arguments[0] not in {"parse", "restore", "--help"}:
        share_models(home)
    done = subprocess.run(
        [*PHAPQUY, *arguments], env=environment(home, **more), capture_output=True, timeout=timeout, check=False
    )
    return Finished(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


@dataclass
class Server:
    """A running `phapquy serve`."""

    home: Path
    process: subprocess.Popen[bytes]
    url: str = ""
    lines: list[str] = field(default_factory=list)

    def client(self, **options: Any) -> httpx.Client:
        """A client of it."""
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False, **options)

    def stop(self) -> int:
        """End it as an operator would; its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=40)


def start_server(home: Path, *arguments: str, **more: str) -> Server:
    """Start a server on a free port and wait until it says that it serves."""
    share_models(home)
    process = subprocess.Popen(
        [*PHAPQUY, "serve", "--port", "0", *arguments],
        env=environment(home, **more),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    server = Server(home, process)
    found = threading.Event()

    def read() -> None:
        assert process.stderr is not None
        for raw in process.stderr:
            line = raw.decode("utf-8", "replace")
            server.lines.append(line)
            if not found.is_set() and (match := re.search(r"phục vụ tại (http://\S+)", line)):
                server.url = match.group(1)
                found.set()
        found.set()

    threading.Thread(target=read, daemon=True).start()
    found.wait(120)
    if not server.url:
        process.kill()
        raise AssertionError("serve did not start: " + "".join(server.lines[-5:]))
    return server


def wait_until(condition: Any, seconds: float = 10) -> bool:
    """Whether the condition came true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the two documents, filled by the command line."""
    folder = write_documents(tmp_path_factory.mktemp("documents"))
    home = tmp_path_factory.mktemp("home") / "var"
    done = phapquy(home, "ingest", str(folder), "--json")
    assert done.code == 0, done.err
    _MODELS.append(home / "models")
    shutil.copytree(home, home.with_name("pristine"), ignore=shutil.ignore_patterns("models"))
    return home


@pytest.fixture(scope="session")
def copied(filled_home: Path) -> Callable[[Path], Path]:
    """Make a home of its own like the filled one: `copied(tmp_path)`; also while a server runs on that."""

    def copy(folder: Path) -> Path:
        home = folder / "home"
        shutil.copytree(filled_home.with_name("pristine"), home)
        share_models(home)
        return home

    return copy


@pytest.fixture(scope="session")
def server(filled_home: Path) -> Iterator[Server]:
    """A server on the filled home."""
    running = start_server(filled_home)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def http(server: Server) -> Iterator[httpx.Client]:
    """A client of the server."""
    with server.client() as client:
        yield client


@pytest.fixture(scope="session")
def run(filled_home: Path) -> Callable[..., Finished]:
    """Run one command to its end: `run(home, "search", ...)`."""
    return phapquy


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """Start servers that end with the test: `start(home, "--host", ...)`."""
    started: list[Server] = []

    def begin(home: Path, *arguments: str, **more: str) -> Server:
        started.append(start_server(home, *arguments, **more))
        return started[-1]

    yield begin
    for server in started:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder with the two documents, this test's own."""
    return write_documents(tmp_path / "documents")


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """A third document, about bees."""
    file = tmp_path / "nuoi-ong.html"
    file.write_text(LATER, encoding="utf-8")
    return file
