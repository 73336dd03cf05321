"""What a run has come to, read from its book (or from the folder of a trial) when it is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from partita.errors import StoreError
from partita.store import open_store
from partita.store.schema import TABLES, conform

from .closing import BOOKS
from .closing import NAME as CLOSE
from .folder import MANIFEST, read_table


@dataclass(frozen=True)
class Run:
    """A run: `run_id`, `period`, its `kind` (`run`, `open`, `close` or `trial`) and its control totals.

    `replayed` says that the run existed already and nothing was written. Tables are pyarrow Tables; those of a run
    that was since taken back are empty.
    """

    run_id: str
    period: str
    kind: str
    store: str
    folder: Path
    rows: int
    skipped: int
    rated: int
    rejected: int
    replayed: bool = False

    @property
    def documents(self) -> pa.Table:
        """Bills and statements."""
        return self._table("documents")

    @property
    def bills(self) -> pa.Table:
        """Documents from customers to sellers."""
        return self._of_kind("bill")

    @property
    def statements(self) -> pa.Table:
        """Documents between partners."""
        return self._of_kind("statement")

    @property
    def document_lines(self) -> pa.Table:
        return self._table("document_lines")

    @property
    def entries(self) -> pa.Table:
        """Postings in both parties' books."""
        return self._table("entries")

    @property
    def positions(self) -> pa.Table:
        """What each party is owed and owes."""
        return self._table("positions")

    @property
    def notices(self) -> pa.Table:
        """What a person should know."""
        return self._table("notices")

    @property
    def lines(self) -> pa.Table:
        """Rated lines of all kinds, as far as they were kept."""
        return self._parts("lines")

    @property
    def shares(self) -> pa.Table:
        """Shares, as far as they were kept; those of fees and of whole periods always are."""
        return self._parts("shares")

    @property
    def rejects(self) -> pa.Table:
        """Records and fees that were not charged, flows of the period that could not be computed, and why."""
        return self._parts("rejects")

    @property
    def uncharged(self) -> int:
        """How many fees of the period were not charged, and flows of it could not be computed: `rejects` says why."""
        told = self.folder / CLOSE / "rejects.parquet"
        return read_table(told).num_rows if told.is_file() else 0

    @property
    def unidentified(self) -> list[str]:
        """The files whose records have no ids, so that it could not be checked whether some come twice in them, or came
        in another file before (semantics §8)."""
        manifests = [_manifest(path) for path in self.folder.glob(f"*/{MANIFEST}")]
        totals = (entry for manifest in manifests for entry in manifest.get("totals", ()))
        return sorted({entry["file"] for entry in totals if entry["rows"] and not entry.get("has_ids", True)})

    @property
    def counters(self) -> pa.Table:
        """The counters that the run moved, as it left them."""
        return self._parts("counters")

    def _of_kind(self, kind: str) -> pa.Table:
        documents = self.documents
        return documents.filter(pc.equal(documents["kind"], kind))

    def _table(self, name: str) -> pa.Table:
        if self.kind != "trial":
            with open_store(self.store, read_only=True) as book:
                return book.table(name, run_id=self.run_id).drop_columns(["run_id"])
        path = self.folder / CLOSE / f"{name}.parquet"
        assert name in BOOKS
        table = read_table(path) if path.is_file() else TABLES[name].empty_table()
        return conform(table, TABLES[name]).drop_columns(["run_id"])

    def _parts(self, name: str) -> pa.Table:
        return joined(read_table(path) for path in sorted(self.folder.glob(f"*/{name}.parquet")))

    def __repr__(self) -> str:
        counts = f"rows={self.rows}, skipped={self.skipped}, rated={self.rated}, rejected={self.rejected}"
        return f"Run({self.run_id[:12]}, {self.kind} {self.period}, {counts})"


def joined(tables: Iterable[pa.Table]) -> pa.Table:
    """Tables of one schema as one; dictionaries are joined."""
    found = list(tables)
    if not found:
        raise StoreError("the run has kept no such table")
    return pa.concat_tables(found, promote_options="default").unify_dictionaries()


def of_row(row: dict[str, Any], store: str, folder: Path, replayed: bool = False) -> Run:
    """A run by its row in the book."""
    counts = {name: row[name] for name in ("rows", "skipped", "rated", "rejected")}
    return Run(row["run_id"], row["period"], row["kind"], store, folder, **counts, replayed=replayed)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read: {error}") from error
    return manifest
