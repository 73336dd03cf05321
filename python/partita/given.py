"""Tables of the core as pyarrow tables, without copying, and back.

A service that rates each event as it happens reads a table of one row for each. To describe its twenty-four columns
takes longer than to hand them over, and the description is the same every time: it is read once. The counters of an
account go out with one event and come in with the next: the core knows its own tables again.
"""

from __future__ import annotations

import weakref
from typing import Any, Final

import pyarrow as pa

from partita import _core

_SCHEMAS: Final[dict[int, pa.Schema]] = {}
_ORIGINS: Final[dict[int, tuple[weakref.ref[pa.Table], _core.Table]]] = {}
"""Tables to come back, by their ids while they live, with what they were made of."""
_batch: Final = pa.RecordBatch._import_from_c


def table(core: _core.Table) -> pa.Table:
    """A table of the core."""
    number = core.standard
    if number is None:
        return pa.table(core)
    schema = _SCHEMAS.get(number)
    if schema is None:
        schema = _SCHEMAS[number] = pa.schema(core)
    return pa.Table.from_batches(core.read(_batch, schema), schema)


def returnable(core: _core.Table) -> pa.Table:
    """A table of the core which `origin` knows again."""
    made = table(core)
    key = id(made)
    _ORIGINS[key] = weakref.ref(made, lambda _: _ORIGINS.pop(key, None)), core
    return made


def origin(table: Any) -> Any:
    """What a table was made of, if it is one that came from the core, or else the table."""
    known = _ORIGINS.get(id(table))
    return known[1] if known and known[0]() is table else table
