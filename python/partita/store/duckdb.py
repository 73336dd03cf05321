"""A book in a DuckDB file: no server, one process at a time.

`duckdb:///path/book.duckdb` (three slashes: relative to the working directory; four: absolute). The folders of its
runs lie beside it in `book.runs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from partita.errors import StoreError

from .book import Book
from .schema import FORMAT, MADE, RUN_LOG, TABLES
from .sql import interruptible

_TYPES: Final = {
    pa.string(): "VARCHAR",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.date32(): "DATE",
    pa.bool_(): "BOOLEAN",
    pa.decimal128(38, 12): "DECIMAL(38, 12)",
    pa.timestamp("us", "UTC"): "TIMESTAMPTZ",
}


_ROW_GROUP: Final = 122_880
"""Rows that DuckDB keeps and compresses together. A thread that gets other numbers of them leaves parts of groups, and
all would be written once more when the file is closed."""


class DuckDbBook(Book):
    """A DuckDB file. Raises `StoreError` when another process holds it, it is no book, or it is not there and not to be
    made; and `KeyboardInterrupt` for a Ctrl-C during a query."""

    def __init__(self, path: Path, read_only: bool = False, in_memory: bool = False, make: bool = True) -> None:
        self.url = f"duckdb:///{path.as_posix()}"
        self.path = path
        self.folder = path.with_name(f"{path.name.removesuffix('.duckdb')}.runs")
        if (read_only or not make) and not path.is_file():
            raise StoreError(f"{path}: there is no book; `partita run` makes one")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = duckdb.connect(":memory:" if in_memory else str(path), read_only=read_only)
        except (duckdb.Error, OSError) as error:
            raise _refused(path, error) from None
        try:
            self._prepare(read_only)
        except BaseException:
            self.close()
            raise

    def query(self, sql: str, values: Sequence[Any] = ()) -> pa.Table:
        with interruptible(self.path):
            return self._connection.sql(sql, params=list(values)).to_arrow_table()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        with interruptible(self.path):
            self._connection.execute(sql, list(values))

    def insert(self, name: str, parts: Iterable[pa.Table]) -> None:
        arriving = _Arriving(parts)
        if arriving.reader is None:
            return
        try:
            with interruptible(self.path):
                self._connection.register("arriving", arriving.reader)
                self._connection.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM arriving')
                self._connection.unregister("arriving")
        except (StoreError, KeyboardInterrupt):
            if arriving.error is not None:  # it was not the book that failed
                raise arriving.error from None
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        # To keep the order of rows would cost a copy of all of them at the commit.
        self.execute("SET preserve_insertion_order = false")
        try:
            self.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self.execute("COMMIT")
        finally:
            self._connection.execute("RESET preserve_insertion_order")

    def close(self) -> None:
        self._connection.close()

    def _prepare(self, read_only: bool) -> None:
        """Make the tables of a new book; refuse a file that is something else."""
        self.execute("SET TimeZone = 'UTC'")
        # Whoever calls us has the standard output for itself; a run tells of its progress in its own way.
        self.execute("SET enable_progress_bar = false")
        self.execute("SET enable_progress_bar_print = false")
        tables = {row["name"] for row in self.query("SELECT table_name AS name FROM duckdb_tables()").to_pylist()}
        if not tables and not read_only:
            with self.transaction():
                self._create()
        elif "book" not in tables:
            raise StoreError(f"{self.path}: is a DuckDB file, but not a book of Partita")
        elif (found := self.query("SELECT format FROM book").to_pylist()[0]["format"]) != FORMAT:
            raise StoreError(f"{self.path}: is a book of format {found}; this version of Partita writes {FORMAT}")

    def _create(self) -> None:
        for name, schema in {**TABLES, "run_log": RUN_LOG}.items():
            made = {column: _made(*parts) for column, parts in MADE.get(name, {}).items()}
            columns = (f'"{field.name}" {_TYPES[field.type]}{made.get(field.name, "")}' for field in schema)
            self.execute(f'CREATE TABLE "{name}" ({", ".join(columns)})')
        self.execute("CREATE TABLE book (format VARCHAR)")
        self.execute("INSERT INTO book VALUES (?)", [FORMAT])


class _Arriving:
    """Tables as one stream of whole row groups that the database reads; an error in the making of one is kept."""

    def __init__(self, parts: Iterable[pa.Table]) -> None:
        self.error: BaseException | None = None
        self._parts = (part for part in parts if part.num_rows)
        first = next(self._parts, None)
        self.reader = first and pa.RecordBatchReader.from_batches(first.schema, self._batches(first))

    def _batches(self, first: pa.Table) -> Iterator[pa.RecordBatch]:
        rest = (part.select(first.column_names).cast(first.schema) for part in self._parts)
        try:
            yield from _row_groups(chain([first], rest))
        except BaseException as error:  # a Ctrl-C too would come out of the database as an error of its own
            self.error = error
            raise


def _row_groups(tables: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
    """The rows of tables in batches of a row group each, but for the last."""
    waiting: list[pa.Table] = []
    rows = 0
    for table in tables:
        while rows + table.num_rows >= _ROW_GROUP:
            missing = _ROW_GROUP - rows
            yield from _one([*waiting, table.slice(0, missing)])
            waiting, rows, table = [], 0, table.slice(missing)
        waiting.append(table)
        rows += table.num_rows
    if rows:
        yield from _one(waiting)


def _one(tables: Sequence[pa.Table]) -> list[pa.RecordBatch]:
    """Tables as a single batch."""
    batches: list[pa.RecordBatch] = pa.concat_tables(tables).unify_dictionaries().combine_chunks().to_batches()
    return batches


def _made(first: str, between: str, second: str) -> str:
    """What makes a column of two others."""
    return f""" GENERATED ALWAYS AS ("{first}" || '{between}' || "{second}") VIRTUAL"""


def _refused(path: Path, error: Exception) -> StoreError:
    """Why a file could not be opened, and what to do."""
    holder = re.search(r"lock is held in (.+?) \(PID (\d+)\)", str(error))
    if holder is not None:
        who = f"process {holder[2]} ({_command(holder[2]) or holder[1]})"
        return StoreError(f"{path}: the book is in use by {who}; wait until it is done, or stop it, then try again")
    if "different configuration" in str(error):
        return StoreError(f"{path}: the book is open in this process already; close that first")
    return StoreError(f"{path}: cannot be opened as a DuckDB file: {error}")


def _command(process: str) -> str | None:
    """The command line of a process, where the system tells."""
    try:
        words = Path("/proc", process, "cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    text = b" ".join(words).decode(errors="replace").strip()
    return text if len(text) <= 80 else text[:77] + "..."
