"""Files of accounts, subscriptions, prefixes and look-up tables: Parquet, delimited text, Arrow IPC.

Delimited text stays text, as a catalog's scalars do (`columns.py` says what it means); an empty field is null.
Arrow IPC is mapped into memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet

from .columns import Place


def read_file(path: Path, place: Place) -> Any:
    """A file as a table.

    Raises `CatalogError` for a file that is not there, is of no known kind, or cannot be read.
    """
    if not path.is_file():
        raise place.wrong(f"there is no file {path}")
    suffixes = [suffix for suffix in path.suffixes if suffix not in (".gz", ".zst", ".bz2")]
    reader = _READERS.get(suffixes[-1] if suffixes else "")
    if reader is None:
        raise place.wrong(f"a table's file ends in one of {', '.join(_READERS)}")
    try:
        return reader(path)
    except (pa.ArrowException, OSError) as wrong:
        raise place.wrong(f"cannot be read: {wrong}") from None


def _read_delimited(path: Path) -> Any:
    with pa.input_stream(path, compression="detect") as stream:
        names = pyarrow.csv.open_csv(stream).schema.names
    options = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    with pa.input_stream(path, compression="detect") as stream:
        return pyarrow.csv.read_csv(stream, convert_options=options)


def _read_arrow(path: Path) -> Any:
    with pa.memory_map(str(path)) as source:
        try:
            return pa.ipc.open_file(source).read_all()
        except pa.ArrowInvalid:
            source.seek(0)
            return pa.ipc.open_stream(source).read_all()


_READERS = {
    ".parquet": lambda path: pyarrow.parquet.read_table(path, partitioning=None),
    ".pq": lambda path: pyarrow.parquet.read_table(path, partitioning=None),
    ".csv": _read_delimited,
    ".arrow": _read_arrow,
    ".ipc": _read_arrow,
    ".arrows": _read_arrow,
    ".feather": pyarrow.feather.read_table,
}
