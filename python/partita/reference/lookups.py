"""Look-ups: numbers read from tables (semantics §1).

A null key cell means any. Of the rows that fit, the most specific wins, by the order of the key columns: a row that
names the first key beats one that does not, whatever follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

from partita.catalog.charge import Lookup
from partita.catalog.reference_data import Table
from partita.catalog.scalars import parse_decimal
from partita.errors import CatalogError

from .conditions import Circumstances
from .rejects import Reject

Row = Mapping[str, Any]


class Tables:
    """The look-up tables of a catalog, with the rows of those that are files handed over beside it."""

    def __init__(self, tables: Mapping[str, Table], rows: Mapping[str, Sequence[Row]]) -> None:
        self.tables = tables
        for name, table in tables.items():
            if table.file is not None and name not in rows:
                raise CatalogError(f"tables.{name}: hand over the rows of {table.file}")
        own = {name: rows.get(name, table.rows or ()) for name, table in tables.items()}
        self.rows = {
            name: {tuple(row.get(key) for key in table.by): row for row in own[name]} for name, table in tables.items()
        }

    def number(self, number: Decimal | Lookup, circumstances: Circumstances, code: str, field: str) -> Fraction:
        """A literal, or the value that a look-up finds; without one, its `else`, or a reject of this code."""
        if isinstance(number, Decimal):
            return Fraction(number)
        cell = self._cell(number, circumstances)
        if cell is not None:
            return cell
        if number.otherwise == "reject":
            raise Reject(code, field, None)
        return Fraction(number.otherwise)

    def _cell(self, lookup: Lookup, circumstances: Circumstances) -> Fraction | None:
        keys = self.tables[lookup.table].by
        if len(keys) != len(lookup.by):
            raise CatalogError(f"a look-up in {lookup.table} has {len(lookup.by)} keys; the table has {len(keys)}")
        by = lookup.attributes(keys)
        order = [by.index(name) for name in lookup.by]
        row = self._row(lookup.table, [circumstances[name] for name in by], order)
        value = None if row is None else row.get(lookup.column)
        return None if value is None else Fraction(parse_decimal(value))

    def _row(self, table: str, wanted: Sequence[str | None], order: Sequence[int]) -> Row | None:
        """The row of these cells, or else with any in place of some, those that come last in the order first."""
        rows = self.rows[table]
        for named in product((True, False), repeat=len(wanted)):
            own = dict(zip(order, named, strict=True))
            cells = tuple(value if own[place] else None for place, value in enumerate(wanted))
            if cells in rows:
                return rows[cells]
        return None
