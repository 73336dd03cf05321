"""Which columns of a source are read, and the refusal of binary floats.

What a mapping names must exist: a misspelt column would otherwise be a month without, say, territories. What only
a condition refers to may be absent, and is then null. A float column is refused unless the mapping says at how many
decimals to read it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import pyarrow as pa

from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError

ROLES: Final = ("source", "id", "time", "key", "service", "quantity", "amount", "duration", "destination", "territory")
NUMBERS: Final = ("quantity", "amount", "duration")


def mapped_columns(mapping: Usage) -> dict[str, str]:
    """The columns that a mapping names, each with what it is named for.

    A `service` that was not written is left out: records then need not have one.

    >>> mapped_columns(Usage(id="call_id", key="a_number", quantity="seconds", attributes={"kind": "call_type"}))
    {'call_id': 'id', 'time': 'time', 'a_number': 'key', 'seconds': 'quantity', 'call_type': 'attributes.kind'}
    """
    named: dict[str, str] = {}
    for role in ROLES:
        column = getattr(mapping, role)
        if isinstance(column, str) and (role, column) != ("id", "none") and column not in mapping.unwritten:
            named.setdefault(column, role)
    for attribute, column in mapping.attributes.items():
        named.setdefault(column, f"attributes.{attribute}")
    for attribute in mapping.where:
        named.setdefault(mapping.attributes.get(attribute, attribute), f"where.{attribute}")
    for column in mapping.decimals:
        named.setdefault(column, f"decimals.{column}")
    return named


def number_columns(mapping: Usage, numbers: Collection[str] = ()) -> set[str]:
    """The columns that hold numbers: those the mapping says so of, and `numbers` (prices, amounts of charges)."""
    roles = (getattr(mapping, role) for role in NUMBERS)
    return {column for column in roles if isinstance(column, str)} | set(mapping.decimals) | set(numbers)


def wanted(origin: str, mapping: Usage, columns: Collection[str] | None, present: Sequence[str]) -> list[str]:
    """The columns to read, in the order of the source: what the mapping names, and those of `columns` that exist.

    `origin` names the source in errors. None for `columns` means all. Raises `UsageSchemaError` when a mapped column
    is missing or a name stands twice.
    """
    named = mapped_columns(mapping)
    require(origin, named, present)
    asked = set(present) if columns is None else {*named, *columns, *mapping.unwritten}
    chosen = [name for name in present if name in asked]
    if len(set(chosen)) < len(chosen):
        twice = next(name for name in chosen if chosen.count(name) > 1)
        raise UsageSchemaError(f"{origin}: the column {twice!r} stands there twice")
    return chosen


def distinct(names: Sequence[str]) -> list[str]:
    """Names of which none stands twice: what stands there again is numbered, and what is no Unicode escaped.

    >>> distinct(["id", "note", "note"])
    ['id', 'note', 'note (2)']
    """
    found: dict[str, None] = {}
    for name in map(escaped, names):
        free, number = name, 2
        while free in found or (free != name and free in names):
            free, number = f"{name} ({number})", number + 1
        found[free] = None
    return list(found)


def escaped(text: str | bytes) -> str:
    """Text with an escape for whatever is no Unicode in it (halves of surrogate pairs, bytes of another encoding)."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    return data.decode("utf-8", "backslashreplace")


def empty(schema: pa.Schema) -> pa.RecordBatch:
    """No rows, of any types."""
    return pa.RecordBatch.from_arrays([pa.nulls(0, kind) for kind in schema.types], schema=schema)


def require(origin: str, named: dict[str, str], present: Collection[str]) -> None:
    """Raises `UsageSchemaError` unless all named columns are present."""
    for column, role in named.items():
        if column not in present:
            there = ", ".join(map(repr, present)) or "none"
            raise UsageSchemaError(f"{origin}: no column {column!r} (the mapping's {role}); the columns are {there}")


def refuse_floats(origin: str, mapping: Usage, columns: Collection[str] | None, schema: pa.Schema) -> None:
    """Raises `UsageSchemaError` for a float column that is going to be used and has no `decimals`."""
    used = mapped_columns(mapping).keys() | set(columns or ())
    for field in schema:
        if pa.types.is_floating(field.type) and field.name in used and field.name not in mapping.decimals:
            raise UsageSchemaError(
                f"{origin}: the column {field.name!r} holds binary floats ({field.type}), which are not exact; write "
                f"decimals or text, or give `decimals: {{{field.name}: 2}}` in the mapping to read it at 2 decimals"
            )
