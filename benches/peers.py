"""The peers: Polars and DuckDB doing the same work as an engine, on the same records, as well as they can.

Their tables are loaded beforehand, as an engine is compiled beforehand: usage with a sequence number for DuckDB, whose
output has no order otherwise, and a small table from key to code and prices, where subscription, plan and price are
already joined. They give a code for the key, the billed quantity and the amount, in the order of the input.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from partita.generate import keys

from .common import DECIMAL, Settings, best, speed

NUMBERS: Final = {"": "DECIMAL(38,12)", " f64": "DOUBLE"}
OUTPUT: Final = ("code", "billed", "amount")

Work = Callable[[pl.LazyFrame, Callable[[str], pl.Expr]], pl.LazyFrame]
"""Polars' work on usage joined with prices; the second argument makes a number of a literal."""


def prices(accounts: int, even: str, odd: str) -> pa.Table:
    """Key → code and price: that of plan p0 or p1, by turns."""
    index = pa.arange(0, accounts)
    values = [pa.scalar(Decimal(price), DECIMAL) for price in (even, odd)]
    price = pc.if_else(pc.equal(pc.bit_wise_and(index, 1), 0), *values)
    return pa.table({"a_number": keys(accounts), "code": index.cast(pa.int32()), "price": price})


def speeds(usage: pa.Table, priced: pa.Table, work: Work, sql: str, settings: Settings) -> dict[str, float]:
    """Millions of records a second of Polars and DuckDB, with decimals and with floats."""
    found = {}
    usage = usage.select(["a_number", "duration_seconds"])
    for kind in NUMBERS:
        tables = [_floats(table) if kind else table for table in (usage, priced)]
        for name, make in (("polars", polars_work), ("duckdb", duckdb_work)):
            run = make(*tables, work if name == "polars" else sql, kind, settings.cores)
            found[name + kind] = speed(usage.num_rows, best(settings.rounds, run).seconds)
            del run
    return found


def polars_work(usage: pa.Table, priced: pa.Table, work: Work, kind: str, cores: int) -> Callable[[], pa.Table]:
    """Polars, ready to run. How many threads it has was settled when it was imported."""
    if pl.thread_pool_size() != cores:
        raise AssertionError(f"Polars has {pl.thread_pool_size()} threads, not {cores}; set POLARS_MAX_THREADS")
    left, right = (pl.from_arrow(table).rechunk().lazy() for table in (usage, priced))
    joined = left.join(right, on="a_number", how="left", maintain_order="left")
    lazy = work(joined, _float if kind else _decimal).select(OUTPUT)
    return lambda: lazy.collect()


def duckdb_work(usage: pa.Table, priced: pa.Table, sql: str, kind: str, cores: int) -> Callable[[], pa.Table]:
    """DuckDB, with the tables loaded."""
    connection = duckdb.connect(config={"threads": cores})
    connection.register("given", usage)
    connection.execute("CREATE TABLE usage AS SELECT *, row_number() OVER () AS seq FROM given")
    connection.unregister("given")
    connection.register("given", priced)
    connection.execute("CREATE TABLE prices AS SELECT * FROM given")
    connection.unregister("given")
    query = sql.format(number=NUMBERS[kind])
    return lambda: connection.sql(query).to_arrow_table()


def amounts(usage: pa.Table, priced: pa.Table, work: Work, sql: str, cores: int) -> dict[str, pa.Table]:
    """What both come to, for a check."""
    usage = usage.select(["a_number", "duration_seconds"])
    polars: Any = polars_work(usage, priced, work, "", cores)()
    return {"polars": polars.to_arrow(), "duckdb": duckdb_work(usage, priced, sql, "", cores)()}


def _decimal(literal: str) -> pl.Expr:
    return pl.lit(Decimal(literal)).cast(pl.Decimal(38, 12))


def _float(literal: str) -> pl.Expr:
    return pl.lit(float(literal))


def _floats(table: pa.Table) -> pa.Table:
    fields = [f.with_type(pa.float64()) if pa.types.is_decimal(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))
