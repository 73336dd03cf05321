"""The one way to read a usage file: format and compression chosen, batches cut, every failure named.

The formats yield batches of any size with the columns they were asked for; here floats without declared decimals are
refused, batches are cut to at most 65,536 rows, and whatever a decoder raises becomes a `UsageSchemaError` that names
the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

import pyarrow as pa

from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError

from . import arrow, csv, jsonl, parquet
from .columns import refuse_floats
from .files import format_of

BATCH_ROWS: Final = 65_536
_FORMATS: Final[dict[str, ModuleType]] = {"arrow": arrow, "csv": csv, "jsonl": jsonl, "parquet": parquet}


def read(
    path: str | Path,
    mapping: Usage,
    columns: Collection[str] | None = None,
    numbers: Collection[str] = (),
    batch_rows: int = BATCH_ROWS,
) -> Iterator[pa.RecordBatch]:
    """The batches of a usage file, in its order, of at most `batch_rows` rows; at least one, for the schema.

    `columns` are read beside those that the mapping names, where they exist. `numbers` are further columns that hold
    numbers (with `decimal: ","` their commas become points). Columns of CSV and JSON lines are text (numbers as they
    are written); in other formats they keep their types. `where` is not applied.

    None for `columns` reads all, and refuses none of those that the mapping does not name: where a name stands again
    it is numbered, arrays and objects of JSON are its text, and what is no Unicode is escaped.

    Raises `UsageSchemaError` for a mapped column that is missing, for float columns without `decimals`, and for
    a file that is broken, with the row where it is known.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "calls.csv")
    >>> _ = path.write_text("time,key,seconds\\n2026-10-01T08:00:00Z,46701234567,60\\n")
    >>> next(read(path, Usage(quantity="seconds"))).to_pylist()
    [{'time': '2026-10-01T08:00:00Z', 'key': '46701234567', 'seconds': '60'}]
    """
    path = Path(path)
    origin = path.as_posix()
    try:
        yield from _read(path, origin, mapping, columns, numbers, batch_rows)
    except (pa.ArrowException, OSError, UnicodeError, EOFError) as error:
        reason = " ".join(str(error).split())
        raise UsageSchemaError(f"{origin}: cannot be read as {format_of(path, mapping)}: {reason}") from error


def _read(
    path: Path,
    origin: str,
    mapping: Usage,
    columns: Collection[str] | None,
    numbers: Collection[str],
    batch_rows: int,
) -> Iterator[pa.RecordBatch]:
    first = None
    rows = 0
    for batch in _FORMATS[format_of(path, mapping)].batches(path, mapping, columns, numbers, batch_rows):
        if first is None:
            first = batch
            refuse_floats(origin, mapping, columns, batch.schema)
        for start in range(0, batch.num_rows, batch_rows):
            yield batch.slice(start, batch_rows)
        rows += batch.num_rows
    if first is not None and rows == 0:
        yield first
