"""Usage in memory as an object that speaks Arrow: as it is, or made of dicts.

A single record is the one case where Python's own time counts: a service rates each event as it happens. The Arrow type
of a record is found once for each combination of names and kinds of values, and kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from partita.errors import UsageSchemaError
from partita.ingest import memory
from partita.ingest.frames import arrow_of

_PLAIN: Final[dict[type, pa.DataType]] = {
    str: pa.string(),
    int: pa.int64(),
    bool: pa.bool_(),
    dt.date: pa.date32(),
    type(None): pa.null(),
}
_TYPES: Final[dict[tuple[Any, ...], pa.DataType | None]] = {}
"""The Arrow type of a record, by the names and kinds of its values; None where there is no quick way."""
_MOST_TYPES: Final = 1_000
_ODD: Final = "odd"
"""The kind of a value that is looked at closely, and perhaps refused."""


def arrow_source(usage: Any) -> Any:
    """An object with `__arrow_c_stream__` or `__arrow_c_array__`.

    Raises `UsageSchemaError` for what is neither Arrow, nor an iterable of record batches, nor a list of dicts, and for
    dicts with floats or with values that do not share a type.

    >>> arrow_source([{"key": "46701", "quantity": 60}]).type
    StructType(struct<key: string, quantity: int64>)
    """
    if type(usage) is list and len(usage) == 1 and type(usage[0]) is dict:
        return _record(usage)
    if hasattr(usage, "__arrow_c_stream__") or hasattr(usage, "__arrow_c_array__"):
        return arrow_of(usage)
    if isinstance(usage, Iterable) and not isinstance(usage, (str, bytes, Mapping, Sequence)):
        return Batches(usage)
    if isinstance(usage, Sequence) and usage and hasattr(usage[0], "__arrow_c_array__"):
        return Batches(usage)
    return memory._reader(usage)


class Batches:
    """Record batches of an iterable as an Arrow stream.

    `failure` is what the iterable raised, which Arrow's interface hands on as mere text.
    """

    def __init__(self, batches: Iterable[Any]) -> None:
        self.failure: BaseException | None = None
        rest = map(pa.record_batch, batches)
        first = next(rest, None)
        if first is None:
            raise UsageSchemaError("usage is an empty stream without a schema")
        self._reader = pa.RecordBatchReader.from_batches(first.schema, self._all(first, rest))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._reader.__arrow_c_stream__(requested_schema)

    def _all(self, first: Any, rest: Iterator[Any]) -> Iterator[Any]:
        yield first
        try:
            for batch in rest:
                if batch.schema != first.schema:
                    raise UsageSchemaError(f"a batch of usage has other columns than the first: {batch.schema.names}")
                yield batch
        except BaseException as failure:  # a Ctrl-C is handed on as text too
            self.failure = failure
            raise


def _record(rows: list[dict[str, Any]]) -> Any:
    row = rows[0]
    key = (*row, *[type(value) if type(value) in _PLAIN else _kind(value) for value in row.values()])
    try:
        type_ = _TYPES[key]
    except KeyError:
        type_ = _remember(key, row)
    if type_ is not None:
        try:
            return pa.array(rows, type_)
        except (pa.ArrowException, OverflowError, UnicodeError):
            pass  # too large an integer, say: it is told, or another type is found, below
    return memory._reader(rows)


def _kind(value: Any) -> Any:
    """What tells values of one class apart that have different Arrow types."""
    if type(value) is dt.datetime:
        return "instant" if value.tzinfo else "local time"
    if type(value) is Decimal:
        exponent = value.as_tuple().exponent
        return max(-exponent, 0) if isinstance(exponent, int) else _ODD
    return _ODD


def _remember(key: tuple[Any, ...], row: Mapping[str, Any]) -> pa.DataType | None:
    if len(_TYPES) >= _MOST_TYPES:
        _TYPES.clear()
    types = [_type(kind) for kind in key[len(row) :]]
    plain = bool(row) and all(type_ is not None for type_ in types) and all(type(name) is str for name in row)
    _TYPES[key] = pa.struct(list(zip(row, types, strict=True))) if plain else None
    return _TYPES[key]


def _type(kind: Any) -> pa.DataType | None:
    if isinstance(kind, int):
        return pa.decimal128(38, kind) if kind <= 38 else None
    if kind in ("instant", "local time"):
        return pa.timestamp("us", "UTC" if kind == "instant" else None)
    return _PLAIN.get(kind)
