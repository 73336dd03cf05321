"""What came later, in order: a log of tables that stays short.

A service may add a few rows a thousand times an hour. Small tables are put together into larger ones as they gather, so
that a row is copied a few times at most; where many have gathered, of each id only its latest rows are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from partita.catalog.columns import INSTANT

MOST: Final = 16
"""Tables of about one size before they are put together."""
MANY: Final = 2
"""From this level on old rows are left out; to look for them sooner would take longer than to copy them."""
NUMBER: Final = "partita:number"
"""The column that numbers the tables of a log."""


@dataclass(frozen=True)
class Log:
    """Tables with rows by `id`, of which a later one has the whole truth about the ids that it names.

    >>> log = Log("id")
    >>> for value in range(40):
    ...     log = log.plus(pa.table({"id": ["a", f"b{value}"], "value": [value, value]}))
    >>> log.latest().num_rows, log.latest()["value"][0].as_py(), sum(map(len, log.levels)) < 20
    (41, 39, True)
    """

    id: str
    levels: tuple[tuple[pa.Table, ...], ...] = ()
    """From the smallest and newest tables to the largest and oldest; each in order of time."""
    count: int = 0
    """How many tables came."""

    def plus(self, table: pa.Table) -> Log:
        """The log with one more table."""
        table = table.append_column(NUMBER, pa.repeat(pa.scalar(self.count), table.num_rows))
        levels: list[tuple[pa.Table, ...]] = []
        for place, level in enumerate((*self.levels, ())):
            if len(level) + 1 < MOST:
                levels.append((*level, table))
                break
            together = pa.concat_tables(_alike([*level, table])).combine_chunks()
            table = latest(together, self.id) if place >= MANY else together
            levels.append(())
        return Log(self.id, (*levels, *self.levels[len(levels) :]), self.count + 1)

    def latest(self) -> pa.Table | None:
        """The latest rows of every id, in the order in which ids first came; None if nothing came."""
        tables = [table for level in reversed(self.levels) for table in level]
        if not tables:
            return None
        return latest(pa.concat_tables(_alike(tables)).combine_chunks(), self.id).drop_columns([NUMBER])


def latest(rows: pa.Table, id_: str) -> pa.Table:
    """Of each id the rows of the last table that has it, ids in the order in which they first came."""
    ids = dictionary(rows[id_])
    numbers = pa.table({"id": ids.indices, "number": rows[NUMBER]})
    last = numbers.group_by("id", use_threads=False).aggregate([("number", "max")])["number_max"].combine_chunks()
    kept = pc.equal(rows[NUMBER].combine_chunks(), last.take(ids.indices))
    codes = ids.indices.filter(kept)
    return rows.filter(kept).combine_chunks().take(pc.sort_indices(codes))


def dictionary(column: pa.ChunkedArray) -> Any:
    """A text column of any layout by its distinct texts, in the order in which they first come."""
    return pc.dictionary_encode(plain(column).combine_chunks())


def plain(column: Any) -> Any:
    """Text of any layout as plain text."""
    return column if column.type == pa.string() else column.cast(pa.string())


def _alike(tables: Sequence[pa.Table]) -> list[pa.Table]:
    """The tables with columns of one type: moments that all are null are null instants beside instants."""
    instants = {field.name for table in tables for field in table.schema if field.type == INSTANT}
    return [with_instants(table, instants) for table in tables]


def with_instants(table: pa.Table, names: set[str]) -> pa.Table:
    """The table with null instants in place of null dates."""
    for name in sorted(names):
        if table.schema.field(name).type != INSTANT:
            table = table.set_column(table.column_names.index(name), name, pa.nulls(table.num_rows, INSTANT))
    return table
