"""What schemathesis loads beside its own checks: no 2xx for a role that the route does not let in; counts by status."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import schemathesis


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Count the answer."""
    with Path(os.environ["FUZZ_COUNTS"]).open("a", encoding="ascii") as counts:
        counts.write(f"{response.status_code}\n")


@schemathesis.check
def no_unauthorised_2xx(context: Any, response: Any, case: Any) -> None:
    """The description says which roles a route lets in (`x-roles`); everybody else is to be refused."""
    roles = case.operation.definition.raw.get("x-roles")
    role = response.request.headers.get("X-Asking-Role")
    if roles is not None and role is not None and role not in roles:
        assert not 200 <= response.status_code < 300, f"{role} was let in"


@schemathesis.check
def what_fits_the_schema_is_not_called_invalid(context: Any, response: Any, case: Any) -> None:
    """A refusal of values that fit the schema is by a rule that no schema can say, never by the schema's own."""
    if response.status_code != 422 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    said = response.json()
    assert said["code"] == "bad_request" or {one["code"] for one in said["errors"]} <= {"value_error"}, said
