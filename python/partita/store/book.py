"""A book: what runs have committed, and the questions that the next run asks of it.

The questions are SQL that any of our databases understands; what differs between them (connecting, Arrow in and out)
is in the subclass of each. All that a run writes arrives in one transaction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from partita.errors import PeriodError

from .schema import RUN_LOG, TABLES, conform, fitted

_EARLIER = "(? IS NULL OR number < (SELECT number FROM runs WHERE run_id = ?))"


class Book(ABC):
    """A book that is open. Close it, or use it in a `with` statement, to let others have it."""

    url: str
    folder: Path
    """Where the folders of its runs lie."""

    @abstractmethod
    def query(self, sql: str, values: Sequence[Any] = ()) -> pa.Table:
        """The rows of a query, `?` standing for the values in their order."""

    @abstractmethod
    def execute(self, sql: str, values: Sequence[Any] = ()) -> None: ...

    @abstractmethod
    def insert(self, name: str, parts: Iterable[pa.Table]) -> None:
        """Add rows to a table, column by column name; what is missing is null. The parts have columns of the same names
        and are asked for one by one; nobody relies on the order of rows."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """All that is done within happens, or nothing of it."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # Runs and cycles ----------------------------------------------------------------------------------------------

    def runs(self) -> list[dict[str, Any]]:
        """All runs, the first one first."""
        return self._rows("SELECT * FROM runs ORDER BY number")

    def run(self, run_id: str) -> dict[str, Any] | None:
        """A run by its id, or by the beginning of its id where that is the only one."""
        found = self._rows("SELECT * FROM runs WHERE starts_with(run_id, ?)", [run_id]) if run_id else []
        exact = [row for row in found if row["run_id"] == run_id]
        return next(iter(exact or (found if len(found) == 1 else [])), None)

    def latest(self) -> dict[str, Any] | None:
        """The latest run."""
        return next(iter(self._rows("SELECT * FROM runs ORDER BY number DESC LIMIT 1")), None)

    def begins(self) -> str | None:
        """The first period of the book: that of its first run. Earlier cycles count as closed."""
        return self._value("SELECT period FROM runs ORDER BY number LIMIT 1")

    def closed(self) -> str | None:
        """The last period that was closed."""
        return self._value("SELECT max(period) FROM cycles WHERE state = 'closed'")

    def closed_by(self, period: str) -> str | None:
        """The run that closed a period."""
        return self._value("SELECT run_id FROM cycles WHERE state = 'closed' AND period = ?", [period])

    # What the next run starts from --------------------------------------------------------------------------------

    def counters(self, before: str | None = None) -> pa.Table:
        """Where all counters stand: the latest row of each; or where they stood before a run."""
        return self.query(
            "SELECT charge, owner, period_start, quantity, amount, watermark FROM counters JOIN runs USING (run_id) "
            f"WHERE {_EARLIER} "
            "QUALIFY row_number() OVER (PARTITION BY charge, owner, period_start ORDER BY number DESC) = 1 "
            "ORDER BY charge, owner, period_start",
            [before, before],
        )

    def billed(self, before: str | None = None) -> pa.Table:
        """What the fees of earlier closes came to, by subscription, charge and cycle covered; or those before a run."""
        return self.query(
            "SELECT subscription, plan, charge, service_period, sum(amount) AS amount FROM billed "
            f"JOIN runs USING (run_id) WHERE {_EARLIER} GROUP BY ALL ORDER BY ALL",
            [before, before],
        )

    def carried(self, period: str) -> pa.Table:
        """What the close of a period carried forward."""
        columns = "agreement, payer_account, payee_account, currency, amount"
        return self.query(f"SELECT {columns} FROM carried WHERE period = ? ORDER BY ALL", [period])

    def parts(self, table: str, run_id: str | None = None) -> list[dict[str, Any]]:
        """The Parquet files of a table, in the order in which they were committed."""
        sql = 'SELECT parts.* FROM parts JOIN runs USING (run_id) WHERE "table" = ? AND (? IS NULL OR run_id = ?)'
        return self._rows(f"{sql} ORDER BY number, path", [table, run_id, run_id])

    def table(self, name: str, run_id: str | None = None, period: str | None = None) -> pa.Table:
        """A table of the book, or of one run or period, in the order of its columns."""
        wanted = {"run_id": run_id, "period": period}
        wanted = {column: value for column, value in wanted.items() if value is not None}
        where = " AND ".join(f"{column} = ?" for column in wanted) or "TRUE"
        return conform(
            self.query(f'SELECT * FROM "{name}" WHERE {where} ORDER BY ALL', list(wanted.values())), TABLES[name]
        )

    # What a run writes --------------------------------------------------------------------------------------------

    def commit(self, tables: Iterable[tuple[str, pa.Table]], log: Mapping[str, Any]) -> None:
        """Write a run: its row in `runs` and all else, in one transaction. Parts of a table that follow each other are
        written together, which is faster."""
        with self.transaction():
            for name, parts in groupby(tables, key=itemgetter(0)):
                self.insert(name, (fitted(table, TABLES[name]) for _, table in parts))
            self._log(log)

    def undo(self, run_id: str, log: Mapping[str, Any]) -> None:
        """Take back the latest run, in one transaction. Raises `PeriodError` for another run, and when one of its
        documents has a number."""
        with self.transaction():
            latest = self.latest()
            if latest is None or latest["run_id"] != run_id:
                raise PeriodError(f"{run_id} is not the latest run, and only that can be taken back")
            issued = self._value("SELECT document_id FROM documents WHERE run_id = ? AND number IS NOT NULL", [run_id])
            if issued is not None:
                raise PeriodError(f"{issued} is issued; correct the documents of {run_id} in the next period instead")
            for name in TABLES:
                self.execute(f'DELETE FROM "{name}" WHERE run_id = ?', [run_id])
            self._log(log)

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.query(sql, values).to_pylist()
        return rows

    def _value(self, sql: str, values: Sequence[Any] = ()) -> str | None:
        """The first text that a query finds."""
        column = self.query(sql, values).column(0)
        return None if len(column) == 0 else column[0].as_py()

    def _log(self, log: Mapping[str, Any]) -> None:
        self.insert("run_log", [conform(pa.Table.from_pylist([dict(log)]), RUN_LOG)])
