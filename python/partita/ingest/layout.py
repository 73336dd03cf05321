"""Columns of any layout, in one that all of Arrow's functions take.

Views, run ends, unions and intervals can be read, but rows of them cannot be chosen yet, or not be written as Parquet.
What is so is found by trial, once for each type, so that a later Arrow needs no list of ours.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def common(table: pa.Table) -> pa.Table:
    """The table with its columns in layouts of which rows can be chosen, and that Parquet can keep: views and run ends
    as what they stand for, and what has no such layout as text (values of many parts as JSON). Other columns are not
    copied.

    >>> common(pa.table({"key": pa.array(["46", "47"], pa.string_view())})).schema.field("key").type
    DataType(large_string)
    """
    if all(map(_is_common, table.schema.types)):
        return table
    return pa.Table.from_arrays([_common_column(column) for column in table.columns], table.column_names)


def in_milliseconds(table: pa.Table) -> pa.Table:
    """The table with times that count seconds in milliseconds, for Parquet knows none; as text, or null, where one of a
    column lies further away than milliseconds reach.

    >>> far = pa.table({"time": pa.array([1, 2**62], pa.timestamp("s"))})
    >>> in_milliseconds(far)["time"].to_pylist(), in_milliseconds(far.slice(0, 1)).schema.field("time").type
    (['1970-01-01 00:00:01', None], TimestampType(timestamp[ms]))
    """
    for place, column in enumerate(table.columns):
        if pa.types.is_timestamp(column.type) and column.type.unit == "s":
            try:
                kept = column.cast(pa.timestamp("ms", column.type.tz))
            except pa.ArrowInvalid:
                texts = map(_text, column)
                kept = pa.array([text and text.strip('"') for text in texts], pa.string())
            table = table.set_column(place, table.field(place).name, kept)
    return table


@lru_cache(4096)
def _is_common(kind: pa.DataType) -> bool:
    try:
        row = pa.nulls(1, kind).take(pa.array([0]))
        pq.write_table(pa.table({"column": row}), pa.BufferOutputStream())
    except pa.ArrowException:
        return False
    return True


def _common_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if _is_common(column.type):
        return column
    return pa.chunked_array([_common(chunk) for chunk in column.chunks or [pa.nulls(0, column.type)]])


def _common(array: Any) -> pa.Array:
    kind = array.type
    if _is_common(kind):
        return array
    with suppress(pa.ArrowNotImplementedError):
        if pa.types.is_run_end_encoded(kind):
            return _common(pc.run_end_decode(array))
        if pa.types.is_dictionary(kind):
            return _common(array.dictionary).take(array.indices)
        if pa.types.is_string_view(kind):
            return array.cast(pa.large_string())
        if pa.types.is_binary_view(kind):
            return array.cast(pa.large_binary())
    return pa.array(map(_text, array), pa.string())


def _text(scalar: Any) -> str | None:
    try:
        value = scalar.as_py()
    except (ArithmeticError, ValueError, NotImplementedError):  # a time that Python does not have, say
        return None
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
