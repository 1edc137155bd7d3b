"""LibreOffice turns .doc, .rtf and .odt into .docx: whole batches at once, cut off from the network, with a time limit.

One start for many files is five times faster than one start a file (stack.md). Each batch has its own profile in a
temporary folder, so batches can run side by side and nothing is left behind.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.limits import Limits
from legal.errors import DocumentError, LimitExceeded, MissingProgram, UnreadableDocument

_OFFICE_MEMORY = 2 << 30  # address space that LibreOffice takes before it opens anything
_SUFFIX = {"doc": ".doc", "rtf": ".rtf", "odt": ".odt"}
# Never run macros, never load what a document links to, never look for updates, no Java.
_SECURITY = "org.openoffice.Office.Common/Security/Scripting"
_SETTINGS = (
    (_SECURITY, "MacroSecurityLevel", "3"),
    (_SECURITY, "DisableMacrosExecution", "true"),
    (_SECURITY, "BlockUntrustedRefererLinks", "true"),
    (_SECURITY, "DisableActiveContent", "true"),
    ("org.openoffice.Office.Writer/Content/Update", "Link", "0"),
    ("org.openoffice.Office.Java/VirtualMachine", "Enable", "false"),
    ("org.openoffice.Office.Common/Misc", "FirstRun", "false"),
)
_PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">\n'
    + "".join(
        f'<item oor:path="/{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>\n'
        for path, name, value in _SETTINGS
    )
    + "</oor:items>\n"
)


def office_program() -> str:
    """The LibreOffice program. Raises MissingProgram with what to do."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise MissingProgram("Cần LibreOffice để đọc .doc, .rtf, .odt; hãy chạy `make system` để cài.")
    return program


@functools.cache
def _cut_off() -> tuple[str, ...]:
    """The words before a command that take the network from it, where this system lets an ordinary user do so."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    try:
        works = subprocess.run([unshare, "-rn", "true"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        works = False
    return (unshare, "-rn") if works else ()


def _environment(home: Path) -> dict[str, str]:
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH") if name in os.environ}
    # Where the network cannot be taken away, every request goes to a closed port of this machine.
    dead = "http://127.0.0.1:9"
    return {
        **keep,
        "HOME": str(home),
        "TMPDIR": str(home),
        "SAL_USE_VCLPLUGIN": "svp",
        **dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"), dead),
        "no_proxy": "",
    }


@contextlib.contextmanager
def run_bounded(command: Sequence[str], seconds: float, env: dict[str, str], cwd: Path) -> Iterator[bool]:
    """Run a program and all it starts; gives whether it ended in time. None of its processes outlive the block."""
    process = subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        try:
            process.wait(seconds)
            yield True
        except subprocess.TimeoutExpired:
            yield False
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _convert_once(files: Sequence[Path], out: Path, work: Path, seconds: float, limits: Limits) -> bool:
    profile = Path(tempfile.mkdtemp(prefix="profile-", dir=work))
    (profile / "user").mkdir()
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    # The shell sets the bounds: LibreOffice must not eat the machine's memory or disk for one bad file.
    bounds = f'ulimit -v {(limits.memory + _OFFICE_MEMORY) >> 10}; ulimit -f {limits.unpacked >> 9}; exec "$@"'
    command = [
        "sh",
        "-c",
        bounds,
        "sh",
        *_cut_off(),
        office_program(),
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--nodefault",
        f"-env:UserInstallation={profile.as_uri()}",
        "--convert-to",
        "docx:MS Word 2007 XML",
        "--outdir",
        str(out),
        *map(str, files),
    ]
    with run_bounded(command, seconds, _environment(work), work) as ended:
        return ended


@contextlib.contextmanager
def converted(files: Sequence[tuple[Path, str]], limits: Limits) -> Iterator[list[Path | DocumentError]]:
    """.docx files for `files` (path and kind), in the same order, as long as the block runs.

    A file that LibreOffice cannot convert stands as its error: UnreadableDocument, or LimitExceeded when it took more
    than `limits.office_seconds` alone. One bad file does not spoil the batch: what is missing is tried again alone.
    Raises MissingProgram when there is no LibreOffice.
    """
    office_program()
    with tempfile.TemporaryDirectory(prefix="phapquy-office-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        inputs, out = work / "in", work / "out"
        inputs.mkdir()
        out.mkdir()
        staged = [inputs / f"{at:05d}{_SUFFIX[kind]}" for at, (_, kind) in enumerate(files)]
        for (path, _), copy in zip(files, staged, strict=True):
            shutil.copyfile(path, copy)
        results: list[Path | DocumentError] = []
        if len(staged) > 1:
            _convert_once(staged, out, work, limits.office_seconds + 3.0 * len(staged), limits)
        for copy in staged:
            target = out / (copy.stem + ".docx")
            ended = True
            if not _whole(target):
                target.unlink(missing_ok=True)
                ended = _convert_once([copy], out, work, limits.office_seconds, limits)
            if _whole(target):
                results.append(target)
            elif not ended:
                results.append(LimitExceeded("LibreOffice không đọc xong tệp trong thời gian cho phép."))
            else:
                results.append(UnreadableDocument("LibreOffice không mở được tệp (hỏng hoặc bị cắt cụt)."))
        yield results


def _whole(path: Path) -> bool:
    """Whether a conversion ended: a zip whose directory, written last, is there."""
    try:
        with path.open("rb") as file:
            file.seek(-min(path.stat().st_size, 1 << 16), os.SEEK_END)
            return b"PK\x05\x06" in file.read()
    except OSError:
        return False
