"""The API's description: errors as problem JSON with their codes, examples, and the file of it that the project keeps.

`python -m api.openapi` writes `docs/openapi.json` and refuses a change that would break callers; `--check` only looks.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.auth import entry_roles
from api.openapi_breaks import breaks
from api.openapi_examples import EXAMPLES, problem_example

FILE = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"

_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def finish(app: FastAPI) -> None:
    """Complete the application's description in place: FastAPI would call errors `application/json`, and does not know
    which roles a route lets in (`x-roles`)."""
    described = app.openapi()["paths"]
    for route in iter_route_contexts(app.routes):
        roles = entry_roles(getattr(route, "dependant", None))
        for method in getattr(route, "methods", None) or ():
            operation = described.get(getattr(route, "path_format", None), {}).get(method.lower())
            if operation is not None and roles is not None:
                operation["x-roles"] = sorted(roles)
    for path, operations in described.items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if content.get("application/json", {}).get("schema") == _PROBLEM_SCHEMA:
                    content["application/problem+json"] = {**content.pop("application/json"), **problem_example(status)}
            example = EXAMPLES.get((method, path))
            if example is not None:
                operation["responses"]["200"]["content"]["application/json"]["example"] = example


def described() -> dict[str, Any]:
    """The description of this program's API; opens nothing."""
    from api.app import build
    from api.parts import Workshop
    from api.settings import Settings

    with tempfile.TemporaryDirectory() as nowhere:
        settings = Settings(home=Path(nowhere), _env_file=None)  # type: ignore[call-arg]
        application: Any = build(Workshop(settings), token="", internal_port=1, loopback=True)
        while not isinstance(application, FastAPI):  # the layers around it keep it as `app` or `_app`
            application = getattr(application, "app", None) or application._app
        return application.openapi()


def written(description: dict[str, Any]) -> str:
    """The description as the file has it."""
    return json.dumps(description, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> int:
    """Write or check the file; 1 where the check fails."""
    now = described()
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else None
    broken = breaks(kept, now) if kept is not None else []
    for line in broken:
        sys.stderr.write(f"breaking: {line}\n")
    if "--check" in sys.argv:
        stale = kept != json.loads(written(now))
        if stale:
            sys.stderr.write("docs/openapi.json is not what the program serves: run `make openapi`\n")
        return int(stale or bool(broken))
    if broken:
        sys.stderr.write("not written: a breaking change needs a new API version (docs/api.md)\n")
        return 1
    FILE.write_text(written(now), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
