"""Rows of a usage file with all their columns, also those that nobody else reads.

These may be odd, and must not stop a run for it: what Arrow cannot keep as it is becomes text. Should they not be
readable at all, then the rows are kept with the columns that the run has read of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from partita.catalog.catalog import Catalog
from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError
from partita.ingest import UsageFile, read
from partita.ingest.columns import distinct
from partita.ingest.files import format_of
from partita.ingest.layout import common

from .columns import usage_columns
from .gather import ROW


def original_records(file: UsageFile, rows: pa.Array, catalog: Catalog) -> pa.Table:
    """Some rows of a usage file with all its columns, in their order, and their numbers in the column `ROW`.

    Raises `UsageSchemaError` when the file cannot be read any more.
    """
    wanted = rows.take(pc.sort_indices(rows))
    if is_parquet(file):
        with suppress(OSError, pa.ArrowException):
            return _joined(_parquet_rows(file, wanted))
    else:
        with suppress(UsageSchemaError, pa.ArrowException):
            return _joined(_read_rows(file, wanted, None))
    return _joined(_read_rows(file, wanted, usage_columns(catalog, file.mapping)[0]))


def is_parquet(file: UsageFile) -> bool:
    return format_of(file.path, file.mapping) == "parquet"


def _joined(parts: Iterator[pa.Table]) -> pa.Table:
    return pa.concat_tables(list(parts), promote_options="permissive")


def _parquet_rows(file: UsageFile, wanted: pa.Array) -> Iterator[pa.Table]:
    """From the row groups that have some of them."""
    with pq.ParquetFile(file.path) as source:
        first = 0
        for group in range(source.num_row_groups):
            rows = source.metadata.row_group(group).num_rows
            here = wanted.filter(pc.and_(pc.greater_equal(wanted, first), pc.less(wanted, first + rows)))
            if len(here):
                yield _numbered(source.read_row_group(group, use_threads=False), pc.subtract(here, first), here)
            first += rows


def _read_rows(file: UsageFile, wanted: pa.Array, columns: Collection[str] | None) -> Iterator[pa.Table]:
    first = 0
    for batch in read(file.path, verbatim(file.mapping), columns):
        here = wanted.filter(pc.and_(pc.greater_equal(wanted, first), pc.less(wanted, first + batch.num_rows)))
        if len(here):
            yield _numbered(pa.Table.from_batches([batch]), pc.subtract(here, first), here)
        first += batch.num_rows


def _numbered(table: pa.Table, places: pa.Array, rows: pa.Array) -> pa.Table:
    """Rows at some places of a table, with their numbers in the file."""
    names = distinct([ROW, *table.column_names])
    return common(table.rename_columns(names[1:])).take(places).append_column(ROW, rows)


def verbatim(mapping: Usage) -> Usage:
    """A mapping that reads numbers as they are written."""
    if mapping.csv is None or mapping.csv.decimal == ".":
        return mapping
    return mapping.model_copy(update={"csv": mapping.csv.model_copy(update={"decimal": "."})})
