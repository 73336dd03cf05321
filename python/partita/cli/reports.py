"""report: what a run has made, on the terminal, as data, or as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from partita.cycle.export import write_tables
from partita.errors import PeriodError, StoreError
from partita.store import Book, open_store

from . import out
from .picture import picture

KINDS = {"bill": "Bills", "statement": "Statements"}


def report(
    store: str,
    run_id: str | None,
    period: str | None,
    party: str | None,
    top: int,
    folders: Mapping[str, Path | None],
    json: bool,
) -> None:
    """Show the documents and books of a run; with folders, write every table there instead."""
    with open_store(store, read_only=True) as book:
        written = [write_tables(book, run_id, period, folder, kind) for kind, folder in folders.items() if folder]
        if written:
            for path in sorted(path for paths in written for path in paths):
                out.say(path.as_posix())
            return
        row = _chosen(book, run_id, period)
        if json:
            out.data(_as_data(book, row))
        elif party is not None:
            _one_book(book, row, party)
        else:
            show(book, row, top)


def show(book: Book, row: Mapping[str, Any], top: int) -> None:
    """A run's documents, trial balances and flows of money, as text."""
    out.say(f"run {row['run_id']}, {row['period']}: {row['rows']:,} rows, {row['rated']:,} rated")
    _rejects(book, row["run_id"])
    for kind in KINDS:
        _documents(book, row, kind, top)
    _trial_balances(book, row, top)
    for notice in book.table("notices", run_id=row["run_id"]).to_pylist():
        out.say(f"notice {notice['code']}: {notice['subject']}: {notice['text']}")
    out.console().print(picture(totals(book, row["run_id"])))


def totals(book: Book, run_id: str) -> list[dict[str, Any]]:
    """What went from whom to whom under which contract; customers who pay bills count as one."""
    rows: list[dict[str, Any]] = book.query(
        "SELECT kind, contract, CASE WHEN kind = 'bill' THEN NULL ELSE payer END AS payer, payee, currency, "
        "count(DISTINCT payer) AS payers, any_value(payer) AS one, count(*) AS documents, sum(gross) AS gross "
        "FROM documents WHERE run_id = ? GROUP BY ALL ORDER BY kind, contract, payee, currency, 3",
        [run_id],
    ).to_pylist()
    return rows


def _chosen(book: Book, run_id: str | None, period: str | None) -> dict[str, Any]:
    """The run asked for, or the latest that closed a period."""
    if run_id is not None:
        row = book.run(run_id)
        if row is None:
            raise StoreError(f"{book.url}: no run {run_id!r}")
        return row
    closed = period or book.closed()
    if closed is None:
        raise PeriodError(f"{book.url}: no period is closed yet; `partita close` makes bills and statements")
    row = book.run(book.closed_by(closed) or "")
    if row is None:
        raise PeriodError(f"{book.url}: {closed} is not closed")
    return row


def _rejects(book: Book, run_id: str) -> None:
    """How many records and fees were rejected for which reasons."""
    reasons = book.query(
        "SELECT name, count(*) AS records FROM rejects WHERE run_id = ? GROUP BY name ORDER BY records DESC, name",
        [run_id],
    ).to_pylist()
    if reasons:
        out.say("rejected: " + ", ".join(f"{reason['records']:,} {reason['name']}" for reason in reasons))
    out.say()


def _documents(book: Book, row: Mapping[str, Any], kind: str, top: int) -> None:
    sums = book.query(
        "SELECT currency, count(*) AS documents, sum(gross) AS gross FROM documents "
        "WHERE run_id = ? AND kind = ? GROUP BY currency ORDER BY currency",
        [row["run_id"], kind],
    ).to_pylist()
    if not sums:
        return
    largest = book.query(
        "SELECT contract, payer_account, payee_account, gross, currency, due_date FROM documents "
        f"WHERE run_id = ? AND kind = ? ORDER BY gross DESC, document_id LIMIT {top:d}",
        [row["run_id"], kind],
    ).to_pylist()
    rows = [[*entry.values()] for entry in largest]
    rows = [[contract, payer, payee, out.money(gross), *rest] for contract, payer, payee, gross, *rest in rows]
    columns = ("contract", "from account", "to account", "amount", "currency", "due")
    whole = "; ".join(f"{s['documents']:,} with {out.money(s['gross'])} {s['currency']}" for s in sums)
    shown = f", the largest {len(rows)}" if sum(s["documents"] for s in sums) > len(rows) else ""
    out.table(f"{KINDS[kind]}: {whole}{shown}", columns, rows, numbers=("amount",))


def _trial_balances(book: Book, row: Mapping[str, Any], top: int) -> None:
    """The books of those who earn, by kinds of accounts, the busiest first; those who only pay together."""
    run_id = row["run_id"]
    earners = book.query(
        "SELECT book FROM entries WHERE run_id = ? AND book IN (SELECT payee FROM documents WHERE run_id = ?) "
        "GROUP BY book ORDER BY count(*) DESC, book",
        [run_id, run_id],
    )["book"].to_pylist()
    for name in earners[:top]:
        _balance(f"Trial balance of {name}", _by_kind(book, run_id, "book = ?", [name]))
    if len(earners) > top:
        out.say(f"and {len(earners) - top:,} more books; `--book` shows one of them\n")
    others = "book NOT IN (SELECT payee FROM documents WHERE run_id = ?)"
    count = book.query(
        f"SELECT count(DISTINCT book) AS books FROM entries WHERE run_id = ? AND {others}", [run_id, run_id]
    )["books"][0].as_py()
    if count:
        who = "1 party who only pays" if count == 1 else f"{count:,} parties who only pay, together"
        _balance(f"Trial balance of {who}", _by_kind(book, run_id, others, [run_id]))


def _by_kind(book: Book, run_id: str, where: str, values: Sequence[str]) -> pa.Table:
    """Entries by kind of account and currency."""
    return book.query(
        "SELECT split_part(ledger_account, ':', 1) AS account, count(DISTINCT counterparty) AS counterparties, "
        f"currency, sum(debit) AS debit, sum(credit) AS credit FROM entries WHERE run_id = ? AND {where} "
        "GROUP BY ALL ORDER BY currency, account",
        [run_id, *values],
    )


def _one_book(book: Book, row: Mapping[str, Any], party: str) -> None:
    """A book account by account."""
    balance = book.query(
        "SELECT ledger_account AS account, counterparty, currency, sum(debit) AS debit, sum(credit) AS credit "
        "FROM entries WHERE run_id = ? AND book = ? GROUP BY ALL ORDER BY currency, account",
        [row["run_id"], party],
    )
    if balance.num_rows == 0:
        raise StoreError(f"{book.url}: run {row['run_id'][:12]} has no entries in a book of {party!r}")
    _balance(f"Trial balance of {party}, {row['period']}", balance)


def _balance(title: str, balance: pa.Table) -> None:
    rows = balance.to_pylist()
    drawn = [[*list(row.values())[:3], out.money(row["debit"]), out.money(row["credit"])] for row in rows]
    for currency in sorted({row["currency"] for row in rows}):
        own = [row for row in rows if row["currency"] == currency]
        sums = [out.money(sum(row[side] for row in own)) for side in ("debit", "credit")]
        drawn.append(["total", None, currency, *sums])
    out.table(title, balance.column_names, drawn, numbers=("debit", "credit", "counterparties"))


def _as_data(book: Book, row: Mapping[str, Any]) -> dict[str, Any]:
    run_id = row["run_id"]
    documents = book.table("documents", run_id=run_id).to_pylist()
    balances = book.query(
        "SELECT book, ledger_account, currency, sum(debit) AS debit, sum(credit) AS credit FROM entries "
        "WHERE run_id = ? GROUP BY ALL ORDER BY ALL",
        [run_id],
    )
    return {
        "run": dict(row),
        "bills": [document for document in documents if document["kind"] == "bill"],
        "statements": [document for document in documents if document["kind"] == "statement"],
        "trial_balance": balances.to_pylist(),
        "positions": book.table("positions", run_id=run_id).to_pylist(),
        "notices": book.table("notices", run_id=run_id).to_pylist(),
    }
