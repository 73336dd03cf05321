"""Every table of a book, or of one run, as CSV or Parquet files."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from partita.errors import PeriodError, StoreError
from partita.store import Book
from partita.store.schema import TABLES
from partita.store.sql import interruptible, parquet, quoted

_BESIDE = ("lines", "shares")
"""Tables that lie beside the book."""
_OPTIONS = {"csv": "FORMAT csv, HEADER", "parquet": "FORMAT parquet"}


def write_tables(book: Book, run_id: str | None, period: str | None, folder: Path, kind: str) -> list[Path]:
    """Write every table into a folder, one file each, as `csv` or `parquet`; the files written come back.

    Without a run and a period all of the book is written. In CSV binary ids are hexadecimal. Raises `StoreError` for
    an unknown run, `PeriodError` for a period that is not closed.
    """
    wanted = _run_id(book, run_id, period)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with duckdb.connect() as connection:
        for name in TABLES:
            connection.register("given", book.table(name, run_id=wanted))
            paths.append(_copied(connection, "given", folder / f"{name}.{kind}", kind))
        for name in _BESIDE:
            parts = [book.folder / part["path"] for part in book.parts(name, wanted)]
            if parts:
                paths.append(_copied(connection, parquet(parts), folder / f"{name}.{kind}", kind))
    return paths


def _run_id(book: Book, run_id: str | None, period: str | None) -> str | None:
    if run_id is not None:
        row = book.run(run_id)
        if row is None:
            raise StoreError(f"{book.url}: no run {run_id!r}")
        return str(row["run_id"])
    if period is None:
        return None
    closed_by = book.closed_by(period)
    if closed_by is None:
        raise PeriodError(f"{book.url}: {period} is not closed")
    return closed_by


def _copied(connection: duckdb.DuckDBPyConnection, source: str, path: Path, kind: str) -> Path:
    with interruptible(path):
        described = connection.sql(f"SELECT * FROM {source} LIMIT 0")
    binary = [name for name, type_ in zip(described.columns, described.types, strict=True) if str(type_) == "BLOB"]
    replaced = ", ".join(f'lower(hex("{name}")) AS "{name}"' for name in binary)
    columns = f"* REPLACE ({replaced})" if binary and kind == "csv" else "*"
    try:
        with interruptible(path):
            connection.execute(f"COPY (SELECT {columns} FROM {source}) TO {quoted(path.as_posix())} ({_OPTIONS[kind]})")
    except pa.ArrowException as error:
        raise StoreError(f"{path}: cannot be written: {error}") from error
    return path
