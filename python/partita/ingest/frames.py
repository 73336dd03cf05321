"""Frames of polars and pandas, as Arrow objects.

Their own ways to Arrow refuse more than need be, or copy more. Neither library is imported here: who hands over a frame
has done so.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import pyarrow as pa

from partita.errors import UsageSchemaError

_AS_TEXT: Final = ("Null", "Int128", "UInt128")


def arrow_of(usage: Any) -> Any:
    """A frame as an object that speaks Arrow; anything else as it is.

    Raises `UsageSchemaError` for a frame of pandas with a column that has no Arrow type, such as one of text and
    numbers.
    """
    polars, pandas = sys.modules.get("polars"), sys.modules.get("pandas")
    if polars is not None and isinstance(usage, polars.DataFrame):
        return _of_polars(usage, polars)
    if pandas is not None and isinstance(usage, pandas.DataFrame):
        return _of_pandas(usage)
    return usage


def _of_polars(frame: Any, polars: Any) -> Any:
    """Its own stream would make one chunk of all, by a copy. Null and integers of 128 bits, which polars hands over in
    ways of its own, become text."""
    kinds = {name: _kind(kind, polars) for name, kind in zip(frame.columns, frame.dtypes, strict=True)}
    own = {name: kind for name, kind in kinds.items() if kind is not None}
    frame = frame.cast(own) if own else frame
    return frame if frame.n_chunks() == 1 else frame.to_arrow(compat_level=polars.CompatLevel.newest())


def _kind(kind: Any, polars: Any) -> Any:
    """What a type of polars becomes, if it does not stay what it is."""
    if type(kind).__name__ in _AS_TEXT:
        return polars.String
    if not kind.is_nested():
        return None
    if kind == polars.Struct:
        fields = {field.name: _kind(field.dtype, polars) for field in kind.fields}
        if not any(part is not None for part in fields.values()):
            return None
        return polars.Struct({field.name: fields[field.name] or field.dtype for field in kind.fields})
    inner = _kind(kind.inner, polars)
    if inner is None:
        return None
    return polars.Array(inner, kind.size) if kind == polars.Array else polars.List(inner)


def _of_pandas(frame: Any) -> pa.Table:
    try:
        return pa.Table.from_pandas(frame)
    except (pa.ArrowException, ArithmeticError, TypeError, ValueError):
        arrays = [_column(frame.iloc[:, place]) for place in range(frame.shape[1])]
        return pa.Table.from_arrays(arrays, [str(name) for name in frame.columns])  # a name stands there twice


def _column(series: Any) -> Any:
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowException, ArithmeticError, TypeError, ValueError) as error:
        message = f"usage: the column {series.name!r} cannot be read as Arrow: {error}"
        raise UsageSchemaError(message) from None
