"""The JSON Schema of a catalog, for editors: completion, explanations, and mistakes underlined while writing.

It describes what may be written, short forms included, by the types that an editor's YAML parser sees: a price may be
a number or text, an id may look like a number. What it cannot say (references, rising tiers, filled blanks) is said
by `load`. `python -m partita.catalog.schema` prints it; the published copy lies beside this file.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from .catalog import Catalog

ID = "https://json-schema.org/draft/2020-12/schema"
PUBLISHED = "partita-catalog.schema.json"


class _AsWritten(GenerateJsonSchema):
    """Text that may be written without quotes, and unions as `anyOf`: what looks like a number may be an id, too."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        made = super().str_schema(schema)
        return {**made, "type": ["string", "number"]}

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        made = super().tagged_union_schema(schema)
        if "oneOf" in made:
            made["anyOf"] = made.pop("oneOf")
        return made

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if "default" in made and not isinstance(made["default"], (str, int)):
            made.pop("default")
        return made


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a catalog file (draft 2020-12). A folder's files each fit it on their own.

    A flow may be null: so an agreement leaves out a flow of its template.
    """
    made = Catalog.model_json_schema(by_alias=True, mode="validation", schema_generator=_AsWritten)
    made["properties"].pop("folder", None)
    made["properties"]["partita"] = {"enum": [1, "1"], "description": "the version of the format"}
    flows = made["$defs"]["Agreement"]["properties"]["flows"]
    flows["additionalProperties"] = {"anyOf": [flows["additionalProperties"], {"type": "null"}]}
    _without_titles(made)
    return {"$schema": ID, "title": "Partita catalog", **made}


def _without_titles(part: Any) -> None:
    """Take out the titles that are only names again."""
    if isinstance(part, dict):
        if isinstance(part.get("title"), str):
            del part["title"]
        for key, inner in part.items():
            if key not in ("default", "enum", "const"):
                _without_titles(inner)
    elif isinstance(part, list):
        for inner in part:
            _without_titles(inner)


def text() -> str:
    """The schema as it is published."""
    return json.dumps(json_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def published() -> str:
    """The published copy."""
    return resources.files(__package__).joinpath(PUBLISHED).read_text("utf-8")


if __name__ == "__main__":
    print(text(), end="")
