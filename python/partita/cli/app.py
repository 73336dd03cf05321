"""The commands, one function each: what they are given, and what they hand it to."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from . import audit, out

app = typer.Typer(
    help="Rating, billing and partner settlement: usage files in; bills, statements and a ledger out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

CatalogPath = Annotated[Path, typer.Argument(help="a folder of YAML or JSON files, or one of them", show_default=False)]
Period = Annotated[str, typer.Option(help="the month that names the cycle, such as 2026-10", show_default=False)]
Store = Annotated[str, typer.Option(help="the book's URL")]
Json = Annotated[bool, typer.Option("--json", help="print data instead of text")]
Accounts = Annotated[Path | None, typer.Option(help="a table of accounts, joining those of the catalog")]
Subscriptions = Annotated[Path | None, typer.Option(help="a table of subscriptions, joining those of the catalog")]
Tables = Annotated[list[str] | None, typer.Option("--table", help="a look-up table, as name=file; may be repeated")]
FailOnRejects = Annotated[bool, typer.Option("--fail-on-rejects", help="leave with code 4 when there are rejects")]
BOOK = "duckdb:///book.duckdb"


class Keep(StrEnum):
    """Which lines are kept."""

    narrow = "narrow"
    itemised = "itemised"
    none = "none"


class Shares(StrEnum):
    """Which shares are kept."""

    sums = "sums"
    lines = "lines"


@app.command()
def check(
    catalog: Annotated[Path | None, typer.Argument(help="a folder of YAML or JSON files, or one of them")] = None,
    tables: Annotated[bool, typer.Option("--tables", help="print the columns that tables need")] = False,
    accounts: Accounts = None,
    subscriptions: Subscriptions = None,
    table: Tables = None,
    json: Json = False,
) -> None:
    """Validate a catalog with the files it names; print its plans and agreements, and who pays whom."""
    from . import catalogs

    catalogs.check(catalog, tables, json, _beside(accounts, subscriptions, table))


@app.command()
def new(
    model: Annotated[
        str | None, typer.Argument(help="a partnership model such as A.4; without one they are listed")
    ] = None,
    name: Annotated[str, typer.Option(help="the agreement's id")] = "my-agreement",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="a file to write it to")] = None,
) -> None:
    """Write an agreement of a partnership model, commented, to fill in."""
    from . import catalogs

    catalogs.new(model, name, output)


@app.command()
def rate(
    catalog: CatalogPath,
    usage: Annotated[list[str], typer.Argument(help="usage files, folders or patterns", show_default=False)],
    output: Annotated[Path, typer.Option("-o", "--output", help="a Parquet file for the rated lines")] = Path(
        "rated.parquet"
    ),
    shares: Annotated[Path | None, typer.Option(help="a Parquet file for the shares")] = None,
    rejects: Annotated[Path | None, typer.Option(help="a Parquet file for the rejects")] = None,
    mapping: Annotated[str | None, typer.Option(help="the usage mapping, where file patterns do not tell")] = None,
    itemised: Annotated[bool, typer.Option("--itemised", help="with ids, times and attributes")] = False,
    check_duplicates: Annotated[bool, typer.Option("--check-duplicates", help="reject what comes twice")] = False,
    accounts: Accounts = None,
    subscriptions: Subscriptions = None,
    table: Tables = None,
    fail_on_rejects: FailOnRejects = False,
    json: Json = False,
) -> None:
    """Rate usage files into a Parquet file, without a book."""
    from . import rating

    beside = _beside(accounts, subscriptions, table)
    outputs = {"lines": output, "shares": shares, "rejects": rejects}
    rejected = rating.rate(catalog, usage, mapping, outputs, itemised, check_duplicates, beside, json)
    _leave(rejected, fail_on_rejects)


@app.command()
def run(
    catalog: CatalogPath,
    usage: Annotated[list[str], typer.Argument(help="usage files, folders or patterns", show_default=False)],
    period: Period,
    store: Store = BOOK,
    open: Annotated[bool, typer.Option("--open", help="rate and count, and leave the period open")] = False,
    trial: Annotated[bool, typer.Option("--trial", help="work all out, and commit nothing")] = False,
    folder: Annotated[Path | None, typer.Option(help="the folder of a trial")] = None,
    keep: Annotated[Keep, typer.Option(help="which rated lines to keep")] = Keep.narrow,
    shares: Annotated[Shares, typer.Option(help="whether to keep each share of usage, or sums")] = Shares.sums,
    accounts: Accounts = None,
    subscriptions: Subscriptions = None,
    table: Tables = None,
    partition_rows: Annotated[int, typer.Option(min=1, help="records in memory at once, about")] = 1_000_000,
    fail_on_rejects: FailOnRejects = False,
    json: Json = False,
) -> None:
    """Rate the usage of a period and close it: bills, statements and entries into the book."""
    from . import runs

    beside = _beside(accounts, subscriptions, table)
    options = {"open": open, "keep": keep.value, "shares": shares.value, "partition_rows": partition_rows}
    _leave(runs.run(catalog, usage, period, store, _trial(trial, folder), options, beside, json), fail_on_rejects)


@app.command()
def close(
    catalog: CatalogPath,
    period: Period,
    store: Store = BOOK,
    trial: Annotated[bool, typer.Option("--trial", help="work all out, and commit nothing")] = False,
    folder: Annotated[Path | None, typer.Option(help="the folder of a trial")] = None,
    accounts: Accounts = None,
    subscriptions: Subscriptions = None,
    table: Tables = None,
    fail_on_rejects: FailOnRejects = False,
    json: Json = False,
) -> None:
    """Close a period that `run --open` has filled."""
    from . import runs

    beside = _beside(accounts, subscriptions, table)
    _leave(runs.close(catalog, period, store, _trial(trial, folder), beside, json), fail_on_rejects)


@app.command()
def undo(
    run: Annotated[str | None, typer.Argument(help="the run's id, to be sure that it is the latest")] = None,
    store: Store = BOOK,
    json: Json = False,
) -> None:
    """Take back the latest run, as long as none of its documents is issued."""
    from . import runs

    runs.undo(store, run, json)


@app.command()
def rejects(
    run: Annotated[str, typer.Argument(help="the run's id, or its beginning", show_default=False)],
    store: Store = BOOK,
    output: Annotated[Path, typer.Option("-o", "--output", help="a new folder for the records")] = Path("rejects"),
    json: Json = False,
) -> None:
    """Write a run's rejected records with the reasons, ready to correct and send again."""
    from . import runs

    runs.send_back(run, store, output, json)


@app.command()
def report(
    run: Annotated[str | None, typer.Argument(help="a run's id; without one the latest that closed a period")] = None,
    store: Store = BOOK,
    period: Annotated[str | None, typer.Option(help="the run that closed this period")] = None,
    book: Annotated[str | None, typer.Option(help="the trial balance of one party, account by account")] = None,
    top: Annotated[int, typer.Option(min=0, help="how many rows of each list to show")] = 10,
    csv: Annotated[Path | None, typer.Option(help="a folder to write every table to, as CSV")] = None,
    parquet: Annotated[Path | None, typer.Option(help="a folder to write every table to, as Parquet")] = None,
    json: Json = False,
) -> None:
    """Show bills, statements and trial balances, or write every table to files."""
    from . import reports

    reports.report(store, run, period, book, top, {"csv": csv, "parquet": parquet}, json)


@app.command()
def demo(
    model: Annotated[str, typer.Argument(help="the partnership model to play")] = "A.4",
    records: Annotated[int, typer.Option(min=1, help="how many calls to make up")] = 100_000,
    seed: Annotated[int, typer.Option(min=0, help="other calls for another number")] = 1,
    store: Annotated[str | None, typer.Option(help="a book to keep it in; else it is thrown away")] = None,
) -> None:
    """Play a month of a partnership model on made-up usage, from calls to ledgers."""
    from . import demos

    demos.play(model, records, seed, store)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(context: typer.Context) -> None:
    """Run the benchmarks of a checkout; each prints its target and figure. Takes their names and options."""
    from . import benches

    raise typer.Exit(benches.run(context.args))


app.command()(audit.verify)
app.command()(audit.explain)


@app.callback(invoke_without_command=True)
def partita(
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
) -> None:
    """Rating, billing and partner settlement: usage files in; bills, statements and a ledger out."""
    if version:
        from partita import __version__

        out.console().print(f"partita {__version__}", highlight=False)
        raise typer.Exit


def _beside(accounts: Path | None, subscriptions: Path | None, tables: list[str] | None) -> dict[str, Any]:
    """The tables handed over beside the catalog, by the names that the API has for them."""
    named = [table.partition("=") for table in tables or ()]
    for name, sign, file in named:
        if not (name and sign and file):
            raise typer.BadParameter(f"{name}: write name=file", param_hint="--table")
    lookups = {name: Path(file).absolute() for name, _, file in named}
    whole = {"accounts": accounts and accounts.absolute(), "subscriptions": subscriptions and subscriptions.absolute()}
    return {**whole, "tables": lookups or None}


def _trial(trial: bool, folder: Path | None) -> bool | Path | None:
    if folder is not None and not trial:
        raise typer.BadParameter("is where a trial is put; give --trial too", param_hint="--folder")
    return (folder or True) if trial else None


def _leave(rejected: int, fail_on_rejects: bool) -> None:
    if rejected and fail_on_rejects:
        raise typer.Exit(4)
