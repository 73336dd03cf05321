"""Rows that come later, checked column by column as those of a catalog are; what is wrong with one row is said of it.

Whether their plans, accounts and keys are known, and fit what is there, the core finds out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from partita.catalog.check.scene import zone_info
from partita.catalog.columns import Kind, conform
from partita.catalog.currency import refusal
from partita.catalog.tables import ACCOUNTS, SUBSCRIPTIONS, as_subscriptions, handed_over
from partita.errors import CatalogError, Problem

from .merge import keys_as_lists

_TYPES = {Kind.TEXT: pa.string(), Kind.TEXTS: pa.list_(pa.string())}


def accounts(given: Any, digits: Mapping[str, int]) -> pa.Table:
    """Accounts, in plain layouts; `digits` are those that the catalog states of currencies. Raises `CatalogError` with
    all that is wrong of them."""
    table, place = handed_over(given, "accounts")
    table = _plain(conform(table, ACCOUNTS, place), {column.name: column.kind for column in ACCOUNTS})
    problems = [
        *_wrong(table, "currency", lambda code: refusal(code, digits)),
        *_wrong(table, "zone", lambda name: None if zone_info(name) else "is not a time zone"),
        *_wrong(table, "cycle_day", lambda day: None if 1 <= day <= 28 else "must be 1 to 28"),
        *_wrong(table, "payment_days", lambda days: None if days >= 0 else "must be at least 0"),
    ]
    if problems:
        raise CatalogError(problems)
    return table


def subscriptions(given: Any) -> pa.Table:
    """Subscriptions, in plain layouts, with lists of keys. Raises `CatalogError` for columns that do not fit."""
    table, place = handed_over(given, "subscriptions")
    kinds = {column.name: column.kind for column in SUBSCRIPTIONS}
    return _plain(keys_as_lists(as_subscriptions(table, place)), kinds)


def _plain(table: pa.Table, kinds: dict[str, Kind]) -> pa.Table:
    types = [_TYPES.get(kinds[field.name], field.type) for field in table.schema]
    columns = [
        column if column.type == kind else column.cast(kind) for column, kind in zip(table.columns, types, strict=True)
    ]
    return pa.table(columns, names=table.column_names).combine_chunks()


def _wrong(table: pa.Table, column: str, wrong: Callable[[Any], str | None]) -> Iterator[Problem]:
    """A problem for each row with a value of which `wrong` says something."""
    said = {value: why for value in pc.unique(table[column]).to_pylist() if (why := wrong(value)) is not None}
    for row, value in enumerate(table[column].to_pylist() if said else ()):
        if value in said:
            yield Problem(f"accounts[{row}].{column}", f"{value!r} {said[value]}")
