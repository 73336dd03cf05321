"""Parquet: columns keep the types of the file.

Text of few distinct values (a switch, a service) is read as the dictionary that the file already holds, which costs
less to read and lets what depends on it be looked up once per value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError

from .columns import distinct, empty, wanted
from .files import compression_of

_BUFFER_BYTES = 1 << 20
"""Column chunks are read in pieces of this size, so that a file of one large row group needs no more memory."""


def batches(
    path: Path, mapping: Usage, columns: Collection[str] | None, numbers: Collection[str], batch_rows: int
) -> Iterator[pa.RecordBatch]:
    """The batches of a Parquet file; an empty one first, for the schema."""
    if compression_of(path):
        raise UsageSchemaError(f"{path.as_posix()}: Parquet compresses its columns itself; unpack the file first")
    with pq.ParquetFile(path) as file:
        names = wanted(path.as_posix(), mapping, columns or (), file.schema_arrow.names)
        dictionaries = [] if columns is None else [name for name in names if _has_few_values(file, name)]
    with pq.ParquetFile(path, read_dictionary=dictionaries, buffer_size=_BUFFER_BYTES, pre_buffer=False) as file:
        if columns is None:
            every = chain([empty(file.schema_arrow)], file.iter_batches(batch_rows, use_threads=False))
            yield from (batch.rename_columns(distinct(batch.schema.names)) for batch in every)
            return
        yield empty(pa.schema([file.schema_arrow.field(name) for name in names]))
        yield from file.iter_batches(batch_rows, columns=names, use_threads=False)


def _has_few_values(file: pq.ParquetFile, name: str) -> bool:
    """Whether a text column takes less than two bytes a value before compression: then it is indices into a
    small dictionary."""
    field = file.schema_arrow.field(name)
    if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
        return False
    column = _leaf(file, name)
    groups = [file.metadata.row_group(i).column(column) for i in range(file.metadata.num_row_groups)]
    values = sum(group.num_values for group in groups)
    return bool(sum(group.total_uncompressed_size for group in groups) < 2 * values)


def _leaf(file: pq.ParquetFile, name: str) -> int:
    """The index of a top-level column among the leaves of the file."""
    paths = [file.schema.column(i).path for i in range(len(file.schema))]
    return paths.index(name)
