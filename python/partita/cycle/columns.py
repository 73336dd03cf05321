"""Which columns of usage a catalog reads beside those that its mappings name.

A condition, a look-up, a role or a dynamic charge may ask for any attribute of a record. All that the catalog asks for
is read, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from partita.catalog.agreement import FromColumn
from partita.catalog.catalog import Catalog
from partita.catalog.charge import Dynamic, Lookup, When
from partita.catalog.usage import Usage


def attributes_read(catalog: Catalog) -> frozenset[str]:
    """The attributes that plans and agreements ask for, by the names they use.

    >>> from partita.catalog import load
    >>> sorted(attributes_read(load({"parties": {"shop": {}}, "plans": {"basic": {
    ...     "seller": "shop", "currency": "EUR",
    ...     "charges": {"song": {"when": {"attributes": {"kind": "song"}}, "dynamic": {"amount_column": "price"}}}}}})))
    ['kind', 'price']
    """
    parts = (*catalog.plans.values(), *catalog.agreements.values())
    return frozenset(name for part in parts for name in _asked(part))


def usage_columns(catalog: Catalog, mapping: Usage) -> tuple[set[str], set[str]]:
    """The columns to read for a mapping beside its own, and those of them that hold numbers."""
    amounts = {name for plan in catalog.plans.values() for name in _amounts(plan)}
    columns = {mapping.attributes.get(name, name) for name in attributes_read(catalog) | amounts} | amounts
    return columns, {mapping.attributes.get(name, name) for name in amounts} | amounts


def _asked(part: Any) -> Iterator[str]:
    match part:
        case When():
            yield from part.attributes
        case Lookup():
            yield from part.by
        case FromColumn():
            yield part.column
        case Dynamic():
            yield from _columns(part)
    for inner in _inside(part):
        yield from _asked(inner)


def _amounts(part: Any) -> Iterator[str]:
    if isinstance(part, Dynamic):
        yield from _columns(part)
    for inner in _inside(part):
        yield from _amounts(inner)


def _columns(charge: Dynamic) -> Iterator[str]:
    yield from (column for column in (charge.amount_column, charge.price_column) if column is not None)


def _inside(part: Any) -> Iterator[Any]:
    if isinstance(part, BaseModel):
        yield from (getattr(part, name) for name in type(part).model_fields)
    elif isinstance(part, dict):
        yield from part.values()
    elif isinstance(part, (tuple, list)):
        yield from part
