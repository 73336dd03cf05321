"""one: a single record through `Engine.rate`, until pyarrow reads its line; tiers and counters on, as a service has
it that keeps the counters of each account from call to call."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from partita import Engine
from partita.session import Session

from .common import Figure, Settings, Target, engine_of, usage_of
from .graduated import COLUMNS, TERMS

TARGET: Final = Target("50 µs", 50, most=True)
CALLS: Final = 5_000
_WARM: Final = 500

Counters = dict[str, pa.Table]


def check(records: int) -> None:
    """One by one comes to what all at once comes to."""
    records = min(records, 2_000)
    usage = usage_of(Settings(records, accounts=50), COLUMNS)
    engine, counters = engine_of(TERMS, 50), Counters()
    singly = [_rate(engine, key, record, counters) for key, record in _records(usage)]
    session = engine.session()
    held = [_rate(engine, key, record, session) for key, record in _records(usage)]
    if not singly == held == engine.rate(usage).lines["amount"].to_pylist():
        raise AssertionError("records that come one by one have other amounts")


def measure(settings: Settings) -> Iterator[Figure]:
    engine = engine_of(TERMS, settings.accounts)
    usage = usage_of(Settings(CALLS + _WARM, settings.accounts), COLUMNS)
    forms: dict[str, Callable[[pa.Table], Any]] = {
        "": lambda table: table,
        "as a dict": lambda table: table.to_pylist(),
    }
    for work, form in forms.items():
        counters = Counters()
        given = [(key, form(record)) for key, record in _records(usage)]
        times = [_timed(engine, key, record, counters) for key, record in given][_WARM:]
        value = statistics.median(times) * 1e6
        yield Figure.judged("one", work, 1, value, None if work else TARGET, unit="µs, median")

    session = engine.session()
    given = [record for _, record in _records(usage)]
    times = [_timed(engine, "", record, session) for record in given][_WARM:]
    yield Figure.judged("one", "in a session", 1, statistics.median(times) * 1e6, TARGET, unit="µs, median")


def _records(usage: pa.Table) -> list[tuple[str, pa.Table]]:
    """Keys, and a table of one row for each."""
    keys = usage["a_number"].to_pylist()
    rows = [usage.slice(row, 1).combine_chunks() for row in range(usage.num_rows)]
    return list(zip(keys, rows, strict=True))


def _timed(engine: Engine, key: str, record: Any, counters: Counters | Session) -> float:
    gc.disable()
    started = time.perf_counter()
    _rate(engine, key, record, counters)
    seconds = time.perf_counter() - started
    gc.enable()
    return seconds


def _rate(engine: Engine, key: str, record: Any, counters: Counters | Session) -> Decimal:
    """The amount of a record; the counters are those of each account by key, or held in a session."""
    if isinstance(counters, Session):
        rated = counters.rate(record)
    else:
        rated = engine.rate(record, counters=counters.get(key))
        counters[key] = rated.counters
    amount: Decimal = rated.lines["amount"][0].as_py()
    return amount
