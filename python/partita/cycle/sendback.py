"""Rejected records written back, with their original columns and the reason, ready to be corrected and sent again.

Each usage file that had rejects comes back under its own name and folder, in its own format and dialect, so that the
catalog's patterns find it. Four columns say why (`reject_code`, `reject_name`, `reject_field`, `reject_value`), except
in files whose columns go by their places; no mapping reads them. `_reasons.csv` lists all rejects, those of fees and of
flows too.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from partita.catalog.usage import Csv, Usage
from partita.errors import StoreError
from partita.ingest.columns import mapped_columns
from partita.ingest.files import compression_of, format_of
from partita.store import DEFAULT, Book, open_store

from .folder import read_table
from .gather import ROW
from .rejected import origin_of

REASONS: Final = {"code": "reject_code", "name": "reject_name", "field": "reject_field", "value": "reject_value"}


def send_back(run_id: str, folder: str | Path, store: str = DEFAULT) -> list[Path]:
    """Write the rejected records of a run into a folder; the files written come back, `_reasons.csv` last.

    `run_id` may be the beginning of an id. Raises `StoreError` when there is no book, for an unknown
    run, and for a folder that has files.
    """
    into = Path(folder)
    if into.is_dir() and any(into.iterdir()):
        raise StoreError(f"{into}: is not empty; choose a new folder, so that nothing is sent twice")
    with open_store(store, read_only=True) as book:
        row = book.run(run_id)
        if row is None:
            raise StoreError(f"{book.url}: no run {run_id!r}")
        rejects = book.table("rejects", run_id=row["run_id"]).drop_columns(["run_id"])
        paths = pc.unique(pc.drop_null(rejects["records"])).to_pylist()
        written = [_send(book, rejects, path, into) for path in paths]
    into.mkdir(parents=True, exist_ok=True)
    _write_delimited(into / "_reasons.csv", rejects.drop_columns(["records"]), Csv())
    return [*written, into / "_reasons.csv"]


def _send(book: Book, rejects: pa.Table, path: str, into: Path) -> Path:
    """One usage file's rejected records."""
    records = read_table(book.folder / path)
    name, mapping = origin_of(records)
    own = rejects.filter(pc.equal(rejects["records"], path))
    place = pc.index_in(records[ROW], value_set=own["usage_row"].combine_chunks())
    columns = {field: records[field] for field in records.column_names if field not in (ROW, *REASONS.values())}
    reasons = {reason: own[column].take(place) for column, reason in REASONS.items()}
    target = _free(into.joinpath(*_place(Path(name), mapping)))
    target.parent.mkdir(parents=True, exist_ok=True)
    _WRITERS[format_of(target, mapping)](target, pa.table({**columns, **reasons}), mapping)
    return target


def _place(name: Path, mapping: Usage) -> tuple[str, ...]:
    """The parts of a file's path that the mapping's patterns look at: all of them where some may stand for any folders.
    Whatever a path begins or turns back with leads out of the folder."""
    parts = tuple(part for part in name.parts if part not in (name.anchor, ".."))
    patterns = [Path(pattern).parts for pattern in mapping.files]
    if any("**" in pattern for pattern in patterns):
        return parts
    return parts[-max(map(len, patterns), default=1) :]


def _free(target: Path) -> Path:
    """The path, or one beside it, when a file of the same name came from elsewhere."""
    number, free = 2, target
    while free.exists():
        stem, dot, rest = target.name.partition(".")
        free = target.with_name(f"{stem}-{number}{dot}{rest}")
        number += 1
    return free


def _parquet(path: Path, table: pa.Table, mapping: Usage) -> None:
    pq.write_table(table, path)


def _arrow(path: Path, table: pa.Table, mapping: Usage) -> None:
    compression = compression_of(path)
    with pa.output_stream(str(path), compression=compression) as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def _jsonl(path: Path, table: pa.Table, mapping: Usage) -> None:
    """Nulls are left out, but for columns that some line must have."""
    named = mapped_columns(mapping)
    rows = ({n: value for n, value in row.items() if value is not None or n in named} for row in table.to_pylist())
    _write_text(path, (json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def _csv(path: Path, table: pa.Table, mapping: Usage) -> None:
    dialect = mapping.csv or Csv(delimiter="\t" if ".tsv" in path.suffixes else ",")
    if not dialect.header or dialect.columns is not None:  # columns go by their places: there is no room for reasons
        table = table.drop_columns(list(REASONS.values()))
    _write_delimited(path, table, dialect)


def _write_delimited(path: Path, table: pa.Table, dialect: Csv) -> None:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE
    null = dialect.null[0] if dialect.null and "" not in dialect.null else ""

    def line(values: Iterable[Any]) -> str:
        text = io.StringIO()
        writer = csv.writer(
            text, delimiter=dialect.delimiter, quotechar=dialect.quote or None, quoting=quoting, lineterminator="\r\n"
        )
        writer.writerow([null if value is None else fitting(value) for value in values])
        return text.getvalue().removesuffix("\r\n") + "\n"  # quotes both signs in values, whichever ends the lines

    def fitting(value: Any) -> Any:
        """Without quotes, a value cannot have the delimiter or line ends; only reasons ever would."""
        return value if dialect.quote else re.sub(f"[{re.escape(dialect.delimiter)}\r\n]", " ", str(value))

    head = ["\n" * dialect.skip, line(table.column_names) if dialect.header else ""]
    _write_text(path, (*head, *(line(row.values()) for row in table.to_pylist())), dialect.encoding)


def _write_text(path: Path, lines: Iterable[str], encoding: str) -> None:
    """Lines as one text: it has one mark of its byte order, at its beginning, in encodings that have one."""
    encoder = codecs.getincrementalencoder(encoding)("backslashreplace")
    with pa.output_stream(str(path), compression=compression_of(path)) as sink:
        for line in lines:
            sink.write(encoder.encode(line))
        sink.write(encoder.encode("", True))


_WRITERS: Final[dict[str, Callable[[Path, pa.Table, Usage], None]]] = {
    "parquet": _parquet,
    "arrow": _arrow,
    "jsonl": _jsonl,
    "csv": _csv,
}
