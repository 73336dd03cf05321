"""graduated: monthly tiers per account, a line for each record; Polars and DuckDB do the same with a window.

All records are of one month, so that the peers need not part by month, which the engine does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import polars as pl

from . import peers
from .common import Figure, Settings, plan, usage_of, with_decimals
from .flat import COLUMNS
from .peered import check_against_peers, target_of
from .rating import shapes

PRICES: Final = ("0.001", "0.002")
"""The price of the last tier, by plan."""
TERMS: Final = {
    "plans": {
        f"p{i}": plan(
            {
                "calls": {
                    "graduated": {
                        "scope": "account",
                        "tiers": [
                            {"up_to": "600", "price": "0.02"},
                            {"up_to": "6000", "price": "0.01"},
                            {"price": price},
                        ],
                    }
                }
            }
        )
        for i, price in enumerate(PRICES)
    },
}
TIMES: Final = {"polars": 3, "duckdb": 15}
_COST: Final = "(least({x}, 600) * 0.02 + least(greatest({x} - 600, 0), 5400) * 0.01 + greatest({x} - 6000, 0) * price)"
SQL: Final = (
    "SELECT code, duration_seconds AS billed, "
    f"({_COST.format(x='after')} - {_COST.format(x='(after - duration_seconds)')})::{{number}} AS amount FROM ("
    "SELECT seq, code, duration_seconds, price, "
    "sum(duration_seconds) OVER (PARTITION BY code ORDER BY seq ROWS UNBOUNDED PRECEDING) AS after "
    "FROM usage LEFT JOIN prices USING (a_number)) ORDER BY seq"
)


def work(joined: pl.LazyFrame, number: Callable[[str], pl.Expr]) -> pl.LazyFrame:
    def cost(x: pl.Expr) -> pl.Expr:
        first = x.clip(upper_bound=number("600")) * number("0.02")
        second = (x - number("600")).clip(number("0"), number("5400")) * number("0.01")
        return first + second + (x - number("6000")).clip(lower_bound=number("0")) * pl.col("price")

    after, quantity = pl.col("after"), pl.col("duration_seconds")
    counted = joined.with_columns(after=quantity.cum_sum().over("code"))
    return counted.with_columns(billed=quantity, amount=cost(after) - cost(after - quantity))


def check(records: int) -> None:
    check_against_peers(TERMS, records, COLUMNS, PRICES, work, SQL)


def measure(settings: Settings) -> Iterator[Figure]:
    usage = with_decimals(usage_of(settings, COLUMNS))
    found = peers.speeds(usage, peers.prices(settings.accounts, *PRICES), work, SQL, settings)
    del usage
    yield from shapes("graduated", TERMS, settings, target_of(found, TIMES), COLUMNS, with_decimals, found)
