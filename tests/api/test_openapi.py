"""The API's description: kept as a file, right in its examples, and guarded against changes that break callers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from api.openapi import FILE, described, written
from api.openapi_breaks import breaks
from api.openapi_examples import EXAMPLES
from api.schemas import AnswerResponse, SearchResponse, as_json
from api.schemas_resolve import ResolveResponse


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    description: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return description


def test_the_file_is_what_the_program_serves(kept: dict[str, Any]) -> None:
    now = described()
    assert breaks(kept, now) == []
    assert kept == json.loads(written(now)), "run `make openapi`"
    assert kept["openapi"].startswith("3.1")


def test_examples_are_what_the_models_give() -> None:
    models = {"/v1/search": SearchResponse, "/v1/answers": AnswerResponse, "/v1/resolve": ResolveResponse}
    for (_, path), example in EXAMPLES.items():
        assert as_json(models[path].model_validate(example)) == example
    citation = EXAMPLES["post", "/v1/answers"]["citations"][0]
    text = EXAMPLES["post", "/v1/search"]["results"][0]["text"]
    assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_every_error_that_a_route_declares_is_problem_json_with_an_example(kept: dict[str, Any]) -> None:
    for path, operations in kept["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status.startswith("4"):
                    content = response["content"]["application/problem+json"]
                    assert content["example"]["status"] == int(status), f"{path} {status}"


def _schema(description: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = description["components"]["schemas"][name]
    return found


BREAKING: dict[str, Callable[[dict[str, Any]], Any]] = {
    "path gone": lambda d: d["paths"].pop("/v1/resolve"),
    "method gone": lambda d: d["paths"]["/v1/keys"].pop("post"),
    "parameter gone": lambda d: d["paths"]["/v1/resolve"]["get"]["parameters"].pop(),
    "parameter required": lambda d: d["paths"]["/v1/resolve"]["get"]["parameters"].append(
        {"in": "query", "name": "new", "required": True, "schema": {"type": "string"}}
    ),
    "field required": lambda d: _schema(d, "SearchRequest")["required"].append("limit"),
    "field no longer taken": lambda d: _schema(d, "SearchRequest")["properties"].pop("limit"),
    "limit stricter": lambda d: _schema(d, "SearchRequest")["properties"]["limit"].update(maximum=50),
    "value no longer taken": lambda d: _schema(d, "TurnIn")["properties"]["role"].update(enum=["user"]),
    "type narrower": lambda d: _schema(d, "SearchRequest")["properties"]["limit"].update(type="string"),
    "field no longer given": lambda d: _schema(d, "CitationOut")["properties"].pop("quote"),
    "field not always given": lambda d: _schema(d, "CitationOut")["required"].remove("quote"),
    "field now null": lambda d: _schema(d, "CitationOut")["properties"].update(
        quote={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "status gone": lambda d: d["paths"]["/v1/search"]["post"]["responses"].pop("200"),
}
HARMLESS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "new path": lambda d: d["paths"].update({"/v1/new": d["paths"]["/v1/resolve"]}),
    "new optional parameter": lambda d: d["paths"]["/v1/resolve"]["get"]["parameters"].append(
        {"in": "query", "name": "new", "required": False, "schema": {"type": "string"}}
    ),
    "new field taken": lambda d: _schema(d, "SearchRequest")["properties"].update(new={"type": "string"}),
    "new field given": lambda d: _schema(d, "CitationOut")["properties"].update(new={"type": "string"}),
    "limit wider": lambda d: _schema(d, "SearchRequest")["properties"]["limit"].update(maximum=500),
    "words": lambda d: d["info"].update(description="other"),
}


@pytest.mark.parametrize("change", BREAKING.values(), ids=BREAKING)
def test_a_breaking_change_is_told(kept: dict[str, Any], change: Callable[[dict[str, Any]], Any]) -> None:
    new = copy.deepcopy(kept)
    change(new)
    assert breaks(kept, new)


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_an_addition_is_not(kept: dict[str, Any], change: Callable[[dict[str, Any]], Any]) -> None:
    new = copy.deepcopy(kept)
    change(new)
    assert new != kept and breaks(kept, new) == []
