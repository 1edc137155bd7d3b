"""Hostile files: each is a typed refusal within its limits, the parent does not feel it, and the batch goes on."""

from __future__ import annotations

import os
import resource
import time
import zipfile
from pathlib import Path

from ingest.isolate import Isolated
from ingest.limits import Limits
from ingest.reading import Reading
from ingest.reading_ahead import AheadReader
from legal.errors import DocumentError, ReaderDied, UnreadableDocument
from tests.ingest import docx_maker as make

LIMITS = Limits(memory=600 << 20, seconds=20, unpacked=64 << 20)


def crash(path: Path) -> int:
    """What the children run in the tests below: misbehaves as the file says."""
    what = path.read_text(encoding="utf-8")
    if what == "die":
        os._exit(3)
    if what == "hang":
        time.sleep(600)
    if what == "grow":
        return len(bytearray(4 << 30))
    if what == "deep":
        return crash(path)
    if what == "raise":
        raise KeyError("mật")
    return os.getpid()


def test_a_child_that_dies_hangs_or_grows_is_replaced(tmp_path: Path) -> None:
    order = ["ok", "die", "ok", "hang", "grow", "ok", "deep", "raise", "ok"]
    for at, what in enumerate(order):
        (tmp_path / str(at)).write_text(what, encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Isolated[int]("tests.ingest.test_isolate:crash", Limits(memory=300 << 20, seconds=3), workers=2) as children:
        results = list(children.map((tmp_path / str(at),) for at in range(len(order))))
    assert [path.name for path, _ in results] == [str(at) for at in range(len(order))]
    kinds = [type(result) for _, result in results]
    assert kinds == [
        int,
        ReaderDied,
        int,
        ReaderDied,
        ReaderDied,
        int,
        UnreadableDocument,
        UnreadableDocument,
        int,
    ]
    assert not any("mật" in str(result) for _, result in results)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10


def test_a_child_serves_many_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("ok", encoding="utf-8")
    with Isolated[int]("tests.ingest.test_isolate:crash", LIMITS, workers=1) as children:
        children.run(tmp_path / "a")
        started = time.perf_counter()
        pids = {result for _, result in children.map([(tmp_path / "a",)] * 200)}
        assert len(pids) == 1 and os.getpid() not in pids
        assert time.perf_counter() - started < 5


_ENTITY = '<!DOCTYPE x [<!ENTITY a "{}">]>'
_W = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"


def _document(text: str) -> str:
    return f"<w:document {_W}><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"


def _laughs() -> str:
    levels = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE x [<!ENTITY b0 "ha">{levels}]>' + _document("&b9;")


def _deep_docx() -> str:
    return "<w:sdt><w:sdtContent>" * 5000 + make.paragraph("x") + "</w:sdtContent></w:sdt>" * 5000


def hostile_files(folder: Path) -> list[Path]:
    """Sixty files that a reader must survive."""
    paths: list[Path] = []

    def put(name: str, data: bytes) -> None:
        path = folder / f"{len(paths):02d}-{name}"
        path.write_bytes(data)
        paths.append(path)

    def put_docx(name: str, body: str, **parts: object) -> None:
        path = folder / f"{len(paths):02d}-{name}"
        make.make_docx(path, body, **parts)  # type: ignore[arg-type]
        paths.append(path)

    for name in ("a.docx", "a.pdf", "a.html", "a.doc", "a.txt", "a.zip"):
        put(f"zero-{name}", b"")
        put(f"blank-{name}", b" \n\t" * 50)
    good = make.make_docx(folder / "good.docx", make.paragraph("Điều 1. Nội dung" * 2000)).read_bytes()
    for share in (0.1, 0.4, 0.7, 0.95, 0.999):
        put("cut.docx", good[: int(len(good) * share)])
    for at in (100, 400, len(good) // 2):
        put("bent.docx", good[:at] + bytes(b ^ 0x5A for b in good[at : at + 40]) + good[at + 40 :])
    put("pdf-head.pdf", b"%PDF-1.7\n")
    for name, tree in (
        ("loop", b"/Kids[2 0 R]/Count 9"),
        ("many", b"/Kids[]/Count 99999999"),
        ("none", b"/Kids[]/Count 0"),
    ):
        objects = b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages" + tree + b">>endobj\n"
        put(f"pdf-{name}.pdf", b"%PDF-1.4\n" + objects + b"trailer<</Root 1 0 R>>")
    put("ole-empty.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504)
    put("ole-junk.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 40)
    ole = "WordDocument\0".encode("utf-16-le")
    put("ole-name-only.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + ole + b"\xff" * 4000)
    put("elf.docx", b"\x7fELF" + bytes(300))
    put("exe.pdf", b"MZ" + bytes(range(200)) * 9)
    put("random.doc", bytes((n * 7919 + n // 13) % 251 for n in range(9000)))
    put_docx("laughs.docx", _laughs())
    put_docx("outside.docx", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + _document("&e;"))
    put_docx("late-entity.docx", '<?xml version="1.0"?>' + " " * 9000 + _ENTITY.format("y") + _document("&a;"))
    put_docx("deep.docx", _deep_docx())
    put_docx("no-body.docx", f"<?xml version='1.0'?><w:document {_W}/>")
    put_docx("not-xml.docx", "<?xml version='1.0'?><w:document")
    put_docx("wrong-root.docx", "<?xml version='1.0'?><html><body>x</body></html>")
    put_docx("bomb-part.docx", make.paragraph("x"), extra={"word/media/a.xml": b"\0" * (80 << 20)})
    put_docx("bomb-ratio.docx", make.paragraph("x"), extra={"word/b.xml": b" " * (40 << 20)})
    put_docx("many-parts.docx", make.paragraph("x"), extra={f"a/{n}.xml": b"" for n in range(10_100)})
    put_docx("spaces.docx", f"<w:p><w:r><w:t xml:space='preserve'>{' ' * (30 << 20)}</w:t></w:r></w:p>")
    put("deep.html", b"<html><body>" + b"<div>" * 200_000 + "đ".encode() + b"</div>" * 200_000)
    put("deep-table.html", b"<html><body>" + b"<table><tr><td>" * 30_000 + b"x")
    put("comment-only.html", b"<html><body><!-- " + "Điều 1. ".encode() * 1000 + b"--></body></html>")
    put("script-only.html", b"<html><head><script>" + b"x" * 100_000 + b"</script></head><body></body></html>")
    put("nulls.txt", b"\0" * 100_000)
    put("controls.txt", bytes(range(1, 9)) * 3000)
    put("half-utf16.txt", b"\xff\xfe" + b"\x00\xd8" * 999)
    put("rtf-deep.rtf", b"{\\rtf1" + b"{" * 200_000)
    put("xlsx-lie.docx", b"PK\x05\x06" + b"\0" * 18)
    put("rtf-cut.rtf", b"{\\rtf1\\ansi{\\fonttbl{\\f0 ")
    put("mhtml-empty.mht", b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b--\n")
    put("mhtml-broken.mht", b"MIME-Version: 1.0\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n!!!!\n")
    for name in ("../../escape.txt", "/tmp/absolute.txt", "a/../../b.txt", "con\x00trol.txt"):
        path = folder / f"{len(paths):02d}-tricks.zip"
        with zipfile.ZipFile(path, "w") as package:
            package.writestr(zipfile.ZipInfo(name), b"\x7fELF")
        paths.append(path)
    inner = folder / "inner.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("x.txt", b"\0" * (50 << 20))
    put("nested.zip", inner.read_bytes())
    for target in ("missing", "."):
        path = folder / f"{len(paths):02d}-link.txt"
        path.symlink_to(folder / target)
        paths.append(path)
    return paths


def test_sixty_hostile_files_are_sixty_reasons(tmp_path: Path) -> None:
    paths = hostile_files(tmp_path)
    assert len(paths) >= 60
    good = tmp_path / "good.docx"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    files = [good, *paths, good]
    results = list(zip(files, AheadReader(LIMITS, workers=2).read(files), strict=True))
    assert time.perf_counter() - started < 120
    assert isinstance(results[0][1], Reading) and isinstance(results[-1][1], Reading)
    read_anyway = [path.name for path, result in results[1:-1] if not isinstance(result, DocumentError)]
    assert read_anyway == []
    for path, result in results[1:-1]:
        assert isinstance(result, DocumentError) and type(result) is not DocumentError, path.name
        assert result.reason and "hostname" not in result.reason
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 << 10
    assert not (tmp_path.parent / "escape.txt").exists()


def test_slow_files_do_not_hold_up_the_others(tmp_path: Path) -> None:
    (tmp_path / "hang").write_text("hang", encoding="utf-8")
    (tmp_path / "ok").write_text("ok", encoding="utf-8")
    with Isolated[int]("tests.ingest.test_isolate:crash", Limits(memory=300 << 20, seconds=4), workers=2) as children:
        children.run(tmp_path / "ok")
        started = time.perf_counter()
        first = next(iter(children.map([(tmp_path / "ok",), (tmp_path / "hang",)])))
        assert isinstance(first[1], int) and time.perf_counter() - started < 3
