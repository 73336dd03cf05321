"""demo: a month of a partnership model, from made-up calls to ledgers."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import typer

from partita import cycle, demo
from partita.store import open_store

from . import out, reports


def play(model: str, records: int, seed: int, store: str | None) -> None:
    """Make up usage, run it, and show what came of it. Without a store all of it is thrown away afterwards."""
    if model not in demo.models():
        raise typer.BadParameter(f"{model!r} is none of {', '.join(demo.models())}", param_hint="MODEL")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) if store is None else _folder_beside(store)
        store = store or f"duckdb:///{folder}/book.duckdb"
        out.say(f"Partita plays {model} on {records:,} made-up calls (seed {seed}).\n")
        made = demo.prepare(model, records, seed, folder)
        _show_catalog(made)
        run = _run(made, store)
        with open_store(store, read_only=True) as book:
            row = book.run(run.run_id)
            assert row is not None
            reports.show(book, row, top=5)
        if folder.exists() and not folder.is_relative_to(tempfile.gettempdir()):
            out.say(f"\nIn {folder} lie the catalog, the tables and the calls; go on with")
            out.say(f"  partita report --store {store}\n  partita rejects {run.run_id[:8]} --store {store}")


def _folder_beside(store: str) -> Path:
    with open_store(store) as book:
        folder = book.folder.with_suffix(".demo")
    folder.mkdir(exist_ok=True)
    return folder


def _show_catalog(made: demo.Demonstration) -> None:
    from partita.catalog import load
    from partita.catalog.show import show

    show(load(made.catalog), out.console())
    out.say(f"\n{made.customers:,} customers beside it, from tables.\n")


def _run(made: demo.Demonstration, store: str) -> cycle.Run:
    """Run it, and say how long it took."""
    started = time.perf_counter()
    with out.progress() as progress:
        run = cycle.run(
            made.catalog,
            made.usage,
            made.period,
            store,
            progress=progress,
            accounts=made.accounts.absolute(),
            subscriptions=made.subscriptions.absolute(),
        )
    seconds = time.perf_counter() - started
    bills, statements = (getattr(run, kind).num_rows for kind in ("bills", "statements"))
    documents = f"{out.counted(bills, 'bill')}, {out.counted(statements, 'statement')}"
    out.say(f"{run.rated:,} calls rated, {run.rejected:,} rejected; {documents}: {seconds:.1f} s\n")
    return run
