"""Usage that is in memory already: anything that speaks Arrow (pyarrow, polars, pandas, DuckDB relations), without a
copy, or a list of dicts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError

from .columns import refuse_floats, wanted
from .frames import arrow_of

ORIGIN: Final = "usage"


def choose(usage: Mapping[str, Usage], name: str | None = None) -> tuple[str, Usage]:
    """The mapping for a table in memory: the one named, or the only one, or else the only one without `files`.

    Raises `UsageSchemaError` when there is none or the choice is open.
    """
    if name is not None and name in usage:
        return name, usage[name]
    without_files = [name for name, mapping in usage.items() if not mapping.files]
    candidates = list(usage) if len(usage) == 1 else without_files
    if name is not None or len(candidates) != 1:
        missing = (
            "several usage mappings could read this table; name one" if name is None else f"no usage mapping {name!r}"
        )
        raise UsageSchemaError(f"{missing}: {', '.join(usage) or 'the catalog has none'}")
    return candidates[0], usage[candidates[0]]


def batches(usage: object, mapping: Usage, columns: Collection[str] | None = None) -> pa.RecordBatchReader:
    """A table in memory as a stream of batches, with the columns that the mapping names and those of `columns`.

    `usage` is an object with `__arrow_c_stream__` or `__arrow_c_array__`, an iterable of record batches, or a list of
    dicts of str, int, Decimal, bool, date, datetime and None. A stream is consumed once.

    Raises `UsageSchemaError` for a mapped column that is missing, for floats (with column and row), and for values
    of another type.

    >>> mapping = Usage(quantity="seconds")
    >>> batches([{"time": "2026-10-01", "key": "46", "seconds": 60}], mapping).read_all().to_pydict()
    {'time': ['2026-10-01'], 'key': ['46'], 'seconds': [60]}
    """
    reader = _reader(usage)
    names = wanted(ORIGIN, mapping, columns, reader.schema.names)
    refuse_floats(ORIGIN, mapping, columns, reader.schema)
    chosen = pa.schema([reader.schema.field(name) for name in names])
    if chosen.equals(reader.schema):
        return reader
    return pa.RecordBatchReader.from_batches(chosen, (batch.select(names) for batch in reader))


def _reader(usage: Any) -> pa.RecordBatchReader:
    if isinstance(usage, pa.RecordBatchReader):
        return usage
    if hasattr(usage, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(arrow_of(usage))
    if hasattr(usage, "__arrow_c_array__"):
        batch = pa.record_batch(usage)
        return pa.RecordBatchReader.from_batches(batch.schema, [batch])
    if isinstance(usage, Iterable) and not isinstance(usage, (str, bytes, Mapping)):
        return _reader_of_items(usage)
    raise UsageSchemaError(
        f"usage is a {type(usage).__name__}; it must be a table or stream that speaks Arrow, or a list of dicts"
    )


def _reader_of_items(items: Iterable[Any]) -> pa.RecordBatchReader:
    if isinstance(items, Sequence) and all(isinstance(item, Mapping) for item in items):
        batch = _batch_of_dicts(items)
        return pa.RecordBatchReader.from_batches(batch.schema, [batch])
    parts = (pa.record_batch(item) for item in items)
    first = next(parts, None)
    if first is None:
        raise UsageSchemaError("usage is an empty stream without a schema")

    def all_parts() -> Iterator[pa.RecordBatch]:
        yield first
        yield from parts

    return pa.RecordBatchReader.from_batches(first.schema, all_parts())


def _batch_of_dicts(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.RecordBatch.from_arrays([_column(name, [row.get(name) for row in rows]) for name in names], names)


def _column(name: str, values: list[Any]) -> pa.Array:
    kinds: dict[str, int] = {}
    for row, value in enumerate(values):
        if value is not None:
            kinds.setdefault(_kind(name, row, value), row)
    if len(kinds) > 1 and kinds.keys() != {"int", "Decimal"}:
        (one, first), (other, second) = list(kinds.items())[:2]
        raise _error(name, second, f"is of type {other}, but in row {first} of type {one}")
    convert = _ARRAYS["Decimal" if len(kinds) > 1 else next(iter(kinds), "None")]
    try:
        return convert(values)
    except (pa.ArrowException, OverflowError, UnicodeError) as error:
        raise UsageSchemaError(f"{ORIGIN}: the column {name!r}: {error}") from None


def _kind(name: str, row: int, value: Any) -> str:
    """The kind of a value, by what column it can share."""
    if isinstance(value, float):
        raise _error(name, row, f"is the binary float {value!r}, which is not exact; use Decimal, int or text")
    if isinstance(value, dt.datetime):
        return "datetime with a zone" if value.tzinfo else "datetime without a zone"
    kind = next((kind for kind, type_ in _KINDS.items() if isinstance(value, type_)), None)
    if kind is None:
        raise _error(name, row, f"is of type {type(value).__name__}; use str, int, Decimal, bool, date or datetime")
    if isinstance(value, Decimal) and not value.is_finite():
        raise _error(name, row, f"is {value}, which is not a number")
    return kind


def _error(name: str, row: int, problem: str) -> UsageSchemaError:
    return UsageSchemaError(f"{ORIGIN}: row {row}: the column {name!r} {problem}")


def _integers(values: list[int | None]) -> pa.Array:
    if all(value is None or -(2**63) <= value < 2**63 for value in values):
        return pa.array(values, pa.int64())
    return _decimals(values)


def _decimals(values: Sequence[int | Decimal | None]) -> pa.Array:
    return pa.array([Decimal(value) if isinstance(value, int) else value for value in values])


_KINDS: Final[dict[str, type]] = {"bool": bool, "int": int, "Decimal": Decimal, "str": str, "date": dt.date}
_ARRAYS: Final[dict[str, Callable[[list[Any]], pa.Array]]] = {
    "None": lambda values: pa.array(values, pa.null()),
    "bool": lambda values: pa.array(values, pa.bool_()),
    "int": _integers,
    "Decimal": _decimals,
    "str": lambda values: pa.array(values, pa.string()),
    "date": lambda values: pa.array(values, pa.date32()),
    "datetime with a zone": lambda values: pa.array(values, pa.timestamp("us", "UTC")),
    "datetime without a zone": lambda values: pa.array(values, pa.timestamp("us")),
}
