"""one: a single record through `Engine.rate`, until pyarrow reads its line; tiers and counters on, as a service has
it that keeps the counters of each account from call to call."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from partita import Engine
from partita.rated import Rated

from .common import Figure, Settings, Target, agree, engine_of, usage_of
from .graduated import COLUMNS, TERMS

TARGET: Final = Target("50 µs", 50, most=True)
CALLS: Final = 5_000
_WARM: Final = 500
_UNIT: Final = "µs, median"


def check(records: int) -> None:
    """One by one comes to what all at once comes to."""
    records = min(records, 2_000)
    usage = usage_of(Settings(records, accounts=50), COLUMNS)
    engine = engine_of(TERMS, 50)
    expected = engine.rate(usage).lines["amount"].to_pylist()
    for work, service in (("by itself", ByItself(engine)), ("in a session", InSession(engine))):
        singly = []
        for key, record in _records(usage):
            rated = service.rate(key, record)
            singly.append(_amount(rated))
            service.keep(key, rated)
        agree(f"{work}: amount", singly, expected)


def measure(settings: Settings) -> Iterator[Figure]:
    engine = engine_of(TERMS, settings.accounts)
    usage = usage_of(Settings(CALLS + _WARM, settings.accounts), COLUMNS)
    plain = _records(usage)
    as_dicts = [(key, record.to_pylist()) for key, record in plain]
    works: list[tuple[str, Service, list[tuple[str, Any]], Target | None]] = [
        ("", ByItself(engine), plain, TARGET),
        ("as a dict", ByItself(engine), as_dicts, None),
        ("in a session", InSession(engine), plain, TARGET),
    ]
    for work, service, records, target in works:
        times = [_timed(service, key, record) for key, record in records][_WARM:]
        read, kept = (statistics.median(column) * 1e6 for column in zip(*times, strict=True))
        yield Figure.judged("one", work, 1, read, target, unit=_UNIT)
        yield Figure.judged("one", f"{work}, until the next" if work else "until the next", 1, kept, None, unit=_UNIT)


class ByItself:
    """Each record with the counters of its account, which are handed on from call to call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counters: dict[str, pa.Table] = {}

    def rate(self, key: str, record: Any) -> Rated:
        return self._engine.rate(record, counters=self._counters.get(key))

    def keep(self, key: str, rated: Rated) -> None:
        self._counters[key] = rated.counters


class InSession:
    """Each record into a session, which keeps the counters."""

    def __init__(self, engine: Engine) -> None:
        self._session = engine.session()

    def rate(self, key: str, record: Any) -> Rated:
        return self._session.rate(record)

    def keep(self, key: str, rated: Rated) -> None:
        """Kept already."""


Service = ByItself | InSession


def _records(usage: pa.Table) -> list[tuple[str, pa.Table]]:
    """Keys, and a table of one row for each."""
    keys = usage["a_number"].to_pylist()
    rows = [usage.slice(row, 1).combine_chunks() for row in range(usage.num_rows)]
    return list(zip(keys, rows, strict=True))


def _timed(service: Service, key: str, record: Any) -> tuple[float, float]:
    """Seconds until a record's line is read, and until the next record can come: counters kept, all else given back."""
    gc.disable()
    started = time.perf_counter()
    rated = service.rate(key, record)
    _amount(rated)
    read = time.perf_counter()
    service.keep(key, rated)
    del rated
    done = time.perf_counter()
    gc.enable()
    return read - started, done - started


def _amount(rated: Rated) -> Decimal:
    amount: Decimal = rated.lines["amount"][0].as_py()
    return amount
