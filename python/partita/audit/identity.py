"""Who a run is: its id follows from what went into it, so what the book says of that is checked before all else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from partita.catalog.lower.document import RULES
from partita.catalog.usage import mappings
from partita.cycle.inputs import FOLDER, recall
from partita.cycle.plan import identity_of
from partita.errors import StoreError
from partita.ingest import content_hash
from partita.store import Book

from .differences import Difference

Row = Mapping[str, Any]
_KINDS = ("run", "open", "close")


def mistaken(book: Book, row: Row) -> Difference | None:
    """What the book has otherwise than it was when the run got its id; None if nothing. Where no one thing explains
    the id, it is the id that is named."""
    files = book.query("SELECT name, hash, mapping FROM files WHERE run_id = ?", [row["run_id"]]).to_pylist()
    if _id_of(row, files) == row["run_id"]:
        return None
    for column, value in _other_facts(book, row):
        if _id_of({**row, column: value}, files) == row["run_id"]:
            return Difference("runs", {"run_id": row["run_id"]}, column, row[column], value)
    for place, column, value in _other_files(book, row, files):
        changed = [{**file, column: value} if at == place else file for at, file in enumerate(files)]
        if _id_of(row, changed) == row["run_id"]:
            return Difference("files", {"name": files[place]["name"]}, column, files[place][column], value)
    return Difference("runs", {"run_id": row["run_id"]}, "run_id", row["run_id"], _id_of(row, files))


def _id_of(row: Row, files: list[dict[str, Any]]) -> str:
    kind, period, rules, terms, tables = (str(row[name]) for name in ("kind", "period", "rules", "terms", "tables"))
    return identity_of(kind, period, rules, terms, tables, [(file["mapping"], file["hash"]) for file in files])


def _other_facts(book: Book, row: Row) -> Iterator[tuple[str, str]]:
    """What a run's row may have said: all that other rows and files of the book know of it."""
    yield from (("kind", kind) for kind in _KINDS)
    yield "rules", RULES
    periods = book.query("SELECT period FROM cycles UNION SELECT period FROM run_log WHERE period IS NOT NULL")
    yield from (("period", period) for period in periods["period"].to_pylist())
    for path in sorted((book.folder / FOLDER).glob("*")):
        yield from (("terms", path.name), ("tables", path.name))


def _other_files(book: Book, row: Row, files: list[dict[str, Any]]) -> Iterator[tuple[int, str, str]]:
    try:
        names = list(mappings(recall(book.folder, row["terms"], row["tables"]).catalog.usage))
    except StoreError:
        names = []
    for place, file in enumerate(files):
        yield from ((place, "mapping", name) for name in names)
        if Path(file["name"]).is_file():
            yield place, "hash", content_hash(Path(file["name"]))
