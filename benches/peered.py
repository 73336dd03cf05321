"""What the benches with peers share: the check against them, and a target that is a multiple of their speed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from . import peers
from .common import Settings, Target, agree, engine_of, usage_of, with_decimals
from .rating import CHECKED_ACCOUNTS

NAMES = {"polars": "Polars", "duckdb": "DuckDB"}


def target_of(speeds: Mapping[str, float], times: Mapping[str, int]) -> Target:
    """So many times the speed of each peer with decimals."""
    words = ", ".join(f"{factor} × {NAMES[name]}" for name, factor in times.items())
    return Target(words, max(factor * speeds[name] for name, factor in times.items()))


def check_against_peers(
    terms: Mapping[str, Any],
    records: int,
    columns: tuple[str, ...],
    prices: tuple[str, str],
    work: peers.Work,
    sql: str,
) -> None:
    """Keys, billed quantities and amounts of both peers, to the last digit."""
    usage = with_decimals(usage_of(Settings(records, CHECKED_ACCOUNTS), columns))
    lines = engine_of(terms, CHECKED_ACCOUNTS).rate(usage).lines
    priced = peers.prices(CHECKED_ACCOUNTS, *prices)
    for name, table in peers.amounts(usage, priced, work, sql, pl.thread_pool_size()).items():
        agree(f"{name}: key", lines["account"], (f"a{code}" for code in table["code"].to_pylist()))
        agree(f"{name}: billed quantity", lines["billed_quantity"], table["billed"])
        agree(f"{name}: amount", lines["amount"], table["amount"])
