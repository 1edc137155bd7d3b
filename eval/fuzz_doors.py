"""Whether the doors hold: schemathesis over the whole OpenAPI description with a key of each role and with none.

    python -m eval.fuzz_doors --requests 5000 [--seed 1]

Starts a server of its own on a fresh home with a few demo documents, sends at least that many requests in all, and runs
every check of schemathesis (no 5xx, nothing that the description does not say, no ignored key ...) and one of ours: no 2xx
for a role that the route does not let in. Prints one JSON value; exit code 1 when any check failed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
DOCUMENTS = Path(__file__).parent.parent / "deploy" / "demo" / "documents"
CONFIG = Path(__file__).parent / "fuzz.toml"
ROLES = ("reader", "integrator", "admin", "auditor", "none")
#: Far above what a run sends: here the routes are tried, the limits elsewhere.
_WIDE = {
    "PHAPQUY_LIMITS__PER_KEY": "1000000",
    "PHAPQUY_LIMITS__PER_ADDRESS": "1000000",
    "PHAPQUY_LIMITS__FAILURES": "1000000",
}


def run(home: Path, *arguments: str) -> str:
    """A command on the home; what it printed."""
    done = subprocess.run([BIN / "phapquy", *arguments], env=_environment(home), capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return done.stdout.decode()


def key_of(home: Path, role: str) -> str | None:
    """A fresh key of the role: an administrator's run may have revoked earlier ones."""
    if role == "none":
        return None
    made: str = json.loads(run(home, "keys", "create", role, "--role", role, "--json"))["key"]
    return made


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The address of a server on the home."""
    process = subprocess.Popen(
        [BIN / "phapquy", "serve", "--port", "0"], env=_environment(home), stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    drain: subprocess.Popen[str] | None = None
    try:
        for line in process.stderr:
            if found := re.search(r"phục vụ tại (http://\S+)", line):
                break
        else:
            raise SystemExit("the server did not start")
        drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL, text=True)
        yield found[1]
    finally:
        process.terminate()
        process.wait(60)
        if drain is not None:
            drain.wait(10)


def fuzz(
    url: str, role: str, key: str | None, examples: int, seed: int, folder: Path,
    phases: str = "examples,coverage,fuzzing,stateful",
) -> dict[str, Any]:  # fmt: skip
    """One role's run: requests by status, and the failures by check."""
    report = folder / f"{role}.ndjson"
    headers = [f"X-Asking-Role: {role}", *([f"Authorization: Bearer {key}"] if key else [])]
    command: list[str | Path] = [
        BIN / "schemathesis", "--config-file", str(CONFIG), "run", f"{url}/openapi.json",
        "--checks", "all", "--phases", phases, "--max-examples", str(examples),
        "--seed", str(seed), "--continue-on-failure", "--generation-database", "none", "--no-color",
        "--request-timeout", "60", "--suppress-health-check", "all",
        "--report", "ndjson", "--report-ndjson-path", str(report),
        *(part for header in headers for part in ("-H", header)),
    ]  # fmt: skip
    counts = folder / f"{role}.counts"
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "eval.fuzz_hooks", "FUZZ_COUNTS": str(counts)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=folder)
    (folder / f"{role}.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    statuses = Counter(counts.read_text().split()) if counts.exists() else Counter()
    summary = re.findall(r"^\s+(?:❌|⚠️?)\s+(.+?): (\d+)\s*$", done.stdout, re.M)
    return {
        "role": role,
        "requests": sum(statuses.values()),
        "statuses": dict(sorted(statuses.items())),
        "exit_code": done.returncode,
        "failures": {name.strip(): int(count) for name, count in summary},
    }


def main() -> None:
    """Run, print, and say by the exit code whether the doors held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=5000, help="at least so many in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="keep schemathesis' own reports in this folder")
    parser.add_argument("--roles", nargs="+", choices=ROLES, default=list(ROLES))
    chosen = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = (chosen.keep or Path(name)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        home = Path(name) / "home"
        run(home, "ingest", *(str(file) for file in sorted(DOCUMENTS.glob("*.html"))))
        run(home, "keys", "create", "first", "--role", "admin")  # from now on nobody comes in without a key
        runs: list[dict[str, Any]] = []
        with serving(home) as url:
            examples, round_ = 20, 0
            while sum(one["requests"] for one in runs) < chosen.requests:
                for role in chosen.roles:
                    runs.append(fuzz(url, role, key_of(home, role), examples, chosen.seed + round_, folder))
                    print(json.dumps(runs[-1], ensure_ascii=False), file=sys.stderr)
                round_ += 1
        verdict = json.loads(run(home, "audit", "verify", "--json"))
    failed = [one for one in runs if one["exit_code"] or any(status.startswith("5") for status in one["statuses"])]
    total = sum(one["requests"] for one in runs)
    result = {"requests": total, "runs": runs, "audit_whole": verdict["whole"], "held": not failed and verdict["whole"]}
    print(json.dumps({**result, "seconds": round(time.monotonic() - began)}, ensure_ascii=False))
    raise SystemExit(0 if result["held"] else 1)


def _environment(home: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PHAPQUY_")}
    return {**clean, "PHAPQUY_HOME": str(home), **_WIDE}


if __name__ == "__main__":
    main()
