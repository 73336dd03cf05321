"""What commands print: text and tables on a terminal, JSON when data is asked for, progress while they work."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

NARROWEST = 100
"""Where the output is no terminal, tables are as wide as they need to be, from here on."""


@cache
def console() -> Console:
    """The standard output. Text is printed as it is: ids may have brackets, and lines are not folded in files."""
    from rich.console import Console

    class Piped(Console):
        """A console whose reader may leave: that is no error of ours."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    width = None if sys.stdout.isatty() else 200
    return Piped(width=width, soft_wrap=False, highlight=False, markup=False)


def say(text: str = "") -> None:
    """A line of text."""
    console().print(text, soft_wrap=True)


def data(value: Any) -> None:
    """Data as JSON: decimals and dates are text, and what the output cannot encode is escaped."""
    unicode = codecs.lookup(sys.stdout.encoding or "ascii").name.startswith("utf")
    print(json.dumps(value, ensure_ascii=not unicode, indent=1, default=_plain))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], numbers: Sequence[str] = ()) -> None:
    """A table; the columns in `numbers` stand flush right."""
    from rich import box
    from rich.table import Table as RichTable

    drawn: Table = RichTable(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        drawn.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*("" if value is None else str(value) for value in row))
    console().print(drawn)


def counted(count: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "bill"), counted(2_000, "bill")
    ('1 bill', '2,000 bills')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def money(amount: Decimal) -> str:
    """An amount with thousands apart, and at least two decimals.

    >>> money(Decimal("-1234567.500000000000")), money(Decimal("0.015"))
    ('-1,234,567.50', '0.015')
    """
    whole, _, decimals = f"{amount:,f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """A function to tell how far the work is, drawn as bars on the standard error; None where that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<11}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield tell


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
