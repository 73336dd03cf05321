"""Arrow IPC: files (mapped into memory, nothing is copied) and streams (which may be compressed as a whole)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa

from partita.catalog.usage import Usage

from .columns import distinct, empty, wanted
from .files import compression_of, open_bytes

_MAGIC = b"ARROW1"


def batches(
    path: Path, mapping: Usage, columns: Collection[str] | None, numbers: Collection[str], batch_rows: int
) -> Iterator[pa.RecordBatch]:
    """The batches of an Arrow file or stream; an empty one first, for the schema."""
    found = _batches(path, mapping, columns)
    yield from found if columns is not None else (batch.rename_columns(distinct(batch.schema.names)) for batch in found)


def _batches(path: Path, mapping: Usage, columns: Collection[str] | None) -> Iterator[pa.RecordBatch]:
    with path.open("rb") as file:
        is_file = file.read(len(_MAGIC)) == _MAGIC
    if is_file:
        yield from _file_batches(path, mapping, columns)
    else:
        yield from _stream_batches(path, mapping, columns)


def _file_batches(path: Path, mapping: Usage, columns: Collection[str] | None) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(path)) as source:
        schema = pa.ipc.open_file(source).schema
        options, schema = _chosen(path, mapping, columns, schema)
        yield empty(schema)
        reader = pa.ipc.open_file(source, options=options)
        yield from (reader.get_batch(i) for i in range(reader.num_record_batches))


def _stream_batches(path: Path, mapping: Usage, columns: Collection[str] | None) -> Iterator[pa.RecordBatch]:
    with open_bytes(path) as source:
        schema = pa.ipc.open_stream(source).schema
    options, schema = _chosen(path, mapping, columns, schema)
    yield empty(schema)
    opened = open_bytes(path) if compression_of(path) else pa.memory_map(str(path))
    with opened as source:
        yield from pa.ipc.open_stream(source, options=options)


def _chosen(
    path: Path, mapping: Usage, columns: Collection[str] | None, schema: pa.Schema
) -> tuple[pa.ipc.IpcReadOptions, pa.Schema]:
    names = set(wanted(path.as_posix(), mapping, columns or (), schema.names))
    if columns is None or len(names) == len(schema):
        return pa.ipc.IpcReadOptions(), schema  # naming the columns would cost the zero copy
    indices = [i for i, name in enumerate(schema.names) if name in names]
    return pa.ipc.IpcReadOptions(included_fields=indices), pa.schema([schema.field(i) for i in indices])
