"""One billing run, from its inputs to the book.

`run` rates the usage of a period and closes it (or leaves it open), `close` closes one that open runs have filled,
`undo` takes the latest run back. What goes in decides which run it is; the same again is that run.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from partita.calendar import cycle
from partita.catalog import Catalog, load
from partita.catalog.usage import mappings
from partita.errors import StoreError
from partita.store import DEFAULT, Book, open_store

from . import inputs
from . import plan as planning
from .commit import log_entry
from .file import File
from .gather import Progress
from .plan import PARTITION_ROWS, Plan
from .result import Run, of_row
from .verbs import Verbs
from .work import Work, tidy

Keep = Literal["narrow", "itemised", "none"]
Shares = Literal["sums", "lines"]


def run(
    catalog: Catalog | str | Path,
    usage: str | Path | Iterable[str | Path],
    period: str,
    store: str = DEFAULT,
    *,
    open: bool = False,
    trial: bool | str | Path | None = None,
    keep: Keep = "narrow",
    shares: Shares = "sums",
    progress: Progress | None = None,
    accounts: Any = None,
    subscriptions: Any = None,
    tables: Mapping[str, Any] | None = None,
    partition_rows: int = PARTITION_ROWS,
) -> Run:
    """Rate usage files, and close the period named `period` (`2026-10`): bills, statements, entries in the book.

    `usage` is a file, a folder, a pattern or several of them. With `open` the period stays open: usage is rated and
    counted, and `close` makes the documents. With `trial` all is worked out in a folder (True: one beside the book),
    and nothing is committed. `keep` says which lines are kept (`itemised`: with ids, times and attributes), `shares`
    whether each share is kept or only sums. `progress(stage, done, total)` is told how far it is. `partition_rows` is
    how many records, about, are in memory at once; no figure depends on it.

    The same inputs again are the same run: it is returned with `replayed`, and nothing is written. Raises
    `CatalogError`, `UsageSchemaError` (for a file that changes while it is read, too), `PeriodError` when the period is
    closed or not the next one, and `StoreError`.

    >>> import tempfile, partita
    >>> from pathlib import Path
    >>> catalog = partita.load({
    ...     "parties": {"nordtel": {}},
    ...     "accounts": {"a-1": {"owner": "c-1", "currency": "SEK"}},
    ...     "subscriptions": {"s-1": {"account": "a-1", "keys": ["46701"], "plans": "start"}},
    ...     "plans": {"start": {
    ...         "seller": "nordtel", "currency": "SEK", "charges": {"calls": {"unit": {"price": "0.35"}}},
    ...     }},
    ...     "usage": {"calls": {"files": "*.csv", "id": "none", "quantity": "minutes"}},
    ... })
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "october.csv").write_text("time,key,minutes\\n2026-10-05T10:00:00Z,46701,7\\n")
    ...     october = partita.run(catalog, folder, "2026-10", f"duckdb:///{folder}/book.duckdb")
    ...     print(october.rated, october.bills["net"].to_pylist(), october.entries.num_rows)
    1 [Decimal('2.450000000000')] 4
    """
    started = time.monotonic()
    cycle(period, "UTC")
    catalog = _loaded(catalog)
    with planning.hashing(planning.assigned(catalog, usage)) as hashed:
        verbs = Verbs(catalog, accounts, subscriptions, tables)
        files = hashed()
    with _opened(store, trial) as book:
        kind = "open" if open else "run"
        plan = _plan(book, verbs, kind, period, files, planning.partitions_of(files, partition_rows), keep, shares)
        existing = book.run(plan.run_id)
        if existing is not None:
            tidy(book.folder / plan.run_id)  # an attempt killed after its commit has left something
            return of_row(existing, book.url, book.folder / plan.run_id, replayed=True)
        planning.check_period(kind, period, book.closed(), book.begins(), book.closed_by(period))
        if not trial:
            inputs.keep(book.folder, plan.terms, plan.tables, verbs.catalog, verbs.engine)
        return Work(plan, verbs, book, progress, trial, started).carry_out()


def close(
    catalog: Catalog | str | Path,
    period: str,
    store: str = DEFAULT,
    *,
    trial: bool | str | Path | None = None,
    progress: Progress | None = None,
    accounts: Any = None,
    subscriptions: Any = None,
    tables: Mapping[str, Any] | None = None,
) -> Run:
    """Close a period that open runs have filled: fees, bills, statements, entries.

    Raises `PeriodError` when it is closed already or not the next one. An attempt that was killed right after its
    commit is found to be done when it is made again.

    >>> import tempfile, partita
    >>> from pathlib import Path
    >>> from partita import demo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made, store = demo.prepare("A.4", 500, 1, Path(folder)), f"duckdb:///{folder}/book.duckdb"
    ...     beside = {"accounts": made.accounts, "subscriptions": made.subscriptions}
    ...     usage = partita.run(made.catalog, made.usage, made.period, store, open=True, **beside)
    ...     print(usage.kind, usage.documents.num_rows)
    ...     closed = close(made.catalog, made.period, store, **beside)
    ...     print(closed.kind, closed.bills.num_rows, closed.statements.num_rows)
    open 0
    close 10 1
    """
    started = time.monotonic()
    cycle(period, "UTC")
    verbs = Verbs(_loaded(catalog), accounts, subscriptions, tables)
    with _opened(store, trial) as book:
        plan = _plan(book, verbs, "close", period, (), 0, "narrow", "sums")
        existing = book.run(plan.run_id)
        if existing is not None and tidy(book.folder / plan.run_id):
            return of_row(existing, book.url, book.folder / plan.run_id, replayed=True)
        planning.check_period("close", period, book.closed(), book.begins(), book.closed_by(period))
        if not trial:
            inputs.keep(book.folder, plan.terms, plan.tables, verbs.catalog, verbs.engine)
        return Work(plan, verbs, book, progress, trial, started).carry_out()


def undo(store: str = DEFAULT, run_id: str | None = None) -> Run:
    """Take back the latest run, and what it has written, in one transaction; `run_id` guards against another one.

    Raises `PeriodError` when that is not the latest run, or when one of its documents is issued, and `StoreError`
    when there is no book or no run.

    >>> import tempfile, partita
    >>> from pathlib import Path
    >>> from partita import demo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made, store = demo.prepare("A.4", 500, 1, Path(folder)), f"duckdb:///{folder}/book.duckdb"
    ...     beside = {"accounts": made.accounts, "subscriptions": made.subscriptions}
    ...     october = partita.run(made.catalog, made.usage, made.period, store, **beside)
    ...     taken_back = undo(store)
    ...     print(taken_back.run_id == october.run_id, october.documents.num_rows)
    True 0
    """
    started = time.monotonic()
    with open_store(store, make=False) as book:
        row = book.latest() if run_id is None else book.run(run_id)
        if row is None:
            raise StoreError(f"{book.url}: no run {run_id or 'to take back'}")
        book.undo(row["run_id"], log_entry("undo", row["run_id"], row["period"], started))
        folder = book.folder / row["run_id"]
        shutil.rmtree(folder, ignore_errors=True)
        return of_row(row, book.url, folder)


def _loaded(catalog: Catalog | str | Path) -> Catalog:
    return catalog if isinstance(catalog, Catalog) else load(catalog)


def _opened(store: str, trial: bool | str | Path | None) -> Book:
    """The book of a run; a trial only reads it, and can do without one."""
    return open_store(store, read_only=bool(trial), or_empty=bool(trial))


def _plan(
    book: Book,
    verbs: Verbs,
    kind: str,
    period: str,
    files: tuple[File, ...],
    partitions: int,
    keep: str,
    shares: str,
) -> Plan:
    engine = verbs.engine
    terms, tables = (
        planning.hash_terms(engine.terms, mappings(verbs.catalog.usage)),
        planning.hash_tables(engine.beside, engine.lookups),
    )
    latest, closed = book.latest(), book.closed()
    return Plan(
        run_id=planning.identity(kind, period, verbs.rules, terms, tables, files),
        kind=kind,
        period=period,
        files=files,
        partitions=partitions,
        terms=terms,
        tables=tables,
        rules=verbs.rules,
        opening=None if latest is None else latest["run_id"],
        history=planning.history_of(book.runs()),
        closed=closed or planning.before(book.begins() or period),
        keep=keep,
        shares=shares,
    )
