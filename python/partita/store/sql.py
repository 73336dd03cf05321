"""DuckDB beside the book: what is said to it of files, and how it is interrupted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from partita.errors import StoreError

_INTERRUPTED: Final = "Query interrupted"


def quoted(text: str) -> str:
    """SQL: a text.

    >>> quoted("o'clock")
    "'o''clock'"
    """
    return "'" + text.replace("'", "''") + "'"


def parquet(paths: Iterable[Path]) -> str:
    """SQL: the rows of Parquet files, wherever they lie; a column that a file lacks is null in its rows.

    >>> parquet([Path("a/lines.parquet"), Path("b/lines.parquet")])
    "read_parquet(['a/lines.parquet', 'b/lines.parquet'], union_by_name = true)"
    """
    return f"read_parquet([{', '.join(quoted(path.as_posix()) for path in paths)}], union_by_name = true)"


@contextmanager
def interruptible(place: Path | str) -> Iterator[None]:
    """Errors of DuckDB as `StoreError` that names what it works on, and a Ctrl-C meanwhile as the
    `KeyboardInterrupt` that it is. DuckDB has errors of its own for that, one of which is a plain RuntimeError, known
    by its text only."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise StoreError(f"{place}: {error}") from error
    except RuntimeError as error:
        if str(error) != _INTERRUPTED:
            raise
        raise KeyboardInterrupt from error
