"""What a run was made from, kept beside the book: the catalog, and the tables that came with it.

The terms of a run are known by their hash; here they lie under that hash, once, however many runs share them. So a run
can be verified, and a line explained, long after the catalog has changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from partita.catalog.catalog import Catalog
from partita.catalog.reference_data import Zone
from partita.engine import Engine
from partita.errors import StoreError

from .folder import finished, read_table, write_folder, write_table

FOLDER: Final = "inputs"
_LOOKUP: Final = "lookup-"


@dataclass(frozen=True)
class Inputs:
    """A catalog without accounts, subscriptions and rows of tables, and these: accounts, subscriptions, prefixes; and
    look-up tables by name."""

    catalog: Catalog
    beside: Mapping[str, pa.Table]
    lookups: Mapping[str, pa.Table]


def keep(book_folder: Path, terms: str, tables: str, catalog: Catalog, engine: Engine) -> None:
    """Keep what an engine was made from, under the hashes of its terms and tables. What is there is not written."""
    of_terms, of_tables = folders(book_folder, terms, tables)
    if finished(of_terms) is None:
        write_folder(of_terms, lambda draft: _write_catalog(draft, catalog))
    if finished(of_tables) is None:
        write_folder(of_tables, lambda draft: _write_tables(draft, engine))


def folders(book_folder: Path, terms: str, tables: str) -> tuple[Path, Path]:
    """Where a catalog and its tables are kept, by their hashes."""
    return book_folder / FOLDER / terms, book_folder / FOLDER / tables


def recall(book_folder: Path, terms: str, tables: str) -> Inputs:
    """What was kept under two hashes. Raises `StoreError` when it is not there, or not as it was written."""
    of_terms, of_tables = folders(book_folder, terms, tables)
    for folder in (of_terms, of_tables):
        if finished(folder) is None:
            raise StoreError(f"{folder}: the catalog or tables of the run are not there, or were changed")
    catalog = Catalog.model_validate_json((of_terms / "catalog.json").read_text())
    names: dict[str, str] = json.loads((of_tables / "names.json").read_text())
    found = {file: read_table(of_tables / f"{file}.parquet") for file in names}
    beside = {name: table for name, table in found.items() if not name.startswith(_LOOKUP)}
    lookups = {names[file]: table for file, table in found.items() if file not in beside}
    zones = _zones(beside["prefixes"])
    return Inputs(catalog.model_copy(update={"zones": zones}), beside, lookups)


def _write_catalog(draft: Path, catalog: Catalog) -> dict[str, Any]:
    """The catalog as JSON, less what its tables have."""
    bare = catalog.model_copy(update={"accounts": {}, "subscriptions": {}, "zones": {}})
    tables = {name: table.model_copy(update={"rows": (), "file": None}) for name, table in catalog.tables.items()}
    bare = bare.model_copy(update={"tables": tables})
    (draft / "catalog.json").write_text(bare.model_dump_json(by_alias=True))
    return {}


def _write_tables(draft: Path, engine: Engine) -> dict[str, Any]:
    """Each table as Parquet; look-up tables are numbered, since their names are the user's."""
    names = {name: name for name in engine.beside}
    lookups = {f"{_LOOKUP}{number}": name for number, name in enumerate(engine.lookups)}
    for name, table in engine.beside.items():
        write_table(draft, name, table)
    for file, name in lookups.items():
        write_table(draft, file, engine.lookups[name])
    (draft / "names.json").write_text(json.dumps({**names, **lookups}))
    return {}


def _zones(prefixes: pa.Table) -> dict[str, Zone]:
    """The zones that a table of prefixes leads to."""
    found: dict[str, list[str]] = {}
    for row in prefixes.to_pylist():
        found.setdefault(row["zone"], []).append(row["prefix"])
    return {name: Zone.model_construct(prefixes=tuple(own), file=None) for name, own in found.items()}
