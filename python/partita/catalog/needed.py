"""The columns that tables need, for who makes the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .catalog import Catalog
from .columns import Column, Kind
from .tables import ACCOUNTS, PREFIXES, SUBSCRIPTIONS


def tables_needed(catalog: Catalog | None = None) -> Mapping[str, Sequence[Column]]:
    """The columns of accounts, subscriptions and prefixes, and of the catalog's look-up tables."""
    tables: dict[str, Sequence[Column]] = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, "prefixes": PREFIXES}
    for name, spec in catalog.tables.items() if catalog else ():
        keys = [Column(key, Kind.TEXT, "a key; none is any") for key in spec.by]
        tables[f"table {name}"] = [*keys, *(Column(value, Kind.NUMBER, "a value") for value in spec.columns)]
    return tables


def columns_needed(catalog: Catalog | None = None) -> str:
    """The columns of each table in words.

    >>> print(columns_needed().splitlines()[1])
      * account        the account's id: text
    """
    text = []
    for name, columns in tables_needed(catalog).items():
        text.append(name)
        for column in columns:
            default = f" (default {column.default})" if column.default is not None else ""
            mark = "*" if column.needed else " "
            text.append(f"  {mark} {column.name:<14} {column.about}{default}: {column.kind.value}")
    return "\n".join([*text, "* needed in every row"])


def columns_as_data(catalog: Catalog | None = None) -> dict[str, list[dict[str, Any]]]:
    """The columns of each table as data.

    >>> columns_as_data()["prefixes"][0]
    {'name': 'prefix', 'holds': 'text', 'about': 'leading digits, without +', 'needed': True, 'default': None}
    """
    return {
        name: [
            {
                "name": column.name,
                "holds": column.kind.value,
                "about": column.about,
                "needed": column.needed,
                "default": column.default,
            }
            for column in columns
        ]
        for name, columns in tables_needed(catalog).items()
    }
