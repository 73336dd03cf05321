"""The first pass over usage: every row read once, and laid into its partition.

A partition's records must be rated together, in the order of their times, but come from any place of any file. So each
row goes, with its row number and its fingerprints, into the partition of its account: in memory where one partition is
all there is, else into a spool of Arrow files beside the run, from where a partition is mapped back without a copy.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from partita.catalog.catalog import Catalog
from partita.ingest import read

from .columns import usage_columns
from .fingerprint import IDS
from .plan import File, Plan

ROW: Final = "partita:row"
_FILE: Final = "partita:file"
_BLOCK_ROWS: Final = 500_000
T = TypeVar("T")
Progress = Callable[[str, int, int], None]
Look = Callable[[File, pa.Table], pa.Table]
"""What the engine sees in rows of a file: identity, content and partition of each."""


@dataclass(frozen=True)
class Source:
    """Rows of one file that are in one partition: the table has their row numbers in the column `ROW`, and `ids` has
    the identity and content of each."""

    file: File
    table: pa.Table
    ids: pa.Table

    @property
    def rows(self) -> pa.ChunkedArray:
        return self.table[ROW]

    def where(self, mask: Any) -> Source:
        """Only the rows for which `mask` is true."""
        return Source(self.file, self.table.filter(mask), self.ids.filter(mask))


class Gathered:
    """Usage by partition. `counts` says how many rows were read of each file, in the order of the plan's files."""

    def __init__(self, files: Sequence[File], counts: Sequence[int]) -> None:
        self.files = files
        self.counts = list(counts)

    def sources(self, partition: int) -> list[Source]:
        """What is in a partition, in the order of files and rows."""
        raise NotImplementedError

    def ids(self) -> pa.RecordBatchReader:
        """Identity and content of all rows, in any order."""
        raise NotImplementedError

    def done_with(self, partition: int) -> None:
        """Its rows are not needed any more."""


class InMemory(Gathered):
    """One partition, kept as it was read."""

    def __init__(self, files: Sequence[File], counts: Sequence[int], sources: Sequence[Source]) -> None:
        super().__init__(files, counts)
        self._sources = list(sources)

    def sources(self, partition: int) -> list[Source]:
        return self._sources

    def ids(self) -> pa.RecordBatchReader:
        batches = (batch for source in self._sources for batch in source.ids.to_batches())
        return pa.RecordBatchReader.from_batches(IDS, batches)


class Spool(Gathered):
    """Partitions as Arrow files in a folder."""

    def __init__(self, folder: Path, files: Sequence[File]) -> None:
        super().__init__(files, json.loads((folder / "counts.json").read_text()))
        self._folder = folder

    def sources(self, partition: int) -> list[Source]:
        folder = self._folder / _name(partition)
        ids = _mapped(folder / "ids.arrow").select(["identity", "content"])
        parts = [self._of_group(path) for path in sorted(folder.glob("group-*.arrow"))]
        tables = dict(sorted(entry for part in parts for entry in part))
        found, start = [], 0
        for index, table in tables.items():
            found.append(Source(self.files[index], table, ids.slice(start, table.num_rows)))
            start += table.num_rows
        return found

    def ids(self) -> pa.RecordBatchReader:
        paths = sorted(self._folder.glob("*/ids.arrow"))
        return pa.RecordBatchReader.from_batches(IDS, (batch for path in paths for batch in _mapped(path).to_batches()))

    def done_with(self, partition: int) -> None:
        shutil.rmtree(self._folder / _name(partition))

    def _of_group(self, path: Path) -> Iterator[tuple[int, pa.Table]]:
        """The tables of the files in a group, by the files' places: their rows follow each other."""
        table = _mapped(path)
        runs = pc.run_end_encode(table[_FILE].combine_chunks())
        start = 0
        for index, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            yield index, table.slice(start, end - start).drop_columns([_FILE])
            start = end


def gather(
    plan: Plan, catalog: Catalog, look: Look, folder: Path, needed: Iterable[int], progress: Progress
) -> Gathered:
    """Read all files of a plan. A spool that an earlier attempt has finished is taken as it is, if it still has the
    partitions that are needed."""
    files = plan.files
    if plan.partitions == 1:
        tables = [list(_blocks(file, catalog, look, progress, i, len(files))) for i, file in enumerate(files)]
        sources = [_joined(file, blocks) for file, blocks in zip(files, tables, strict=True)]
        return InMemory(files, [source.table.num_rows for source in sources], sources)
    if not all((folder / name).exists() for name in ("counts.json", *map(_name, needed))):
        shutil.rmtree(folder, ignore_errors=True)
        _fill(plan, catalog, look, folder, progress)
    return Spool(folder, files)


def _fill(plan: Plan, catalog: Catalog, look: Look, folder: Path, progress: Progress) -> None:
    counts = []
    with _Writers(folder, plan.partitions) as writers:
        for index, file in enumerate(plan.files):
            rows = 0
            for table, seen in _blocks(file, catalog, look, progress, index, len(plan.files)):
                writers.write(index, table, seen)
                rows += table.num_rows
            counts.append(rows)
    draft = folder / "counts.draft"
    draft.write_text(json.dumps(counts))
    draft.rename(folder / "counts.json")


def _blocks(
    file: File, catalog: Catalog, look: Look, progress: Progress, index: int, files: int
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """The rows of a file in tables of bounded size, at least one, each with its row numbers, and what the engine sees
    in them."""
    progress("reading", index, files)
    columns, numbers = usage_columns(catalog, file.usage.mapping)
    first = 0
    for table in ahead(_in_blocks(read(file.usage.path, file.usage.mapping, columns, numbers))):
        numbered = table.append_column(ROW, pa.arange(first, first + table.num_rows))
        yield numbered, look(file, numbered)
        first += table.num_rows
    progress("reading", index + 1, files)


def _in_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    block: list[pa.RecordBatch] = []
    for batch in batches:
        block.append(batch)
        if sum(part.num_rows for part in block) >= _BLOCK_ROWS:
            yield pa.Table.from_batches(block)
            block = []
    if block:
        yield pa.Table.from_batches(block)


def _joined(file: File, blocks: Sequence[tuple[pa.Table, pa.Table]]) -> Source:
    tables, seen = (pa.concat_tables(part) for part in zip(*blocks, strict=True))
    return Source(file, tables, seen.select(IDS.names))


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, each made by another thread while the one before is used."""
    rest = iter(items)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, rest, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, rest, None)
            yield item


class _Writers:
    """The files of a spool: for each partition one of ids, and one for each schema among the usage files."""

    def __init__(self, folder: Path, partitions: int) -> None:
        self._folder = folder
        self._partitions = partitions
        self._stack = ExitStack()
        self._open: dict[tuple[int, str], Any] = {}
        self._groups: list[pa.Schema] = []
        for partition in range(partitions):
            (folder / _name(partition)).mkdir(parents=True)
            self._writer(partition, "ids", IDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, index: int, table: pa.Table, seen: pa.Table) -> None:
        """Lay the rows of a block into their partitions, in their order."""
        order = pc.sort_indices(seen["partition"])  # stable
        table = _without_dictionaries(table).append_column(_FILE, pa.repeat(pa.scalar(index, pa.int32()), len(order)))
        table, ids = table.take(order), seen.select(IDS.names).take(order)
        group = self._group(table.schema)
        start = 0
        for number, count in _counted(seen["partition"]):
            self._writer(number, group, table.schema).write_table(table.slice(start, count))
            self._writer(number, "ids", IDS).write_table(ids.slice(start, count))
            start += count

    def _group(self, schema: pa.Schema) -> str:
        if schema not in self._groups:
            self._groups.append(schema)
        return f"group-{self._groups.index(schema):03}"

    def _writer(self, partition: int, name: str, schema: pa.Schema) -> Any:
        key = (partition, name)
        if key not in self._open:
            path = self._folder / _name(partition) / f"{name}.arrow"
            self._open[key] = self._stack.enter_context(pa.ipc.new_file(str(path), schema))
        return self._open[key]


def _counted(partition: pa.Array) -> list[tuple[int, int]]:
    counts = pc.value_counts(partition).to_pylist()
    return sorted((entry["values"], entry["counts"]) for entry in counts)


def _without_dictionaries(table: pa.Table) -> pa.Table:
    """Dictionaries differ from batch to batch, which an Arrow file does not allow."""
    fields = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _mapped(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def _name(partition: int) -> str:
    return f"{partition:04}"
