"""Folders that are there whole or not at all.

What a run works out is written into a folder under a temporary name, its files and a manifest of their hashes, and then
the folder gets its name. Whoever finds it by that name, after whatever was killed in between, finds all of it. The disk
is not waited for at each: what a power failure cuts short does not have the hashes of its manifest, and is made again.
Only before a commit lists them are all of a run's folders synced.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from partita.errors import StoreError

MANIFEST: Final = "manifest.json"
_PIECE_BYTES: Final = 1 << 20
_RISING: Final = ("usage_row", "time")
_WHOLE: Final = (pa.int64(), pa.timestamp("us", "UTC"))
_PRINTS: Final = (pa.binary(16), pa.uint64())


def write_folder(folder: Path, fill: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Make a folder: `fill` writes its files and returns facts for the manifest, which comes back with the hash of
    each file under `files`. Raises `StoreError` when the disk refuses."""
    draft = folder.with_name(f".{folder.name}.draft")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        facts = fill(draft)
        files = {path.name: file_hash(path) for path in sorted(draft.iterdir())}
        manifest = {**facts, "files": files}
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True))
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def sync(folders: Iterable[Path]) -> None:
    """Have folders on the disk, with all that is in them and their names in those around them. Raises `StoreError` when
    the disk refuses."""
    around: set[Path] = set()
    for folder in folders:
        try:
            for path in (*folder.iterdir(), folder):
                _sync(path)
        except OSError as error:
            raise StoreError(f"{folder}: cannot be written: {error.strerror or error}") from error
        around.update((folder.parent, folder.parent.parent))
    for folder in around:
        _sync(folder)


def finished(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder that is whole; None when there is none, or a file of it is not as it was written."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        whole = all(file_hash(folder / name) == hash_ for name, hash_ in manifest["files"].items())
    except (OSError, ValueError, KeyError):
        return None
    return manifest if whole else None


def file_hash(path: Path) -> str:
    """XXH3-128 of a file's bytes: against disks and accidents, not against forgers."""
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return str(digest.hexdigest())


def write_table(folder: Path, name: str, table: pa.Table) -> None:
    """A table as a Parquet file. What recurs is a dictionary, which shrinks it more than compression and costs less;
    ids and fingerprints do not recur, and rows and times mostly rise by little. Nobody looks for single rows in these
    files, so there are no statistics; and that no value of a column is null is said once, and not row by row."""
    unique = [field.name for field in table.schema if field.name == "id" or field.type in _PRINTS]
    rising = [field.name for field in table.schema if field.name in _RISING and field.type in _WHOLE]
    fields = [field.with_nullable(not table.num_rows or table[field.name].null_count > 0) for field in table.schema]
    pq.write_table(
        pa.Table.from_arrays(table.columns, schema=pa.schema(fields, table.schema.metadata)),
        folder / f"{name}.parquet",
        compression="none",
        use_dictionary=[name for name in table.column_names if name not in (*unique, *rising)],
        column_encoding=dict.fromkeys(rising, "DELTA_BINARY_PACKED"),
        write_statistics=False,
    )


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """A Parquet file of a run; that a column has no nulls is no part of its type. Raises `StoreError` when it is not
    there or broken."""
    try:
        table = pq.read_table(path, columns=columns, partitioning=None)
        fields = [field.with_nullable(True) for field in table.schema]
        return pa.Table.from_arrays(table.columns, schema=pa.schema(fields, table.schema.metadata))
    except (OSError, pa.ArrowException) as error:
        raise StoreError(f"{path}: cannot be read: {error}") from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
