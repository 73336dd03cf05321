"""The plan of a run: what goes into it, who it therefore is, and into how many partitions it is cut.

A run is identified by what goes into it: the terms (with compiled bands and currency digits), the account, subscription
and look-up tables, the content of each usage file, the period, the version of the rules. The same again is that run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from partita.catalog.catalog import Catalog
from partita.catalog.usage import Usage, mappings
from partita.errors import PeriodError
from partita.ingest import UsageFile, assign, find
from partita.ingest.files import compression_of, format_of, open_bytes

from .file import File
from .owners import plain

PARTITION_ROWS: Final = 1_000_000
"""Records of a partition, about: what is in memory at once."""
_SAMPLE_BYTES: Final = 1 << 20
_TEXT_SHRINKS_BY: Final = 4


@dataclass(frozen=True)
class Plan:
    """A run before it is carried out. `closed` is the last cycle closed for good, `opening` the run before, `history`
    stands for all runs before."""

    run_id: str
    kind: str
    period: str
    files: tuple[File, ...]
    partitions: int
    terms: str
    tables: str
    rules: str
    opening: str | None
    history: str
    closed: str
    keep: str
    shares: str

    @property
    def closes(self) -> bool:
        """Whether it closes its period."""
        return self.kind != "open"

    def stamp(self) -> dict[str, Any]:
        """What finished partitions must have been made for, to be taken over by a run that resumes."""
        names = [[file.name, file.hash] for file in self.files]
        facts = {name: getattr(self, name) for name in ("run_id", "history", "closed", "partitions", "keep", "shares")}
        return {**facts, "files": names}


def identity(kind: str, period: str, rules: str, terms: str, tables: str, files: Sequence[File]) -> str:
    """The id of a run: 32 hexadecimal digits."""
    return identity_of(kind, period, rules, terms, tables, [(file.usage.mapping_name, file.hash) for file in files])


def identity_of(kind: str, period: str, rules: str, terms: str, tables: str, files: Iterable[tuple[str, str]]) -> str:
    """The same from what a book knows of a run: of each file the name of its mapping and the hash of its content."""
    inputs = sorted([mapping, hash_] for mapping, hash_ in files)
    return _digest(json.dumps([kind, period, rules, terms, tables, inputs]).encode())


def history_of(runs: Iterable[Mapping[str, Any]]) -> str:
    """What a book's runs come to, one after the other: where its counters stand and what was billed follows from it."""
    return _digest(json.dumps([run["run_id"] for run in runs]).encode())


def hash_terms(document: str, usage: Mapping[str, Usage]) -> str:
    """A hash of a catalog: of what is compiled, and of how its mappings have files read."""
    mapped = {name: mapping.model_dump(mode="json", by_alias=True) for name, mapping in usage.items()}
    return _digest(json.dumps([document, mapped], sort_keys=True).encode())


def hash_tables(*groups: Mapping[str, pa.Table]) -> str:
    """A hash of the content of tables: their columns by name, whatever their layout in memory."""
    digest = hashlib.blake2b(digest_size=16)
    for place, tables in enumerate(groups):
        for name, table in sorted(tables.items()):
            for column in sorted(table.column_names):
                digest.update(f"{place}\x1f{name}\x1f{column}\x1f{table.num_rows}\x1f".encode())
                _hash_column(digest, table[column])
    return digest.hexdigest()


def assigned(catalog: Catalog, places: str | Path | Iterable[str | Path]) -> list[UsageFile]:
    """The usage files in some places, each with its mapping; a mapping without `files` reads all when it is the only
    one. Raises `UsageSchemaError` for a place without files, and a file that no mapping or more than one reads."""
    usage = mappings(catalog.usage)
    found = find(places)
    if len(usage) == 1 and not (only := next(iter(usage.items())))[1].files:
        return [UsageFile(path, *only) for path in found]
    return assign(found, usage)


@contextmanager
def hashing(files: Iterable[UsageFile]) -> Iterator[Callable[[], tuple[File, ...]]]:
    """Hashes the content of files while something else is done within, where the hashed files can be asked for. Should
    that fail, the rest is given up. Raises `UsageSchemaError` for a file that cannot be read."""
    pool, over = ThreadPoolExecutor(4), Event()
    try:
        hashed = [pool.submit(File.of, file, over.is_set) for file in files]
        yield lambda: tuple(file.result() for file in hashed)
    finally:
        over.set()
        pool.shutdown(cancel_futures=True)


def hash_files(files: Iterable[UsageFile]) -> tuple[File, ...]:
    """The files with the hashes of their content. Raises `UsageSchemaError` for one that cannot be read."""
    with hashing(files) as hashed:
        return hashed()


def partitions_of(files: Iterable[File], partition_rows: int) -> int:
    """The number of partitions, from the size of the input and nothing else."""
    return max(1, -(-sum(_rows(file.usage) for file in files) // partition_rows))


def check_period(kind: str, period: str, closed: str | None, begins: str | None, closed_by: str | None) -> None:
    """Raises `PeriodError` when a period is closed already, or when others have to be closed before it."""
    if closed_by is not None:
        raise PeriodError(f"{period} is closed, by run {closed_by}; late records go into the next period's run")
    expected = begins if closed is None else after(closed)
    if expected is None:
        return
    if period < expected:
        raise PeriodError(f"{period} lies before {expected}, the first period of this book that is open")
    if kind != "open" and period != expected:
        raise PeriodError(f"{period} cannot be closed yet: the next period to close is {expected}")


def name_of(partition: int) -> str:
    """The folder of a partition."""
    return f"part-{partition:04}"


def after(period: str) -> str:
    """The period after one.

    >>> after("2026-12")
    '2027-01'
    """
    return _moved(period, 1)


def before(period: str) -> str:
    """The period before one."""
    return _moved(period, -1)


def _moved(period: str, months: int) -> str:
    month = int(period[:4]) * 12 + int(period[5:]) - 1 + months
    return f"{month // 12:04}-{month % 12 + 1:02}"


def _rows(file: UsageFile) -> int:
    """How many rows a file has, or about so many: text goes by the length of its first lines. None of a file that is
    broken: what is wrong with it is told when it is read."""
    try:
        if format_of(file.path, file.mapping) == "parquet" and compression_of(file.path) is None:
            return int(pq.read_metadata(file.path).num_rows)
        return _lines(file)
    except (OSError, pa.ArrowException):
        return 0


def _lines(file: UsageFile) -> int:
    with open_bytes(file.path) as source:
        sample = source.read(_SAMPLE_BYTES)
    if len(sample) < _SAMPLE_BYTES:
        return int(sample.count(b"\n"))
    size = file.path.stat().st_size * (_TEXT_SHRINKS_BY if compression_of(file.path) else 1)
    return int(size * max(sample.count(b"\n"), 1) // _SAMPLE_BYTES)


def _hash_column(digest: Any, column: pa.ChunkedArray) -> None:
    kind = column.type
    if pa.types.is_dictionary(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        column = pa.chunked_array([plain(column)])
    array = column.combine_chunks()
    array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
    batch = pa.record_batch([array], ["values"])
    digest.update(batch.serialize())


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
