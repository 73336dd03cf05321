"""Rejected records, kept with all their original columns.

A run keeps them as Parquet beside its partitions, one file for each usage file that has rejects, which says itself
where it came from; so they can be written back long after the usage file is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from partita.catalog.catalog import Catalog
from partita.catalog.usage import Usage
from partita.ingest import UsageFile
from partita.ingest.layout import common, in_milliseconds

from .folder import finished, read_table, write_folder, write_table
from .gather import ROW, Source
from .original import is_parquet, original_records
from .plan import Plan, name_of

NAME: Final = "rejected"


def path_of(index: int) -> str:
    """Where the rejected records of the plan's i-th file lie, in the run's folder."""
    return f"{NAME}/{index:04}.parquet"


def keep_records(folder: Path, plan: Plan, catalog: Catalog) -> dict[str, Any]:
    """Keep the records of all rejects of a run; the manifest comes back."""
    return finished(folder / NAME) or write_folder(folder / NAME, lambda draft: _fill(draft, folder, plan, catalog))


def records_of(sources: Iterable[Source], rejects: pa.Table, plan: Plan) -> dict[str, pa.Table]:
    """The rejected records of a partition, as far as it holds all columns of their files: table names → records.

    What it does not hold is read again from the usage files, once all partitions are done.
    """
    found = {}
    for source in sources:
        own = rejects.filter(pc.equal(rejects["usage_file"], source.file.name))["usage_row"].combine_chunks()
        if len(own) and _has_all_columns(source):
            records = common(source.table).filter(pc.is_in(source.rows, value_set=own))
            found[_part_name(plan.files.index(source.file))] = records
    return found


def _fill(draft: Path, folder: Path, plan: Plan, catalog: Catalog) -> dict[str, Any]:
    rejects = pa.concat_tables([read_table(path) for path in _in_parts(folder, plan, "rejects")])
    counts = {}
    for index, file in enumerate(plan.files):
        rows = rejects.filter(pc.equal(rejects["usage_file"], file.name))["usage_row"].combine_chunks()
        if len(rows):
            kept = [read_table(path) for path in _in_parts(folder, plan, _part_name(index)) if path.is_file()]
            whole = sum(table.num_rows for table in kept) == len(rows)
            records = pa.concat_tables(kept).sort_by(ROW) if whole else original_records(file.usage, rows, catalog)
            file.check()
            name = f"{index:04}"
            write_table(draft, name, in_milliseconds(records).replace_schema_metadata(_origin(file.usage)))
            counts[name] = records.num_rows
    return {"rows": counts}


def _in_parts(folder: Path, plan: Plan, table: str) -> list[Path]:
    return [folder / name_of(i) / f"{table}.parquet" for i in range(plan.partitions)]


def _part_name(index: int) -> str:
    return f"{NAME}-{index:04}"


def _has_all_columns(source: Source) -> bool:
    """Whether it was read with all columns of its file."""
    file = source.file
    return is_parquet(file.usage) and _columns(file.usage.path, file.hash) <= {*source.table.column_names}


@lru_cache(1024)
def _columns(path: Path, hash_: str) -> frozenset[str]:
    """The columns of a Parquet file, as long as it has this content."""
    return frozenset(pq.read_schema(path).names)


def origin_of(records: pa.Table) -> tuple[str, Usage]:
    """The name of the usage file that rejected records came from, and its mapping."""
    metadata = records.schema.metadata
    return metadata[b"partita:file"].decode(), Usage.model_validate_json(metadata[b"partita:mapping"])


def _origin(file: UsageFile) -> dict[str, str]:
    return {"partita:file": file.name, "partita:mapping": file.mapping.model_dump_json(by_alias=True)}
