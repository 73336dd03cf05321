"""The first pass over usage: every row read once, and laid into its partition.

A partition's records must be rated together, in the order of their times, but come from any place of any file. So each
row goes, with its row number and its fingerprints, into the partition of its account: in memory where one partition is
all there is, else into a spool beside the run. One block is read while another is laid out and a third is written.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import pyarrow as pa

from partita import _core
from partita.catalog.catalog import Catalog
from partita.ingest import read
from partita.ingest.files import format_of
from partita.ingest.layout import common

from .columns import usage_columns
from .file import File
from .fingerprint import CONTENT, IDENTITY, IDS
from .plan import Plan

ROW: Final = "partita:row"
BLOCK_ROWS: Final = 262_144
"""Rows that are laid out at once. Blocks are cut by the input alone, and no figure depends on them."""
_FEW: Final = 1_024
"""Values of a dictionary that may be written with every part of a block."""
_IN_ADVANCE: Final = 3
"""Blocks that are read before they are laid out."""
T = TypeVar("T")
Progress = Callable[[str, int, int], None]


class Laid(NamedTuple):
    """Rows in the order of their partitions, with `counts` rows in each; they have their numbers in the column `ROW`
    and their fingerprints in `IDENTITY` and `CONTENT`. `marks` (the first 64 bits of each identity) are in the order
    of as many ranges, with `mark_counts` in each."""

    rows: pa.RecordBatch
    counts: Sequence[int]
    marks: pa.Array
    mark_counts: Sequence[int]


Look = Callable[[File, pa.Table, int, Sequence[str]], Laid]
"""How the engine lays out rows of a file, the first of which has this number; what dictionaries are to be plain."""


@dataclass(frozen=True)
class Source:
    """Rows of one file that are in one partition: the table has their row numbers in the column `ROW`, and `ids` has
    the identity and content of each."""

    file: File
    table: pa.Table
    ids: pa.Table

    @classmethod
    def of(cls, file: File, rows: pa.Table) -> Source:
        """Rows as they were laid out."""
        ids = pa.table([rows[IDENTITY], rows[CONTENT]], schema=IDS)
        return cls(file, rows.drop_columns([IDENTITY, CONTENT]), ids)

    @property
    def rows(self) -> pa.ChunkedArray:
        return self.table[ROW]

    @property
    def identified(self) -> pa.Table:
        """The table with the identities, which the engine then need not make once more."""
        return self.table.append_column(IDENTITY, self.ids["identity"])

    def where(self, mask: Any) -> Source:
        """Only the rows for which `mask` is true."""
        return Source(self.file, common(self.table).filter(mask), self.ids.filter(mask))


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

    def repeated(self) -> pa.Array:
        """The marks that more than one row has, in their order."""
        raise NotImplementedError

    def check(self) -> None:
        """Raises `UsageSchemaError` unless the rows are still what was read."""

    def done_with(self, partition: int) -> None:
        """Its rows are not needed any more."""


class InMemory(Gathered):
    """One partition, kept as it was read."""

    def __init__(self, files: Sequence[File], laid: Sequence[Sequence[Laid]]) -> None:
        tables = [pa.Table.from_batches([block.rows for block in blocks]) for blocks in laid]
        super().__init__(files, [table.num_rows for table in tables])
        self._sources = [Source.of(file, table) for file, table in zip(files, tables, strict=True)]
        self._marks = pa.chunked_array([block.marks for blocks in laid for block in blocks], pa.uint64())

    def sources(self, partition: int) -> list[Source]:
        return self._sources

    def ids(self) -> pa.RecordBatchReader:
        batches = (batch for source in self._sources for batch in source.ids.to_batches())
        return pa.RecordBatchReader.from_batches(IDS, batches)

    def repeated(self) -> pa.Array:
        return twice(self._marks)

    def check(self) -> None:
        """Rows of Arrow files are not copied, but lie where the file is mapped into memory."""
        for file in self.files:
            if format_of(file.usage.path, file.usage.mapping) == "arrow":
                file.check()


def gather(
    plan: Plan, catalog: Catalog, look: Look, folder: Path, needed: Iterable[int], progress: Progress
) -> Gathered:
    """Read all files of a plan. A spool that an earlier attempt has finished is taken as it is, if it still has the
    partitions that are needed."""
    from .spool import Spool, Writers  # it needs what is above

    if plan.partitions == 1:
        found: list[list[Laid]] = [[] for _ in plan.files]
        for index, laid in _laid(plan, catalog, look, progress):
            found[index].append(laid)
        return InMemory(plan.files, found)
    if not Spool.has(folder, needed):
        shutil.rmtree(folder, ignore_errors=True)
        with Writers(folder, plan.partitions, len(plan.files)) as writers:
            in_turn(writers.write, _laid(plan, catalog, look, progress))
        writers.finish()
    return Spool(folder, plan.files)


def _laid(plan: Plan, catalog: Catalog, look: Look, progress: Progress) -> Iterator[tuple[int, Laid]]:
    """The rows of all files, laid out block by block, with the places of their files; of each file at least one."""
    first, at, plain = 0, -1, []
    for index, table in ahead(_blocks(plan.files, catalog)):
        if index != at:
            progress("reading", index, len(plan.files))
            first, at, plain = 0, index, _large_dictionaries(table)
        yield index, look(plan.files[index], table, first, plain)
        first += table.num_rows
    progress("reading", len(plan.files), len(plan.files))


def _blocks(files: Sequence[File], catalog: Catalog) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each file in tables of bounded size, at least one, with the place of the file."""
    for index, file in enumerate(files):
        columns, numbers = usage_columns(catalog, file.usage.mapping)
        block: list[pa.RecordBatch] = []
        for batch in read(file.usage.path, file.usage.mapping, columns, numbers, BLOCK_ROWS):
            if block and sum(part.num_rows for part in block) + batch.num_rows > BLOCK_ROWS:
                yield index, pa.Table.from_batches(block)
                block = []
            block.append(batch)
        file.check()
        if block:
            yield index, pa.Table.from_batches(block)


def _large_dictionaries(table: pa.Table) -> list[str]:
    """Dictionary columns whose values are too many to be written with every part of a block."""
    dictionaries = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    return [name for name in dictionaries if any(len(part.dictionary) > _FEW for part in table[name].chunks)]


def twice(marks: pa.ChunkedArray) -> pa.Array:
    """The marks that are there more than once, in their order."""
    return pa.table(_core.repeated(pa.table({"mark": marks})))["mark"].combine_chunks()


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, made by another thread while those before are used: some in advance, for one may take longer."""
    rest = iter(items)
    with ThreadPoolExecutor(1) as pool:
        coming = deque(pool.submit(next, rest, None) for _ in range(_IN_ADVANCE))
        while (item := coming.popleft().result()) is not None:
            coming.append(pool.submit(next, rest, None))
            yield item


def in_turn(use: Callable[..., None], items: Iterable[tuple[Any, ...]]) -> None:
    """Use items one after the other in another thread, each while the next is made."""
    with ThreadPoolExecutor(1) as pool:
        using = None
        for item in items:
            if using is not None:
                using.result()
            using = pool.submit(use, *item)
        if using is not None:
            using.result()
