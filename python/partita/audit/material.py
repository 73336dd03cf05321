"""What an audit reads: a committed run, what it was made from, and what stood before it.

Nothing here is computed by the engine. Usage is read again from its files, whose content must still be what it was;
the rest comes from the book and from the folders beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from partita.catalog.usage import mappings
from partita.cycle import Run
from partita.cycle.columns import usage_columns
from partita.cycle.folder import file_hash, read_table
from partita.cycle.inputs import recall
from partita.cycle.owners import plain
from partita.cycle.plan import before
from partita.cycle.written import Commas, commas_of
from partita.errors import StoreError
from partita.ingest import content_hash, read
from partita.ingest.layout import common
from partita.reference import Batch, Reference
from partita.store import Book, open_store

from .values import records_of

Rows = list[dict[str, Any]]
DUPLICATES = (501, 502)
_FEE = ["kind", "subscription", "plan", "charge", "service_period", "amount"]


def opened(run_or_store: Run | str, run_id: str | None = None) -> tuple[Book, dict[str, Any]]:
    """The book of a run, open for reading, and the run's row: a `Run`, or the latest run of a store, or one by id.

    Raises `StoreError` for a trial, which no book has, and for an unknown run.
    """
    if isinstance(run_or_store, Run):
        if run_or_store.kind == "trial":
            raise StoreError("a trial is in no book; run it without `trial` to have it audited")
        store, run_id = run_or_store.store, run_or_store.run_id
    else:
        store = str(run_or_store)
    book = open_store(store, read_only=True)
    row = book.latest() if run_id is None else book.run(run_id)
    if row is None:
        book.close()
        raise StoreError(f"{book.url}: no run {run_id or 'to audit'}")
    return book, row


class Material:
    """One run, in an open book."""

    def __init__(self, book: Book, row: Mapping[str, Any]) -> None:
        self.book = book
        self.run_id: str = row["run_id"]
        self.period: str = row["period"]
        self.kind: str = row["kind"]
        self.number: int = row["number"]
        self.inputs = recall(book.folder, row["terms"], row["tables"])
        self.mappings = mappings(self.inputs.catalog.usage)
        self.closed = self._closed()
        self.rows_read: dict[str, int] = {}
        """How many rows each usage file has, as far as they were read."""

    @property
    def closes(self) -> bool:
        return self.kind != "open"

    # Who ----------------------------------------------------------------------------------------------------------

    @cached_property
    def accounts(self) -> dict[str, dict[str, Any]]:
        return {row["account"]: row for row in self.inputs.beside["accounts"].to_pylist()}

    @cached_property
    def subscriptions(self) -> dict[str, Rows]:
        """The rows of each subscription."""
        found: dict[str, Rows] = {}
        for row in self.inputs.beside["subscriptions"].to_pylist():
            found.setdefault(row["subscription"], []).append(row)
        return found

    @cached_property
    def reference(self) -> Reference:
        """The reference, with all accounts and subscriptions."""
        lookups = {name: table.to_pylist() for name, table in self.inputs.lookups.items()}
        every = (row for rows in self.subscriptions.values() for row in rows)
        return Reference(self.inputs.catalog, self.accounts.values(), list(every), lookups)

    # Before the run -----------------------------------------------------------------------------------------------

    def _closed(self) -> str:
        """The last cycle that was closed before the run."""
        rows = self._rows(
            "SELECT max(period) FILTER (WHERE kind <> 'open' AND number < ?) AS closed, "
            "min_by(period, number) AS begins FROM runs",
            [self.number],
        )
        closed: str = rows[0]["closed"] or before(rows[0]["begins"])
        return closed

    def opening(self, owners: Iterable[str]) -> Rows:
        """The counters of some owners as they stood before the run."""
        counters = self.book.query(
            "SELECT charge, owner, period_start, quantity, amount, watermark FROM counters JOIN runs USING (run_id) "
            "WHERE number < ? QUALIFY row_number() OVER (PARTITION BY charge, owner, period_start "
            "ORDER BY number DESC) = 1",
            [self.number],
        )
        rows: Rows = _where(counters, "owner", owners).to_pylist()
        return rows

    def billed(self) -> Rows:
        """What the fees of earlier closes came to, as lines."""
        return [row for row in self.fees_charged() if row["run_id"] != self.run_id]

    def billed_noted(self) -> Rows:
        """What the closes as far as this run have noted as billed."""
        return self._rows(
            "SELECT billed.* FROM billed JOIN runs USING (run_id) WHERE number <= ?",
            [self.number],
        )

    def fees_charged(self) -> Rows:
        """The lines of the fees of all closes as far as this run, with the run of each."""
        parts = self._rows(
            "SELECT run_id, path FROM parts JOIN runs USING (run_id) "
            "WHERE \"table\" = 'lines' AND path LIKE '%/close/%' AND number <= ? ORDER BY number",
            [self.number],
        )
        found: Rows = []
        for part in parts:
            lines = _where(read_table(self.book.folder / part["path"], _FEE), "kind", ("recurring", "one_time"))
            found.extend({**row, "run_id": part["run_id"]} for row in lines.to_pylist())
        return found

    # What the run has stored ----------------------------------------------------------------------------------------

    def parts(self, table: str, folders: str = "%") -> list[Path]:
        """The Parquet files of a table that this run has left, in folders of these names, as far as they are there."""
        rows = self._rows(
            'SELECT path FROM parts WHERE run_id = ? AND "table" = ? AND path LIKE ? ORDER BY path',
            [self.run_id, table, f"%/{folders}/%"],
        )
        paths = [self.book.folder / row["path"] for row in rows]
        return [path for path in paths if path.is_file()]  # of one that is not, `changed_parts` tells

    def stored(self, table: str, column: str, values: Iterable[Any] | None, folders: str = "%") -> Rows:
        """Rows of a table beside the book, those with certain values in a column."""
        wanted = None if values is None else list(values)
        found: Rows = []
        for path in self.parts(table, folders):
            rows = read_table(path)
            found.extend((rows if wanted is None else _where(rows, column, wanted)).to_pylist())
        return found

    def changed_parts(self) -> Iterator[tuple[str, str | None, str]]:
        """(path, hash, and what it should be) of files that the run has left beside the book, and that are not what
        they were; no hash for one that is not there."""
        for row in self._rows("SELECT path, hash FROM parts WHERE run_id = ? ORDER BY path", [self.run_id]):
            path = self.book.folder / row["path"]
            now = file_hash(path) if path.is_file() else None
            if now != row["hash"]:
                yield row["path"], now, row["hash"]

    def has(self, table: str) -> bool:
        """Whether the run kept a table for its usage."""
        return bool(self.parts(table, "part-%")) or not self.files

    def sums(self, table: str) -> Rows:
        """The sums that the run's period was closed from: of this run, and of those before it."""
        rows = self._rows(
            'SELECT path, periods FROM parts JOIN runs USING (run_id) WHERE "table" = ? AND number <= ?',
            [table, self.number],
        )
        paths = [self.book.folder / row["path"] for row in rows if self.period in row["periods"].split(",")]
        found = (row for path in sorted(paths) for row in read_table(path).to_pylist())
        return [row for row in found if row["period"] == self.period]

    # Usage --------------------------------------------------------------------------------------------------------

    @cached_property
    def files(self) -> Rows:
        return self._rows("SELECT * FROM files WHERE run_id = ? ORDER BY name", [self.run_id])

    def changed_files(self) -> Iterator[tuple[str, str, str]]:
        """(name, hash of the content, and what it should be) of usage files that are not what they were. Raises
        `StoreError` for one that is not there."""
        for file in self.files:
            if not Path(file["name"]).is_file():
                raise StoreError(f"{file['name']}: the usage file is not there any more; put it back to be read again")
            now = content_hash(Path(file["name"]))
            if now != file["hash"]:
                yield file["name"], now, file["hash"]

    def usage(self, keys: Iterable[str] | None, without: bool = False) -> list[Batch]:
        """The records of some keys (or of all others, `without` them), but not the duplicates that the run found."""
        values = None if keys is None else pa.array(sorted(keys), pa.string())
        return [self._batch(file, values, without) for file in self.files]

    def record_at(self, name: str, row: int) -> Batch:
        """One record alone. Raises `StoreError` for a row that the file does not have."""
        file = next(file for file in self.files if file["name"] == name)
        mapping = self.mappings[file["mapping"]]
        columns, numbers = usage_columns(self.inputs.catalog, mapping)
        first = 0
        for batch in read(name, mapping, columns, numbers):
            if first <= row < first + batch.num_rows:
                records = records_of(pa.Table.from_batches([batch.slice(row - first, 1)]))
                return Batch(file["mapping"], name, records, file["hash"], [row])
            first += batch.num_rows
        raise StoreError(f"{name}: has {first} rows, and none of number {row} (they count from 0)")

    def key_at(self, name: str, row: int) -> str | None:
        """The key of one record."""
        batch = self.record_at(name, row)
        key = batch.records[0].get(self.mappings[batch.mapping or ""].key)
        return None if key is None else str(key)

    def _batch(self, file: Mapping[str, Any], keys: pa.Array | None, without: bool) -> Batch:
        mapping = self.mappings[file["mapping"]]
        columns, numbers = usage_columns(self.inputs.catalog, mapping)
        refused = pa.array(self._duplicates.get(file["name"], []), pa.int64())
        records: Rows = []
        rows: list[int] = []
        first = 0
        for batch in read(file["name"], mapping, columns, numbers):
            table = common(pa.Table.from_batches([batch]))
            numbered = pa.array(range(first, first + table.num_rows), pa.int64())
            chosen = pc.invert(pc.is_in(numbered, value_set=refused))
            if keys is not None:
                own = pc.is_in(plain(table[mapping.key]), value_set=keys)
                chosen = pc.and_(chosen, pc.invert(own) if without else own)
            records.extend(records_of(table.filter(chosen)))
            rows.extend(numbered.filter(chosen).to_pylist())
            first += table.num_rows
        self.rows_read[file["name"]] = first
        return Batch(file["mapping"], file["name"], records, file["hash"], rows)

    @cached_property
    def commas(self) -> Commas:
        """The columns of files with decimal commas."""
        return commas_of(self.inputs.catalog, ((file["name"], self.mappings[file["mapping"]]) for file in self.files))

    @cached_property
    def _duplicates(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for row in self.rejects:
            if row["code"] in DUPLICATES:
                found.setdefault(row["usage_file"], []).append(row["usage_row"])
        return found

    @cached_property
    def rejects(self) -> Rows:
        """All rejects of the run."""
        return self._rows("SELECT * EXCLUDE (run_id, records) FROM rejects WHERE run_id = ?", [self.run_id])

    def refused(self, source: str) -> Rows:
        """The rejects of what is no record: fees (source `subscription`), or flows of the period (`agreement`)."""
        return [row for row in self.rejects if row["usage_file"] is None and row["source"] == source]

    def counters(self, owners: Iterable[str]) -> Rows:
        """The counters of some owners as the run has left them in the book."""
        counters = self.book.query(
            "SELECT charge, owner, period_start, quantity, amount, watermark FROM counters WHERE run_id = ?",
            [self.run_id],
        )
        rows: Rows = _where(counters, "owner", owners).to_pylist()
        return rows

    def book_rows(self, table: str, documents: Sequence[str]) -> Rows:
        """The rows of some documents in a table of the book."""
        marks = ", ".join("?" for _ in documents) or "NULL"
        sql = f'SELECT * FROM "{table}" WHERE run_id = ? AND document_id IN ({marks})'
        return self._rows(sql, [self.run_id, *documents])

    def _rows(self, sql: str, values: Sequence[Any]) -> Rows:
        rows: Rows = self.book.query(sql, values).to_pylist()
        return rows


def _where(table: pa.Table, column: str, values: Iterable[Any]) -> pa.Table:
    kind = table.schema.field(column).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    found = table[column].cast(kind)
    return table.filter(pc.is_in(found, value_set=pa.array(list(values), kind)))
