"""The published JSON Schema is the one that the typed catalog makes, and fits what can be loaded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from partita.catalog.document import compose
from partita.catalog.schema import json_schema, published, text

CATALOGS = Path(__file__).parent / "catalogs"
EXAMPLES = sorted(path for path in CATALOGS.rglob("*.yaml"))
SCHEMA = json_schema()


def test_published_copy_is_current() -> None:
    """If not: `python -m partita.catalog.schema > python/partita/catalog/partita-catalog.schema.json`."""
    assert published() == text()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.relative_to(CATALOGS).as_posix())
def test_examples_fit(path: Path) -> None:
    data, problems = compose(path.read_text("utf-8"), path.name)
    assert not problems
    assert list(misfits(as_editors_see(data), SCHEMA)) == []


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 7


@pytest.mark.parametrize(
    ("fragment", "path"),
    [
        ("plans: {p: {seller: n, currency: SEK, charges: {c: {flat: 1, upto: 2}}}}", "plans.p.charges.c.upto"),
        ("plans: {p: {seller: n, currency: sek, charges: {}}}", "plans.p.currency"),
        ("plans: {p: {seller: n, charges: {}}}", "plans.p.currency"),
        ("plans: {p: {seller: n, currency: SEK, charges: {c: {flat: free}}}}", "plans.p.charges.c.flat"),
        ("accounts: {a: {owner: n, currency: SEK, cycle_day: 31}}", "accounts"),
        ("plans: {p: {seller: n, currency: SEK, charges: {c: {every: moth}}}}", "plans.p.charges.c.every"),
        ("tarifs: {}", "tarifs"),
        ("partita: 2", "partita"),
        ("calendars: {c: {bands: {b: {from: '8:00'}}}}", "calendars.c.bands.b"),
    ],
)
def test_mistakes_do_not_fit(fragment: str, path: str) -> None:
    data, _ = compose(fragment, "f")
    assert path in list(misfits(as_editors_see(data), SCHEMA))


@pytest.mark.parametrize(
    "fragment",
    [
        "flat: 1",
        "flat: {table: t, by: [x], column: y, else: 3}",
        "flat: {fee: 1}",
        "percentage: 70%",
        "{when: {service: voice, zone: [a, b], attributes: {x: {prefix: 46}, y: {null: true}}}, flat: 1}",
    ],
)
def test_short_forms_fit(fragment: str) -> None:
    charge, _ = compose(fragment, "f")
    data = {"plans": {"p": {"seller": "n", "currency": "SEK", "charges": {"c": as_editors_see(charge)}}}}
    assert list(misfits(data, SCHEMA)) == []


def as_editors_see(value: Any) -> Any:
    """Text as the numbers, booleans and nulls that a YAML 1.2 parser makes of it when it stands without quotes."""
    if isinstance(value, dict):
        return {key: as_editors_see(part) for key, part in value.items()}
    if isinstance(value, list):
        return [as_editors_see(part) for part in value]
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]+", value):
        return int(value)
    return float(value) if isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]*\.[0-9]+", value) else value


TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "object": dict,
    "array": list,
}
KEYWORDS = {
    "$ref",
    "anyOf",
    "enum",
    "const",
    "type",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "required",
    "properties",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "items",
    "minItems",
    "minProperties",
    "$schema",
    "$defs",
    "default",
    "description",
    "title",
    "format",
}


def misfits(value: Any, schema: Any, path: str = "") -> Any:
    """The paths at which a value does not fit a schema of the keywords that ours uses."""
    if schema is True:
        return
    assert set(schema) <= KEYWORDS, set(schema) - KEYWORDS
    if "$ref" in schema:
        yield from misfits(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], path)
    if "anyOf" in schema and all(any(True for _ in misfits(value, one, path)) for one in schema["anyOf"]):
        yield path
    if not _scalar_fits(value, schema):
        yield path
    elif isinstance(value, dict):
        if len(value) < schema.get("minProperties", 0):
            yield path
        yield from _mapping_misfits(value, schema, path)
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield path
        for index, part in enumerate(value):
            yield from misfits(part, schema.get("items", True), f"{path}[{index}]")


def _scalar_fits(value: Any, schema: Any) -> bool:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    boolean = isinstance(value, bool)
    if kinds and not any(isinstance(value, TYPES[kind]) and (not boolean or kind == "boolean") for kind in kinds):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if isinstance(value, str):
        fits = re.search(schema.get("pattern", ""), value) is not None
        return fits and schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    if isinstance(value, (int, float)) and not boolean:
        fits = schema.get("minimum", value) <= value <= schema.get("maximum", value)
        return fits and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
    return True


def _mapping_misfits(value: dict[str, Any], schema: Any, path: str) -> Any:
    known = schema.get("properties", {})
    yield from (f"{path}.{name}".lstrip(".") for name in schema.get("required", ()) if name not in value)
    for name, part in value.items():
        at = f"{path}.{name}".lstrip(".")
        rest = schema.get("additionalProperties", True)
        patterns = [one for pattern, one in schema.get("patternProperties", {}).items() if re.search(pattern, name)]
        inner = known.get(name) or (patterns[0] if patterns else rest)
        if inner is False:
            yield at
        else:
            yield from misfits(part, inner, at)
