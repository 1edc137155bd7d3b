"""What in a new API description would break those who call by the old one: the rules of `docs/api.md`, as a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

#: Limits of what may be sent: (keyword, whether a smaller value shuts callers out).
_UPPER = ("maxLength", "maximum", "maxItems", "exclusiveMaximum")
_LOWER = ("minLength", "minimum", "minItems", "exclusiveMinimum")


def breaks(old: Json, new: Json) -> list[str]:
    """The breaking changes, one line each; empty when every caller of the old description can go on."""
    return list(_paths(old, new))


def _paths(old: Json, new: Json) -> Iterator[str]:
    for path, operations in old["paths"].items():
        for method, before in operations.items():
            place = f"{method.upper()} {path}"
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                yield f"{place}: gone"
                continue
            yield from _parameters(place, old, before, new, after)
            yield from _body(place, old, before, new, after)
            yield from _responses(place, old, before, new, after)


def _parameters(place: str, old: Json, before: Json, new: Json, after: Json) -> Iterator[str]:
    def named(operation: Json) -> dict[tuple[str, str], Json]:
        return {(one["in"], one["name"]): one for one in operation.get("parameters", ())}

    had, has = named(before), named(after)
    for key, parameter in had.items():
        where = f"{place}: parameter {key[1]}"
        if key not in has:
            yield f"{where} is gone"
            continue
        if has[key].get("required") and not parameter.get("required"):
            yield f"{where} became required"
        yield from _sent(where, old, parameter.get("schema", {}), new, has[key].get("schema", {}), ())
    for key in has.keys() - had.keys():
        if has[key].get("required"):
            yield f"{place}: new required parameter {key[1]}"


def _body(place: str, old: Json, before: Json, new: Json, after: Json) -> Iterator[str]:
    had, has = before.get("requestBody"), after.get("requestBody")
    if had is None:
        if has is not None and has.get("required"):
            yield f"{place}: a body became required"
        return
    for kind, one in had.get("content", {}).items():
        other = (has or {}).get("content", {}).get(kind)
        if other is None:
            yield f"{place}: {kind} is no longer taken"
        else:
            yield from _sent(f"{place} body", old, one.get("schema", {}), new, other.get("schema", {}), ())


def _responses(place: str, old: Json, before: Json, new: Json, after: Json) -> Iterator[str]:
    for status, had in before["responses"].items():
        if not status.startswith("2"):
            continue
        has = after["responses"].get(status)
        if has is None:
            yield f"{place}: no longer answers {status}"
            continue
        for kind, one in had.get("content", {}).items():
            other = has.get("content", {}).get(kind)
            if other is None:
                yield f"{place} {status}: {kind} is no longer given"
            else:
                yield from _given(f"{place} {status}", old, one.get("schema", {}), new, other.get("schema", {}), ())


def _resolved(whole: Json, schema: Json) -> Json:
    while "$ref" in schema:
        target: Any = whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema


def _types(whole: Json, schema: Json) -> set[str]:
    """The JSON types that a schema lets through; empty says any."""
    schema = _resolved(whole, schema)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return set[str]().union(*(_types(whole, one) for one in schema[key]))
    kind = schema.get("type")
    return set(kind) if isinstance(kind, list) else {kind} if kind else set()


def _values(whole: Json, schema: Json) -> set[str] | None:
    schema = _resolved(whole, schema)
    if "const" in schema:
        return {str(schema["const"])}
    return {str(value) for value in schema["enum"]} if "enum" in schema else None


def _object(whole: Json, schema: Json) -> Json:
    """The object among a schema's alternatives, the first one."""
    schema = _resolved(whole, schema)
    for key in ("anyOf", "oneOf"):
        for one in schema.get(key, ()):
            if (found := _object(whole, one)).get("type") in {"object", "array"}:
                return found
    return schema


def _sent(where: str, old: Json, before: Json, new: Json, after: Json, seen: tuple[str, ...]) -> Iterator[str]:
    """What callers send: it may widen, never narrow."""
    if before.get("$ref") in seen:
        return
    seen = (*seen, before.get("$ref", ""))
    had, has = _types(old, before), _types(new, after)
    if has and (had - has - ({"integer"} if "number" in has else set()) or not had):
        yield f"{where}: no longer takes {', '.join(sorted(had - has)) or 'any type'}"
    values_had, values_has = _values(old, before), _values(new, after)
    if values_has is not None and (values_had is None or values_had - values_has):
        yield f"{where}: values are no longer taken"
    one, other = _resolved(old, before), _resolved(new, after)
    for word in _UPPER:
        if word in other and other[word] < one.get(word, float("inf")):
            yield f"{where}: {word} is stricter"
    for word in _LOWER:
        if word in other and other[word] > one.get(word, float("-inf")):
            yield f"{where}: {word} is stricter"
    if "pattern" in other and other["pattern"] != one.get("pattern"):
        yield f"{where}: pattern is stricter"
    one, other = _object(old, before), _object(new, after)
    for name in set(other.get("required", ())) - set(one.get("required", ())):
        yield f"{where}.{name}: became required"
    for name, schema in one.get("properties", {}).items():
        if name in other.get("properties", {}):
            yield from _sent(f"{where}.{name}", old, schema, new, other["properties"][name], seen)
        elif other.get("additionalProperties") is False:
            yield f"{where}.{name}: no longer taken"
    if "items" in one and "items" in other:
        yield from _sent(f"{where}[]", old, one["items"], new, other["items"], seen)


def _given(where: str, old: Json, before: Json, new: Json, after: Json, seen: tuple[str, ...]) -> Iterator[str]:
    """What callers get: it may grow, never lose a field or change a type. New values of an enumeration are no break."""
    if before.get("$ref") in seen:
        return
    seen = (*seen, before.get("$ref", ""))
    had, has = _types(old, before), _types(new, after)
    if had and (not has or has - had - ({"integer"} if "number" in had else set())):
        yield f"{where}: now also {', '.join(sorted(has - had)) or 'any type'}"
    one, other = _object(old, before), _object(new, after)
    for name, schema in one.get("properties", {}).items():
        if name not in other.get("properties", {}):
            yield f"{where}.{name}: no longer given"
            continue
        if name in one.get("required", ()) and name not in other.get("required", ()):
            yield f"{where}.{name}: no longer always given"
        yield from _given(f"{where}.{name}", old, schema, new, other["properties"][name], seen)
    if "items" in one and "items" in other:
        yield from _given(f"{where}[]", old, one["items"], new, other["items"], seen)
