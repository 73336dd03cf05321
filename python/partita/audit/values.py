"""Values of Arrow as the reference reads them: exact, and none of them beyond what Python has.

Python has no instants outside of the years 1 to 9999, and none finer than microseconds; Arrow has both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from partita.reference.clock import END, FIRST
from partita.reference.texts import Ticks

_DECIMALS: Final = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_DAY: Final = 86_400_000_000
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 (the caller gives it its zone)
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def records_of(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of a table: instants floored to microseconds, durations as decimal seconds.

    >>> records_of(pa.table({"a": pa.array([1999], pa.timestamp("ns")), "b": pa.array([1500], pa.duration("ms"))}))
    [{'a': datetime.datetime(1970, 1, 1, 0, 0, 0, 1), 'b': Decimal('1.500')}]
    """
    columns = [_values(column) for column in table.columns]
    return [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(column: pa.ChunkedArray) -> list[Any]:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return _mapped(column, pa.int64(), _instants(kind))
    if pa.types.is_duration(kind):
        return _mapped(column, pa.int64(), lambda ticks: Decimal(ticks).scaleb(-_DECIMALS[kind.unit]))
    if pa.types.is_date32(kind):
        return _mapped(column, pa.int32(), _date)
    if pa.types.is_date64(kind):
        return _mapped(column, pa.int64(), _instants(pa.timestamp("ms")))
    values: list[Any] = column.to_pylist()
    return values


def _mapped(column: pa.ChunkedArray, kind: pa.DataType, value_of: Callable[[int], Any]) -> list[Any]:
    return [None if number is None else value_of(number) for number in column.cast(kind).to_pylist()]


def _instants(kind: pa.TimestampType) -> Callable[[int], Any]:
    """What makes a tick of a type an instant."""
    zone = None if kind.tz is None else pa.lib.string_to_tzinfo(kind.tz)
    exponent = _DECIMALS[kind.unit] - 6

    def instant(ticks: int) -> Any:
        micros = ticks // 10**exponent if exponent > 0 else ticks * 10**-exponent
        micros = min(max(micros, _SMALLEST), _LARGEST)
        try:
            time = _EPOCH + dt.timedelta(microseconds=micros)
            if zone is not None:
                return time.replace(tzinfo=dt.UTC).astimezone(zone)
            known = FIRST.year <= time.year <= END.year  # the offsets of other years are not
            return time if known else Ticks(micros, local=True)
        except OverflowError:
            return Ticks(micros, local=zone is None)

    return instant


def _date(days: int) -> Any:
    try:
        return _EPOCH.date() + dt.timedelta(days=days)
    except OverflowError:
        return Ticks(days * _DAY, local=True)
