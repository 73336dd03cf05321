"""verify and explain: a run once more, and one line of it in all its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import out

if TYPE_CHECKING:
    from partita.audit import Verification

Store = Annotated[str, typer.Option(help="the book's URL")]
Json = Annotated[bool, typer.Option("--json", help="print data instead of text")]
BOOK = "duckdb:///book.duckdb"
_CONTROL = ("runs", "cycles", "files", "parts", "billed")
"""Tables that are of the run as a whole: there is nothing to be told by how many rows of them were checked."""


def verify(
    run: Annotated[str | None, typer.Argument(help="a run's id, or its beginning; without one the latest")] = None,
    store: Store = BOOK,
    sample: Annotated[int | None, typer.Option(min=0, help="how many accounts to rate again (100)")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="rate all accounts again")] = False,
    seed: Annotated[int, typer.Option(min=0, help="other accounts for another number")] = 0,
    json: Json = False,
) -> None:
    """Compute a run once more by the reference, and compare; leaves with code 1 when something differs."""
    from partita import audit

    found = audit.verify(store, sample, whole, seed, run)
    if json:
        out.data(found.to_dict())
    else:
        _told(found)
    raise typer.Exit(0 if found.clean else 1)


def explain(
    line: Annotated[str, typer.Argument(help="a line's id, or file:row of its record", show_default=False)],
    run: Annotated[str | None, typer.Option(help="a run's id, or its beginning; without one the latest")] = None,
    store: Store = BOOK,
    json: Json = False,
) -> None:
    """Show how one line came to be, from its usage record to the ledger."""
    from partita import audit

    found = audit.explain(store, line, run)
    if json:
        out.data(found.to_dict())
    else:
        for step in found.steps:
            out.console().print(step.title, style="bold")
            for sentence in step.words:
                out.say(f"  {sentence}")
        for difference in found.differences:
            out.say(f"not as stored: {difference}")
        if not found.differences:
            out.say("all of this is what the book has")
    raise typer.Exit(1 if found.differences else 0)


def _told(found: Verification) -> None:
    rows = {table: number for table, number in found.checked.items() if number and table not in _CONTROL}
    counts = ", ".join(f"{number:,} {table.replace('_', ' ')}" for table, number in rows.items())
    out.say(f"run {found.run_id}: checked {counts}")
    for difference in found.differences:
        out.say(str(difference))
    for table, number in found.found.items():
        shown = sum(difference.table == table for difference in found.differences)
        if number > shown:
            out.say(f"{table}: {number - shown:,} more differences")
    out.say("no differences" if found.clean else f"{sum(found.found.values()):,} differences")
