"""rate: usage files to Parquet, without a book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from partita.catalog import load
from partita.catalog.catalog import Catalog
from partita.cycle.columns import usage_columns
from partita.cycle.file import File
from partita.cycle.plan import assigned, hash_files
from partita.cycle.written import as_written, commas_of
from partita.engine import Engine, Source
from partita.ingest import UsageFile, find, read

from . import out


def rate(
    catalog_path: Path,
    usage: Sequence[str],
    mapping: str | None,
    outputs: Mapping[str, Path | None],
    itemised: bool,
    check_duplicates: bool,
    beside: Mapping[str, Any],
    json: bool,
) -> int:
    """Rate usage files into Parquet files; the number of rejects comes back."""
    catalog = load(catalog_path)
    engine = Engine(catalog, **beside)
    chosen = _files(catalog, usage, mapping)
    _check_outputs(outputs, chosen)
    files = hash_files(chosen)
    rated = engine.rate_sources(
        [_source(catalog, file) for file in files],
        keep="itemised" if itemised else "narrow",
        check_duplicates=check_duplicates,
        shares=outputs["shares"] is not None,
    )
    commas = commas_of(catalog, ((file.name, file.usage.mapping) for file in files))
    for name, path in outputs.items():
        if path is not None:
            table = getattr(rated, name)
            pq.write_table(as_written(table, commas) if name == "rejects" else table, path)
    counts = {"rows": rated.rows, "skipped": rated.skipped, "rejected": rated.rejects.num_rows}
    if json:
        out.data({**counts, "lines": rated.lines.num_rows})
    else:
        written = ", ".join(str(path) for path in outputs.values() if path is not None)
        out.say(", ".join(f"{count:,} {name}" for name, count in counts.items()))
        out.say(f"{rated.lines.num_rows:,} lines; wrote {written}")
    return int(counts["rejected"])


def _check_outputs(outputs: Mapping[str, Path | None], usage: Sequence[UsageFile]) -> None:
    """Raise for an output that would take the place of the usage, or of another output."""
    read = {file.path.resolve() for file in usage}
    written: set[Path] = set()
    for path in (path.resolve() for path in outputs.values() if path is not None):
        if path in read or path in written:
            raise typer.BadParameter(f"{path} is {'usage' if path in read else 'another output'}; choose another file")
        written.add(path)


def _files(catalog: Catalog, usage: Sequence[str], mapping: str | None) -> list[UsageFile]:
    if mapping is None:
        return assigned(catalog, usage)
    if mapping not in catalog.usage:
        raise typer.BadParameter(f"{mapping!r} is none of {', '.join(catalog.usage)}", param_hint="--mapping")
    return [UsageFile(path, mapping, catalog.usage[mapping]) for path in find(usage)]


def _source(catalog: Catalog, file: File) -> Source:
    columns, numbers = usage_columns(catalog, file.usage.mapping)
    batches = read(file.usage.path, file.usage.mapping, columns, numbers)
    return Source(file.usage.mapping_name, file.name, _checked(batches, file), file.hash)


def _checked(batches: Iterator[pa.RecordBatch], file: File) -> Iterator[pa.RecordBatch]:
    """Batches of a file, which must still be what it was when they have been read."""
    yield from batches
    file.check()
