"""flat: price by plan. Key → subscription → plan → price, times a quantity; Polars and DuckDB do the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from . import peers
from .common import Figure, Settings, plan, usage_of, with_decimals
from .peered import check_against_peers, target_of
from .rating import shapes

PRICES: Final = ("0.01", "0.02")
TERMS: Final = {
    "plans": {f"p{i}": plan({"calls": {"unit": {"price": price}}}) for i, price in enumerate(PRICES)},
}
COLUMNS: Final = ("started_at", "a_number", "duration_seconds")
SQL: Final = (
    "SELECT code, duration_seconds AS billed, (duration_seconds * price)::{number} AS amount "
    "FROM usage LEFT JOIN prices USING (a_number) ORDER BY seq"
)
TIMES: Final = {"polars": 1, "duckdb": 5}


def work(joined: pl.LazyFrame, number: object) -> pl.LazyFrame:
    return joined.with_columns(billed="duration_seconds", amount=pl.col("duration_seconds") * pl.col("price"))


def check(records: int) -> None:
    check_against_peers(TERMS, records, COLUMNS, PRICES, work, SQL)


def measure(settings: Settings) -> Iterator[Figure]:
    usage = with_decimals(usage_of(settings, COLUMNS))
    found = peers.speeds(usage, peers.prices(settings.accounts, *PRICES), work, SQL, settings)
    del usage
    yield from shapes("flat", TERMS, settings, target_of(found, TIMES), COLUMNS, with_decimals, found)
