"""Tables of the core as pyarrow tables, without copying.

A service that rates each event as it happens reads a table of one row for each. To describe its twenty-four columns
takes longer than to hand them over, and the description is the same every time: it is read once.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

import pyarrow as pa

from partita import _core

_SCHEMAS: Final[dict[int, pa.Schema]] = {}
_pointer: Final = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def table(core: _core.Table) -> pa.Table:
    """A table of the core."""
    number = core.standard
    if number is None:
        return pa.table(core)
    schema = _SCHEMAS.get(number)
    if schema is None:
        schema = _SCHEMAS[number] = pa.schema(core)
    return pa.Table.from_batches([_batch(array, schema) for array in core.arrays()], schema)


def _batch(array: object, schema: pa.Schema) -> Any:
    """The batch of a capsule, which is empty after that."""
    return pa.RecordBatch._import_from_c(_pointer(array, b"arrow_array"), schema)
