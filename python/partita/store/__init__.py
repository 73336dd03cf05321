"""The book: where runs are committed, and what the next run starts from."""

from __future__ import annotations

from pathlib import Path

from partita.errors import StoreError

from .book import Book

__all__ = ["Book", "open_store"]

DEFAULT = "duckdb:///book.duckdb"


def open_store(url: str = DEFAULT, read_only: bool = False, or_empty: bool = False, make: bool = True) -> Book:
    """The book at a URL: `duckdb:///path/book.duckdb`, or the path of a `.duckdb` file.

    A book that is not there is made, unless it is `read_only` or `make` is False; where it is read only, `or_empty`
    gives one without rows. Raises `StoreError` when there is no book, when another process holds it, when it cannot be
    read, and for a URL of another kind.

    >>> import tempfile
    >>> with open_store(f"duckdb:///{tempfile.mkdtemp()}/book.duckdb") as book:
    ...     book.runs()
    []
    """
    kind, separator, place = url.partition("://")
    if not separator and url.endswith(".duckdb"):
        kind, place = "duckdb", f"/{url}"
    if kind != "duckdb" or not place.startswith("/") or len(place) < 2:
        raise StoreError(f"{url!r} is not a book's URL such as duckdb:///path/book.duckdb")
    from .duckdb import DuckDbBook  # heavy, and not needed to say what is wrong with a URL

    path = Path(place[1:])
    in_memory = read_only and or_empty and not path.exists()
    return DuckDbBook(path, read_only and not in_memory, in_memory, make)
