"""Nothing that loading does reaches for the network: not our code, not unstructured, not LibreOffice."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.load import load_many
from legal.blocks import Source
from tests.ingest import docx_maker as make


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """A web server's ear on this machine: (port, who came)."""
    came: list[str] = []
    ear = socket.create_server(("127.0.0.1", 0))
    ear.settimeout(0.2)
    done = threading.Event()

    def listen() -> None:
        while not done.is_set():
            try:
                visitor, address = ear.accept()
            except TimeoutError:
                continue
            came.append(str(address))
            visitor.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield ear.getsockname()[1], came
    done.set()
    thread.join()
    ear.close()


def _remote_files(folder: Path, port: int) -> list[Path]:
    """One file a format, each naming a picture, a style sheet or a template on the listener."""
    address = f"http://127.0.0.1:{port}/x"
    html = f"""<html><head><link rel=stylesheet href="{address}.css"><script src="{address}.js"></script>
<meta http-equiv=refresh content="0;url={address}"><base href="{address}/"></head><body><img src="{address}.png">
<iframe src="{address}.html"></iframe><p style="background:url({address}.gif)">Điều 1. Nội dung</p></body></html>"""
    picture = (
        "<w:p><w:r><w:pict><v:shape xmlns:v='urn:schemas-microsoft-com:vml'><v:imagedata "
        "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships' r:id='rId9'/></v:shape></w:pict>"
        "<w:t>Điều 1. Nội dung</w:t></w:r></w:p>"
    )
    docx = make.make_docx(folder / "a.docx", picture)
    (folder / "a.html").write_text(html, encoding="utf-8")
    (folder / "a.txt").write_text(f"Điều 1. Nội dung {address}", encoding="utf-8")
    (folder / "a.md").write_text(
        f"# Điều 1\n\n![ảnh]({address}.png) **Nội dung**\n\n[b]({address})\n", encoding="utf-8"
    )
    field = rf'{{\field{{\*\fldinst INCLUDEPICTURE "{address}.png" \\d}}{{\fldrslt x}}}}'
    (folder / "a.rtf").write_text(
        rf"{{\rtf1\ansi {{\*\template {address}.dot}}{field} N\u7897?i dung\par}}", encoding="ascii"
    )
    mhtml = base64.encodebytes(html.encode()).decode()
    (folder / "a.mht").write_text(
        "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + mhtml,
        encoding="ascii",
    )
    return [docx, *sorted(path for path in folder.iterdir() if path != docx)]


def test_remote_parts_are_never_fetched(tmp_path: Path, listener: tuple[int, list[str]]) -> None:
    port, came = listener
    paths = _remote_files(tmp_path, port)
    results = dict(load_many(paths))
    office = shutil.which("soffice") is not None
    for path in paths:
        assert isinstance(results[path], Source) or (path.suffix == ".rtf" and not office), path.name
    assert came == []
    socket.create_connection(("127.0.0.1", port)).close()  # the ear does hear
    for _ in range(50):
        if came:
            break
        threading.Event().wait(0.05)
    assert len(came) == 1


_NO_SOCKETS = """
import socket, sys
from pathlib import Path

def refuse(*args, **kwargs):
    raise SystemExit("reached for the network")

socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
from ingest.load import load
for name in sys.argv[1:]:
    print(load(Path(name)).kind)
"""


def test_loading_works_without_a_network(tmp_path: Path, root: Path) -> None:
    numbering = make.numbering_part(("decimal", "Điều %1."))
    paths = [path for path in _remote_files(tmp_path, 9) if path.suffix != ".rtf"]
    paths.append(make.make_docx(tmp_path / "numbers.docx", make.numbered("Tên", 1), numbering=numbering))
    unshare = shutil.which("unshare")
    cut = (
        [unshare, "-rn"]
        if unshare and subprocess.run([unshare, "-rn", "true"], capture_output=True).returncode == 0
        else []
    )
    command = [*cut, sys.executable, "-c", _NO_SOCKETS, *map(str, paths)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["docx", "html", "md", "mhtml", "txt", "docx"]


@pytest.mark.skipif(
    shutil.which("strace") is None or shutil.which("soffice") is None, reason="strace and LibreOffice needed"
)
def test_libreoffice_makes_no_internet_connection(tmp_path: Path, root: Path, listener: tuple[int, list[str]]) -> None:
    port, came = listener
    (path,) = [path for path in _remote_files(tmp_path, port) if path.suffix == ".rtf"]
    trace = tmp_path / "trace"
    program = f"from pathlib import Path; from ingest.load import load; print(load(Path({str(path)!r})).kind)"
    command = ["strace", "-f", "-qq", "-e", "trace=connect", "-o", str(trace), sys.executable, "-c", program]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=180)
    if "Operation not permitted" in done.stderr:
        pytest.skip("strace is not allowed here")
    assert done.stdout.split() == ["rtf"], done.stderr[-2000:]
    assert [line for line in trace.read_text().splitlines() if "AF_INET" in line] == []
    assert came == []


def test_the_offline_stand_in_is_in_place() -> None:
    import ingest.unstructured_offline  # noqa: F401, I001
    from unstructured.nlp import tokenize

    assert tokenize.sent_tokenize("Một. Hai.") == ["Một.", "Hai."]
    assert not hasattr(tokenize, "spacy")
